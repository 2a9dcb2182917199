"""The market and the pages of listings: look around, look closely, take, ask."""

from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery

from fairhold.domain.listing import Listing
from fairhold.engine.desk import talk, trade
from fairhold.engine.desk.asked import CATEGORIES
from fairhold.engine.kinds import LISTING
from fairhold.kernel.ids import public_id, read_public_id
from fairhold.kernel.wish import Refusal
from fairhold.projections.documents import ListingDocument
from fairhold.web.pages.answer import Page, posted, said
from fairhold.web.pages.forms import Form
from fairhold.web.pages.market_view import card, offered
from fairhold.web.pages.render import page, see
from fairhold.web.pages.visitor import (
    AnyRequest,
    Serving,
    Visitor,
    deal_path,
    listing_path,
    number_of,
    talk_path,
    visitor,
)
from fairhold.web.problems import Refused, status_of
from fairhold.web.security.identity import signed_in
from fairhold.web.wording import deals
from fairhold.web.words import say

A_PAGE: Final = 24
CAME_FROM_MAX: Final = 100


@get("/", sync_to_thread=True)
def market_page(
    request: AnyRequest,
    services: Serving,
    category: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> Page:
    """What is on offer, newest first."""
    who = visitor(services, request)
    index, value = ("category", category) if category in CATEGORIES else ("market", "open")
    last = read_public_id(LISTING.prefix, after)
    found = services.desk.store.find(
        "listing", index, value, limit=A_PAGE, after=str(last) if last is not None else None
    )
    documents = [msgspec.json.decode(data, type=ListingDocument) for _, data in found.rows]
    more = public_id(LISTING.prefix, documents[-1].id) if found.more else ""
    return page(
        request,
        "market.html",
        cards=[card(document, who) for document in documents],
        category=category if index == "category" else "",
        categories={name: say(who.language, deals.CATEGORIES[name]) for name in CATEGORIES},
        more=more,
        first=not after,
    )


@get("/listings/{listing:str}", sync_to_thread=True)
def listing_page(request: AnyRequest, services: Serving, listing: FromPath[str]) -> Page:
    """One listing."""
    return _listing_page(request, visitor(services, request), number_of(LISTING, listing))


def _listing_page(
    request: AnyRequest, who: Visitor, number: int, refusal: Refusal | None = None
) -> Page:
    state: Listing | None = who.desk.engine.state(LISTING, number)
    if state is None:
        raise Refused(Refusal("listing.unknown"))
    return page(
        request,
        "listing.html",
        status=status_of(refusal.code) if refusal is not None else 200,
        offer=offered(number, state, who),
        refusal=said(refusal, who),
        came_from=_came_from(request),
    )


def _came_from(request: AnyRequest) -> str:
    """The site that led here: named in the link, or the browser's word for it."""
    named = request.query_params.get("from", "")
    if named:
        return str(named)[:CAME_FROM_MAX]
    host = urlsplit(request.headers.get("referer", "")).netloc
    return "" if host == request.url.netloc else host[:CAME_FROM_MAX]


@post("/listings/{listing:str}/take", guards=[signed_in])
async def take(request: AnyRequest, services: Serving, listing: FromPath[str]) -> Page:
    """Take the version that the buyer saw; then to the checkout."""
    number = number_of(LISTING, listing)

    def work(who: Visitor, form: Form) -> Page:
        version = form.get("version")
        outcome = trade.take(
            who.desk,
            who.actor,
            number,
            int(version) if version.isdecimal() and len(version) < CAME_FROM_MAX else 0,
            form.key(who.desk, who.account, f"take:{number}"),
            came_from=form.get("came_from")[:CAME_FROM_MAX],
        )
        if isinstance(outcome, Refusal):
            return _listing_page(request, who, number, outcome)
        return see(f"{deal_path(outcome.stream)}/checkout")

    return await posted(request, services, work)


@post("/listings/{listing:str}/ask", guards=[signed_in])
async def ask(request: AnyRequest, services: Serving, listing: FromPath[str]) -> Page:
    """Talk with the seller before anything is bought."""
    number = number_of(LISTING, listing)

    def work(who: Visitor, _form: Form) -> Page:
        conversation = talk.ask_about(who.desk, who.actor, number)
        if isinstance(conversation, Refusal):
            return _listing_page(request, who, number, conversation)
        return see(talk_path(conversation))

    return await posted(request, services, work)


HANDLERS: Final[tuple[Any, ...]] = (market_page, listing_page, take, ask)
__all__ = ["HANDLERS", "listing_path"]
