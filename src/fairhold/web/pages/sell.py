"""Selling: offer something, change it, take it off the market."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from litestar import get, post
from litestar.params import FromPath
from msgspec import Struct

from fairhold.domain.delivery import Delivery
from fairhold.domain.listing import Listing
from fairhold.engine import pictures
from fairhold.engine.desk import market
from fairhold.engine.desk.asked import CATEGORIES, PICTURES_MAX, Words
from fairhold.engine.kinds import LISTING
from fairhold.kernel.ids import public_id, read_public_id
from fairhold.kernel.money import EXPONENT, Money
from fairhold.kernel.wish import Refusal
from fairhold.projections.documents import ListingDocument
from fairhold.web.pages.answer import Page, posted, said
from fairhold.web.pages.forms import Form, major_units, minor_units
from fairhold.web.pages.market_view import card, words_or_none
from fairhold.web.pages.pictures import PREFIX, picture_url
from fairhold.web.pages.render import page, see
from fairhold.web.pages.visitor import (
    AnyRequest,
    Serving,
    Visitor,
    listing_path,
    number_of,
    visitor,
)
from fairhold.web.problems import Refused, status_of
from fairhold.web.security.identity import signed_in
from fairhold.web.wording import deals
from fairhold.web.words import say

MINE: Final = 100
EMPTY: Final[Mapping[str, str]] = {
    "title": "",
    "description": "",
    "price": "",
    "currency": "CNY",
    "delivery": "parcel",
    "category": "other",
    "condition": "used",
    "stock": "1",
}
STOCK_DIGITS: Final = 6


class Kept(Struct, frozen=True):
    """A picture that is already stored."""

    name: str
    url: str


class FieldRefused(Exception):
    """A field cannot be read."""

    def __init__(self, refusal: Refusal) -> None:
        """Keep why."""
        super().__init__(refusal.code)
        self.refusal = refusal


@get("/sell", guards=[signed_in], sync_to_thread=True)
def sell_page(request: AnyRequest, services: Serving) -> Page:
    """An empty form, and what one has on offer."""
    return _form_page(request, visitor(services, request), EMPTY, ())


@post("/sell", guards=[signed_in])
async def sell(request: AnyRequest, services: Serving) -> Page:
    """Offer something."""

    def work(who: Visitor, form: Form) -> Page:
        stored: list[int] = _kept(form)
        try:
            asked = _asked(who, form, stored)
        except FieldRefused as fault:
            return _form_page(request, who, form.typed(), stored, refusal=fault.refusal)
        outcome = market.publish(
            who.desk, who.actor, asked, form.key(who.desk, who.account, "sell")
        )
        if isinstance(outcome, Refusal):
            return _form_page(request, who, form.typed(), stored, refusal=outcome)
        who.services.caught_up(1.0)
        return see(listing_path(outcome.stream))

    return await posted(request, services, work)


@get("/listings/{listing:str}/edit", guards=[signed_in], sync_to_thread=True)
def edit_page(request: AnyRequest, services: Serving, listing: FromPath[str]) -> Page:
    """One's own listing, to be changed."""
    who = visitor(services, request)
    number = number_of(LISTING, listing)
    state = _own(who, number)
    words = words_or_none(who, state.offer.body)
    price = state.offer.price
    typed = {
        "title": words.title,
        "description": words.description,
        "price": major_units(price.minor, price.currency),
        "currency": price.currency,
        "delivery": state.offer.delivery.value,
        "category": state.offer.category,
        "condition": words.condition,
        "stock": str(state.stock),
    }
    return _form_page(request, who, typed, words.pictures, editing=number)


@post("/listings/{listing:str}/edit", guards=[signed_in])
async def edit(request: AnyRequest, services: Serving, listing: FromPath[str]) -> Page:
    """Make another version; running deals keep theirs."""
    number = number_of(LISTING, listing)

    def work(who: Visitor, form: Form) -> Page:
        _own(who, number)
        stored = _kept(form)
        try:
            asked = _asked(who, form, stored)
        except FieldRefused as fault:
            return _form_page(
                request, who, form.typed(), stored, editing=number, refusal=fault.refusal
            )
        key = form.key(who.desk, who.account, f"edit:{number}")
        outcome = market.revise(who.desk, who.actor, number, asked, key)
        if isinstance(outcome, Refusal):
            return _form_page(request, who, form.typed(), stored, editing=number, refusal=outcome)
        return see(listing_path(number))

    return await posted(request, services, work)


@post("/listings/{listing:str}/{way:str}", guards=[signed_in])
async def on_and_off(
    request: AnyRequest, services: Serving, listing: FromPath[str], way: FromPath[str]
) -> Page:
    """Take a listing off the market, or put it back."""
    ways = {"delist": market.delist, "relist": market.relist}
    number = number_of(LISTING, listing)
    if way not in ways:
        raise Refused(Refusal("request.not_found"))

    def work(who: Visitor, form: Form) -> Page:
        outcome = ways[way](
            who.desk, who.actor, number, form.key(who.desk, who.account, f"{way}:{number}")
        )
        if isinstance(outcome, Refusal):
            raise Refused(outcome)
        who.services.caught_up(1.0)
        return see(listing_path(number))

    return await posted(request, services, work)


# -- reading the form -----------------------------------------------------------------------------


def _own(who: Visitor, number: int) -> Listing:
    state: Listing | None = who.desk.engine.state(LISTING, number)
    if state is None or state.owner != who.account:
        raise Refused(Refusal("listing.not_yours"))
    return state


def _kept(form: Form) -> list[int]:
    """Pictures that are stored already and were not taken away."""
    names = [name for name in form.get("kept").split(",") if name]
    numbers = (read_public_id(PREFIX, name) for name in names if f"drop_{name}" not in form.fields)
    return [number for number in numbers if number is not None][:PICTURES_MAX]


def _asked(who: Visitor, form: Form, stored: list[int]) -> market.Asked:
    """What the form asks for; ``stored`` grows by the pictures that came with it."""
    if len(stored) + len(form.files) > PICTURES_MAX:
        raise FieldRefused(Refusal("listing.too_many_pictures", {"most": PICTURES_MAX}))
    for file in form.files:
        kept = pictures.keep(who.desk, who.actor, file)
        if isinstance(kept, Refusal):
            raise FieldRefused(kept)
        stored.append(kept)
    currency = form.get("currency") or "CNY"
    minor = minor_units(form.get("price"), currency)
    if minor is None:
        raise FieldRefused(Refusal("listing.price_out_of_range"))
    delivery = form.get("delivery")
    if delivery not in set(Delivery):
        raise FieldRefused(Refusal("listing.delivery_unknown"))
    condition = form.get("condition")
    stock = form.get("stock") or "1"
    return market.Asked(
        words=Words(
            title=form.get("title"),
            description=form.get("description").replace("\r\n", "\n"),
            pictures=tuple(stored),
            condition=condition if condition in deals.CONDITIONS else "used",
        ),
        price=Money(minor, currency),
        delivery=Delivery(delivery),
        category=form.get("category") or "other",
        stock=int(stock) if stock.isdecimal() and len(stock) <= STOCK_DIGITS else 0,
    )


# -- showing it -----------------------------------------------------------------------------------


def _form_page(
    request: AnyRequest,
    who: Visitor,
    typed: Mapping[str, str],
    stored: Sequence[int],
    *,
    editing: int = 0,
    refusal: Refusal | None = None,
) -> Page:
    found = who.desk.store.find("listing", "owner", str(who.account), limit=MINE)
    mine = [msgspec.json.decode(data, type=ListingDocument) for _, data in found.rows]
    language = who.language
    return page(
        request,
        "sell.html",
        status=status_of(refusal.code) if refusal is not None else 200,
        refusal=said(refusal, who),
        typed={**EMPTY, **typed},
        kept=[
            Kept(public_id(PREFIX, number), picture_url(number, small=True)) for number in stored
        ],
        action=f"{listing_path(editing)}/edit" if editing else "/sell",
        editing=listing_path(editing) if editing else "",
        mine=[] if editing else [card(document, who) for document in mine],
        currencies=tuple(EXPONENT),
        categories={name: say(language, deals.CATEGORIES[name]) for name in CATEGORIES},
        conditions={name: say(language, label) for name, label in deals.CONDITIONS.items()},
        deliveries={
            name: (say(language, label), say(language, words))
            for name, (label, words) in deals.DELIVERIES.items()
        },
    )


HANDLERS: Final[tuple[Any, ...]] = (sell_page, sell, edit_page, edit, on_and_off)
