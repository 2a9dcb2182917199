"""A conversation as its page shows it: what was said, by whom, and what the guard says to it."""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from fairhold.domain.conversation import Conversation
from fairhold.engine.desk import talk
from fairhold.engine.kinds import CONVERSATION
from fairhold.engine.vault import Gone
from fairhold.kernel.ids import public_id
from fairhold.projections.documents import MessageDocument
from fairhold.web.pages.visitor import Visitor
from fairhold.web.present import moment_text
from fairhold.web.wording import N_, market
from fairhold.web.words import say

SHOWN: Final = 60


class Warned(Struct, frozen=True):
    """What the guard tells the person at risk: the danger, and what to do."""

    danger: str
    advice: str


class Message(Struct, frozen=True, kw_only=True):
    """One message as this reader sees it."""

    number: int
    by: str
    mine: bool
    text: str
    recalled: bool
    at: int
    at_text: str
    seen: bool
    recallable: bool
    warnings: Sequence[Warned]


class Talk(Struct, frozen=True, kw_only=True):
    """A conversation; ``messages`` oldest first."""

    id: str
    messages: Sequence[Message]
    older: bool
    closed: bool
    reading: bool
    """Read by somebody who takes no part in it."""


def talk_view(conversation: int, visitor: Visitor) -> Talk:
    """A conversation; what one of its people sees counts as read, what an officer sees does not."""
    state: Conversation | None = visitor.desk.engine.state(CONVERSATION, conversation)
    name = public_id(CONVERSATION.prefix, conversation)
    if state is None:
        return Talk(id=name, messages=(), older=False, closed=False, reading=True)
    found = visitor.desk.store.find("message", "conversation", str(conversation), limit=SHOWN)
    rows = [msgspec.json.decode(data, type=MessageDocument) for _, data in reversed(found.rows)]
    if visitor.account in state.people and rows:
        side = state.people.index(visitor.account)
        if state.read[side] < rows[-1].number:
            talk.mark_read(visitor.desk, visitor.actor, conversation, rows[-1].number)
    return Talk(
        id=name,
        messages=[_message(row, state, visitor) for row in rows],
        older=found.more,
        closed=bool(state.blocked_by),
        reading=visitor.account not in state.people,
    )


def _message(row: MessageDocument, state: Conversation, visitor: Visitor) -> Message:
    mine = row.author == visitor.account
    other = 1 - state.people.index(row.author) if row.author in state.people else 0
    taking_part = visitor.account in state.people
    return Message(
        number=row.number,
        by="" if taking_part else visitor.handle(row.author),
        mine=mine,
        text=_text(row, visitor),
        recalled=row.recalled,
        at=row.at,
        at_text=moment_text(row.at, visitor.language),
        seen=mine and state.read[other] >= row.number,
        recallable=(row.number, visitor.account) in state.mine,
        warnings=() if mine else _warnings(row.signals, visitor.language),
    )


def _text(row: MessageDocument, visitor: Visitor) -> str:
    if row.recalled:
        return say(visitor.language, N_("This message was taken back. The record keeps it."))
    try:
        return msgspec.json.decode(visitor.desk.vault.get(row.body, "message"), type=str)
    except Gone:
        return say(visitor.language, N_("(This message was erased; its hash stays on record.)"))


def _warnings(signals: Sequence[str], language: str) -> Sequence[Warned]:
    known = [market.SIGNALS[signal] for signal in signals if signal in market.SIGNALS]
    return [Warned(say(language, danger), say(language, advice)) for danger, advice in known]
