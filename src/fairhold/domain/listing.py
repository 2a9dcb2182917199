"""A listing: what is offered, in every version, and how many of it are still to be had.

A take is soft: it is counted so that others see it, and never keeps anybody from paying. The unit
goes to the deal whose payment arrives first; the others learn that before their money is captured.
"""

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from fairhold.domain.delivery import Delivery
from fairhold.kernel.actor import Role
from fairhold.kernel.instant import Instant
from fairhold.kernel.money import AMOUNT_MAX, EXPONENT, Money
from fairhold.kernel.wish import Command, Event, Refusal


class Status(StrEnum):
    """Whether a listing can be bought."""

    OPEN = "open"
    WITHDRAWN = "withdrawn"


STOCK_MAX = 1_000


class Offer(Struct, frozen=True, kw_only=True):
    """One version: ``body`` names the stored words and pictures, ``digest`` is a hash over them."""

    price: Money
    delivery: Delivery
    category: str
    body: int
    digest: str


class Listing(Struct, frozen=True, kw_only=True):
    """The folded past of one listing."""

    owner: int
    version: int
    status: Status
    offer: Offer
    jurisdiction: str
    stock: int
    taken: tuple[int, ...] = ()
    claimed: tuple[int, ...] = ()

    @property
    def left(self) -> int:
        """Units that no paid deal has."""
        return self.stock - len(self.claimed)


class Publish(Command, frozen=True, kw_only=True):
    """Offer something."""

    offer: Offer
    stock: int
    jurisdiction: str = "cn"


class Revise(Command, frozen=True, kw_only=True):
    """Change the offer or the stock: a new version; running deals keep theirs."""

    offer: Offer
    stock: int


class Delist(Command, frozen=True, kw_only=True):
    """Take the listing off the market; what was bought stays readable."""


class Relist(Command, frozen=True, kw_only=True):
    """Put it back."""


class Take(Command, frozen=True, kw_only=True):
    """Count a deal that may pay (from a reaction)."""

    deal: int


class ClaimUnit(Command, frozen=True, kw_only=True):
    """A payment is on its way: set a unit aside for this deal (from a reaction)."""

    deal: int
    version: int


class GiveBack(Command, frozen=True, kw_only=True):
    """The deal came to nothing: the unit, or the place in the queue, is free (from a reaction)."""

    deal: int


class Published(Event, frozen=True, kw_only=True):
    """The first version."""

    owner: int
    offer: Offer
    stock: int
    jurisdiction: str


class Revised(Event, frozen=True, kw_only=True):
    """Another version."""

    offer: Offer
    stock: int


class Delisted(Event, frozen=True, kw_only=True):
    """No longer on the market."""


class Relisted(Event, frozen=True, kw_only=True):
    """On the market again."""


class Taken(Event, frozen=True, kw_only=True):
    """Somebody may pay for one."""

    deal: int


class UnitClaimed(Event, frozen=True, kw_only=True):
    """One unit is set aside for a deal whose payment is on its way."""

    deal: int


class UnitDenied(Event, frozen=True, kw_only=True):
    """There was none left for this deal."""

    deal: int


class GivenBack(Event, frozen=True, kw_only=True):
    """A take or a unit is free again."""

    deal: int


ListingEvent = (
    Published | Revised | Delisted | Relisted | Taken | UnitClaimed | UnitDenied | GivenBack
)
EVENTS = (Published, Revised, Delisted, Relisted, Taken, UnitClaimed, UnitDenied, GivenBack)

TAKEN_MAX = 200
"""How many unpaid takes are counted one by one; more of them change nothing for anybody."""

REFUSALS = (
    "listing.unknown",
    "listing.not_yours",
    "listing.exists",
    "listing.price_out_of_range",
    "listing.currency_unknown",
    "listing.stock_out_of_range",
    "listing.withdrawn",
    "listing.sold_out",
)

Decision = Refusal | tuple[ListingEvent, ...]


def decide(listing: Listing | None, command: Command) -> Decision:
    """Answer one wish about a listing."""
    if listing is None:
        if isinstance(command, Publish):
            return _publish(command)
        return Refusal("listing.unknown")
    match command:
        case Take() | ClaimUnit() | GiveBack():
            return _from_deal(listing, command)
        case Publish():
            return Refusal("listing.exists")
        case Revise() | Delist() | Relist():
            if command.by.account != listing.owner:
                return Refusal("listing.not_yours")
            return _from_owner(listing, command)
        case _:
            message = f"a listing does not know {type(command).__name__}"
            raise AssertionError(message)


def _publish(command: Publish) -> Decision:
    fault = _fault(command.offer, command.stock, 1)
    if fault is not None:
        return fault
    return (
        Published(
            at=command.at,
            owner=command.by.account,
            offer=command.offer,
            stock=command.stock,
            jurisdiction=command.jurisdiction,
        ),
    )


def _fault(offer: Offer, stock: int, least: int) -> Refusal | None:
    if offer.price.currency not in EXPONENT:
        return Refusal("listing.currency_unknown", {"currencies": ", ".join(EXPONENT)})
    if not 0 < offer.price.minor <= AMOUNT_MAX:
        return Refusal("listing.price_out_of_range")
    if not least <= stock <= STOCK_MAX:
        return Refusal("listing.stock_out_of_range", {"least": least, "most": STOCK_MAX})
    return None


def _from_owner(listing: Listing, command: Revise | Delist | Relist) -> Decision:
    at = command.at
    match command:
        case Revise(offer=offer, stock=stock):
            fault = _fault(offer, stock, max(1, len(listing.claimed)))
            return fault or (Revised(at=at, offer=offer, stock=stock),)
        case Delist():
            if listing.status is Status.WITHDRAWN:
                return ()
            return (Delisted(at=at),)
        case Relist():
            if listing.status is Status.OPEN:
                return ()
            return (Relisted(at=at),)


def _from_deal(listing: Listing, command: Take | ClaimUnit | GiveBack) -> Decision:
    if command.by.machine is not Role.PLATFORM:
        return Refusal("listing.not_yours")
    at, deal = command.at, command.deal
    match command:
        case Take():
            known = deal in listing.taken or deal in listing.claimed
            return () if known or len(listing.taken) >= TAKEN_MAX else (Taken(at=at, deal=deal),)
        case ClaimUnit():
            if deal in listing.claimed:
                return ()
            if listing.left < 1:
                return (UnitDenied(at=at, deal=deal),)
            return (UnitClaimed(at=at, deal=deal),)
        case GiveBack():
            known = deal in listing.taken or deal in listing.claimed
            return (GivenBack(at=at, deal=deal),) if known else ()


def buyable(listing: Listing) -> Refusal | None:
    """Why nobody can take this listing now; None when everybody may."""
    if listing.status is not Status.OPEN:
        return Refusal("listing.withdrawn")
    if listing.left < 1:
        return Refusal("listing.sold_out")
    return None


def evolve(listing: Listing | None, event: ListingEvent) -> Listing:
    """Fold one fact about a listing."""
    if isinstance(event, Published):
        return Listing(
            owner=event.owner,
            version=1,
            status=Status.OPEN,
            offer=event.offer,
            jurisdiction=event.jurisdiction,
            stock=event.stock,
        )
    assert listing is not None, "a listing begins with Published"
    match event:
        case Revised(offer=offer, stock=stock):
            return replace(listing, offer=offer, stock=stock, version=listing.version + 1)
        case Delisted():
            return replace(listing, status=Status.WITHDRAWN)
        case Relisted():
            return replace(listing, status=Status.OPEN)
        case Taken(deal=deal):
            return replace(listing, taken=(*listing.taken, deal))
        case UnitClaimed(deal=deal):
            return replace(
                listing, taken=_without(listing.taken, deal), claimed=(*listing.claimed, deal)
            )
        case GivenBack(deal=deal):
            return replace(
                listing,
                taken=_without(listing.taken, deal),
                claimed=_without(listing.claimed, deal),
            )
        case UnitDenied():
            return listing


def _without(deals: tuple[int, ...], deal: int) -> tuple[int, ...]:
    return tuple(other for other in deals if other != deal)


def wake(_listing: Listing) -> Instant | None:
    """A listing waits for nothing."""
    return None
