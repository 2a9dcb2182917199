"""A conversation between two people about a listing or a deal.

What is on record is what the platform received: a recalled message leaves its trace, and blocking
never closes a deal's channel.
"""

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from fairhold.kernel.actor import Role
from fairhold.kernel.instant import Instant
from fairhold.kernel.wish import Command, Event, Refusal


class About(StrEnum):
    """What a conversation is about."""

    LISTING = "listing"
    DEAL = "deal"


class Conversation(Struct, frozen=True, kw_only=True):
    """The folded past: who takes part, how many messages there are, how far each has read."""

    about: About
    subject: int
    people: tuple[int, int]
    messages: int = 0
    read: tuple[int, int] = (0, 0)
    blocked_by: tuple[int, ...] = ()
    mine: tuple[tuple[int, int], ...] = ()
    """The last messages that may still be recalled: (number, author)."""


class Start(Command, frozen=True, kw_only=True):
    """Begin a conversation (the platform opens one with each deal)."""

    about: About
    subject: int
    people: tuple[int, int]


class Post(Command, frozen=True, kw_only=True):
    """Say something. ``signals`` is what the guard saw; ``blocked`` that it must not go out."""

    body: int
    digest: str
    signals: tuple[str, ...] = ()
    blocked: bool = False


class Recall(Command, frozen=True, kw_only=True):
    """Take one's own message back from the other's sight; the record keeps it."""

    number: int


class MarkRead(Command, frozen=True, kw_only=True):
    """Everything up to a number has been seen."""

    number: int


class Block(Command, frozen=True, kw_only=True):
    """Hear nothing more from the other about a listing. A deal's channel stays open."""


class Started(Event, frozen=True, kw_only=True):
    """A channel exists."""

    about: About
    subject: int
    people: tuple[int, int]


class Posted(Event, frozen=True, kw_only=True):
    """A message as the platform received it."""

    number: int
    author: int
    body: int
    digest: str
    signals: tuple[str, ...]


class Stopped(Event, frozen=True, kw_only=True):
    """A message that the guard kept from going out; its words are not stored."""

    author: int
    signals: tuple[str, ...]


class Recalled(Event, frozen=True, kw_only=True):
    """Its author took a message back."""

    number: int


class Read(Event, frozen=True, kw_only=True):
    """Somebody has seen everything up to a number."""

    reader: int
    number: int


class Blocked(Event, frozen=True, kw_only=True):
    """One side wants to hear no more."""

    by: int


ConversationEvent = Started | Posted | Stopped | Recalled | Read | Blocked
EVENTS = (Started, Posted, Stopped, Recalled, Read, Blocked)

RECALLABLE = 20
"""How many of the last messages can still be recalled."""

REFUSALS = (
    "conversation.unknown",
    "conversation.not_yours",
    "conversation.exists",
    "conversation.deal_channel_stays_open",
    "conversation.blocked",
    "conversation.secret_stopped",
    "conversation.not_your_message",
)

Decision = Refusal | tuple[ConversationEvent, ...]


def decide(conversation: Conversation | None, command: Command) -> Decision:
    """Answer one wish in a conversation."""
    if conversation is None:
        if isinstance(command, Start):
            return (
                Started(
                    at=command.at,
                    about=command.about,
                    subject=command.subject,
                    people=command.people,
                ),
            )
        return Refusal("conversation.unknown")
    if isinstance(command, Start):
        same = conversation.subject == command.subject and conversation.people == command.people
        return () if same else Refusal("conversation.exists")
    if command.by.account not in conversation.people and command.by.machine is not Role.PLATFORM:
        return Refusal("conversation.not_yours")
    if isinstance(command, (MarkRead, Block)) and command.by.account not in conversation.people:
        return Refusal("conversation.not_yours")  # the platform posts; it neither reads nor blocks
    match command:
        case Post():
            return _post(conversation, command)
        case Recall(number=number):
            if (number, command.by.account) not in conversation.mine:
                return Refusal("conversation.not_your_message", {"last": RECALLABLE})
            return (Recalled(at=command.at, number=number),)
        case MarkRead(number=number):
            side = conversation.people.index(command.by.account)
            seen = min(number, conversation.messages)
            if seen <= conversation.read[side]:
                return ()
            return (Read(at=command.at, reader=command.by.account, number=seen),)
        case Block():
            if conversation.about is About.DEAL:
                return Refusal("conversation.deal_channel_stays_open")
            if command.by.account in conversation.blocked_by:
                return ()
            return (Blocked(at=command.at, by=command.by.account),)
        case _:
            message = f"a conversation does not know {type(command).__name__}"
            raise AssertionError(message)


def _post(conversation: Conversation, command: Post) -> Decision:
    if conversation.blocked_by:
        return Refusal("conversation.blocked")
    author = command.by.account
    if command.blocked:
        return (Stopped(at=command.at, author=author, signals=command.signals),)
    return (
        Posted(
            at=command.at,
            number=conversation.messages + 1,
            author=author,
            body=command.body,
            digest=command.digest,
            signals=command.signals,
        ),
    )


def evolve(conversation: Conversation | None, event: ConversationEvent) -> Conversation:
    """Fold one fact of a conversation."""
    if isinstance(event, Started):
        return Conversation(about=event.about, subject=event.subject, people=event.people)
    assert conversation is not None, "a conversation begins with Started"
    match event:
        case Posted(number=number, author=author):
            mine = (*conversation.mine, (number, author))[-RECALLABLE:]
            return replace(conversation, messages=number, mine=mine)
        case Recalled(number=number):
            mine = tuple(row for row in conversation.mine if row[0] != number)
            return replace(conversation, mine=mine)
        case Read(reader=reader, number=number):
            first, second = conversation.read
            at_first = conversation.people[0] == reader
            return replace(conversation, read=(number, second) if at_first else (first, number))
        case Blocked(by=by):
            return replace(conversation, blocked_by=(*conversation.blocked_by, by))
        case Stopped():
            return conversation


def wake(_conversation: Conversation) -> Instant | None:
    """A conversation waits for nothing."""
    return None
