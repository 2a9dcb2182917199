"""The way back: asked for and agreed, or begun by a refusal at the door. Received is not refunded.

Refusing a parcel starts a return and never closes an order: the seller inspects what came back
and may open a case about it.
"""

from msgspec.structs import replace

from fairhold.domain.deal.endings import refund
from fairhold.domain.deal.moves import CHANGED, Move, move, when
from fairhold.domain.deal.phases import (
    CasePhase,
    MeetingPhase,
    MoneyPhase,
    OrderPhase,
    ParcelPhase,
    ReturnPhase,
    SecretPhase,
)
from fairhold.domain.deal.state import Deal, DealEvent, Return
from fairhold.kernel.actor import Role
from fairhold.kernel.wish import Command, Refusal


class AskReturn(Command, frozen=True, kw_only=True):
    """The buyer wants to give the goods back; ``reason`` is from the closed list REASONS."""

    reason: str


class AgreeReturn(Command, frozen=True, kw_only=True):
    """The seller takes them back."""


class DeclineReturn(Command, frozen=True, kw_only=True):
    """The seller does not; the buyer may open a case."""


class BookReturn(Command, frozen=True, kw_only=True):
    """Get a label for the way back; without a tracking number there is none."""

    carrier: str
    tracking: str


class AcceptReturn(Command, frozen=True, kw_only=True):
    """The seller has looked at what came back: it is what was sent."""


class ReturnAsked(DealEvent, frozen=True, kw_only=True):
    """The buyer asked to give the goods back."""

    reason: str


class ReturnAgreed(DealEvent, frozen=True, kw_only=True):
    """The seller agreed, by word or by silence."""

    basis: str


class ReturnDeclined(DealEvent, frozen=True, kw_only=True):
    """The seller declined."""


class ReturnBooked(DealEvent, frozen=True, kw_only=True):
    """A label for the way back exists."""

    carrier: str
    tracking: str


class RefusedAtDoor(DealEvent, frozen=True, kw_only=True):
    """The buyer did not take the parcel: it goes back the way it came."""

    carrier: str
    tracking: str


class MovedBack(DealEvent, frozen=True, kw_only=True):
    """The carrier has the goods for the way back."""


class ArrivedBack(DealEvent, frozen=True, kw_only=True):
    """The goods, or what is said to be the goods, are with the seller."""


class LostOnTheWayBack(DealEvent, frozen=True, kw_only=True):
    """The carrier lost them."""


class ReturnInspected(DealEvent, frozen=True, kw_only=True):
    """The seller has looked: ``accepted``, or disputed in a case."""

    accepted: bool


class ReturnLapsed(DealEvent, frozen=True, kw_only=True):
    """The buyer never sent anything back."""


ReturnEvent = (
    ReturnAsked
    | ReturnAgreed
    | ReturnDeclined
    | ReturnBooked
    | RefusedAtDoor
    | MovedBack
    | ArrivedBack
    | LostOnTheWayBack
    | ReturnInspected
    | ReturnLapsed
)

REASONS = ("changed_mind", "not_as_described", "damaged", "wrong_goods", "other")

_ASKABLE = when(
    SecretPhase.NONE,
    OrderPhase.FULFILLED,
    MoneyPhase.HELD,
    ParcelPhase.NONE,
    ParcelPhase.DELIVERED,
    MeetingPhase.NONE,
    MeetingPhase.MET,
    ReturnPhase.NONE,
    CasePhase.NONE,
    CasePhase.WITHDRAWN,
)
_ASKED = when(ReturnPhase.ASKED, MoneyPhase.HELD)
_AGREED = when(ReturnPhase.AGREED, MoneyPhase.HELD)
_BACK = when(ReturnPhase.BACK, MoneyPhase.HELD)

MOVES: tuple[Move, ...] = (
    move("return", "ask_return", AskReturn, Role.BUYER, _ASKABLE, _ASKED),
    move("return", "agree_return", AgreeReturn, Role.SELLER, _ASKED, _AGREED),
    move(
        "return",
        "decline_return",
        DeclineReturn,
        Role.SELLER,
        _ASKED,
        when(ReturnPhase.DECLINED),
    ),
    move("return", "book_return", BookReturn, Role.BUYER, _AGREED, _AGREED),
    move(
        "return",
        "accept_return",
        AcceptReturn,
        Role.SELLER,
        _BACK,
        when(ReturnPhase.INSPECTED, OrderPhase.VOID, MoneyPhase.REFUNDED),
    ),
)

REFUSALS = ("return.not_for_codes", "return.unknown_reason")


def why_not(deal: Deal, command: Command) -> Refusal | None:
    """The reason that helps most about a return."""
    if isinstance(command, AskReturn) and deal.delivery.value == "secret":
        return Refusal("return.not_for_codes")
    return None


def decide_return(
    deal: Deal, command: AskReturn | AgreeReturn | DeclineReturn | BookReturn | AcceptReturn
) -> Refusal | tuple[DealEvent, ...]:
    """Answer a wish about the way back."""
    at = command.at
    match command:
        case AskReturn(reason=reason):
            if reason not in REASONS:
                return Refusal("return.unknown_reason", {"reasons": ", ".join(REASONS)})
            return (ReturnAsked(at=at, reason=reason),)
        case AgreeReturn():
            return (ReturnAgreed(at=at, basis="seller"),)
        case DeclineReturn():
            return (ReturnDeclined(at=at),)
        case BookReturn(carrier=carrier, tracking=tracking):
            if not tracking:
                return Refusal(CHANGED)
            return (ReturnBooked(at=at, carrier=carrier, tracking=tracking),)
        case AcceptReturn():
            inspected = ReturnInspected(at=at, accepted=True)
            return (inspected, *refund(deal, at, "returned"))


def evolve_return(back: Return, event: ReturnEvent) -> Return:
    """Fold one fact about the way back."""
    match event:
        case ReturnAsked():
            return replace(back, phase=ReturnPhase.ASKED)
        case ReturnAgreed():
            return replace(back, phase=ReturnPhase.AGREED)
        case ReturnDeclined():
            return replace(back, phase=ReturnPhase.DECLINED)
        case ReturnBooked(carrier=carrier, tracking=tracking):
            return replace(back, carrier=carrier, tracking=tracking)
        case RefusedAtDoor(carrier=carrier, tracking=tracking):
            return Return(ReturnPhase.MOVING_BACK, carrier, tracking, by_refusal=True)
        case MovedBack():
            return replace(back, phase=ReturnPhase.MOVING_BACK)
        case ArrivedBack():
            return replace(back, phase=ReturnPhase.BACK)
        case ReturnInspected():
            return replace(back, phase=ReturnPhase.INSPECTED)
        case LostOnTheWayBack() | ReturnLapsed():
            return replace(back, phase=ReturnPhase.CLOSED)
