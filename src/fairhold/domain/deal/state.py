"""A deal as folded from its events. Frozen values; small parts, so that a fold copies little."""

from msgspec import Struct

from fairhold.domain.deal.phases import (
    ENDS,
    CasePhase,
    MeetingPhase,
    MoneyPhase,
    OrderPhase,
    ParcelPhase,
    ReturnPhase,
    SecretPhase,
)
from fairhold.domain.delivery import Delivery
from fairhold.kernel.actor import Actor, Role
from fairhold.kernel.instant import Instant, Span
from fairhold.kernel.money import Money
from fairhold.kernel.wish import Event
from fairhold.rulebook import Rulebook, in_full


class Clock(Struct, frozen=True, gc=False):
    """A deadline that runs: its row in the table of clocks, when it ends, when it is announced."""

    name: str
    due: Instant
    remind: tuple[Instant, ...] = ()
    basis: str = ""


class DealEvent(Event, frozen=True, kw_only=True):
    """A fact of a deal. ``clock`` is set when this fact starts another clock."""

    clock: Clock | None = None


class Order(Struct, frozen=True, gc=False):
    """Who agreed to what, and how it ended."""

    phase: OrderPhase = OrderPhase.PLACED
    reason: str = ""
    paid_at: Instant = 0
    extensions: int = 0


class Astray(Struct, frozen=True, gc=False):
    """Captured money that no order waited for."""

    payment: str
    amount: Money
    returned: bool = False


class MoneyPart(Struct, frozen=True, gc=False):
    """The buyer's money: ``held`` is all that was ever captured for this deal.

    Invariant: held = released + refunded + what is still held; see :attr:`remaining`.
    """

    phase: MoneyPhase = MoneyPhase.NONE
    payment: str = ""
    stock_confirmed: bool = False
    held: int = 0
    released: int = 0
    refunded: int = 0
    executed: tuple[str, ...] = ()
    astray: tuple[Astray, ...] = ()
    declined: tuple[str, ...] = ()
    """The last promises to pay that were given back: a repeated notice is recognised."""
    charged_back: bool = False

    @property
    def remaining(self) -> int:
        """Still held, in minor units."""
        return self.held - self.released - self.refunded


class Secret(Struct, frozen=True, gc=False):
    """A sealed secret: where its encrypted body is, and who has seen it when.

    ``fingerprints`` are the streams of all that is held for it, so that no other deal sells it.
    """

    phase: SecretPhase = SecretPhase.NONE
    body: int = 0
    fingerprints: tuple[int, ...] = ()
    sealed_at: Instant = 0
    opened_at: Instant = 0
    reads: int = 0


class Parcel(Struct, frozen=True, gc=False):
    """The parcel to the buyer."""

    phase: ParcelPhase = ParcelPhase.NONE
    carrier: str = ""
    tracking: str = ""
    scans: tuple[str, ...] = ()


class Meeting(Struct, frozen=True, gc=False):
    """A meeting in person: which code is current, and how often it was mistaken."""

    phase: MeetingPhase = MeetingPhase.NONE
    code: int = 1
    mistakes: int = 0


class Return(Struct, frozen=True, gc=False):
    """The goods' way back."""

    phase: ReturnPhase = ReturnPhase.NONE
    carrier: str = ""
    tracking: str = ""
    by_refusal: bool = False


class Case(Struct, frozen=True, gc=False):
    """The dispute, at most one open at a time."""

    phase: CasePhase = CasePhase.NONE
    claim: str = ""
    asked: int = 0
    openings: int = 0
    left_ms: Span = 0
    """What was left of the inspection when the case stopped it."""


class Deal(Struct, frozen=True, gc=False, kw_only=True):
    """Everything that binds two parties over one purchase.

    ``rulebook`` is the name of a published edition, or an edition in full that was never
    published: states are written with every step and stay small; the fact that began the deal
    has every value.
    """

    buyer: int
    seller: int
    listing: int
    listing_version: int
    listing_body: int
    listing_digest: str
    delivery: Delivery
    price: Money
    fee: Money
    rulebook: Rulebook | str
    jurisdiction: str
    came_from: str
    placed_at: Instant
    order: Order
    money: MoneyPart = MoneyPart()
    secret: Secret = Secret()
    parcel: Parcel = Parcel()
    meeting: Meeting = Meeting()
    back: Return = Return()
    case: Case = Case()
    clock: Clock | None = None

    @property
    def rules(self) -> Rulebook:
        """The edition that this deal began with."""
        return in_full(self.rulebook)

    @property
    def ended(self) -> bool:
        """Whether nothing more is owed by anybody in this deal."""
        return self.order.phase in ENDS


def role_of(deal: Deal, by: Actor) -> Role:
    """Which hat an actor wears in this deal."""
    if by.machine is not None:
        return by.machine
    if by.account == deal.buyer:
        return Role.BUYER
    if by.account == deal.seller:
        return Role.SELLER
    return Role.OPERATOR if by.operator else Role.STRANGER
