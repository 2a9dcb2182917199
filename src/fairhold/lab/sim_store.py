"""A store in memory that fails when it is told to: before the work, after it, or fenced."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from threading import Event

from msgspec import Struct

from fairhold.engine.ports import (
    Batch,
    BodyRow,
    Drop,
    Fenced,
    InDoubt,
    LogRow,
    Put,
    RangeRow,
    ReceiptRow,
    RetryRow,
    StateRow,
    TileRow,
    TimerRow,
    Unavailable,
)
from fairhold.kernel.instant import Instant
from fairhold.stores.memory import MemoryLane, MemoryStore

Documents = Mapping[tuple[str, str], tuple[bytes, Mapping[tuple[str, str], int]]]


class StoreFault(StrEnum):
    """How one call to the store goes wrong."""

    UNAVAILABLE = "unavailable"
    """Nothing was written, and the caller knows it."""
    LOST_BEFORE = "lost_before"
    """The connection broke before anything was written; nobody can tell."""
    LOST_AFTER = "lost_after"
    """The connection broke after everything was written; nobody can tell."""
    FENCED = "fenced"
    """Somebody else seems to have been faster."""


class Call(StrEnum):
    """What a fault can be armed for."""

    COMMIT = "commit"
    HEAD = "head"
    LOAD = "load"
    STATE = "state"
    LOG = "log"
    ADVANCE = "advance"
    SETTLE = "settle"
    FIRED = "fired"
    BODY = "body"
    SHELF = "shelf"
    EXTEND = "extend"


FAULTS: Mapping[Call, tuple[StoreFault, ...]] = {
    Call.COMMIT: tuple(StoreFault),
    Call.HEAD: (StoreFault.UNAVAILABLE,),
    Call.LOAD: (StoreFault.UNAVAILABLE,),
    Call.STATE: (StoreFault.UNAVAILABLE,),
    Call.LOG: (StoreFault.UNAVAILABLE,),
    Call.ADVANCE: (StoreFault.UNAVAILABLE, StoreFault.LOST_AFTER, StoreFault.FENCED),
    Call.SETTLE: (StoreFault.UNAVAILABLE, StoreFault.LOST_AFTER),
    Call.FIRED: (StoreFault.UNAVAILABLE, StoreFault.LOST_AFTER),
    Call.BODY: (StoreFault.UNAVAILABLE, StoreFault.LOST_AFTER),
    Call.SHELF: (StoreFault.UNAVAILABLE, StoreFault.LOST_AFTER),
    Call.EXTEND: (StoreFault.UNAVAILABLE, StoreFault.LOST_AFTER, StoreFault.FENCED),
}
"""What each call can do wrong and still keep its contract."""


class _Armed(Struct):
    call: Call
    fault: StoreFault
    skip: int
    count: int


class FailingStore(MemoryStore):
    """The memory store, with faults that were armed one by one.

    It gives out timers one at a time, so that what is decided does not hang on how quickly a lane
    gathers: the same faults meet the same calls in every run. Closing it keeps what it holds, as a
    database outlives a process.
    """

    def __init__(self, part_count: int = 1) -> None:
        super().__init__(part_count)
        self._armed: list[_Armed] = []
        self.failed = 0
        self._gate: tuple[Event, Event] | None = None

    # -- faults ------------------------------------------------------------------------------------

    def arm(self, call: Call, fault: StoreFault, skip: int = 0, count: int = 1) -> None:
        """Let ``count`` calls fail, after ``skip`` more that succeed."""
        self._armed.append(_Armed(call, fault, skip, count))

    def disarm(self) -> None:
        """From now on everything succeeds."""
        self._armed.clear()

    def before(self, call: Call) -> StoreFault | None:
        """Fail now, or answer with the fault that strikes once the work is done."""
        for armed in self._armed:
            if armed.call is not call:
                continue
            if armed.skip:
                armed.skip -= 1
                continue
            armed.count -= 1
            if not armed.count:
                self._armed.remove(armed)
            self.failed += 1
            if armed.fault is StoreFault.LOST_AFTER:
                return armed.fault
            raise _error(call, armed.fault)
        return None

    def after(self, call: Call, fault: StoreFault | None) -> None:
        """Fail although the work is done."""
        if fault is not None:
            raise _error(call, fault)

    @contextmanager
    def held_up(self) -> Iterator[Event]:
        """Hold up the next lane that comes until the block ends; the event says that it waits."""
        busy, free = Event(), Event()
        self._gate = (busy, free)
        try:
            yield busy
        finally:
            self._gate = None
            free.set()

    def pass_gate(self) -> None:
        """Wait where a lane is held up."""
        gate = self._gate
        if gate is not None:
            busy, free = gate
            busy.set()
            free.wait()

    # -- what can fail -----------------------------------------------------------------------------

    def lane(self, part: int) -> "FailingLane":
        """Open the write side of one part."""
        return FailingLane(self, part)

    def state(self, stream: int) -> StateRow | None:
        """The stream's folded state."""
        self.before(Call.STATE)
        return super().state(stream)

    def log(self, part: int, after: int, limit: int) -> Sequence[LogRow]:
        """Rows of a part with seq > after, in order."""
        self.before(Call.LOG)
        return super().log(part, after, limit)

    def advance(
        self,
        consumer: str,
        part: int,
        expected: int,
        seq: int,
        changes: Iterable[Put | Drop] = (),
        retries: Iterable[RetryRow] = (),
    ) -> None:
        """Apply the changes, add the retries and move the cursor together."""
        fault = self.before(Call.ADVANCE)
        super().advance(consumer, part, expected, seq, changes, retries)
        self.after(Call.ADVANCE, fault)

    def lease(self, name: str, owner: str, now: Instant, until: Instant) -> bool:
        """Nobody is ever in the way: a lease ends by the machine's time, which is not simulated."""
        del name, owner, now, until
        return True

    def settle(self, consumer: str, part: int, seq: int, row: RetryRow | None) -> None:
        """Replace a retry by ``row``, or remove it when it succeeded."""
        fault = self.before(Call.SETTLE)
        super().settle(consumer, part, seq, row)
        self.after(Call.SETTLE, fault)

    def timers(self, due: Instant, limit: int) -> Sequence[TimerRow]:
        """The earliest timer that is due; never more than one."""
        return super().timers(due, min(limit, 1))

    def fired(self, rows: Sequence[TimerRow]) -> None:
        """Remove timers that were handled."""
        fault = self.before(Call.FIRED)
        super().fired(rows)
        self.after(Call.FIRED, fault)

    def put_body(self, row: BodyRow) -> None:
        """Store a body."""
        fault = self.before(Call.BODY)
        super().put_body(row)
        self.after(Call.BODY, fault)

    def shelf_put(self, space: str, key: str, value: bytes, expires: Instant | None = None) -> None:
        """Write a value, replacing one that is there."""
        fault = self.before(Call.SHELF)
        super().shelf_put(space, key, value, expires)
        self.after(Call.SHELF, fault)

    def extend(
        self, expected_size: int, tiles: Sequence[TileRow], ranges: Sequence[RangeRow]
    ) -> None:
        """Replace or add tiles, append ranges."""
        fault = self.before(Call.EXTEND)
        super().extend(expected_size, tiles, ranges)
        self.after(Call.EXTEND, fault)

    # -- what only a simulation looks at -----------------------------------------------------------

    def schedule(self) -> frozenset[tuple[Instant, int]]:
        """Every timer there is: when, and which stream."""
        with self._lock:
            return frozenset((due, id_) for due, id_, _ in self._timers)

    def documents(self) -> Documents:
        """Every document of every read model with its places in the indexes."""
        with self._lock:
            return dict(self._documents)

    def open_retries(self) -> Sequence[RetryRow]:
        """Everything that a follower could not do yet, dead letters included."""
        with self._lock:
            return list(self._retries.values())


class FailingLane(MemoryLane):
    """The write side of one part, with the faults of its store."""

    def __init__(self, store: FailingStore, part: int) -> None:
        super().__init__(store, part)
        self._store = store

    def head(self) -> tuple[int, Instant]:
        """The part's last seq and its ``at``."""
        self._store.pass_gate()
        self._store.before(Call.HEAD)
        return super().head()

    def load(self, ids: Sequence[int]) -> Mapping[int, StateRow]:
        """The states of those streams that exist."""
        self._store.before(Call.LOAD)
        return super().load(ids)

    def recall(self, keys: Sequence[bytes]) -> Mapping[bytes, ReceiptRow]:
        """The receipts that exist for these keys."""
        self._store.before(Call.LOAD)
        return super().recall(keys)

    def commit(self, batch: Batch) -> None:
        """Write the batch."""
        self._store.pass_gate()
        fault = self._store.before(Call.COMMIT)
        super().commit(batch)
        self._store.after(Call.COMMIT, fault)


def _error(call: Call, fault: StoreFault) -> Exception:
    message = f"{call} met {fault}"
    if fault is StoreFault.FENCED:
        return Fenced(message)
    if fault is StoreFault.UNAVAILABLE or call is not Call.COMMIT:
        return Unavailable(message)
    return InDoubt(message)
