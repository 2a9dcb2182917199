"""What the engine asks of a store, in the engine's own words.

A store is opened once per process and is safe to use from any thread. A :class:`LaneStore` and
everything it returns belongs to the one thread that runs the lane. All methods block; callers
that live on an event loop go through a thread.

Every implementation passes the same contract: ``tests/stores/contract.py``.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from fairhold.engine.rows import (
    BalanceRow,
    Batch,
    BodyRow,
    CheckpointRow,
    Drop,
    Found,
    LogRow,
    Put,
    RangeRow,
    ReceiptRow,
    RetryRow,
    StateRow,
    TileRow,
    TimerRow,
)
from fairhold.kernel.instant import Instant


class Fenced(Exception):
    """Somebody else wrote this log part, or moved this cursor, first. Reload and decide again."""


class Unavailable(Exception):
    """The store cannot be reached or is out of room. Nothing was written; try again later."""


class InDoubt(Exception):
    """The connection broke during a commit. Re-read the head to learn whether it was written."""


# -- rows -----------------------------------------------------------------------------------------


# -- the write side -------------------------------------------------------------------------------


class LaneStore(Protocol):
    """One writer's own connection to one part of the log."""

    def head(self) -> tuple[int, Instant]:
        """The part's last seq and its ``at``; (0, 0) while the part is empty."""

    def load(self, ids: Sequence[int]) -> Mapping[int, StateRow]:
        """The states of those streams that exist, in one query."""

    def recall(self, keys: Sequence[bytes]) -> Mapping[bytes, ReceiptRow]:
        """The receipts that exist for these keys, in one query."""

    def commit(self, batch: Batch) -> None:
        """Write the batch durably in one transaction.

        A batch may hold receipts without events (a refusal is remembered too). Raises Fenced when
        (part, seq) is taken, Unavailable when nothing was written, InDoubt when nobody can tell.
        """

    def close(self) -> None:
        """Give the connection back."""


# -- followers ------------------------------------------------------------------------------------


class ReadStore(Protocol):
    """Reads of committed data, from any thread."""

    def parts(self) -> Sequence[int]:
        """The parts that have at least one log row, ascending."""

    def log_head(self, part: int) -> int:
        """The last seq of a part, 0 when empty."""

    def log(self, part: int, after: int, limit: int) -> Sequence[LogRow]:
        """Rows of a part with seq > after, in order."""

    def event(self, part: int, seq: int) -> LogRow | None:
        """One row of the log."""

    def history(self, stream: int) -> Sequence[LogRow]:
        """All rows of a stream in order, found by walking ``prev`` from its state's head."""

    def state(self, stream: int) -> StateRow | None:
        """The stream's folded state."""

    def receipt(self, part: int, key: bytes) -> ReceiptRow | None:
        """What a command with an idempotency key came to."""

    def states(self, part: int, after: int, limit: int) -> Sequence[StateRow]:
        """States of a part with id > after, by id (fsck walks them)."""

    def balances(self, part: int) -> Sequence[BalanceRow]:
        """Every balance of a part, ordered by account, holder, currency."""

    def document(self, view: str, id_: str) -> bytes | None:
        """One document of a read model."""

    def find(
        self,
        view: str,
        index: str,
        value: str,
        *,
        limit: int,
        after: str | None = None,
        before: str | None = None,
    ) -> Found:
        """Documents under one index value, newest first.

        ``after`` is the id of the last document of the previous page, ``before`` of the first
        document of the next one (rows then still come newest first). An id that is not in this
        index gives an empty page. Order: sort descending, then id descending.
        """

    def count(self, view: str, index: str, value: str) -> int:
        """How many documents stand under one index value."""


class FollowerStore(Protocol):
    """Cursors, read-model writes and retries."""

    def cursor(self, consumer: str, part: int) -> int:
        """The last seq this consumer has finished in a part; 0 at the beginning."""

    def advance(
        self,
        consumer: str,
        part: int,
        expected: int,
        seq: int,
        changes: Iterable[Put | Drop] = (),
        retries: Iterable[RetryRow] = (),
    ) -> None:
        """Apply the changes, add the retries and move the cursor, in one transaction.

        Raises Fenced when the cursor is no longer at ``expected``.
        """

    def lease(self, name: str, owner: str, now: Instant, until: Instant) -> bool:
        """Take or renew a lease: True when nobody else holds ``name`` at ``now``.

        A matter of performance only; correctness rests on the cursor and on idempotent effects.
        """

    def release(self, name: str, owner: str) -> None:
        """Give a lease back, if this owner holds it."""

    def retries(self, consumer: str, due: Instant, limit: int) -> Sequence[RetryRow]:
        """Living retries that are due, ordered by (part, seq)."""

    def waiting(self, consumer: str, part: int, stream: int) -> bool:
        """Whether a living or dead retry of this stream is still open for this consumer."""

    def settle(self, consumer: str, part: int, seq: int, row: RetryRow | None) -> None:
        """Replace a retry by ``row`` (another try, or dead), or remove it when it succeeded."""

    def dead_letters(self, consumer: str | None, limit: int) -> Sequence[RetryRow]:
        """Retries that gave up, of one consumer or of all, oldest first."""

    def drop_view(self, views: Sequence[str]) -> None:
        """Forget read models (documents and index entries), to rebuild them."""

    def reset_cursor(self, consumer: str) -> None:
        """Let a consumer begin again at 0 in every part."""


class TimerStore(Protocol):
    """The only scheduler of domain time."""

    def timers(self, due: Instant, limit: int) -> Sequence[TimerRow]:
        """Timers due at or before an instant, of all parts, earliest first."""

    def next_due(self) -> Instant | None:
        """When the earliest timer is due."""

    def fired(self, rows: Sequence[TimerRow]) -> None:
        """Remove timers that were handled; no error when another process removed them."""


# -- bodies, keys, small things -------------------------------------------------------------------


class BodyStore(Protocol):
    """Encrypted bodies and the wrapped keys of their subjects."""

    def put_body(self, row: BodyRow) -> None:
        """Store a body durably; the same id again with the same data is a no-op."""

    def body(self, id_: int) -> BodyRow | None:
        """Read a body."""

    def drop_body(self, id_: int) -> None:
        """Remove a body; no error when it is not there."""

    def put_subject_key(self, subject: str, wrapped: bytes) -> bytes:
        """Store a subject's wrapped key unless there is one; return the one in force."""

    def subject_key(self, subject: str) -> bytes | None:
        """A subject's wrapped key; None when it never was or was destroyed."""

    def replace_subject_key(self, subject: str, old: bytes, new: bytes) -> bool:
        """Re-wrap: swap the stored key if it still equals ``old`` (rotation of the master key)."""

    def drop_subject_key(self, subject: str) -> None:
        """Erase: without the key the subject's bodies are unreadable for ever."""

    def subjects(self, after: str, limit: int) -> Sequence[str]:
        """Subjects that have a key, by name (rotation walks them)."""


class ShelfStore(Protocol):
    """Operational data that is no domain fact: sessions, API keys, counters, webhook endpoints.

    A value has a space, a key and an optional expiry; expired values are as if absent.
    """

    def shelf_get(self, space: str, key: str, now: Instant) -> bytes | None:
        """Read a value."""

    def shelf_put(self, space: str, key: str, value: bytes, expires: Instant | None = None) -> None:
        """Write a value, replacing one that is there."""

    def shelf_add(
        self, space: str, key: str, value: bytes, now: Instant, expires: Instant | None = None
    ) -> bool:
        """Write a value unless one is there (and not expired); say whether it was written."""

    def shelf_swap(
        self, space: str, key: str, old: bytes, new: bytes, expires: Instant | None = None
    ) -> bool:
        """Replace a value if it still equals ``old``; say whether it did."""

    def shelf_drop(self, space: str, key: str) -> None:
        """Remove a value; no error when it is not there."""

    def shelf_list(
        self, space: str, prefix: str, now: Instant, *, after: str = "", limit: int = 100
    ) -> Sequence[tuple[str, bytes]]:
        """Values whose key begins with ``prefix`` and is > after, by key."""

    def shelf_count(
        self, space: str, key: str, now: Instant, window: int, *, add: int = 1
    ) -> tuple[int, Instant]:
        """Count a hit in a fixed window of ``window`` ms; return the count and when it ends."""

    def shelf_sweep(self, now: Instant, limit: int) -> int:
        """Remove expired values, at most ``limit``; return how many."""


# -- the Merkle tree ------------------------------------------------------------------------------


class TreeStore(Protocol):
    """The integrated tree: tiles, ranges and checkpoints."""

    def tree_size(self) -> int:
        """How many leaves are integrated."""

    def tree_cursor(self, part: int) -> int:
        """The last seq of a part that is integrated."""

    def extend(
        self,
        expected_size: int,
        tiles: Sequence[TileRow],
        ranges: Sequence[RangeRow],
    ) -> None:
        """Replace or add tiles, append ranges; raise Fenced when the size has moved on."""

    def add_checkpoint(self, row: CheckpointRow) -> None:
        """Keep a checkpoint; an older one of the same size stays as it is."""

    def tile(self, level: int, index: int) -> bytes | None:
        """The hashes of a tile so far (it grows until it holds 256)."""

    def leaf_index(self, part: int, seq: int) -> int | None:
        """Where an event stands in the tree; None while it is not integrated."""

    def leaf_place(self, index: int) -> tuple[int, int] | None:
        """Which (part, seq) a leaf is."""

    def checkpoint(self, size: int | None = None) -> CheckpointRow | None:
        """The newest checkpoint, or the one of a given size."""

    def checkpoints(self, after_size: int, limit: int) -> Sequence[CheckpointRow]:
        """Checkpoints with size > after_size, ascending."""


class Store(ReadStore, FollowerStore, TimerStore, BodyStore, ShelfStore, TreeStore, Protocol):
    """Everything one database offers to one process.

    ``part_count`` is how many parts new streams are spread over; it never changes for a database.
    """

    part_count: int

    def lane(self, part: int) -> LaneStore:
        """Open the write side of one part on a connection of its own."""

    def prune_receipts(self, before: Instant, limit: int) -> int:
        """Forget receipts older than the published period; return how many."""

    def ping(self) -> None:
        """Raise Unavailable when the database does not answer."""

    def close(self) -> None:
        """Release every connection."""


__all__ = [
    "BalanceRow",
    "Batch",
    "BodyRow",
    "BodyStore",
    "CheckpointRow",
    "Drop",
    "Fenced",
    "FollowerStore",
    "Found",
    "InDoubt",
    "LaneStore",
    "LogRow",
    "Put",
    "RangeRow",
    "ReadStore",
    "ReceiptRow",
    "RetryRow",
    "ShelfStore",
    "StateRow",
    "Store",
    "TileRow",
    "TimerRow",
    "TimerStore",
    "TreeStore",
    "Unavailable",
]
