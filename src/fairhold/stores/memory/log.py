"""The log, the states, the balances, the receipts and the timers, in memory."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from heapq import nsmallest

from fairhold.engine.ports import (
    BalanceRow,
    Batch,
    Fenced,
    LogRow,
    ReceiptRow,
    StateRow,
    TimerRow,
)
from fairhold.kernel.ids import part_of
from fairhold.kernel.instant import Instant
from fairhold.stores.batch import BalanceKey, check, newest, summed
from fairhold.stores.memory.base import MemoryBase

_Timer = tuple[Instant, int, int]
_FAR = 1 << 64


class MemoryLog(MemoryBase):
    """What lanes write, and the reads of it."""

    def __init__(self) -> None:
        """Begin with empty tables."""
        super().__init__()
        self._rows: defaultdict[int, list[LogRow]] = defaultdict(list)
        self._states: dict[int, StateRow] = {}
        self._balances: defaultdict[int, dict[BalanceKey, int]] = defaultdict(dict)
        self._receipts: dict[tuple[int, bytes], ReceiptRow] = {}
        self._timers: list[_Timer] = []

    # -- what a lane does ------------------------------------------------------------------------

    def lane_head(self, part: int) -> tuple[int, Instant]:
        """The last seq of a part and its instant."""
        with self._lock:
            rows = self._rows[part]
            return (rows[-1].seq, rows[-1].at) if rows else (0, 0)

    def lane_load(self, ids: Sequence[int]) -> Mapping[int, StateRow]:
        """The states that exist."""
        with self._lock:
            return {id_: self._states[id_] for id_ in ids if id_ in self._states}

    def lane_recall(self, part: int, keys: Sequence[bytes]) -> Mapping[bytes, ReceiptRow]:
        """The receipts that exist."""
        with self._lock:
            found = ((key, self._receipts.get((part, key))) for key in keys)
            return {key: row for key, row in found if row is not None}

    def lane_commit(self, batch: Batch) -> None:
        """Write all of a batch, or nothing of it."""
        check(batch)
        balances = summed(batch.balances)
        with self._lock:
            rows = self._rows[batch.part]
            if len(rows) != batch.head:
                message = f"part {batch.part} is at {len(rows)}, not at {batch.head}"
                raise Fenced(message)
            rows.extend(batch.events)
            for state in newest(batch.states):
                self._states[state.id] = state
            held = self._balances[batch.part]
            for account, holder, currency, minor in balances:
                key = (account, holder, currency)
                held[key] = held.get(key, 0) + minor
            for timer in batch.timers:
                self._add_timer((timer.due, timer.id, timer.version))
            for receipt in batch.receipts:
                self._receipts.setdefault((batch.part, receipt.key), receipt)

    def _add_timer(self, timer: _Timer) -> None:
        place = bisect_left(self._timers, timer)
        if self._timers[place : place + 1] != [timer]:
            self._timers.insert(place, timer)

    # -- reads -----------------------------------------------------------------------------------

    def parts(self) -> Sequence[int]:
        """The parts that have at least one log row, ascending."""
        with self._lock:
            return sorted(part for part, rows in self._rows.items() if rows)

    def log_head(self, part: int) -> int:
        """The last seq of a part, 0 when empty."""
        return self.lane_head(part)[0]

    def log(self, part: int, after: int, limit: int) -> Sequence[LogRow]:
        """Rows of a part with seq > after, in order."""
        start = max(after, 0)
        with self._lock:
            return self._rows[part][start : start + limit]

    def event(self, part: int, seq: int) -> LogRow | None:
        """One row of the log."""
        with self._lock:
            rows = self._rows[part]
            return rows[seq - 1] if 1 <= seq <= len(rows) else None

    def history(self, stream: int) -> Sequence[LogRow]:
        """All rows of a stream in order, found by walking ``prev`` from its state's head."""
        found: list[LogRow] = []
        with self._lock:
            state = self._states.get(stream)
            row = self.event(part_of(stream), state.head) if state else None
            while row is not None:
                found.append(row)
                row = self.event(row.part, row.prev)
        return found[::-1]

    def state(self, stream: int) -> StateRow | None:
        """The stream's folded state."""
        with self._lock:
            return self._states.get(stream)

    def receipt(self, part: int, key: bytes) -> ReceiptRow | None:
        """What a command with an idempotency key came to."""
        return self.lane_recall(part, [key]).get(key)

    def states(self, part: int, after: int, limit: int) -> Sequence[StateRow]:
        """States of a part with id > after, by id."""
        with self._lock:
            ids = (id_ for id_ in self._states if id_ > after and part_of(id_) == part)
            return [self._states[id_] for id_ in nsmallest(limit, ids)]

    def balances(self, part: int) -> Sequence[BalanceRow]:
        """Every balance of a part, ordered by account, holder, currency."""
        with self._lock:
            return [BalanceRow(*key, minor) for key, minor in sorted(self._balances[part].items())]

    # -- timers and receipts ---------------------------------------------------------------------

    def timers(self, due: Instant, limit: int) -> Sequence[TimerRow]:
        """Timers due at or before an instant, of all parts, earliest first."""
        with self._lock:
            end = bisect_right(self._timers, (due, _FAR, _FAR))
            return [TimerRow(*timer) for timer in self._timers[: min(end, limit)]]

    def next_due(self) -> Instant | None:
        """When the earliest timer is due."""
        with self._lock:
            return self._timers[0][0] if self._timers else None

    def fired(self, rows: Sequence[TimerRow]) -> None:
        """Remove timers that were handled."""
        gone = {(row.due, row.id, row.version) for row in rows}
        with self._lock:
            self._timers = [timer for timer in self._timers if timer not in gone]

    def prune_receipts(self, before: Instant, limit: int) -> int:
        """Forget receipts older than an instant; return how many."""
        with self._lock:
            old = [place for place, row in self._receipts.items() if row.at < before][:limit]
            for place in old:
                del self._receipts[place]
            return len(old)


class MemoryLane:
    """The write side of one part."""

    def __init__(self, log: MemoryLog, part: int) -> None:
        """Write to ``part`` of this log."""
        self._log = log
        self._part = part

    def head(self) -> tuple[int, Instant]:
        """The part's last seq and its ``at``; (0, 0) while the part is empty."""
        return self._log.lane_head(self._part)

    def load(self, ids: Sequence[int]) -> Mapping[int, StateRow]:
        """The states of those streams that exist."""
        return self._log.lane_load(ids)

    def recall(self, keys: Sequence[bytes]) -> Mapping[bytes, ReceiptRow]:
        """The receipts that exist for these keys."""
        return self._log.lane_recall(self._part, keys)

    def commit(self, batch: Batch) -> None:
        """Write the batch, or raise Fenced when the part is not at the batch's head."""
        assert batch.part == self._part, "a lane writes its own part"
        self._log.lane_commit(batch)

    def close(self) -> None:
        """There is nothing to give back."""
