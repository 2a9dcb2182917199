"""An operation of the API as a value: what it is called, what it takes, who may, what it answers.

One table of operations feeds the routes, the OpenAPI document and the test of who may do what.
"""

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from fairhold.engine.batching import Outcome, Receipt, Repeated
from fairhold.engine.desk import Desk
from fairhold.engine.engine import Key
from fairhold.kernel.actor import Actor
from fairhold.kernel.wish import Refusal
from fairhold.web.security.identity import Identity
from fairhold.web.services import Services

JSON = "application/json"
REPLAYED = "Idempotent-Replayed"
"""Header of an answer that an earlier request with the same key got."""
NOBODY = Actor()


class Access(StrEnum):
    """Who may call an operation at all; what they may do with it the domain decides."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    OPERATOR = "operator"


class Call(Struct, frozen=True, kw_only=True):
    """One request, read and checked: ``path`` holds the numbers behind public ids.

    ``key`` is set when the request has an idempotency key, ``raw`` is the body as it came.
    """

    services: Services
    who: Identity | None
    language: str
    path: Mapping[str, Any]
    query: Any = None
    body: Any = None
    raw: bytes = b""
    key: Key | None = None

    @property
    def desk(self) -> Desk:
        """What both doors call."""
        return self.services.desk

    @property
    def actor(self) -> Actor:
        """Who asks; nobody when nobody is signed in."""
        return self.who.actor if self.who is not None else NOBODY

    @property
    def livemode(self) -> bool:
        """Whether real money moves."""
        return not self.services.settings.sandbox


class Answer(Struct, frozen=True, kw_only=True):
    """What goes back: a value to be written as JSON, or bytes with their media type.

    ``private`` forbids every cache to keep it; ``replayed`` marks the answer to a repetition.
    """

    body: object = None
    status: int = 0
    media: str = JSON
    headers: Mapping[str, str] = MappingProxyType({})
    private: bool = False
    replayed: bool = False


Handler = Callable[[Call], Answer | Refusal]
PromptHandler = Callable[[Call], Awaitable[Answer | Refusal]]


class Operation(Struct, frozen=True, kw_only=True):
    """One row of the table.

    ``scope`` is what an API key must have been given; ``keyed`` asks for an Idempotency-Key;
    ``sandbox`` operations do not exist where real money moves; ``takes`` is the media type of a
    body that is no JSON. ``example`` is a body that a reader can send. ``call`` blocks;
    ``prompt`` does the same from the event loop, where that is possible without blocking it.
    """

    id: str
    method: str
    path: str
    tag: str
    summary: str
    call: Handler
    answers: Any
    status: int = 200
    gives: str = JSON
    access: Access = Access.SIGNED_IN
    scope: str = ""
    body: type[Struct] | None = None
    takes: str = ""
    query: type[Struct] | None = None
    keyed: bool = False
    sandbox: bool = False
    refusals: tuple[str, ...] = ()
    example: object = None
    prompt: PromptHandler | None = None


def answer(outcome: Outcome, show: Callable[[Receipt], object], *, private: bool = False) -> Answer:
    """The answer to a wish that came true: what the receipt's state looks like to the caller."""
    assert isinstance(outcome, Receipt)
    return Answer(body=show(outcome), private=private, replayed=outcome.repeated)


def is_replay(outcome: Answer | Refusal) -> bool:
    """Whether this is the answer that an earlier request with the same key got."""
    return outcome.replayed if isinstance(outcome, Answer) else isinstance(outcome, Repeated)
