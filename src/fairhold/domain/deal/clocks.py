"""The clocks of a deal: in each phase that is not an end exactly one runs.

A row says whose turn it is, when it ends, what silence does then, and for whose benefit. The
deadline is computed when the fact that starts it is decided, and is stored in that fact.
"""

from collections.abc import Callable

from msgspec import Struct

from fairhold.domain.deal.case import CaseDecided, CaseSettled, grant
from fairhold.domain.deal.endings import call_off, refund, release
from fairhold.domain.deal.moves import When, when
from fairhold.domain.deal.phases import (
    CasePhase,
    MeetingPhase,
    MoneyPhase,
    OrderPhase,
    ParcelPhase,
    ReturnPhase,
    SecretPhase,
)
from fairhold.domain.deal.returns import (
    LostOnTheWayBack,
    ReturnAgreed,
    ReturnInspected,
    ReturnLapsed,
)
from fairhold.domain.deal.state import Clock, Deal, DealEvent
from fairhold.kernel.actor import Role
from fairhold.kernel.instant import Instant, Span
from fairhold.kernel.money import Money

Silence = Callable[[Deal, Instant], tuple[DealEvent, ...]]


class ClockRow(Struct, frozen=True, kw_only=True):
    """One row: ``span`` names the rulebook's value, ``outcome`` the words for what silence does."""

    name: str
    when: When
    turn: Role
    span: str
    outcome: str
    benefits: Role
    silence: Silence
    remind: str = ""
    from_payment: bool = False
    resumes: bool = False


def _void(reason: str) -> Silence:
    return lambda deal, at: call_off(deal, at, reason)


def _refund(reason: str) -> Silence:
    return lambda deal, at: refund(deal, at, reason)


def _release(basis: str) -> Silence:
    return lambda deal, at: release(deal, at, basis)


def _agree(_deal: Deal, at: Instant) -> tuple[DealEvent, ...]:
    return (ReturnAgreed(at=at, basis="silence"),)


def _lapse(deal: Deal, at: Instant) -> tuple[DealEvent, ...]:
    return (ReturnLapsed(at=at), *release(deal, at, "return_never_sent"))


def _never_back(deal: Deal, at: Instant) -> tuple[DealEvent, ...]:
    return (LostOnTheWayBack(at=at), *refund(deal, at, "return_lost"))


def _accept_back(deal: Deal, at: Instant) -> tuple[DealEvent, ...]:
    return (ReturnInspected(at=at, accepted=True), *refund(deal, at, "returned"))


def _grant(deal: Deal, at: Instant) -> tuple[DealEvent, ...]:
    return (CaseSettled(at=at, basis="silence"), *grant(deal, at, "claim_not_answered"))


def _long_stop(deal: Deal, at: Instant) -> tuple[DealEvent, ...]:
    """No officer decided in time. Where the platform failed, the buyer's money goes back."""
    decided = CaseDecided(
        at=at,
        to_buyer=Money(deal.money.remaining, deal.price.currency),
        officer=0,
        body=0,
        digest="",
    )
    return (decided, *refund(deal, at, "not_decided_in_time"))


_PAID, _FULFILLED = OrderPhase.PAID, OrderPhase.FULFILLED
_HELD, _FROZEN = MoneyPhase.HELD, MoneyPhase.FROZEN
_LOOKING = (
    _FULFILLED,
    _HELD,
    ReturnPhase.NONE,
    ReturnPhase.DECLINED,
    CasePhase.NONE,
    CasePhase.WITHDRAWN,
)

CLOCKS: tuple[ClockRow, ...] = (
    ClockRow(
        name="pay",
        when=when(OrderPhase.PLACED, MoneyPhase.NONE),
        turn=Role.BUYER,
        span="pay_ms",
        outcome="void_unpaid",
        benefits=Role.SELLER,
        silence=_void("not_paid_in_time"),
    ),
    ClockRow(
        name="capture",
        when=when(OrderPhase.PLACED, MoneyPhase.AUTHORISED),
        turn=Role.PROVIDER,
        span="capture_ms",
        outcome="void_not_captured",
        benefits=Role.BUYER,
        silence=_void("payment_not_completed"),
    ),
    ClockRow(
        name="deliver",
        when=when(_PAID, _HELD, SecretPhase.AWAITED, SecretPhase.WITHDRAWN),
        turn=Role.SELLER,
        span="deliver_secret_ms",
        outcome="refund_not_delivered",
        benefits=Role.BUYER,
        silence=_refund("not_delivered_in_time"),
        from_payment=True,
    ),
    ClockRow(
        name="open",
        when=when(_PAID, _HELD, SecretPhase.SEALED),
        turn=Role.BUYER,
        span="open_ms",
        outcome="release_unopened",
        benefits=Role.SELLER,
        silence=_release("not_opened_in_time"),
        remind="open_remind_ms",
    ),
    ClockRow(
        name="test",
        when=when(*_LOOKING, SecretPhase.OPENED),
        turn=Role.BUYER,
        span="test_ms",
        outcome="release_after_test",
        benefits=Role.SELLER,
        silence=_release("test_ended"),
        resumes=True,
    ),
    ClockRow(
        name="dispatch",
        when=when(_PAID, _HELD, ParcelPhase.AWAITED),
        turn=Role.SELLER,
        span="dispatch_ms",
        outcome="refund_not_dispatched",
        benefits=Role.BUYER,
        silence=_refund("not_dispatched_in_time"),
        remind="dispatch_remind_ms",
    ),
    ClockRow(
        name="transit",
        when=when(_PAID, _HELD, ParcelPhase.HANDED_OVER, ParcelPhase.MOVING),
        turn=Role.CARRIER,
        span="transit_ms",
        outcome="refund_not_arrived",
        benefits=Role.BUYER,
        silence=_refund("not_arrived_in_time"),
    ),
    ClockRow(
        name="meet",
        when=when(_PAID, _HELD, MeetingPhase.ARRANGED),
        turn=Role.SELLER,
        span="meet_ms",
        outcome="refund_not_met",
        benefits=Role.BUYER,
        silence=_refund("not_met_in_time"),
    ),
    ClockRow(
        name="inspect",
        when=when(*_LOOKING, ParcelPhase.DELIVERED),
        turn=Role.BUYER,
        span="inspect_ms",
        outcome="release_after_inspection",
        benefits=Role.SELLER,
        silence=_release("inspection_ended"),
        resumes=True,
    ),
    ClockRow(
        name="inspect_met",
        when=when(*_LOOKING, MeetingPhase.MET),
        turn=Role.BUYER,
        span="inspect_met_ms",
        outcome="release_after_inspection",
        benefits=Role.SELLER,
        silence=_release("inspection_ended"),
        resumes=True,
    ),
    ClockRow(
        name="answer_return",
        when=when(_FULFILLED, _HELD, ReturnPhase.ASKED),
        turn=Role.SELLER,
        span="answer_return_ms",
        outcome="return_agreed",
        benefits=Role.BUYER,
        silence=_agree,
    ),
    ClockRow(
        name="ship_back",
        when=when(_FULFILLED, _HELD, ReturnPhase.AGREED),
        turn=Role.BUYER,
        span="ship_back_ms",
        outcome="release_never_sent_back",
        benefits=Role.SELLER,
        silence=_lapse,
    ),
    ClockRow(
        name="bring_back",
        when=when(_PAID, _FULFILLED, _HELD, ReturnPhase.MOVING_BACK),
        turn=Role.CARRIER,
        span="bring_back_ms",
        outcome="refund_never_arrived_back",
        benefits=Role.BUYER,
        silence=_never_back,
    ),
    ClockRow(
        name="inspect_return",
        when=when(_PAID, _FULFILLED, _HELD, ReturnPhase.BACK),
        turn=Role.SELLER,
        span="inspect_return_ms",
        outcome="refund_return_accepted",
        benefits=Role.BUYER,
        silence=_accept_back,
    ),
    ClockRow(
        name="answer_claim",
        when=when(_FROZEN, CasePhase.OPENED, ReturnPhase.NONE, ReturnPhase.DECLINED),
        turn=Role.SELLER,
        span="answer_claim_ms",
        outcome="claim_granted",
        benefits=Role.BUYER,
        silence=_grant,
    ),
    ClockRow(
        name="answer_return_claim",
        when=when(_FROZEN, CasePhase.OPENED, ReturnPhase.INSPECTED),
        turn=Role.BUYER,
        span="answer_claim_ms",
        outcome="return_claim_granted",
        benefits=Role.SELLER,
        silence=_grant,
    ),
    ClockRow(
        name="decide",
        when=when(_FROZEN, CasePhase.WITH_OFFICER),
        turn=Role.OPERATOR,
        span="decide_ms",
        outcome="refund_not_decided",
        benefits=Role.BUYER,
        silence=_long_stop,
    ),
)

CLOCK_ROW = {row.name: row for row in CLOCKS}
_MAY_FIT = {
    (order, money): tuple(
        row
        for row in CLOCKS
        if (not row.when.order or order in row.when.order)
        and (not row.when.money or money in row.when.money)
    )
    for order in OrderPhase
    for money in MoneyPhase
}
"""The table by the two phases that tell most rows apart: it is read with every fact."""


def clock_row(deal: Deal, rows: tuple[ClockRow, ...] = CLOCKS) -> ClockRow | None:
    """The row whose clock runs now; None when the deal has ended."""
    if deal.ended:
        return None
    if rows is CLOCKS:
        rows = _MAY_FIT[deal.order.phase, deal.money.phase]
    for row in rows:
        if row.when.fits(deal):
            return row
    return None


def start(row: ClockRow, deal: Deal, at: Instant) -> Clock:
    """Start a row's clock: compute when it ends and when it is announced."""
    rules = deal.rules
    span: Span = getattr(rules, row.span)
    begin = deal.order.paid_at if row.from_payment else at
    due = begin + span
    if row.resumes and deal.case.phase is CasePhase.WITHDRAWN:
        due = at + max(deal.case.left_ms, rules.inspect_least_ms)
    reminders = getattr(rules, row.remind) if row.remind else ()
    if not reminders:
        return Clock(row.name, due, (), row.span)
    if isinstance(reminders, int):
        reminders = (reminders,)
    return Clock(row.name, due, tuple(at + r for r in reminders if at + r < due), row.span)
