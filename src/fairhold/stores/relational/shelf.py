"""Operational data that is no domain fact: sessions, API keys, counters, webhook endpoints."""

# ruff: noqa: S608 - statements are joined from constants; every value is a parameter

from collections.abc import Sequence

from fairhold.kernel.instant import Instant
from fairhold.stores.documents import after_prefix
from fairhold.stores.relational.database import Database

PUT = (
    "INSERT INTO shelf (space, key, value, expires) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (space, key) DO UPDATE SET value = excluded.value, expires = excluded.expires"
)
COUNT = (
    "INSERT INTO counter (space, key, hits, ends) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (space, key) DO UPDATE SET "
    "hits = CASE WHEN counter.ends <= ? THEN excluded.hits "
    "ELSE counter.hits + excluded.hits END, "
    "ends = CASE WHEN counter.ends <= ? THEN excluded.ends ELSE counter.ends END "
    "RETURNING hits, ends"
)
LIVING = "(expires IS NULL OR expires > ?)"


class Shelf(Database):
    """Values by space and key, with an expiry, and counters in fixed windows."""

    def shelf_get(self, space: str, key: str, now: Instant) -> bytes | None:
        """Read a value."""
        rows = self._read(
            f"SELECT value FROM shelf WHERE space = ? AND key = ? AND {LIVING}", (space, key, now)
        )
        return rows[0][0] if rows else None

    def shelf_put(self, space: str, key: str, value: bytes, expires: Instant | None = None) -> None:
        """Write a value, replacing one that is there."""
        self._change(PUT, (space, key, value, expires))

    def shelf_add(
        self, space: str, key: str, value: bytes, now: Instant, expires: Instant | None = None
    ) -> bool:
        """Write a value unless one is there (and not expired); say whether it was written."""
        written = self._change(f"{PUT} WHERE shelf.expires <= ?", (space, key, value, expires, now))
        return written == 1

    def shelf_swap(
        self, space: str, key: str, old: bytes, new: bytes, expires: Instant | None = None
    ) -> bool:
        """Replace a value if it still equals ``old``; say whether it did."""
        changed = self._change(
            "UPDATE shelf SET value = ?, expires = ? WHERE space = ? AND key = ? AND value = ?",
            (new, expires, space, key, old),
        )
        return changed == 1

    def shelf_drop(self, space: str, key: str) -> None:
        """Remove a value and the counter of the same name; no error when there is none."""
        with self._write() as session:
            session.run("DELETE FROM shelf WHERE space = ? AND key = ?", (space, key))
            session.run("DELETE FROM counter WHERE space = ? AND key = ?", (space, key))

    def shelf_list(
        self, space: str, prefix: str, now: Instant, *, after: str = "", limit: int = 100
    ) -> Sequence[tuple[str, bytes]]:
        """Values whose key begins with ``prefix`` and is > after, by key."""
        end = after_prefix(prefix)
        below, bound = ("", ()) if end is None else ("AND key < ? ", (end,))
        rows = self._read(
            "SELECT key, value FROM shelf WHERE space = ? AND key > ? AND key >= ? "
            f"{below}AND {LIVING} ORDER BY key LIMIT ?",
            (space, after, prefix, *bound, now, limit),
        )
        return [(key, value) for key, value in rows]

    def shelf_count(
        self, space: str, key: str, now: Instant, window: int, *, add: int = 1
    ) -> tuple[int, Instant]:
        """Count a hit in the window that the first hit began; the count and when it ends."""
        [(hits, ends)] = self._returning(COUNT, (space, key, add, now + window, now, now))
        return hits, ends

    def shelf_sweep(self, now: Instant, limit: int) -> int:
        """Remove expired values and ended counters, at most ``limit``; return how many."""
        with self._write() as session:
            values = session.run(
                "DELETE FROM shelf WHERE (space, key) IN "
                "(SELECT space, key FROM shelf WHERE expires <= ? LIMIT ?)",
                (now, limit),
            )
            counters = session.run(
                "DELETE FROM counter WHERE (space, key) IN "
                "(SELECT space, key FROM counter WHERE ends <= ? LIMIT ?)",
                (now, limit - values),
            )
        return values + counters
