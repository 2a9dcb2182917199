"""Listings and their pictures: offering, changing, looking at what was offered in any version."""

from collections.abc import Sequence
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from fairhold.domain.delivery import Delivery
from fairhold.domain.listing import STOCK_MAX, Listing, Offer, Published, Revised
from fairhold.engine.batching import Receipt
from fairhold.engine.desk import market
from fairhold.engine.desk.asked import (
    CATEGORIES,
    PICTURES_MAX,
    TEXT_MAX,
    TITLE_MAX,
    Words,
)
from fairhold.engine.kinds import LISTING
from fairhold.engine.vault import Gone
from fairhold.kernel.ids import public_id, read_public_id
from fairhold.kernel.instant import Instant, rfc3339
from fairhold.kernel.wish import Refusal
from fairhold.projections.documents import ListingDocument
from fairhold.web.api import shapes
from fairhold.web.api.operation import Access, Answer, Call, Operation, answer
from fairhold.web.api.pictures import PictureId
from fairhold.web.api.shapes import (
    Amount,
    AskedAmount,
    Dry,
    ListOf,
    NoControls,
    NoNull,
    Nothing,
    Time,
    Titled,
    amount,
    find,
    page_of,
)

Category = Literal["cards", "games", "phones", "beauty", "clothing", "home", "books", "other"]
assert get_args(Category) == CATEGORIES, "the API names every category"


class NewListing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A listing as its seller fills it in; to revise is to send all of it again."""

    title: Annotated[str, Meta(min_length=1, max_length=TITLE_MAX), Titled]
    price: AskedAmount
    delivery: Delivery
    category: Category = "other"
    description: Annotated[str, Meta(max_length=TEXT_MAX), NoNull] = ""
    condition: Annotated[str, Meta(max_length=40), NoControls] = "used"
    pictures: Annotated[Sequence[PictureId], Meta(max_length=PICTURES_MAX)] = ()
    stock: Annotated[int, Meta(ge=1, le=STOCK_MAX)] = 1


class ListingShown(Struct, frozen=True, kw_only=True):
    """A listing in one version. ``title`` is null when its words were erased."""

    id: Annotated[str, shapes.id_of(shapes.LISTING)]
    seller: Annotated[str, shapes.id_of(shapes.ACCOUNT)]
    version: int
    newest_version: int
    status: str
    title: str | None
    description: str | None
    condition: str | None
    pictures: Sequence[str]
    price: Amount
    delivery: str
    category: str
    stock: int
    left: int
    watching: int
    digest: str | None
    livemode: bool
    published_at: Time | None = None
    object: Literal["listing"] = "listing"


class Search(shapes.Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The market, or one corner of it; ``mine=1`` for my own, also those taken off."""

    category: Category | None = None
    mine: Literal["1", "true", "0", "false"] = "0"


class Version(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which version; the newest when none is named."""

    version: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None


# -- showing --------------------------------------------------------------------------------------


def show(
    call: Call,
    number: int,
    listing: Listing,
    offer: Offer | None = None,
    version: int = 0,
    at: Instant = 0,
) -> ListingShown:
    """A listing as a resource, in its newest version or an older one."""
    offer = offer or listing.offer
    words = _words(call, offer.body)
    return ListingShown(
        id=public_id(shapes.LISTING, number),
        seller=public_id(shapes.ACCOUNT, listing.owner),
        version=version or listing.version,
        newest_version=listing.version,
        status=listing.status.value,
        title=words.title if words else None,
        description=words.description if words else None,
        condition=words.condition if words else None,
        pictures=[public_id(shapes.PICTURE, each) for each in words.pictures] if words else [],
        price=amount(offer.price),
        delivery=offer.delivery.value,
        category=offer.category,
        stock=listing.stock,
        left=listing.left,
        watching=len(listing.taken),
        digest=offer.digest,
        livemode=call.livemode,
        published_at=rfc3339(at) if at else None,
    )


def _words(call: Call, body: int) -> Words | None:
    if not body:
        return None
    try:
        return market.words_of(call.desk, body)
    except Gone:
        return None


def _of_document(call: Call, document: ListingDocument) -> ListingShown:
    words = _words(call, document.body)
    return ListingShown(
        id=public_id(shapes.LISTING, document.id),
        seller=public_id(shapes.ACCOUNT, document.owner),
        version=document.version,
        newest_version=document.version,
        status=document.status,
        title=words.title if words else None,
        description=words.description if words else None,
        condition=words.condition if words else None,
        pictures=[public_id(shapes.PICTURE, each) for each in words.pictures] if words else [],
        price=amount(document.price),
        delivery=document.delivery,
        category=document.category,
        stock=document.stock,
        left=document.left,
        watching=document.taken,
        digest=None,
        livemode=call.livemode,
        published_at=rfc3339(document.published_at),
    )


# -- operations -----------------------------------------------------------------------------------


def _asked(call: Call) -> market.Asked | Refusal:
    told: NewListing = call.body
    shown = []
    for text in told.pictures:
        number = read_public_id(shapes.PICTURE, text)
        if number is None or not _is_mine(call, number):
            return Refusal("picture.unknown")
        shown.append(number)
    words = Words(
        title=told.title,
        description=told.description,
        pictures=tuple(shown),
        condition=told.condition,
    )
    return market.Asked(
        words=words,
        price=told.price.money(),
        delivery=told.delivery,
        category=told.category,
        stock=told.stock,
    )


def _is_mine(call: Call, number: int) -> bool:
    """Whether the caller uploaded a picture: nobody shows another's pictures as their own."""
    row = call.desk.store.body(number)
    mine = f"pictures:{call.actor.account}"
    return row is not None and row.kind == "picture" and row.subject == mine


def _publish(call: Call) -> Answer | Refusal:
    asked = _asked(call)
    if isinstance(asked, Refusal):
        return asked
    rehearse = call.query.rehearse
    outcome = market.publish(call.desk, call.actor, asked, call.key, rehearse=rehearse)
    return outcome if isinstance(outcome, Refusal) else answer(outcome, lambda r: _after(call, r))


def _revise(call: Call) -> Answer | Refusal:
    asked = _asked(call)
    if isinstance(asked, Refusal):
        return asked
    outcome = market.revise(
        call.desk, call.actor, call.path["listing"], asked, call.key, rehearse=call.query.rehearse
    )
    return outcome if isinstance(outcome, Refusal) else answer(outcome, lambda r: _after(call, r))


def _delist(call: Call) -> Answer | Refusal:
    outcome = market.delist(
        call.desk, call.actor, call.path["listing"], call.key, rehearse=call.query.rehearse
    )
    return outcome if isinstance(outcome, Refusal) else answer(outcome, lambda r: _after(call, r))


def _relist(call: Call) -> Answer | Refusal:
    outcome = market.relist(
        call.desk, call.actor, call.path["listing"], call.key, rehearse=call.query.rehearse
    )
    return outcome if isinstance(outcome, Refusal) else answer(outcome, lambda r: _after(call, r))


def _after(call: Call, receipt: Receipt) -> ListingShown:
    return show(call, receipt.stream, call.desk.after(LISTING, receipt))


def _get(call: Call) -> Answer | Refusal:
    number, wanted = call.path["listing"], call.query.version
    listing: Listing | None = call.desk.engine.state(LISTING, number)
    if listing is None or (wanted or 1) > listing.version:
        return Refusal("listing.unknown")
    at = _published_at(call, number)
    if wanted is None or wanted == listing.version:
        return Answer(body=show(call, number, listing, at=at))
    # Only an older version is worth walking through every take of the listing's past.
    offers = [
        event.offer
        for _, event in call.desk.engine.history(number)
        if isinstance(event, Published | Revised)
    ]
    return Answer(body=show(call, number, listing, offers[wanted - 1], wanted, at))


def _published_at(call: Call, number: int) -> Instant:
    data = call.desk.store.document("listing", str(number))
    return msgspec.json.decode(data, type=ListingDocument).published_at if data else 0


def _search(call: Call) -> Answer | Refusal:
    asked: Search = call.query
    index, value = ("category", asked.category) if asked.category else ("market", "open")
    if asked.mine in {"1", "true"}:
        if call.who is None:
            return Refusal("account.not_signed_in")
        index, value = "owner", str(call.who.account)
    found = find(call, "listing", index, value, lambda text: _number(shapes.LISTING, text))
    if isinstance(found, Refusal):
        return found
    page = page_of(found, ListingDocument, lambda document: _of_document(call, document))
    return Answer(body=page)


def _number(prefix: str, text: str) -> str | None:
    number = read_public_id(prefix, text)
    return None if number is None else str(number)


EXAMPLE = {
    "title": "Gift card, 500 yuan",
    "description": "Unused, bought last week.",
    "price": {"amount": 45000, "currency": "CNY"},
    "delivery": "secret",
    "category": "cards",
    "stock": 1,
}

_FAULTS = ("listing.unknown", "picture.unknown")


def _change(name: str, summary: str, call: object, body: type[Struct] | None) -> Operation:
    assert callable(call)
    return Operation(
        id=f"{name}Listing",
        method="POST",
        path=f"/v1/listings/{{listing}}/{name}",
        tag="Listings",
        summary=summary,
        call=call,
        body=body,
        query=Dry,
        answers=ListingShown,
        scope="listings:write",
        keyed=True,
        refusals=_FAULTS,
        example=EXAMPLE if body is NewListing else {},
    )


OPERATIONS = (
    Operation(
        id="createListing",
        method="POST",
        path="/v1/listings",
        tag="Listings",
        summary="Offer something",
        call=_publish,
        body=NewListing,
        query=Dry,
        answers=ListingShown,
        status=201,
        scope="listings:write",
        keyed=True,
        refusals=("picture.unknown",),
        example=EXAMPLE,
    ),
    Operation(
        id="listListings",
        method="GET",
        path="/v1/listings",
        tag="Listings",
        summary="What can be bought, newest first",
        call=_search,
        query=Search,
        answers=ListOf[ListingShown],
        access=Access.PUBLIC,
    ),
    Operation(
        id="getListing",
        method="GET",
        path="/v1/listings/{listing}",
        tag="Listings",
        summary="A listing, in its newest version or an older one",
        call=_get,
        query=Version,
        answers=ListingShown,
        access=Access.PUBLIC,
        refusals=("listing.unknown",),
    ),
    _change("revise", "Make another version; running deals keep theirs", _revise, NewListing),
    _change("delist", "Take a listing off the market", _delist, Nothing),
    _change("relist", "Put it back", _relist, Nothing),
)
