"""The documents of the read models, as plain values. Ids are numbers; the web shows public ones."""

from msgspec import Struct

from fairhold.kernel.instant import Instant
from fairhold.kernel.money import Money


class ListingDocument(Struct, frozen=True, kw_only=True):
    """A listing on the market or in its owner's drawer; words and pictures are under ``body``."""

    id: int
    owner: int
    version: int
    status: str
    price: Money
    delivery: str
    category: str
    body: int
    stock: int
    left: int
    taken: int
    published_at: Instant


class DealDocument(Struct, frozen=True, kw_only=True):
    """A deal in a list; its own page reads the deal itself."""

    id: int
    buyer: int
    seller: int
    listing: int
    listing_version: int
    listing_body: int
    order: str
    reason: str
    money: str
    delivery: str
    price: Money
    placed_at: Instant
    clock: str
    due: Instant
    turn: str
    case: str


class ConversationDocument(Struct, frozen=True, kw_only=True):
    """A conversation in a list."""

    id: int
    about: str
    subject: int
    people: tuple[int, int]
    messages: int
    read: tuple[int, int]
    last_at: Instant


class MessageDocument(Struct, frozen=True, kw_only=True):
    """One message; its words are under ``body``."""

    conversation: int
    number: int
    author: int
    body: int
    signals: tuple[str, ...]
    at: Instant
    recalled: bool = False


class AccountDocument(Struct, frozen=True, kw_only=True):
    """An account in the operator's list."""

    id: int
    standing: str
    operator: bool
    opened_at: Instant
