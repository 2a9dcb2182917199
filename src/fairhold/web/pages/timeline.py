"""The record of a deal, line by line: what happened, who did it, when, and where it is proven."""

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from fairhold.codec.events import envelope
from fairhold.domain.deal.state import Deal
from fairhold.engine.ports import LogRow
from fairhold.engine.vault import Gone
from fairhold.evidence.tree import event_leaf
from fairhold.kernel.money import Money
from fairhold.kernel.wish import Event
from fairhold.web.pages.visitor import Visitor, account_name
from fairhold.web.present import moment_text, money_text
from fairhold.web.wording import N_, deals, events, market
from fairhold.web.words import say


class Proof(Struct, frozen=True, kw_only=True):
    """Where an entry stands: its place in the log, in the tree, and the newest signed tree."""

    position: str
    leaf: str
    digest: str
    index: int | None
    signed: int
    href: str


class Entry(Struct, frozen=True, kw_only=True):
    """One line. ``who`` begins the sentence when somebody did it; ``by`` stands beside it."""

    who: str
    said: str
    by: str
    at: int
    at_text: str
    quote: str
    proof: Proof


def timeline(deal_id: int, deal: Deal, visitor: Visitor) -> Sequence[Entry]:
    """The whole record of a deal, newest first."""
    history = visitor.desk.engine.history(deal_id)
    checkpoint = visitor.desk.store.checkpoint()
    signed = checkpoint.size if checkpoint is not None else 0
    return [_entry(row, event, deal, visitor, signed) for row, event in reversed(history)]


def _entry(row: LogRow, event: Event, deal: Deal, visitor: Visitor, signed: int) -> Entry:
    language = visitor.language
    text = events.EVENTS[row.type]
    person, by = _who(envelope(row.data).by, deal, visitor)
    # A text that begins small is the second half of a sentence about somebody.
    personal = text[0].islower()
    return Entry(
        who=person if personal else "",
        said=say(language, text, **_values(event, language)),
        by="" if personal else by,
        at=row.at,
        at_text=moment_text(row.at, language),
        quote=_quote(event, visitor),
        proof=_proof(row, visitor, signed),
    )


def _who(by: str, deal: Deal, visitor: Visitor) -> tuple[str, str]:
    """Who acted: as the beginning of a sentence, and as a remark beside it."""
    language = visitor.language
    if visitor.account and by == account_name(visitor.account):
        return say(language, N_("You")), say(language, N_("you"))
    sides = {account_name(deal.buyer): "buyer", account_name(deal.seller): "seller"}
    role = sides.get(by, by if by in deals.ROLES else "operator")
    said = say(language, deals.ROLES[role])
    return said[:1].upper() + said[1:], said


def _values(event: Event, language: str) -> dict[str, Any]:
    """What a fact's sentence may speak of; amounts, dates and stable words in plain words."""
    values: dict[str, Any] = {}
    for name in event.__struct_fields__:
        value = getattr(event, name)
        if isinstance(value, Money):
            values[name] = money_text(value, language)
        elif name in {"reason", "basis"}:
            table = {**deals.REASONS, **deals.RETURN_REASONS}
            values["reason"] = say(language, table[value]) if value in table else ""
        elif name == "claim":
            values[name] = say(language, deals.CLAIMS[value])
        elif name == "used_at":
            values[name] = moment_text(value, language)
        elif name in {"tracking", "carrier"}:
            values[name] = value
        elif name == "kind":
            values["scan"] = say(language, market.SCANS[value.value])
    if "asked" in values or "to_buyer" in values:
        values["amount"] = values.get("asked") or values.get("to_buyer")
    terms = getattr(event, "terms", None)
    if terms is not None:
        values["price"] = money_text(terms.price, language)
    return values


def _quote(event: Event, visitor: Visitor) -> str:
    """What somebody wrote with it: the statement of a claim, an answer, a decision."""
    body = getattr(event, "body", 0)
    if not body or type(event).__name__ not in {"CaseOpened", "CaseContested", "CaseDecided"}:
        return ""
    try:
        return msgspec.json.decode(visitor.desk.vault.get(body, "statement"), type=str)
    except Gone:
        return say(visitor.language, N_("(These words were erased; their hash stays on record.)"))


def _proof(row: LogRow, visitor: Visitor, signed: int) -> Proof:
    index = visitor.desk.store.leaf_index(row.part, row.seq)
    position = f"{row.part}-{row.seq}"
    proven = index is not None and index < signed
    return Proof(
        position=position,
        leaf=event_leaf(row.data).hex(),
        digest=hashlib.sha256(row.data).hexdigest(),
        index=index,
        signed=signed if proven else 0,
        href=f"/v1/record/proof/inclusion?event={position}&size={signed}" if proven else "",
    )
