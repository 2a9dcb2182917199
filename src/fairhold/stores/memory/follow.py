"""Cursors, read models, retries and leases, in memory."""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence

from fairhold.engine.ports import Drop, Fenced, Found, Put, RetryRow
from fairhold.kernel.instant import Instant
from fairhold.stores.documents import Entry, entries_of, last_changes
from fairhold.stores.memory.base import MemoryBase

_Place = tuple[int, str]
_RetryKey = tuple[str, int, int]


class MemoryFollowers(MemoryBase):
    """What followers write, and the reads of it."""

    def __init__(self) -> None:
        """Begin with empty tables."""
        super().__init__()
        self._cursors: dict[tuple[str, int], int] = {}
        self._documents: dict[tuple[str, str], tuple[bytes, dict[Entry, int]]] = {}
        self._indexes: defaultdict[tuple[str, str, str], list[_Place]] = defaultdict(list)
        self._retries: dict[_RetryKey, RetryRow] = {}
        self._leases: dict[str, tuple[str, Instant]] = {}

    # -- cursors and documents -------------------------------------------------------------------

    def cursor(self, consumer: str, part: int) -> int:
        """The last seq this consumer has finished in a part; 0 at the beginning."""
        with self._lock:
            return self._cursors.get((consumer, part), 0)

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
        last = last_changes(changes)
        with self._lock:
            at = self._cursors.get((consumer, part), 0)
            if at != expected:
                message = f"{consumer} is at {at} in part {part}, not at {expected}"
                raise Fenced(message)
            self._cursors[consumer, part] = seq
            for change in last:
                self._forget(change.view, change.id)
                if isinstance(change, Put):
                    self._write(change)
            for row in retries:
                self._retries[row.consumer, row.part, row.seq] = row

    def _forget(self, view: str, id_: str) -> None:
        _, entries = self._documents.pop((view, id_), (b"", {}))
        for (index, value), sort in entries.items():
            places = self._indexes[view, index, value]
            del places[bisect_left(places, (sort, id_))]

    def _write(self, put: Put) -> None:
        entries = entries_of(put)
        self._documents[put.view, put.id] = (put.data, entries)
        for (index, value), sort in entries.items():
            insort(self._indexes[put.view, index, value], (sort, put.id))

    def document(self, view: str, id_: str) -> bytes | None:
        """One document of a read model."""
        with self._lock:
            found = self._documents.get((view, id_))
            return found[0] if found else None

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
        """Documents under one index value, newest first."""
        assert after is None or before is None, "a page lies after one id or before one"
        with self._lock:
            places = self._indexes[view, index, value]
            low, high = 0, len(places)
            anchor = after if after is not None else before
            if anchor is not None:
                place = self._place(view, index, value, anchor)
                if place is None:
                    return Found(rows=(), more=False)
                if before is not None:
                    low = bisect_right(places, place)
                else:
                    high = bisect_left(places, place)
            if before is not None:
                page, more = places[low : low + limit], high - low > limit
            else:
                page, more = places[max(low, high - limit) : high], high - low > limit
            rows = [(id_, self._documents[view, id_][0]) for _, id_ in reversed(page)]
        return Found(rows=rows, more=more)

    def _place(self, view: str, index: str, value: str, id_: str) -> _Place | None:
        _, entries = self._documents.get((view, id_), (b"", {}))
        sort = entries.get((index, value))
        return None if sort is None else (sort, id_)

    def count(self, view: str, index: str, value: str) -> int:
        """How many documents stand under one index value."""
        with self._lock:
            return len(self._indexes[view, index, value])

    def drop_view(self, views: Sequence[str]) -> None:
        """Forget read models."""
        with self._lock:
            for key in [key for key in self._documents if key[0] in views]:
                del self._documents[key]
            for place in [place for place in self._indexes if place[0] in views]:
                del self._indexes[place]

    def reset_cursor(self, consumer: str) -> None:
        """Let a consumer begin again at 0 in every part; its open retries go with it."""
        with self._lock:
            for at in [key for key in self._cursors if key[0] == consumer]:
                del self._cursors[at]
            for key in [key for key in self._retries if key[0] == consumer]:
                del self._retries[key]

    # -- leases ----------------------------------------------------------------------------------

    def lease(self, name: str, owner: str, now: Instant, until: Instant) -> bool:
        """Take or renew a lease: True when nobody else holds ``name`` at ``now``."""
        with self._lock:
            holder, end = self._leases.get(name, (owner, now))
            free = holder == owner or end <= now
            if free:
                self._leases[name] = (owner, until)
            return free

    def release(self, name: str, owner: str) -> None:
        """Give a lease back, if this owner holds it."""
        with self._lock:
            if self._leases.get(name, ("", 0))[0] == owner:
                del self._leases[name]

    # -- retries ---------------------------------------------------------------------------------

    def retries(self, consumer: str, due: Instant, limit: int) -> Sequence[RetryRow]:
        """Living retries that are due, ordered by (part, seq)."""
        with self._lock:
            rows = [
                row
                for row in self._retries.values()
                if row.consumer == consumer and not row.dead and row.due <= due
            ]
        return sorted(rows, key=lambda row: (row.part, row.seq))[:limit]

    def waiting(self, consumer: str, part: int, stream: int) -> bool:
        """Whether a living or dead retry of this stream is still open for this consumer."""
        wanted = (consumer, part, stream)
        with self._lock:
            return any(
                (row.consumer, row.part, row.stream) == wanted for row in self._retries.values()
            )

    def settle(self, consumer: str, part: int, seq: int, row: RetryRow | None) -> None:
        """Replace a retry by ``row``, or remove it when it succeeded."""
        with self._lock:
            if row is None:
                self._retries.pop((consumer, part, seq), None)
            else:
                assert (row.consumer, row.part, row.seq) == (consumer, part, seq)
                self._retries[consumer, part, seq] = row

    def dead_letters(self, consumer: str | None, limit: int) -> Sequence[RetryRow]:
        """Retries that gave up, of one consumer or of all, oldest first."""
        with self._lock:
            rows = [
                row
                for row in self._retries.values()
                if row.dead and consumer in {None, row.consumer}
            ]
        return sorted(rows, key=lambda row: (row.due, row.consumer, row.part, row.seq))[:limit]
