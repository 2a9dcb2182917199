"""What is checked at the end of every story: the record holds, and the money adds up."""

import base64
import binascii
import json
from typing import Any

from fairhold.evidence.auditor import audit_entry
from fairhold.evidence.fault import Fault
from fairhold.lab.client import Answer, Client, Problem, look
from fairhold.lab.stories.persons import Person
from fairhold.lab.stories.stage import Stage
from fairhold.lab.stories.words import deal_line, money

AUDITOR = "an outsider"


def proven(stage: Stage, person: Person, deal: str) -> None:
    """The last event of a deal is in the tree under a checkpoint signed with the pinned key.

    Nothing is believed: the event's bytes, the audit path and the note come over HTTP and are
    checked here, with a key that was known before.
    """
    position = last_event(person.client, deal)
    if position is None:
        step = stage.note(AUDITOR, "asks for the deal's record", "there is none")
        step.differs.append("a deal has a record")
        return
    found: list[str | Fault] = []

    def holds() -> bool:
        found[:] = [audit(stage, person.client, position)]
        return isinstance(found[0], str)

    step = stage.note(AUDITOR, f"proves event {position} against the signed checkpoint", "")
    if stage.until(holds, "the proof holds"):
        step.came = str(found[0])
    else:
        step.came = str(found[0])


def last_event(client: Client, deal: str) -> str | None:
    """Where the last event of a deal is on record."""
    reply = client.get(f"/v1/deals/{deal}/events", {"limit": 1})
    return reply["data.0.id"] if isinstance(reply, Answer) else None


def types(person: Person, deal: str) -> set[str]:
    """What has happened in a deal, by the names of its events."""
    reply = person.client.get(f"/v1/deals/{deal}/events", {"limit": 100})
    rows = reply["data"] if isinstance(reply, Answer) else ()
    return {row["type"] for row in rows}


def stored(client: Client, position: str) -> bytes | None:
    """The exact bytes of an event, for somebody who may see it."""
    reply = client.get(f"/v1/record/events/{position}")
    if isinstance(reply, Problem):
        return None
    try:
        return base64.b64decode(str(reply["bytes"]), validate=True)
    except binascii.Error:
        return None


def audit(stage: Stage, client: Client, position: str) -> str | Fault:
    """Check one event as an outsider would; in words what was proven."""
    data = stored(client, position)
    note = client.text("/v1/record/checkpoint")
    proof = client.get("/v1/record/proof/inclusion", {"event": position})
    if data is None or isinstance(note, Problem) or isinstance(proof, Problem):
        return Fault("record.unreadable", f"no bytes, proof or checkpoint for {position} yet")
    path = [base64.b64decode(each) for each in proof["path"]]
    index, server = int(proof["leaf_index"]), stage.server
    checkpoint = audit_entry(data, index, path, note.encode(), server.origin, (server.verifier,))
    if isinstance(checkpoint, Fault):
        return checkpoint
    kind = look(json.loads(data), "type")
    return f"{kind} is entry {index} of {checkpoint.size}, signed"


def adds_up(stage: Stage, person: Person, deal: str) -> None:
    """Held is released and refunded and remaining, and our books are the provider's."""
    told = person.sees(deal, "adds the deal's money up")
    held, parts = told["money.held"], ("released", "refunded", "remaining")
    total = sum(int(told[f"money.{part}"] or 0) for part in parts)
    told.expect(f"{held} held is {total} in parts", holds=held == total)
    report: list[Any] = []

    def agrees() -> bool:
        report[:] = [stage.operator.get("/v1/reconciliation")]
        return isinstance(report[0], Answer) and agreed(report[0])

    step = stage.note("the operator", "reconciles with the payment provider", "")
    stage.until(agrees, "our books and the provider's agree")
    step.came = "the books agree" if agreed(report[0]) else str(report[0])


def agreed(report: object) -> bool:
    """Whether a reconciliation names no difference."""
    return isinstance(report, Answer) and bool(report["agrees"])


def where(person: Person, deal: str) -> tuple[str, str]:
    """How a deal stands, and where its money is, in words."""
    reply = person.client.get(f"/v1/deals/{deal}")
    if isinstance(reply, Problem):
        return reply.code, "unknown"
    currency = reply["money.currency"]
    parts = {
        "released to the seller": reply["money.released"],
        "back with the buyer": reply["money.refunded"],
        f"{reply['money.phase']} by the provider": reply["money.remaining"],
    }
    said = [f"{money(minor, currency)} {place}" for place, minor in parts.items() if minor]
    return deal_line(reply.body), ", ".join(said) or "nothing was ever paid"


def nowhere_in_the_clear(stage: Stage, *words: str) -> None:
    """Secrets stand in no file of the installation: not in the database, not in a log."""
    step = stage.note(AUDITOR, "looks for the card's secret in every file of the server", "")
    files = sorted({file for word in words for file in stage.server.holds(word)})
    step.came = ", ".join(files) or "nowhere in the clear"
    if files:
        step.differs.append("a secret must stand nowhere in the clear")
