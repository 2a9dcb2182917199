"""Conversations: asking about a listing, and the channel that every deal has."""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from fairhold.domain.conversation import About, Conversation, Posted
from fairhold.engine.batching import Receipt
from fairhold.engine.desk import talk
from fairhold.engine.desk.asked import MESSAGE_MAX
from fairhold.engine.kinds import CONVERSATION
from fairhold.engine.vault import Gone
from fairhold.kernel.ids import public_id, read_public_id
from fairhold.kernel.instant import Instant, rfc3339
from fairhold.kernel.wish import Refusal
from fairhold.projections.documents import ConversationDocument, MessageDocument
from fairhold.projections.views import message_id
from fairhold.web.api import shapes
from fairhold.web.api.operation import Answer, Call, Operation, answer
from fairhold.web.api.shapes import ListOf, Nothing, Said, Time, find, page_of


class ConversationShown(Struct, frozen=True, kw_only=True):
    """A conversation of two people; ``subject`` is the listing or deal that it is about."""

    id: Annotated[str, shapes.id_of(shapes.CONVERSATION)]
    about: str
    subject: str
    people: Sequence[str]
    messages: int
    unread: int
    livemode: bool
    last_at: Time | None = None
    object: Literal["conversation"] = "conversation"


class MessageShown(Struct, frozen=True, kw_only=True):
    """A message. ``text`` is null when it was recalled or erased; ``signals`` warn the reader."""

    id: str
    conversation: Annotated[str, shapes.id_of(shapes.CONVERSATION)]
    number: int
    author: Annotated[str, shapes.id_of(shapes.ACCOUNT)]
    text: str | None
    signals: Sequence[str]
    recalled: bool
    at: Time
    livemode: bool
    object: Literal["message"] = "message"


class NewMessage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to say. A code or password in it is stopped before it leaves."""

    text: Annotated[str, Meta(min_length=1, max_length=MESSAGE_MAX), Said]


class Which(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The number of a message."""

    number: Annotated[int, Meta(ge=1, le=1_000_000_000)]


def _seen(call: Call) -> tuple[int, Conversation] | Refusal:
    number = call.path["conversation"]
    state: Conversation | None = call.desk.engine.state(CONVERSATION, number)
    if state is None:
        return Refusal("conversation.unknown")
    if talk.may_read(call.desk, call.actor, state):
        return number, state
    return Refusal("conversation.not_yours")


def _show(call: Call, number: int, state: Conversation, last_at: Instant = 0) -> ConversationShown:
    account = call.actor.account
    read = state.read[state.people.index(account)] if account in state.people else 0
    prefix = shapes.DEAL if state.about is About.DEAL else shapes.LISTING
    return ConversationShown(
        id=public_id(shapes.CONVERSATION, number),
        about=state.about.value,
        subject=public_id(prefix, state.subject),
        people=[public_id(shapes.ACCOUNT, person) for person in state.people],
        messages=state.messages,
        unread=max(0, state.messages - read),
        livemode=call.livemode,
        last_at=rfc3339(last_at) if last_at else None,
    )


def _start(call: Call) -> Answer | Refusal:
    stream = talk.ask_about(call.desk, call.actor, call.path["listing"])
    if isinstance(stream, Refusal):
        return stream
    state: Conversation | None = call.desk.engine.state(CONVERSATION, stream)
    assert state is not None, "it was begun just now"
    return Answer(body=_show(call, stream, state), private=True)


def _list(call: Call) -> Answer | Refusal:
    found = find(call, "conversation", "person", str(call.actor.account), _cursor)
    if isinstance(found, Refusal):
        return found

    def show(document: ConversationDocument) -> ConversationShown:
        state: Conversation | None = call.desk.engine.state(CONVERSATION, document.id)
        assert state is not None, "what is found has begun"
        return _show(call, document.id, state, document.last_at)

    return Answer(body=page_of(found, ConversationDocument, show), private=True)


def _cursor(text: str) -> str | None:
    number = read_public_id(shapes.CONVERSATION, text)
    return None if number is None else str(number)


def _messages(call: Call) -> Answer | Refusal:
    seen = _seen(call)
    if isinstance(seen, Refusal):
        return seen
    number, _ = seen
    found = find(
        call, "message", "conversation", str(number), lambda text: _message_cursor(number, text)
    )
    if isinstance(found, Refusal):
        return found
    page = page_of(found, MessageDocument, lambda document: _message(call, document))
    return Answer(body=page, private=True)


def _message_cursor(conversation: int, text: str) -> str | None:
    name, _, number = text.rpartition("-")
    if read_public_id(shapes.CONVERSATION, name) != conversation or not number.isdecimal():
        return None
    return message_id(conversation, int(number))


def _message(call: Call, document: MessageDocument) -> MessageShown:
    text = None
    if not document.recalled:
        text = _text(call, document.body)
    name = public_id(shapes.CONVERSATION, document.conversation)
    return MessageShown(
        id=f"{name}-{document.number}",
        conversation=name,
        number=document.number,
        author=public_id(shapes.ACCOUNT, document.author),
        text=text,
        signals=document.signals,
        recalled=document.recalled,
        at=rfc3339(document.at),
        livemode=call.livemode,
    )


def _text(call: Call, body: int) -> str | None:
    try:
        return msgspec.json.decode(call.desk.vault.get(body, "message"), type=str)
    except Gone:
        return None


def _say(call: Call) -> Answer | Refusal:
    number = call.path["conversation"]
    outcome = talk.say(call.desk, call.actor, number, call.body.text, call.key)
    if isinstance(outcome, Refusal):
        return outcome
    return answer(outcome, lambda receipt: _said(call, receipt), private=True)


def _said(call: Call, receipt: Receipt) -> MessageShown:
    events = receipt.events
    if receipt.repeated:
        history = call.desk.engine.history(receipt.stream)[: receipt.version]
        events = tuple(event for _, event in history)
    event = next(event for event in reversed(events) if isinstance(event, Posted))
    document = MessageDocument(
        conversation=receipt.stream,
        number=event.number,
        author=event.author,
        body=event.body,
        signals=event.signals,
        at=event.at,
    )
    return _message(call, document)


def _recall(call: Call) -> Answer | Refusal:
    number = call.path["conversation"]
    outcome = talk.recall(call.desk, call.actor, number, call.body.number, call.key)
    return outcome if isinstance(outcome, Refusal) else answer(outcome, lambda r: _after(call, r))


def _block(call: Call) -> Answer | Refusal:
    outcome = talk.block(call.desk, call.actor, call.path["conversation"], call.key)
    return outcome if isinstance(outcome, Refusal) else answer(outcome, lambda r: _after(call, r))


def _read(call: Call) -> Answer | Refusal:
    number = call.path["conversation"]
    outcome = talk.mark_read(call.desk, call.actor, number, call.body.number)
    return outcome if isinstance(outcome, Refusal) else answer(outcome, lambda r: _after(call, r))


def _after(call: Call, receipt: Receipt) -> ConversationShown:
    return _show(call, receipt.stream, call.desk.after(CONVERSATION, receipt))


_UNKNOWN = ("conversation.unknown",)

OPERATIONS = (
    Operation(
        id="startConversation",
        method="POST",
        path="/v1/listings/{listing}/conversations",
        tag="Conversations",
        summary="Ask the seller of a listing; the same conversation for every call",
        call=_start,
        body=Nothing,
        answers=ConversationShown,
        scope="messages:write",
        refusals=("listing.unknown", "order.own_listing"),
        example={},
    ),
    Operation(
        id="listConversations",
        method="GET",
        path="/v1/conversations",
        tag="Conversations",
        summary="My conversations, newest first",
        call=_list,
        query=shapes.Page,
        answers=ListOf[ConversationShown],
        scope="messages:write",
    ),
    Operation(
        id="listMessages",
        method="GET",
        path="/v1/conversations/{conversation}/messages",
        tag="Conversations",
        summary="The messages of a conversation, newest first",
        call=_messages,
        query=shapes.Page,
        answers=ListOf[MessageShown],
        scope="messages:write",
        refusals=_UNKNOWN,
    ),
    Operation(
        id="postMessage",
        method="POST",
        path="/v1/conversations/{conversation}/messages",
        tag="Conversations",
        summary="Say something",
        call=_say,
        body=NewMessage,
        answers=MessageShown,
        status=201,
        scope="messages:write",
        keyed=True,
        refusals=(*_UNKNOWN, "conversation.secret_stopped", "conversation.blocked"),
        example={"text": "Is it still available?"},
    ),
    Operation(
        id="recallMessage",
        method="POST",
        path="/v1/conversations/{conversation}/recall",
        tag="Conversations",
        summary="Take a message back from the other's sight; the record keeps it",
        call=_recall,
        body=Which,
        answers=ConversationShown,
        scope="messages:write",
        keyed=True,
        refusals=(*_UNKNOWN, "conversation.not_your_message"),
        example={"number": 3},
    ),
    Operation(
        id="blockConversation",
        method="POST",
        path="/v1/conversations/{conversation}/block",
        tag="Conversations",
        summary="Hear nothing more about a listing; the channel of a deal stays open",
        call=_block,
        body=Nothing,
        answers=ConversationShown,
        scope="messages:write",
        keyed=True,
        refusals=(*_UNKNOWN, "conversation.deal_channel_stays_open"),
        example={},
    ),
    Operation(
        id="markRead",
        method="POST",
        path="/v1/conversations/{conversation}/read",
        tag="Conversations",
        summary="Everything up to a number has been seen",
        call=_read,
        body=Which,
        answers=ConversationShown,
        scope="messages:write",
        refusals=_UNKNOWN,
        example={"number": 3},
    ),
)
