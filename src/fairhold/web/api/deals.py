"""Deals: taking an offer, paying, looking, and reading the timeline."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from fairhold.domain.deal.state import Deal, role_of
from fairhold.engine.audience import may_see
from fairhold.engine.batching import Receipt
from fairhold.engine.desk import talk, trade
from fairhold.engine.desk.desk import deal_name
from fairhold.engine.kinds import DEAL
from fairhold.kernel.actor import Role
from fairhold.kernel.ids import read_public_id
from fairhold.kernel.wish import Refusal
from fairhold.projections.documents import DealDocument
from fairhold.web.api import shapes
from fairhold.web.api.deal_shown import DealShown, deal_shown
from fairhold.web.api.facts import EventShown, event_shown
from fairhold.web.api.operation import Answer, Call, Operation, answer
from fairhold.web.api.shapes import Dry, ListOf, NoControls, cut, find


class NewDeal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Taking one version of a listing: the one that the buyer saw."""

    listing: Annotated[str, shapes.id_of(shapes.LISTING)]
    version: Annotated[int, Meta(ge=1, le=1_000_000)]
    came_from: Annotated[
        str,
        Meta(max_length=100, description="Who sent the buyer here; kept as evidence."),
        NoControls,
    ] = ""


class MyDeals(shapes.Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """My deals; ``open=1`` leaves out those that have ended."""

    open: Literal["1", "true", "0", "false"] = "0"


class CheckoutShown(Struct, frozen=True, kw_only=True):
    """Where the buyer pays."""

    url: str
    payment: str
    deal: Annotated[str, shapes.id_of(shapes.DEAL)]
    livemode: bool
    object: Literal["checkout"] = "checkout"


class AskedCheckout(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the payment page sends the buyer afterwards: a path on this site."""

    return_path: Annotated[
        str, Meta(pattern=r"^/([A-Za-z0-9_-][A-Za-z0-9_./-]*)?$", max_length=200)
    ] = ""


class MeetingCode(Struct, frozen=True, kw_only=True):
    """Say it to the seller only when the goods are in your hands."""

    code: str
    deal: Annotated[str, shapes.id_of(shapes.DEAL)]
    livemode: bool
    object: Literal["meeting_code"] = "meeting_code"


def seen(call: Call) -> tuple[int, Deal] | Refusal:
    """The deal of a path, when whoever asks takes part in it or is an operator."""
    number = call.path["deal"]
    deal: Deal | None = call.desk.engine.state(DEAL, number)
    if deal is None:
        return Refusal("deal.unknown")
    if role_of(deal, call.actor) is Role.STRANGER:
        return Refusal("deal.not_yours")
    return number, deal


def _take(call: Call) -> Answer | Refusal:
    asked: NewDeal = call.body
    listing = read_public_id(shapes.LISTING, asked.listing)
    if listing is None:
        return Refusal("listing.unknown")
    outcome = trade.take(
        call.desk,
        call.actor,
        listing,
        asked.version,
        call.key,
        came_from=asked.came_from,
        rehearse=call.query.rehearse,
    )
    if isinstance(outcome, Refusal):
        return outcome
    if not call.query.rehearse:
        # The answer names the deal's conversation: whoever reads it may write there at once.
        talk.open_channel(call.desk, outcome.stream)
    return answer(outcome, lambda r: after(call, r))


def after(call: Call, receipt: Receipt) -> DealShown:
    """The deal as a receipt leaves it."""
    shown = deal_shown(call, receipt.stream, trade.state_of(call.desk, receipt), receipt.version)
    rehearsed = isinstance(call.query, Dry) and call.query.rehearse
    return msgspec.structs.replace(shown, dry_run=True) if rehearsed else shown


def _list(call: Call) -> Answer | Refusal:
    assert call.who is not None
    index = "party_open" if call.query.open in {"1", "true"} else "party"
    found = find(call, "deal", index, str(call.who.account), _cursor)
    if isinstance(found, Refusal):
        return found
    rows = []
    for _, data in found.rows:
        # The read model finds them; what is shown is the deal itself, never older than its list.
        number = msgspec.json.decode(data, type=DealDocument).id
        state: Any = call.desk.engine.state(DEAL, number)
        rows.append(deal_shown(call, number, state, call.desk.engine.version(DEAL, number)))
    return Answer(body=ListOf(data=rows, has_more=found.more), private=True)


def _cursor(text: str) -> str | None:
    number = read_public_id(shapes.DEAL, text)
    return None if number is None else str(number)


def _get(call: Call) -> Answer | Refusal:
    found = seen(call)
    if isinstance(found, Refusal):
        return found
    number, deal = found
    version = call.desk.engine.version(DEAL, number)
    return Answer(body=deal_shown(call, number, deal, version), private=True)


def _events(call: Call) -> Answer | Refusal:
    number = call.path["deal"]
    if not may_see(call.desk.store, call.actor, number):
        return Refusal("deal.unknown")
    history: Sequence[Any] = call.desk.store.history(number)
    if call.desk.engine.state(DEAL, number) is None:
        return Refusal("deal.unknown")
    page = cut(call, [event_shown(row) for row in reversed(history)], lambda event: event.id)
    return page if isinstance(page, Refusal) else Answer(body=page, private=True)


def _checkout(call: Call) -> Answer | Refusal:
    number = call.path["deal"]
    base = call.services.settings.base_url
    path = call.body.return_path or f"/deals/{deal_name(number)}"
    opened = trade.checkout(call.desk, call.actor, number, base + path)
    if isinstance(opened, Refusal):
        return opened
    url = opened.url if "://" in opened.url else base + opened.url
    body = CheckoutShown(
        url=url, payment=opened.payment, deal=deal_name(number), livemode=call.livemode
    )
    return Answer(body=body, private=True)


def _code(call: Call) -> Answer | Refusal:
    number = call.path["deal"]
    code = trade.meeting_code(call.desk, call.actor, number)
    if isinstance(code, Refusal):
        return code
    body = MeetingCode(code=code, deal=deal_name(number), livemode=call.livemode)
    return Answer(body=body, private=True)


OPERATIONS = (
    Operation(
        id="createDeal",
        method="POST",
        path="/v1/deals",
        tag="Deals",
        summary="Take the version of a listing that the buyer saw; nothing is paid yet",
        call=_take,
        body=NewDeal,
        query=Dry,
        answers=DealShown,
        status=201,
        scope="deals:write",
        keyed=True,
        refusals=("listing.changed", "listing.sold_out", "listing.withdrawn", "order.own_listing"),
        example={"listing": "lst_00000000000r7", "version": 1},
    ),
    Operation(
        id="listDeals",
        method="GET",
        path="/v1/deals",
        tag="Deals",
        summary="My deals, newest first",
        call=_list,
        query=MyDeals,
        answers=ListOf[DealShown],
        scope="deals:read",
    ),
    Operation(
        id="getDeal",
        method="GET",
        path="/v1/deals/{deal}",
        tag="Deals",
        summary="A deal, with what the caller can do now",
        call=_get,
        answers=DealShown,
        scope="deals:read",
        refusals=("deal.unknown",),
    ),
    Operation(
        id="listDealEvents",
        method="GET",
        path="/v1/deals/{deal}/events",
        tag="Deals",
        summary="The timeline of a deal: its record, newest first",
        call=_events,
        query=shapes.Page,
        answers=ListOf[EventShown],
        scope="deals:read",
        refusals=("deal.unknown",),
    ),
    Operation(
        id="openCheckout",
        method="POST",
        path="/v1/deals/{deal}/checkout",
        tag="Deals",
        summary="Where the buyer pays; the same page for every call about one deal",
        call=_checkout,
        body=AskedCheckout,
        answers=CheckoutShown,
        scope="deals:write",
        refusals=("deal.unknown", "deal.not_now"),
        example={"return_path": "/deals"},
    ),
    Operation(
        id="getMeetingCode",
        method="GET",
        path="/v1/deals/{deal}/meeting_code",
        tag="Deals",
        summary="The one-time code that the buyer gives only with the goods in hand",
        call=_code,
        answers=MeetingCode,
        scope="deals:read",
        refusals=("deal.unknown", "deal.not_now"),
    ),
)
