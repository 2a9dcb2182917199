"""The only scheduler of domain time."""

# ruff: noqa: S608 - statements are joined from constants; every value is a parameter

from collections.abc import Sequence

from fairhold.engine.ports import TimerRow
from fairhold.kernel.ids import part_of
from fairhold.kernel.instant import Instant
from fairhold.stores.relational.database import Database

_PRESENT = """
WITH RECURSIVE present(part) AS (
    SELECT min(part) FROM timer
    UNION ALL
    SELECT (SELECT min(part) FROM timer WHERE timer.part > present.part)
    FROM present WHERE present.part IS NOT NULL
)
"""
FIRST_OF_PARTS = (
    _PRESENT
    + "SELECT part, (SELECT min(due) FROM timer WHERE timer.part = present.part) "
    + "FROM present WHERE part IS NOT NULL"
)
"""The parts that have timers and when the first of each is due, by a few look-ups in the key."""

ONE_PART = (
    "SELECT * FROM (SELECT due, id, version FROM timer WHERE part = ? AND due <= ? "
    "ORDER BY due, id, version LIMIT ?) AS part_{part}"
)


class Timers(Database):
    """Timers of all parts."""

    def timers(self, due: Instant, limit: int) -> Sequence[TimerRow]:
        """Timers due at or before an instant, of all parts, earliest first."""
        first = self._read(FIRST_OF_PARTS)
        parts = [part for part, earliest in first if earliest is not None and earliest <= due]
        if not parts:
            return []
        each = " UNION ALL ".join(ONE_PART.format(part=part) for part in parts)
        parameters = [value for part in parts for value in (part, due, limit)]
        rows = self._read(f"{each} ORDER BY due, id, version LIMIT ?", (*parameters, limit))
        return [TimerRow(*row) for row in rows]

    def next_due(self) -> Instant | None:
        """When the earliest timer is due."""
        dues = [due for _, due in self._read(FIRST_OF_PARTS) if due is not None]
        return min(dues, default=None)

    def fired(self, rows: Sequence[TimerRow]) -> None:
        """Remove timers that were handled; no error when another process removed them."""
        keys = sorted((part_of(row.id), row.due, row.id, row.version) for row in rows)
        if keys:
            with self._write() as session:
                session.run_each(
                    "DELETE FROM timer WHERE part = ? AND due = ? AND id = ? AND version = ?", keys
                )
