"""Listings as plain values: a card on the market, a page of their own."""

from collections.abc import Sequence

from msgspec import Struct

from fairhold.domain.listing import Listing, buyable
from fairhold.engine.desk import market
from fairhold.engine.desk.asked import Words
from fairhold.engine.kinds import ACCOUNT
from fairhold.engine.vault import Gone
from fairhold.kernel.money import Money
from fairhold.projections.documents import ListingDocument
from fairhold.web.pages.pictures import picture_url
from fairhold.web.pages.visitor import Visitor, listing_path
from fairhold.web.present import day_text
from fairhold.web.wording import N_, deals
from fairhold.web.wording.market import PROTECTS
from fairhold.web.words import say

DELIVERY_ICONS = {"secret": "key-round", "parcel": "package", "meeting": "handshake"}


class Card(Struct, frozen=True, kw_only=True):
    """A listing on the market."""

    path: str
    title: str
    price: Money
    picture: str
    delivery: str
    icon: str
    looking: int
    left: int
    open: bool


class Goods(Struct, frozen=True, kw_only=True):
    """What is offered, in one version: on the market, or frozen in a deal."""

    title: str
    description: str
    pictures: Sequence[str]
    small: Sequence[str]
    condition: str


class Offered(Struct, frozen=True, kw_only=True):
    """The page of a listing."""

    path: str
    goods: Goods
    version: int
    price: Money
    delivery: str
    delivery_icon: str
    delivery_words: str
    category: str
    left: int
    looking: int
    seller: str
    since: str
    mine: bool
    buyable: bool
    withdrawn: bool
    protects: Sequence[str]


def words_or_none(visitor: Visitor, body: int) -> Words:
    """The words of one version; a plain line where they were erased."""
    try:
        return market.words_of(visitor.desk, body)
    except Gone:
        return Words(title=say(visitor.language, N_("(These words were erased.)")))


def goods(visitor: Visitor, body: int) -> Goods:
    """The words and pictures of one version."""
    words = words_or_none(visitor, body)
    condition = deals.CONDITIONS.get(words.condition, "")
    return Goods(
        title=words.title,
        description=words.description,
        pictures=[picture_url(number) for number in words.pictures],
        small=[picture_url(number, small=True) for number in words.pictures],
        condition=say(visitor.language, condition) if condition else "",
    )


def card(document: ListingDocument, visitor: Visitor) -> Card:
    """A listing in a list."""
    shown = goods(visitor, document.body)
    return Card(
        path=listing_path(document.id),
        title=shown.title,
        price=document.price,
        picture=shown.small[0] if shown.small else "",
        delivery=say(visitor.language, deals.DELIVERIES[document.delivery][0]),
        icon=DELIVERY_ICONS[document.delivery],
        looking=document.taken,
        left=document.left,
        open=document.status == "open" and document.left > 0,
    )


def offered(number: int, listing: Listing, visitor: Visitor) -> Offered:
    """A listing's own page."""
    delivery = listing.offer.delivery.value
    label, words = deals.DELIVERIES[delivery]
    owner = visitor.desk.engine.state(ACCOUNT, listing.owner)
    return Offered(
        path=listing_path(number),
        goods=goods(visitor, listing.offer.body),
        version=listing.version,
        price=listing.offer.price,
        delivery=say(visitor.language, label),
        delivery_icon=DELIVERY_ICONS[delivery],
        delivery_words=say(visitor.language, words),
        category=say(visitor.language, deals.CATEGORIES.get(listing.offer.category, N_("Other"))),
        left=listing.left,
        looking=len(listing.taken),
        seller=visitor.handle(listing.owner),
        since=day_text(owner.opened_at, visitor.language) if owner is not None else "",
        mine=listing.owner == visitor.account,
        buyable=buyable(listing) is None,
        withdrawn=listing.status.value == "withdrawn",
        protects=[say(visitor.language, line) for line in PROTECTS[delivery]],
    )
