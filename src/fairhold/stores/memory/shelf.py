"""Encrypted bodies, subject keys and the shelf of operational data, in memory."""

from collections.abc import Sequence
from heapq import nsmallest

from fairhold.engine.ports import BodyRow
from fairhold.kernel.instant import Instant
from fairhold.stores.memory.base import MemoryBase

_Key = tuple[str, str]


class MemoryShelf(MemoryBase):
    """Small things by name."""

    def __init__(self) -> None:
        """Begin with empty tables."""
        super().__init__()
        self._bodies: dict[int, BodyRow] = {}
        self._subject_keys: dict[str, bytes] = {}
        self._values: dict[_Key, tuple[bytes, Instant | None]] = {}
        self._counters: dict[_Key, tuple[int, Instant]] = {}

    # -- bodies and keys -------------------------------------------------------------------------

    def put_body(self, row: BodyRow) -> None:
        """Store a body; raise ValueError when the id stands for another one."""
        with self._lock:
            if self._bodies.setdefault(row.id, row) != row:
                message = f"body {row.id} is already there and differs"
                raise ValueError(message)

    def body(self, id_: int) -> BodyRow | None:
        """Read a body."""
        with self._lock:
            return self._bodies.get(id_)

    def drop_body(self, id_: int) -> None:
        """Remove a body; no error when it is not there."""
        with self._lock:
            self._bodies.pop(id_, None)

    def put_subject_key(self, subject: str, wrapped: bytes) -> bytes:
        """Store a subject's wrapped key unless there is one; return the one in force."""
        with self._lock:
            return self._subject_keys.setdefault(subject, wrapped)

    def subject_key(self, subject: str) -> bytes | None:
        """A subject's wrapped key; None when it never was or was destroyed."""
        with self._lock:
            return self._subject_keys.get(subject)

    def replace_subject_key(self, subject: str, old: bytes, new: bytes) -> bool:
        """Swap the stored key if it still equals ``old``."""
        with self._lock:
            same = self._subject_keys.get(subject) == old
            if same:
                self._subject_keys[subject] = new
            return same

    def drop_subject_key(self, subject: str) -> None:
        """Erase a subject's key."""
        with self._lock:
            self._subject_keys.pop(subject, None)

    def subjects(self, after: str, limit: int) -> Sequence[str]:
        """Subjects that have a key, by name."""
        with self._lock:
            return nsmallest(limit, (name for name in self._subject_keys if name > after))

    # -- the shelf -------------------------------------------------------------------------------

    def shelf_get(self, space: str, key: str, now: Instant) -> bytes | None:
        """Read a value."""
        with self._lock:
            return self._living((space, key), now)

    def _living(self, place: _Key, now: Instant) -> bytes | None:
        found = self._values.get(place)
        if found is None:
            return None
        value, expires = found
        return value if expires is None or expires > now else None

    def shelf_put(self, space: str, key: str, value: bytes, expires: Instant | None = None) -> None:
        """Write a value, replacing one that is there."""
        with self._lock:
            self._values[space, key] = (value, expires)

    def shelf_add(
        self, space: str, key: str, value: bytes, now: Instant, expires: Instant | None = None
    ) -> bool:
        """Write a value unless one is there (and not expired); say whether it was written."""
        with self._lock:
            free = self._living((space, key), now) is None
            if free:
                self._values[space, key] = (value, expires)
            return free

    def shelf_swap(
        self, space: str, key: str, old: bytes, new: bytes, expires: Instant | None = None
    ) -> bool:
        """Replace a value if it still equals ``old``; say whether it did."""
        with self._lock:
            found = self._values.get((space, key))
            same = found is not None and found[0] == old
            if same:
                self._values[space, key] = (new, expires)
            return same

    def shelf_drop(self, space: str, key: str) -> None:
        """Remove a value and the counter of the same name."""
        with self._lock:
            self._values.pop((space, key), None)
            self._counters.pop((space, key), None)

    def shelf_list(
        self, space: str, prefix: str, now: Instant, *, after: str = "", limit: int = 100
    ) -> Sequence[tuple[str, bytes]]:
        """Values whose key begins with ``prefix`` and is > after, by key."""
        with self._lock:
            keys = (
                key
                for found, key in self._values
                if found == space and key > after and key.startswith(prefix)
            )
            living = ((key, self._living((space, key), now)) for key in sorted(keys))
            rows = [(key, value) for key, value in living if value is not None]
        return rows[:limit]

    def shelf_count(
        self, space: str, key: str, now: Instant, window: int, *, add: int = 1
    ) -> tuple[int, Instant]:
        """Count a hit in the window that the first hit began; the count and when it ends."""
        with self._lock:
            count, ends = self._counters.get((space, key), (0, now))
            if ends <= now:
                count, ends = 0, now + window
            self._counters[space, key] = (count + add, ends)
            return count + add, ends

    def shelf_sweep(self, now: Instant, limit: int) -> int:
        """Remove expired values and ended counters, at most ``limit``; return how many."""
        with self._lock:
            values = [
                place
                for place, (_, expires) in self._values.items()
                if expires is not None and expires <= now
            ][:limit]
            counters = [place for place, (_, ends) in self._counters.items() if ends <= now]
            counters = counters[: limit - len(values)]
            for place in values:
                del self._values[place]
            for place in counters:
                del self._counters[place]
            return len(values) + len(counters)
