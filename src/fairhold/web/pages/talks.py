"""Conversations about listings, before there is a deal."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.response import ServerSentEvent
from msgspec import Struct

from fairhold.domain.conversation import About, Conversation
from fairhold.domain.listing import Listing
from fairhold.engine.desk import talk
from fairhold.engine.kinds import CONVERSATION, LISTING
from fairhold.kernel.wish import Refusal
from fairhold.projections.documents import ConversationDocument
from fairhold.web.pages.answer import Page, posted, said
from fairhold.web.pages.chat import talk_view
from fairhold.web.pages.deals import UNBUFFERED, Living
from fairhold.web.pages.forms import Form
from fairhold.web.pages.market_view import goods
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
from fairhold.web.present import moment_text
from fairhold.web.problems import Refused, status_of
from fairhold.web.security.identity import signed_in

MOST: Final = 100


class Line(Struct, frozen=True, kw_only=True):
    """A conversation in a list."""

    path: str
    other: str
    about: str
    new: int
    at: str


@get("/talks", guards=[signed_in], sync_to_thread=True)
def talks_page(request: AnyRequest, services: Serving) -> Page:
    """All conversations, the newest first."""
    who = visitor(services, request)
    found = services.desk.store.find("conversation", "person", str(who.account), limit=MOST)
    documents = [msgspec.json.decode(data, type=ConversationDocument) for _, data in found.rows]
    return page(request, "talks.html", lines=_lines(documents, who))


def _lines(documents: Sequence[ConversationDocument], who: Visitor) -> Sequence[Line]:
    return [_line(document, who) for document in documents if document.messages]


def _line(document: ConversationDocument, who: Visitor) -> Line:
    side = document.people.index(who.account)
    in_deal = document.about == About.DEAL.value
    return Line(
        path=deal_path(document.subject) if in_deal else talk_path(document.id),
        other=who.handle(document.people[1 - side]),
        about="" if in_deal else _title(document.subject, who),
        new=document.messages - document.read[side],
        at=moment_text(document.last_at, who.language),
    )


def _title(listing: int, who: Visitor) -> str:
    state: Listing | None = who.desk.engine.state(LISTING, listing)
    return goods(who, state.offer.body).title if state is not None else ""


@get("/talks/{conversation:str}", guards=[signed_in], sync_to_thread=True)
def talk_page(request: AnyRequest, services: Serving, conversation: FromPath[str]) -> Page:
    """One conversation."""
    who = visitor(services, request)
    return _talk_page(request, who, number_of(CONVERSATION, conversation))


def _own(who: Visitor, number: int) -> Conversation:
    state: Conversation | None = who.desk.engine.state(CONVERSATION, number)
    if state is None or who.account not in state.people:
        raise Refused(Refusal("conversation.unknown"))
    return state


def _talk_page(
    request: AnyRequest,
    who: Visitor,
    number: int,
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
) -> Page:
    state = _own(who, number)
    if state.about is About.DEAL:
        return see(f"{deal_path(state.subject)}#chat")
    other = state.people[1 - state.people.index(who.account)]
    return page(
        request,
        "talk.html",
        status=status_of(refusal.code) if refusal is not None else 200,
        talk=talk_view(number, who),
        talk_path=talk_path(number),
        other=who.handle(other),
        title=_title(state.subject, who),
        listing=listing_path(state.subject),
        typed=typed or {},
        refusal=said(refusal, who),
    )


@post("/talks/{conversation:str}/messages", guards=[signed_in])
async def say_in_talk(request: AnyRequest, services: Serving, conversation: FromPath[str]) -> Page:
    """Say something."""
    number = number_of(CONVERSATION, conversation)

    def work(who: Visitor, form: Form) -> Page:
        _own(who, number)
        key = form.key(who.desk, who.account, f"say:{number}")
        outcome = talk.say(who.desk, who.actor, number, form.get("text"), key)
        if isinstance(outcome, Refusal):
            return _talk_page(request, who, number, outcome, dict(form.typed()))
        services.caught_up(1.0)
        return see(f"{talk_path(number)}#chat")

    return await posted(request, services, work)


@post("/talks/{conversation:str}/messages/{message:int}/recall", guards=[signed_in])
async def recall_in_talk(
    request: AnyRequest, services: Serving, conversation: FromPath[str], message: FromPath[int]
) -> Page:
    """Take a message back."""
    number = number_of(CONVERSATION, conversation)

    def work(who: Visitor, form: Form) -> Page:
        _own(who, number)
        key = form.key(who.desk, who.account, f"recall:{number}")
        outcome = talk.recall(who.desk, who.actor, number, message, key)
        if isinstance(outcome, Refusal):
            return _talk_page(request, who, number, outcome)
        services.caught_up(1.0)
        return see(f"{talk_path(number)}#chat")

    return await posted(request, services, work)


@get("/talks/{conversation:str}/live", guards=[signed_in], sync_to_thread=True)
def talk_live(
    request: AnyRequest, services: Serving, live: Living, conversation: FromPath[str]
) -> ServerSentEvent:
    """A word whenever something was said."""
    number = number_of(CONVERSATION, conversation)
    _own(visitor(services, request), number)
    return ServerSentEvent(live.changes({"talk": number}), headers=UNBUFFERED)


HANDLERS: Final[tuple[Any, ...]] = (
    talks_page,
    talk_page,
    say_in_talk,
    recall_in_talk,
    talk_live,
)
