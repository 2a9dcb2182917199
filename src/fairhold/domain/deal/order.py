"""The order: who agreed to what, on which version of the listing, under which rulebook."""

from msgspec import Struct

from fairhold.domain.deal.moves import Move, move, when
from fairhold.domain.deal.phases import (
    CasePhase,
    MeetingPhase,
    MoneyPhase,
    OrderPhase,
    ParcelPhase,
    ReturnPhase,
    SecretPhase,
)
from fairhold.domain.deal.state import Clock, Deal, DealEvent, Order
from fairhold.domain.delivery import Delivery
from fairhold.kernel.actor import Role
from fairhold.kernel.money import AMOUNT_MAX, Money
from fairhold.kernel.wish import Command, Refusal
from fairhold.rulebook.values import Rulebook


class Terms(Struct, frozen=True, kw_only=True):
    """What the buyer saw and agreed to: one version of one listing, frozen with the order."""

    seller: int
    listing: int
    listing_version: int
    listing_body: int
    listing_digest: str
    price: Money
    jurisdiction: str = "cn"


class Place(Command, frozen=True, kw_only=True):
    """Take an offer. ``came_from`` names the site that led the buyer here, empty for our own."""

    terms: Terms
    delivery: Delivery
    rules: Rulebook
    came_from: str = ""


class Cancel(Command, frozen=True, kw_only=True):
    """Step back while nothing has changed hands."""


class Confirm(Command, frozen=True, kw_only=True):
    """The buyer says that all is well; it exists only after delivery (and opening)."""


class Extend(Command, frozen=True, kw_only=True):
    """The buyer asks for more time to inspect."""


class Elapse(Command, frozen=True, kw_only=True):
    """The clock looks whether something is due."""


class Placed(DealEvent, frozen=True, kw_only=True):
    """An offer was taken. Nothing is paid yet."""

    buyer: int
    terms: Terms
    delivery: Delivery
    fee: Money
    rules: Rulebook
    came_from: str


class Paid(DealEvent, frozen=True, kw_only=True):
    """The money is in hold: now, and only now, the seller delivers."""


class Fulfilled(DealEvent, frozen=True, kw_only=True):
    """Delivery is on record."""

    basis: str


class Extended(DealEvent, frozen=True, kw_only=True):
    """The buyer has more time to inspect."""


class Completed(DealEvent, frozen=True, kw_only=True):
    """The deal ended; ``basis`` is confirmation, silence or decision."""

    basis: str


class Voided(DealEvent, frozen=True, kw_only=True):
    """The deal ended without a sale; ``reason`` is a stable word with a text in the catalogues."""

    reason: str


class Reminded(DealEvent, frozen=True, kw_only=True):
    """A deadline was announced to the one whose turn it is."""

    name: str


OrderEvent = Placed | Paid | Fulfilled | Extended | Completed | Voided | Reminded

_PLACED = OrderPhase.PLACED
_PAID = OrderPhase.PAID
_FULFILLED = OrderPhase.FULFILLED
_VOID = when(OrderPhase.VOID)
_REFUNDED = when(OrderPhase.VOID, MoneyPhase.REFUNDED)
_UNDELIVERED = when(
    _PAID,
    MoneyPhase.HELD,
    SecretPhase.NONE,
    SecretPhase.AWAITED,
    SecretPhase.SEALED,
    SecretPhase.WITHDRAWN,
    ParcelPhase.NONE,
    ParcelPhase.AWAITED,
    MeetingPhase.NONE,
    MeetingPhase.ARRANGED,
    ReturnPhase.NONE,
)
_UNPAID = when(_PLACED, MoneyPhase.NONE, MoneyPhase.AUTHORISED)
_CONFIRMABLE = when(
    _FULFILLED,
    MoneyPhase.HELD,
    ReturnPhase.NONE,
    ReturnPhase.DECLINED,
    CasePhase.NONE,
    CasePhase.WITHDRAWN,
)
_INSPECTING = when(
    _FULFILLED,
    MoneyPhase.HELD,
    SecretPhase.NONE,
    ReturnPhase.NONE,
    ReturnPhase.DECLINED,
    CasePhase.NONE,
    CasePhase.WITHDRAWN,
)
_SETTLED = when(OrderPhase.COMPLETED, MoneyPhase.RELEASED)

MOVES: tuple[Move, ...] = (
    move("order", "cancel", Cancel, Role.BUYER, _UNPAID, _VOID),
    move("order", "cancel", Cancel, Role.SELLER, _UNPAID, _VOID),
    move("order", "cancel", Cancel, Role.BUYER, _UNDELIVERED, _REFUNDED),
    move("order", "cancel", Cancel, Role.SELLER, _UNDELIVERED, _REFUNDED),
    move("order", "confirm", Confirm, Role.BUYER, _CONFIRMABLE, _SETTLED),
    move("order", "extend", Extend, Role.BUYER, _INSPECTING, _INSPECTING),
)

REFUSALS = (
    "order.own_listing",
    "order.amount_out_of_range",
    "order.not_delivered_yet",
    "order.not_opened_yet",
    "order.no_extension_left",
    "order.label_booked",
)


def decide_place(command: Place) -> Refusal | tuple[DealEvent, ...]:
    """Begin a deal: the buyer takes one version of one listing."""
    terms = command.terms
    if command.by.account == terms.seller:
        return Refusal("order.own_listing")
    if not 0 < terms.price.minor <= AMOUNT_MAX:
        return Refusal("order.amount_out_of_range")
    return (
        Placed(
            at=command.at,
            buyer=command.by.account,
            terms=terms,
            delivery=command.delivery,
            fee=terms.price.share(command.rules.fee_basis_points),
            rules=command.rules,
            came_from=command.came_from,
        ),
    )


def why_not_confirm(deal: Deal) -> Refusal | None:
    """The reason that helps most when somebody is urged to confirm too early (R-07)."""
    if deal.order.phase not in {_PLACED, _PAID}:
        return None
    if deal.order.phase is _PAID and deal.secret.phase is SecretPhase.SEALED:
        return Refusal("order.not_opened_yet")
    return Refusal("order.not_delivered_yet")


def may_step_back(deal: Deal, role: Role) -> bool:
    """Whether somebody's cancelling cannot cost the other side the goods.

    Once a label is booked the parcel may already stand on the carrier's counter, unscanned: from
    then on only the seller steps back, or the dispatch clock ends the deal.
    """
    return role is not Role.BUYER or deal.order.phase is _PLACED or not deal.parcel.tracking


def decide_extend(deal: Deal, command: Extend) -> Refusal | tuple[DealEvent, ...]:
    """Give the buyer the rulebook's extension, while there is one left."""
    if deal.order.extensions >= deal.rules.extensions:
        return Refusal("order.no_extension_left", {"extensions": deal.rules.extensions})
    assert deal.clock is not None, "an inspection runs against a clock"
    due = deal.clock.due + deal.rules.extension_ms
    return (Extended(at=command.at, clock=Clock(deal.clock.name, due, (), "extension_ms")),)


def evolve_order(order: Order, event: OrderEvent) -> Order:
    """Fold one fact of the order."""
    match event:
        case Paid(at=at):
            return Order(OrderPhase.PAID, order.reason, at, order.extensions)
        case Fulfilled():
            return Order(OrderPhase.FULFILLED, "", order.paid_at, order.extensions)
        case Extended():
            return Order(order.phase, order.reason, order.paid_at, order.extensions + 1)
        case Completed(basis=basis):
            return Order(OrderPhase.COMPLETED, basis, order.paid_at, order.extensions)
        case Voided(reason=reason):
            return Order(OrderPhase.VOID, reason, order.paid_at, order.extensions)
        case Placed() | Reminded():
            return order
