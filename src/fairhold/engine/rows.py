"""The rows that a store keeps, and the batches and changes that it writes."""

from collections.abc import Sequence

from msgspec import Struct

from fairhold.kernel.instant import Instant


class LogRow(Struct, frozen=True, gc=False):
    """One event as stored: evidence leaf, journal entry and outbox entry in one row.

    ``seq`` is gapless per part from 1; ``prev`` is the seq of the stream's previous event (0 for
    the first); ``data`` holds the exact bytes that are hashed; ``lines`` the JSON of its postings,
    empty when it moves no money.
    """

    part: int
    seq: int
    stream: int
    version: int
    prev: int
    type: str
    at: Instant
    data: bytes
    lines: bytes = b""


class StateRow(Struct, frozen=True, gc=False):
    """The folded state of one stream: ``version`` events long, the last of them at ``head``."""

    id: int
    version: int
    head: int
    data: bytes


class ReceiptRow(Struct, frozen=True, gc=False):
    """What a command with an idempotency key came to, so that its repetition gets the same answer.

    ``key`` is 32 bytes (hash of caller and key), ``body`` 32 bytes (hash of what was asked).
    """

    key: bytes
    body: bytes
    outcome: bytes
    at: Instant


class TimerRow(Struct, frozen=True, gc=False):
    """Wake the stream at ``due``; stale when the stream's version has moved on and says so."""

    due: Instant
    id: int
    version: int


class BalanceRow(Struct, frozen=True, gc=False):
    """The balance of one account of the books in one part; debit positive, in minor units."""

    account: str
    holder: int
    currency: str
    minor: int


class Batch(Struct, frozen=True):
    """All that one group commit writes, in one transaction, or not at all.

    ``head`` is the part's last seq before the batch. ``states`` replace, ``balances`` are
    differences to add, ``timers`` and ``receipts`` are new rows (a repeated key or timer is a
    no-op, never an error).
    """

    part: int
    head: int
    events: Sequence[LogRow]
    states: Sequence[StateRow]
    balances: Sequence[BalanceRow] = ()
    timers: Sequence[TimerRow] = ()
    receipts: Sequence[ReceiptRow] = ()


class Put(Struct, frozen=True):
    """Replace a document of a read model and all its index entries.

    Each entry is (index, value, sort): ``sort`` orders a page, newest (largest) first.
    """

    view: str
    id: str
    data: bytes
    index: Sequence[tuple[str, str, int]] = ()


class Drop(Struct, frozen=True):
    """Remove a document of a read model and its index entries; no error when it is not there."""

    view: str
    id: str


class RetryRow(Struct, frozen=True):
    """A log entry that a follower could not handle yet (``dead`` when it gave up)."""

    consumer: str
    part: int
    seq: int
    stream: int
    tries: int
    due: Instant
    dead: bool
    error: str


class Found(Struct, frozen=True):
    """One page of a read model, newest first."""

    rows: Sequence[tuple[str, bytes]]
    more: bool


class BodyRow(Struct, frozen=True):
    """An encrypted body that an event refers to: a message, a name, a picture, a sealed secret."""

    id: int
    subject: str
    kind: str
    data: bytes


class RangeRow(Struct, frozen=True):
    """Leaves ``first_index … first_index+count-1`` are log rows ``first_seq …`` of one part."""

    first_index: int
    part: int
    first_seq: int
    count: int


class TileRow(Struct, frozen=True):
    """Up to 256 hashes (32 bytes each) of one tile of the tree, C2SP tlog-tiles numbering."""

    level: int
    index: int
    data: bytes


class CheckpointRow(Struct, frozen=True):
    """A signed checkpoint of the tree at one size."""

    size: int
    at: Instant
    note: bytes
