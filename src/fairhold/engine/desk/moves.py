"""How the arguments of a person's move become a command: one small function a move.

A preparation may touch the vault and the world outside; ``undo`` takes that back when the wish
was refused after all.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec
from msgspec import Struct

from fairhold.domain.deal import case, meeting, order, parcel, returns, secret
from fairhold.domain.deal import deal as deal_domain
from fairhold.domain.deal.state import Deal
from fairhold.domain.fingerprint import LetGo
from fairhold.engine.desk.asked import FIELD_MAX, TEXT_MAX, SecretFields, fault_of_secret
from fairhold.engine.desk.desk import Desk, deal_name
from fairhold.engine.kinds import DEAL, FINGERPRINT
from fairhold.engine.outside import Leg, OutsideUnavailable
from fairhold.kernel.actor import PLATFORM, Actor
from fairhold.kernel.money import Money
from fairhold.kernel.wish import Command, Refusal


class MoveArguments(Struct, frozen=True, kw_only=True):
    """All that any move may be told; each takes what it needs."""

    number: str = ""
    password: str = ""
    card_kind: str = "card"
    carrier: str = "sandbox"
    code: str = ""
    reason: str = ""
    claim: str = ""
    amount: int | None = None
    text: str = ""


class Prepared(Struct, frozen=True):
    """A command, and how to take its preparation back."""

    command: Command
    undo: Callable[[], None] = lambda: None


class Task(Struct, frozen=True, kw_only=True):
    """Everything a preparation looks at."""

    desk: Desk
    actor: Actor
    deal: int
    state: Deal
    told: MoveArguments
    rehearse: bool


Prepare = Callable[[Task], Prepared | Refusal]


def prepare(
    desk: Desk,
    actor: Actor,
    deal: int,
    state: Deal,
    name: str,
    told: MoveArguments,
    *,
    rehearse: bool,
) -> Prepared | Refusal:
    """The command behind a move's name."""
    way = MOVES.get(name)
    if way is None:
        return Refusal("request.unknown_move", {"moves": ", ".join(MOVES)})
    task = Task(desk=desk, actor=actor, deal=deal, state=state, told=told, rehearse=rehearse)
    return way(task)


PLAIN: Mapping[str, Callable[..., Command]] = MappingProxyType(
    {
        "cancel": order.Cancel,
        "confirm": order.Confirm,
        "extend": order.Extend,
        "withdraw": secret.Withdraw,
        "read_again": secret.ReadAgain,
        "renew_code": meeting.RenewCode,
        "agree_return": returns.AgreeReturn,
        "decline_return": returns.DeclineReturn,
        "accept_return": returns.AcceptReturn,
        "withdraw_case": case.WithdrawCase,
        "accept_claim": case.AcceptClaim,
    }
)
"""Moves that need to be told nothing and to prepare nothing: neither vault nor world outside."""


def _plain(name: str) -> Prepare:
    command = PLAIN[name]
    return lambda task: Prepared(command(by=task.actor))


def _seal(task: Task) -> Prepared | Refusal:
    desk, told = task.desk, task.told
    blank = secret.Seal(by=task.actor, body=0, digest="", fingerprint=0)
    if task.rehearse or deal_domain.why_not(task.state, blank) is not None:
        return Prepared(blank)
    fields = SecretFields(number=told.number, password=told.password, card_kind=told.card_kind)
    fault = fault_of_secret(fields)
    if fault is not None:
        return fault
    fingerprint = desk.vault.fingerprint("secret", fields.number, fields.password)
    # The deal's version is read after its state: an older fact's reaction never undoes this hold.
    mark = desk.engine.version(DEAL, task.deal)
    stream, held = desk.hold_fingerprint(fingerprint, task.deal, mark)
    if held is not None:
        return Refusal("secret.sold_before")
    word = _issuer_word(desk, fields)
    sealed = desk.vault.seal_secret(
        f"account:{task.actor.account}", deal_name(task.deal), msgspec.json.encode(fields)
    )

    def undo() -> None:
        now: Deal | None = desk.engine.state(DEAL, task.deal)
        if now is not None and now.secret.body != sealed.body:
            desk.vault.drop_secret(sealed.body)
        if now is None or now.secret.fingerprint != stream:
            desk.engine.do(FINGERPRINT, stream, LetGo(by=PLATFORM, holder=task.deal))

    command = secret.Seal(
        by=task.actor,
        body=sealed.body,
        digest=sealed.digest,
        fingerprint=stream,
        issuer=word,
    )
    return Prepared(command, undo)


def _open(task: Task) -> Prepared | Refusal:
    blank = secret.Open(by=task.actor)
    if task.rehearse or deal_domain.why_not(task.state, blank) is not None:
        return Prepared(blank)
    plain = task.desk.vault.read_secret(task.state.secret.body, deal_name(task.deal))
    fields = msgspec.json.decode(plain, type=SecretFields)
    return Prepared(secret.Open(by=task.actor, issuer=_issuer_word(task.desk, fields)))


def _issuer_word(desk: Desk, fields: SecretFields) -> secret.IssuerWord:
    """Ask the issuer; where there is none, or no answer, the deal goes on without."""
    try:
        status = desk.issuer.status(
            fields.card_kind, fields.number or fields.password, desk.engine.now()
        )
    except OutsideUnavailable:
        return secret.IssuerWord()
    return secret.IssuerWord(asked=status.known, used_at=status.used_at)


def _book(task: Task, leg: Leg) -> Prepared | Refusal:
    blank: Command = (
        parcel.BookParcel(by=task.actor, carrier="", tracking="")
        if leg == "out"
        else returns.BookReturn(by=task.actor, carrier="", tracking="")
    )
    if task.rehearse or deal_domain.why_not(task.state, blank) is not None:
        return Prepared(blank)
    name = deal_name(task.deal)
    label = task.desk.carrier.book(name, leg, f"label:{leg}:{name}")
    task.desk.store.shelf_put("tracking", label.tracking, str(task.deal).encode())
    if leg == "out":
        return Prepared(
            parcel.BookParcel(by=task.actor, carrier=label.carrier, tracking=label.tracking)
        )
    return Prepared(
        returns.BookReturn(by=task.actor, carrier=label.carrier, tracking=label.tracking)
    )


def _present_code(task: Task) -> Prepared | Refusal:
    number = task.state.meeting.code
    typed = task.told.code[:FIELD_MAX]
    matches = task.desk.vault.is_meeting_code(task.deal, number, typed)
    return Prepared(meeting.PresentCode(by=task.actor, code=number, matches=matches))


def _ask_return(task: Task) -> Prepared | Refusal:
    return Prepared(returns.AskReturn(by=task.actor, reason=task.told.reason))


def _open_case(task: Task) -> Prepared | Refusal:
    amount = task.told.amount
    minor = task.state.money.remaining if amount is None else amount
    asked = Money(minor, task.state.price.currency)
    body, digest = _words(task)
    return Prepared(
        case.OpenCase(by=task.actor, claim=task.told.claim, asked=asked, body=body, digest=digest)
    )


def _dispute_return(task: Task) -> Prepared | Refusal:
    body, digest = _words(task)
    return Prepared(case.DisputeReturn(by=task.actor, body=body, digest=digest))


def _contest(task: Task) -> Prepared | Refusal:
    body, digest = _words(task)
    return Prepared(case.ContestClaim(by=task.actor, body=body, digest=digest))


def _decide(task: Task) -> Prepared | Refusal:
    if not task.told.text.strip():
        return Refusal("case.reason_missing")
    if task.told.amount is None:
        return Refusal("request.malformed", {"field": "amount"})
    body, digest = _words(task)
    to_buyer = Money(task.told.amount, task.state.price.currency)
    return Prepared(case.DecideCase(by=task.actor, to_buyer=to_buyer, body=body, digest=digest))


def _words(task: Task) -> tuple[int, str]:
    text = task.told.text.strip()[:TEXT_MAX]
    if not text or task.rehearse:
        return 0, ""
    return task.desk.put_json(f"deal:{task.deal}", "statement", text)


MOVES: Mapping[str, Prepare] = MappingProxyType(
    {
        "cancel": _plain("cancel"),
        "confirm": _plain("confirm"),
        "extend": _plain("extend"),
        "seal": _seal,
        "withdraw": _plain("withdraw"),
        "open": _open,
        "read_again": _plain("read_again"),
        "book_parcel": lambda task: _book(task, "out"),
        "present_code": _present_code,
        "renew_code": _plain("renew_code"),
        "ask_return": _ask_return,
        "agree_return": _plain("agree_return"),
        "decline_return": _plain("decline_return"),
        "book_return": lambda task: _book(task, "back"),
        "accept_return": _plain("accept_return"),
        "open_case": _open_case,
        "dispute_return": _dispute_return,
        "withdraw_case": _plain("withdraw_case"),
        "accept_claim": _plain("accept_claim"),
        "contest_claim": _contest,
        "decide_case": _decide,
    }
)
"""Every move a person can make, by its name in the tables of the domain."""
