"""The pages of deals: the list, the order page, its moves, the checkout, what the seal held."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, SkipValidation
from litestar.response import ServerSentEvent
from msgspec.structs import replace

from fairhold.domain.deal.actions import is_open
from fairhold.domain.deal.state import Deal, role_of
from fairhold.engine.batching import Receipt
from fairhold.engine.desk import talk, trade
from fairhold.engine.desk.moves import MoveArguments
from fairhold.engine.kinds import DEAL
from fairhold.engine.outside import Declined, OutsideUnavailable
from fairhold.kernel.actor import Role
from fairhold.kernel.ids import public_id
from fairhold.kernel.wish import Refusal
from fairhold.web.live import Live
from fairhold.web.pages.answer import Page, outcome_of, posted, said
from fairhold.web.pages.chat import talk_view
from fairhold.web.pages.deal_list import deal_list
from fairhold.web.pages.deal_view import deal_view
from fairhold.web.pages.forms import Form, minor_units
from fairhold.web.pages.market_view import DELIVERY_ICONS, goods
from fairhold.web.pages.render import page, see
from fairhold.web.pages.timeline import timeline
from fairhold.web.pages.visitor import (
    AnyRequest,
    Serving,
    Visitor,
    deal_path,
    listing_path,
    number_of,
    visitor,
)
from fairhold.web.present import moment_text, span_text
from fairhold.web.problems import Refused, status_of
from fairhold.web.security.identity import signed_in
from fairhold.web.wording import deals, market
from fairhold.web.words import say

FIELD_MOST: Final = 4_000
SHOWS_SECRET: Final = frozenset({"open", "read_again"})
Living: TypeAlias = NamedDependency[SkipValidation[Live]]


@get("/deals", guards=[signed_in], sync_to_thread=True)
def deals_page(request: AnyRequest, services: Serving, after: FromQuery[str] = "") -> Page:
    """One's own deals: yours to do first, then what runs, then what has ended."""
    who = visitor(services, request)
    return page(request, "deals.html", deals=deal_list(who, after))


@get("/deals/{deal:str}", guards=[signed_in], sync_to_thread=True)
def deal_page(request: AnyRequest, services: Serving, deal: FromPath[str]) -> Page:
    """The order page."""
    return _deal_page(request, visitor(services, request), number_of(DEAL, deal))


def own_deal(who: Visitor, number: int) -> Deal:
    """A deal that this person may see; raises Refused as if there were none."""
    state: Deal | None = who.desk.engine.state(DEAL, number)
    if state is None or role_of(state, who.actor) is Role.STRANGER:
        raise Refused(Refusal("deal.unknown"))
    return state


def _deal_page(
    request: AnyRequest,
    who: Visitor,
    number: int,
    refusal: Refusal | None = None,
    typed: Mapping[str, str] | None = None,
) -> Page:
    state = own_deal(who, number)
    role = role_of(state, who.actor)
    channel = talk.channel_of_deal(who.desk, number)
    other = state.seller if role is Role.BUYER else state.buyer
    return page(
        request,
        "deal.html",
        status=status_of(refusal.code) if refusal is not None else 200,
        path=deal_path(number),
        name=public_id(DEAL.prefix, number),
        deal=deal_view(state, who, typed or {}),
        role=role.value,
        bought=goods(who, state.listing_body),
        frozen=_frozen(state, who),
        other=who.handle(other),
        buyer=who.handle(state.buyer),
        seller=who.handle(state.seller),
        meeting_code=_meeting_code(who, number, state, role),
        opened_at=moment_text(state.secret.opened_at, who.language)
        if state.secret.opened_at
        else "",
        parcel=state.parcel.tracking,
        back=state.back.tracking,
        entries=timeline(number, state, who),
        talk=talk_view(channel, who) if _may_read_talk(state, role) else None,
        talk_path=deal_path(number),
        typed=typed or {},
        refusal=said(refusal, who),
    )


def _may_read_talk(state: Deal, role: Role) -> bool:
    return role is not Role.OPERATOR or talk.is_evidence(state)


def _frozen(state: Deal, who: Visitor) -> dict[str, Any]:
    """The terms that the buyer agreed to."""
    delivery = state.delivery.value
    return {
        "price": state.price,
        "fee": state.fee,
        "version": state.listing_version,
        "listing": listing_path(state.listing),
        "digest": state.listing_digest,
        "delivery": say(who.language, deals.DELIVERIES[delivery][0]),
        "icon": DELIVERY_ICONS[delivery],
        "placed_at": moment_text(state.placed_at, who.language),
        "rules": state.rules.edition,
        "came_from": state.came_from,
    }


def _meeting_code(who: Visitor, number: int, state: Deal, role: Role) -> str:
    if not is_open("meeting_code", state, role):
        return ""
    code = trade.meeting_code(who.desk, who.actor, number)
    return "" if isinstance(code, Refusal) else code


# -- moves ----------------------------------------------------------------------------------------


@post("/deals/{deal:str}/moves/{name:str}", guards=[signed_in])
async def make_move(
    request: AnyRequest, services: Serving, deal: FromPath[str], name: FromPath[str]
) -> Page:
    """Make one of the moves that the page offers."""
    number = number_of(DEAL, deal)

    def work(who: Visitor, form: Form) -> Page:
        state = own_deal(who, number)
        typed = {**form.typed(), "move": name}
        arguments = _arguments(form, state.price.currency)
        if isinstance(arguments, Refusal):
            return _deal_page(request, who, number, arguments, typed)
        key = form.key(who.desk, who.account, f"{name}:{number}")
        outcome = outcome_of(lambda: trade.move(who.desk, who.actor, number, name, arguments, key))
        if isinstance(outcome, Refusal):
            return _deal_page(request, who, number, outcome, typed)
        if name in SHOWS_SECRET:
            return _secret_page(request, who, number, outcome)
        return see(deal_path(number))

    return await posted(request, services, work)


def _arguments(form: Form, currency: str) -> MoveArguments | Refusal:
    """The fields of a form as a move takes them."""

    def told(name: str) -> str:
        return form.fields.get(name, "")[: FIELD_MOST + 1]

    arguments = MoveArguments(
        number=told("number"),
        password=told("password"),
        code=told("code"),
        reason=told("reason"),
        claim=told("claim"),
        text=told("text").replace("\r\n", "\n"),
    )
    if not form.get("amount"):
        return arguments
    minor = minor_units(form.get("amount"), currency)
    if minor is None:
        return Refusal("request.amount_invalid")
    return replace(arguments, amount=minor)


def _secret_page(request: AnyRequest, who: Visitor, number: int, receipt: Receipt) -> Page:
    """What the seal held, as the answer to the very move that is now on record.

    Only such an answer ever shows it: no address does, so no history or cache can.
    """
    state = own_deal(who, number)
    secret = trade.reveal(who.desk, who.actor, number)
    if isinstance(secret, Refusal):
        # The issuer said "used": the deal is off, and the page says why.
        return see(deal_path(number))
    return page(
        request,
        "secret.html",
        path=deal_path(number),
        secret=secret,
        first=moment_text(state.secret.opened_at, who.language),
        again=state.secret.reads > 0,
        position=receipt.seq,
        left=span_text(max(0, state.clock.due - who.now), who.language) if state.clock else "",
    )


# -- paying ---------------------------------------------------------------------------------------


@get("/deals/{deal:str}/checkout", guards=[signed_in], sync_to_thread=True)
def checkout_page(request: AnyRequest, services: Serving, deal: FromPath[str]) -> Page:
    """What is paid, to whom, and what protects it; then on to the provider."""
    return _checkout_page(request, visitor(services, request), number_of(DEAL, deal))


def _checkout_page(
    request: AnyRequest, who: Visitor, number: int, refusal: Refusal | None = None
) -> Page:
    state = own_deal(who, number)
    if not is_open("checkout", state, role_of(state, who.actor)):
        return see(deal_path(number))
    delivery = state.delivery.value
    due = state.clock.due if state.clock is not None else who.now
    return page(
        request,
        "checkout.html",
        status=status_of(refusal.code) if refusal is not None else 200,
        path=deal_path(number),
        price=state.price,
        bought=goods(who, state.listing_body),
        seller=who.handle(state.seller),
        delivery=say(who.language, deals.DELIVERIES[delivery][0]),
        delivery_icon=DELIVERY_ICONS[delivery],
        protects=[say(who.language, line) for line in market.PROTECTS[delivery]],
        due=due,
        left=span_text(max(0, due - who.now), who.language),
        refusal=said(refusal, who),
    )


@post("/deals/{deal:str}/checkout", guards=[signed_in])
async def checkout(request: AnyRequest, services: Serving, deal: FromPath[str]) -> Page:
    """To the provider's own page."""
    number = number_of(DEAL, deal)

    def work(who: Visitor, _form: Form) -> Page:
        back = f"{services.settings.base_url}{deal_path(number)}"
        try:
            opened = trade.checkout(who.desk, who.actor, number, back)
        except (OutsideUnavailable, Declined):
            opened = Refusal("outside.unavailable")
        if isinstance(opened, Refusal):
            return _checkout_page(request, who, number, opened)
        return see(opened.url)

    return await posted(request, services, work)


# -- talking --------------------------------------------------------------------------------------


@post("/deals/{deal:str}/messages", guards=[signed_in])
async def say_in_deal(request: AnyRequest, services: Serving, deal: FromPath[str]) -> Page:
    """Say something to the other side."""
    number = number_of(DEAL, deal)

    def work(who: Visitor, form: Form) -> Page:
        own_deal(who, number)
        channel = talk.open_channel(who.desk, number)
        key = form.key(who.desk, who.account, f"say:{channel}")
        outcome = talk.say(who.desk, who.actor, channel, form.get("text"), key)
        if isinstance(outcome, Refusal):
            return _deal_page(request, who, number, outcome, {**form.typed(), "move": "say"})
        services.caught_up(1.0)
        return see(f"{deal_path(number)}#chat")

    return await posted(request, services, work)


@post("/deals/{deal:str}/messages/{message:int}/recall", guards=[signed_in])
async def recall_in_deal(
    request: AnyRequest, services: Serving, deal: FromPath[str], message: FromPath[int]
) -> Page:
    """Take a message back; its trace stays."""
    number = number_of(DEAL, deal)

    def work(who: Visitor, form: Form) -> Page:
        own_deal(who, number)
        channel = talk.channel_of_deal(who.desk, number)
        key = form.key(who.desk, who.account, f"recall:{channel}")
        outcome = talk.recall(who.desk, who.actor, channel, message, key)
        if isinstance(outcome, Refusal):
            return _deal_page(request, who, number, outcome)
        services.caught_up(1.0)
        return see(f"{deal_path(number)}#chat")

    return await posted(request, services, work)


@get("/deals/{deal:str}/live", guards=[signed_in], sync_to_thread=True)
def deal_live(
    request: AnyRequest, services: Serving, live: Living, deal: FromPath[str]
) -> ServerSentEvent:
    """A word whenever the deal or its channel changes."""
    who = visitor(services, request)
    number = number_of(DEAL, deal)
    own_deal(who, number)
    channel = talk.channel_of_deal(who.desk, number)
    return ServerSentEvent(live.changes({"deal": number, "talk": channel}), headers=UNBUFFERED)


UNBUFFERED: Final = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}

HANDLERS: Final[tuple[Callable[..., Any] | Any, ...]] = (
    deals_page,
    deal_page,
    make_move,
    checkout_page,
    checkout,
    say_in_deal,
    recall_in_deal,
    deal_live,
)
