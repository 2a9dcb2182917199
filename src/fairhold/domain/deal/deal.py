"""The deal, composed: routes a wish to its part and a fact to the part that folds it."""

from collections.abc import Callable, Sequence
from typing import Any, get_args

from msgspec import structs

from fairhold.domain.deal import case, meeting, money, order, parcel, returns, secret
from fairhold.domain.deal.clocks import CLOCK_ROW, clock_row, start
from fairhold.domain.deal.endings import call_off, release
from fairhold.domain.deal.moves import Move, by_command
from fairhold.domain.deal.phases import (
    MeetingPhase,
    OrderPhase,
    ParcelPhase,
    SecretPhase,
)
from fairhold.domain.deal.state import (
    Clock,
    Deal,
    DealEvent,
    Meeting,
    Order,
    Parcel,
    Secret,
    role_of,
)
from fairhold.domain.delivery import Delivery
from fairhold.kernel.actor import Role
from fairhold.kernel.instant import Instant
from fairhold.kernel.wish import Command, Refusal
from fairhold.rulebook import brief

MOVES: tuple[Move, ...] = (
    *order.MOVES,
    *money.MOVES,
    *secret.MOVES,
    *parcel.MOVES,
    *meeting.MOVES,
    *returns.MOVES,
    *case.MOVES,
)
_BY_COMMAND = by_command(MOVES)
_FOR_ROLE = {
    (command, role): tuple(row for row in rows if role in row.who)
    for command, rows in _BY_COMMAND.items()
    for role in Role
}

REFUSALS: tuple[str, ...] = (
    "deal.unknown",
    "deal.not_yours",
    "deal.exists",
    "deal.not_for_your_role",
    *order.REFUSALS,
    *money.REFUSALS,
    *secret.REFUSALS,
    *parcel.REFUSALS,
    *meeting.REFUSALS,
    *returns.REFUSALS,
    *case.REFUSALS,
    "deal.not_now",
)
"""Every code a deal can refuse with, in order of precedence."""

_PARTS: tuple[tuple[str, object, Callable[[Any, Any], Any]], ...] = (
    ("order", order.OrderEvent, order.evolve_order),
    ("money", money.MoneyEvent, money.evolve_money),
    ("secret", secret.SecretEvent, secret.evolve_secret),
    ("parcel", parcel.ParcelEvent, parcel.evolve_parcel),
    ("meeting", meeting.MeetingEvent, meeting.evolve_meeting),
    ("back", returns.ReturnEvent, returns.evolve_return),
    ("case", case.CaseEvent, case.evolve_case),
)
_PART_OF = {
    event: (attribute, evolve_part)
    for attribute, events, evolve_part in _PARTS
    for event in get_args(events)
}
EVENTS: tuple[type[DealEvent], ...] = tuple(_PART_OF)

Decision = Refusal | tuple[DealEvent, ...]
Settled = Refusal | tuple[tuple[DealEvent, ...], Deal]


def decide(deal: Deal | None, command: Command) -> Decision:
    """Answer one wish with facts, with nothing when it is already so, or with a refusal."""
    settled = settle(deal, command)
    return settled if isinstance(settled, Refusal) else settled[0]


def settle(deal: Deal | None, command: Command) -> Settled:
    """Decide, and say with the facts what state they lead to.

    To know which clock runs next, deciding folds its own facts; whoever needs the state does not
    have to fold them again. It is the state that :func:`evolve` makes of these facts.
    """
    if deal is None:
        if isinstance(command, order.Place):
            return _with_clock(None, order.decide_place(command), command.at)
        return Refusal("deal.unknown")
    if isinstance(command, order.Elapse):
        return _elapse(deal, command)
    if not deal.ended and deal.clock is not None and command.at >= deal.clock.due:
        return _after_silence(deal, deal.clock, command)
    refusal = why_not(deal, command)
    if refusal is not None:
        return refusal
    return _with_clock(deal, _decide_part(deal, command), command.at)


def why_not(deal: Deal, command: Command) -> Refusal | None:
    """The first reason, in order of precedence, why somebody may not do this now."""
    role = role_of(deal, command.by)
    if role is Role.STRANGER:
        return Refusal("deal.not_yours")
    if isinstance(command, order.Place):
        return Refusal("deal.exists")
    rows = _FOR_ROLE.get((type(command), role))
    if not rows:
        return Refusal("deal.not_for_your_role", {"role": role.value})
    for row in rows:
        if row.when.fits(deal):
            return None
    refusal = order.why_not_confirm(deal) if isinstance(command, order.Confirm) else None
    for part in (secret, parcel, meeting, returns, case):
        refusal = refusal or part.why_not(deal, command)
    return refusal or Refusal("deal.not_now", {"order": deal.order.phase.value})


def _decide_part(deal: Deal, command: Command) -> Decision:
    match command:
        case order.Cancel():
            return _cancel(deal, command)
        case order.Confirm():
            return release(deal, command.at, "confirmed")
        case order.Extend():
            return order.decide_extend(deal, command)
        case money.NoteAuthorised():
            return money.decide_authorised(deal, command)
        case money.ConfirmStock() | money.DenyStock():
            return money.decide_stock(deal, command)
        case money.NoteCaptured():
            return money.decide_captured(deal, command)
        case money.NoteFailed():
            return money.decide_failed(deal, command)
        case money.NoteExecuted():
            return money.decide_executed(deal, command)
        case money.NoteChargeback():
            return money.decide_chargeback(deal, command)
        case secret.Seal() | secret.Withdraw() | secret.Open() | secret.ReadAgain():
            return secret.decide_secret(deal, command)
        case parcel.BookParcel() | parcel.NoteScan():
            return parcel.decide_parcel(deal, command)
        case meeting.PresentCode() | meeting.RenewCode():
            return meeting.decide_meeting(deal, command)
        case (
            returns.AskReturn()
            | returns.AgreeReturn()
            | returns.DeclineReturn()
            | returns.BookReturn()
            | returns.AcceptReturn()
        ):
            return returns.decide_return(deal, command)
        case (
            case.OpenCase()
            | case.DisputeReturn()
            | case.WithdrawCase()
            | case.AcceptClaim()
            | case.ContestClaim()
            | case.DecideCase()
        ):
            return case.decide_case(deal, command)
        case _:
            message = f"no part answers {type(command).__name__}"
            raise AssertionError(message)


def _cancel(deal: Deal, command: order.Cancel) -> Decision:
    role = role_of(deal, command.by)
    if not order.may_step_back(deal, role):
        return Refusal("order.label_booked")
    return call_off(deal, command.at, f"cancelled_by_{role.value}")


def _after_silence(deal: Deal, clock: Clock, command: Command) -> Settled:
    """Answer a wish that comes after the running clock's end, which the timer has not seen yet.

    The deadline that people were shown holds to the millisecond, however late the timer is: first
    what silence does, then the wish, on what that leaves.
    """
    silence = _with_clock(deal, CLOCK_ROW[clock.name].silence(deal, command.at), command.at)
    assert not isinstance(silence, Refusal), "silence is never refused"
    facts, left = silence
    settled = settle(left, command)
    return settled if isinstance(settled, Refusal) else ((*facts, *settled[0]), settled[1])


def _elapse(deal: Deal, command: order.Elapse) -> Settled:
    """Do what silence does, or announce what it will do; nothing when nothing is due."""
    at, clock = command.at, deal.clock
    role = role_of(deal, command.by)
    if role is Role.STRANGER:
        return Refusal("deal.not_yours")
    if role is not Role.CLOCK:
        return Refusal("deal.not_for_your_role", {"role": role.value})
    if deal.ended or clock is None:
        return (), deal
    if at >= clock.due:
        return _with_clock(deal, CLOCK_ROW[clock.name].silence(deal, at), at)
    if clock.remind and at >= clock.remind[0]:
        left = tuple(moment for moment in clock.remind if moment > at)
        announced = Clock(clock.name, clock.due, left, clock.basis)
        reminded = order.Reminded(at=at, name=clock.name, clock=announced)
        return (reminded,), evolve(deal, reminded)
    return (), deal


def _with_clock(deal: Deal | None, decision: Decision, at: Instant) -> Settled:
    """Put the clock that these facts start into the last of them; fold them."""
    if isinstance(decision, Refusal):
        return decision
    after = fold(deal, decision)
    row = clock_row(after)
    if not decision or row is None or (after.clock is not None and after.clock.name == row.name):
        return decision, after
    clock = start(row, after, at)
    last = structs.replace(decision[-1], clock=clock)
    return (*decision[:-1], last), structs.replace(after, clock=clock)


def fold(deal: Deal | None, events: Sequence[DealEvent]) -> Deal:
    """The state after some facts."""
    for event in events:
        deal = evolve(deal, event)
    assert deal is not None, "a deal begins with a fact"
    return deal


def evolve(deal: Deal | None, event: DealEvent) -> Deal:
    """Fold one fact. Total: never refuses, never reads a rulebook or a clock."""
    if isinstance(event, order.Placed):
        return _placed(event)
    assert deal is not None, "a deal begins with Placed"
    attribute, evolve_part = _PART_OF[type(event)]
    part = evolve_part(getattr(deal, attribute), event)
    if event.clock is not None:
        return structs.replace(deal, **{attribute: part, "clock": event.clock})
    deal = structs.replace(deal, **{attribute: part})
    return structs.replace(deal, clock=None) if deal.clock and deal.ended else deal


def _placed(event: order.Placed) -> Deal:
    terms, delivery = event.terms, event.delivery
    return Deal(
        buyer=event.buyer,
        seller=terms.seller,
        listing=terms.listing,
        listing_version=terms.listing_version,
        listing_body=terms.listing_body,
        listing_digest=terms.listing_digest,
        delivery=delivery,
        price=terms.price,
        fee=event.fee,
        rulebook=brief(event.rules),
        jurisdiction=terms.jurisdiction,
        came_from=event.came_from,
        placed_at=event.at,
        order=Order(OrderPhase.PLACED),
        secret=Secret(SecretPhase.AWAITED if delivery is Delivery.SECRET else SecretPhase.NONE),
        parcel=Parcel(ParcelPhase.AWAITED if delivery is Delivery.PARCEL else ParcelPhase.NONE),
        meeting=Meeting(
            MeetingPhase.ARRANGED if delivery is Delivery.MEETING else MeetingPhase.NONE
        ),
        clock=event.clock,
    )


def wake(deal: Deal) -> Instant | None:
    """When the clock has to look at this deal next; None when it has ended."""
    if deal.ended or deal.clock is None:
        return None
    return deal.clock.remind[0] if deal.clock.remind else deal.clock.due
