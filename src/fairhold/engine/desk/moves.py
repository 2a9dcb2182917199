"""How the arguments of a person's move become a command: one small function a move.

A preparation may touch the vault and the world outside; ``undo`` takes that back when the wish
was refused after all. What the deal refuses already as it stands is not prepared, and goes to the
lane only to be refused there: should the deal have moved on meanwhile, so that it would be granted,
the domain refuses it as CHANGED, and it is prepared again.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec
from msgspec import Struct, structs

from fairhold.domain.deal import case, meeting, order, parcel, returns, secret
from fairhold.domain.deal import deal as deal_domain
from fairhold.domain.deal.state import Deal
from fairhold.engine.desk.asked import FIELD_MAX, TEXT_MAX, SecretFields, fault_of_secret
from fairhold.engine.desk.desk import Desk, deal_name
from fairhold.engine.desk.held import hold_secret
from fairhold.engine.kinds import DEAL
from fairhold.engine.outside import Leg, OutsideUnavailable
from fairhold.engine.spelling import parts_of
from fairhold.engine.vault import Gone
from fairhold.kernel.actor import Actor
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
    as_if = secret.Seal(by=task.actor, body=1, digest="rehearsed", fingerprints=(1,))
    if task.rehearse:
        return Prepared(as_if)
    if deal_domain.why_not(task.state, as_if) is not None:
        return Prepared(structs.replace(as_if, body=0, digest="", fingerprints=()))
    fields = SecretFields(number=told.number, password=told.password, card_kind=told.card_kind)
    fault = fault_of_secret(fields)
    if fault is not None:
        return fault
    held = hold_secret(desk, task.deal, fields)
    if held is None:
        return Refusal("secret.sold_before")
    try:
        word = _issuer_word(desk, fields)
        sealed = desk.vault.seal_secret(
            f"account:{task.actor.account}", deal_name(task.deal), msgspec.json.encode(fields)
        )
    except BaseException:
        held.let_go()
        raise

    def undo() -> None:
        now: Deal | None = desk.engine.state(DEAL, task.deal)
        if now is not None and now.secret.body == sealed.body:
            return
        desk.vault.drop_secret(sealed.body)
        held.let_go()

    command = secret.Seal(
        by=task.actor,
        body=sealed.body,
        digest=sealed.digest,
        fingerprints=held.streams,
        issuer=word,
    )
    return Prepared(command, undo)


def _open(task: Task) -> Prepared | Refusal:
    body = task.state.secret.body
    as_if = secret.Open(by=task.actor, body=body)
    if task.rehearse:
        return Prepared(as_if)
    if deal_domain.why_not(task.state, as_if) is not None:
        return Prepared(secret.Open(by=task.actor))
    try:
        plain = task.desk.vault.read_secret(body, deal_name(task.deal))
    except Gone:
        now: Deal | None = task.desk.engine.state(DEAL, task.deal)
        if now is not None and now.secret.body == body and not now.ended:
            raise
        return Prepared(secret.Open(by=task.actor))  # withdrawn meanwhile
    fields = msgspec.json.decode(plain, type=SecretFields)
    word = _issuer_word(task.desk, fields)
    return Prepared(secret.Open(by=task.actor, body=body, issuer=word))


def _issuer_word(desk: Desk, fields: SecretFields) -> secret.IssuerWord:
    """Ask the issuer about all that may be a card; where there is none, the deal goes on without.

    The worst answer counts: used before unused, unused before unknown. One question without an
    answer does not hide the answer to another.
    """
    typed = [field.strip() for field in (fields.number, fields.password) if field.strip()]
    known, used = False, []
    for number in dict.fromkeys((*typed, *parts_of(typed))):
        try:
            status = desk.issuer.status(fields.card_kind, number, desk.engine.now())
        except OutsideUnavailable:
            continue
        known = known or status.known
        if status.used_at is not None:
            used.append(status.used_at)
    return secret.IssuerWord(asked=known, used_at=min(used, default=None))


def _book(task: Task, leg: Leg) -> Prepared | Refusal:
    command = parcel.BookParcel if leg == "out" else returns.BookReturn
    as_if = command(by=task.actor, carrier=task.told.carrier, tracking="rehearsed")
    if task.rehearse:
        return Prepared(as_if)
    if deal_domain.why_not(task.state, as_if) is not None:
        return Prepared(command(by=task.actor, carrier="", tracking=""))
    name = deal_name(task.deal)
    label = task.desk.carrier.book(name, leg, f"label:{leg}:{name}")
    task.desk.store.shelf_put("tracking", label.tracking, str(task.deal).encode())
    return Prepared(command(by=task.actor, carrier=label.carrier, tracking=label.tracking))


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
