"""The parcel: only the carrier's own scans move it. A number that a seller types proves nothing.

Scans come late, twice and out of order; an old one is kept on record and changes nothing.
"""

from msgspec.structs import replace

from fairhold.domain.deal.endings import refund
from fairhold.domain.deal.moves import CHANGED, Move, move, when
from fairhold.domain.deal.order import Fulfilled
from fairhold.domain.deal.phases import (
    OrderPhase,
    ParcelPhase,
    ReturnPhase,
)
from fairhold.domain.deal.returns import ArrivedBack, LostOnTheWayBack, MovedBack, RefusedAtDoor
from fairhold.domain.deal.state import Deal, DealEvent, Parcel
from fairhold.domain.delivery import Delivery
from fairhold.kernel.actor import Role
from fairhold.kernel.instant import Instant
from fairhold.kernel.wish import Command, Refusal


class BookParcel(Command, frozen=True, kw_only=True):
    """Get a label from a carrier; the clock runs on until the carrier has the parcel.

    Without a tracking number there is no label: such a wish is never granted.
    """

    carrier: str
    tracking: str


class NoteScan(Command, frozen=True, kw_only=True):
    """The carrier says what happened to a parcel and when."""

    scan: str
    tracking: str
    kind: ParcelPhase
    scanned_at: Instant


class Booked(DealEvent, frozen=True, kw_only=True):
    """A label exists."""

    carrier: str
    tracking: str


class Scanned(DealEvent, frozen=True, kw_only=True):
    """The carrier scanned the parcel; ``phase`` is where it now is, None when nothing changed."""

    scan: str
    tracking: str
    kind: ParcelPhase
    scanned_at: Instant
    phase: ParcelPhase | None


ParcelEvent = Booked | Scanned

_RANK = {
    ParcelPhase.AWAITED: 0,
    ParcelPhase.HANDED_OVER: 1,
    ParcelPhase.MOVING: 2,
    ParcelPhase.DELIVERED: 3,
    ParcelPhase.REFUSED: 3,
    ParcelPhase.LOST: 3,
}

MOVES: tuple[Move, ...] = (
    move(
        "parcel",
        "book_parcel",
        BookParcel,
        Role.SELLER,
        when(OrderPhase.PAID, ParcelPhase.AWAITED),
        when(OrderPhase.PAID, ParcelPhase.AWAITED),
    ),
    move("parcel", "note_scan", NoteScan, Role.CARRIER, when()),
)

REFUSALS = ("parcel.not_paid", "parcel.unknown_tracking")


def why_not(deal: Deal, command: Command) -> Refusal | None:
    """The reason that helps most about a parcel: an unpaid order says SEND NOTHING."""
    if deal.delivery is not Delivery.PARCEL:
        return None
    if isinstance(command, BookParcel) and deal.order.phase is OrderPhase.PLACED:
        return Refusal("parcel.not_paid")
    return None


def decide_parcel(deal: Deal, command: BookParcel | NoteScan) -> Refusal | tuple[DealEvent, ...]:
    """Answer a seller who ships, or hear a carrier."""
    if isinstance(command, BookParcel):
        if not command.tracking:
            return Refusal(CHANGED)
        return (Booked(at=command.at, carrier=command.carrier, tracking=command.tracking),)
    if command.scan in deal.parcel.scans:
        return ()
    back = deal.back
    if not command.tracking or command.tracking not in {deal.parcel.tracking, back.tracking}:
        return Refusal("parcel.unknown_tracking")
    going_back = not deal.ended and back.phase in {ReturnPhase.AGREED, ReturnPhase.MOVING_BACK}
    if going_back and command.tracking == back.tracking:
        return _scanned_back(deal, command)
    return _scanned_out(deal, command)


def _scanned_out(deal: Deal, command: NoteScan) -> tuple[DealEvent, ...]:
    at, kind = command.at, command.kind
    known = _RANK.get(deal.parcel.phase, 3)
    news = (
        deal.order.phase is OrderPhase.PAID
        and command.tracking == deal.parcel.tracking
        and _RANK.get(kind, 0) > known
    )
    scanned = _fact(command, kind if news else None)
    if not news:
        return (scanned,)
    if kind is ParcelPhase.DELIVERED:
        return (scanned, Fulfilled(at=at, basis="delivered"))
    if kind is ParcelPhase.REFUSED:
        return (
            scanned,
            RefusedAtDoor(at=at, carrier=deal.parcel.carrier, tracking=command.tracking),
        )
    if kind is ParcelPhase.LOST:
        return (scanned, *refund(deal, at, "parcel_lost"))
    return (scanned,)


def _scanned_back(deal: Deal, command: NoteScan) -> tuple[DealEvent, ...]:
    at, scanned = command.at, _fact(command, None)
    if command.kind is ParcelPhase.DELIVERED:
        return (scanned, ArrivedBack(at=at))
    if command.kind is ParcelPhase.LOST:
        return (scanned, LostOnTheWayBack(at=at), *refund(deal, at, "return_lost"))
    moving = _RANK.get(command.kind, 0) > _RANK[ParcelPhase.AWAITED]
    if moving and deal.back.phase is ReturnPhase.AGREED:
        return (scanned, MovedBack(at=at))
    return (scanned,)


def _fact(command: NoteScan, phase: ParcelPhase | None) -> Scanned:
    return Scanned(
        at=command.at,
        scan=command.scan,
        tracking=command.tracking,
        kind=command.kind,
        scanned_at=command.scanned_at,
        phase=phase,
    )


def evolve_parcel(parcel: Parcel, event: ParcelEvent) -> Parcel:
    """Fold one fact about the parcel."""
    match event:
        case Booked(carrier=carrier, tracking=tracking):
            return replace(parcel, carrier=carrier, tracking=tracking)
        case Scanned(scan=scan, phase=phase):
            return replace(parcel, scans=(*parcel.scans, scan), phase=phase or parcel.phase)
