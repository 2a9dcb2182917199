"""Reads of the log, the states and the balances."""

# ruff: noqa: S608 - statements are joined from constants; every value is a parameter

from collections.abc import Sequence

from fairhold.engine.ports import BalanceRow, LogRow, ReceiptRow, StateRow
from fairhold.kernel.ids import part_of
from fairhold.kernel.instant import Instant
from fairhold.stores.relational.database import Database

LOG_COLUMNS = "part, seq, stream, version, prev, type, at, data, lines"

PARTS = """
WITH RECURSIVE present(part) AS (
    SELECT min(part) FROM log
    UNION ALL
    SELECT (SELECT min(part) FROM log WHERE log.part > present.part)
    FROM present WHERE present.part IS NOT NULL
)
SELECT part FROM present WHERE part IS NOT NULL ORDER BY part
"""
"""Jumps from part to part along the key instead of reading the whole log."""

HISTORY = f"""
WITH RECURSIVE walk AS (
    SELECT {LOG_COLUMNS} FROM log
    WHERE part = ? AND seq = (SELECT head FROM state WHERE part = ? AND id = ?)
    UNION ALL
    SELECT log.part, log.seq, log.stream, log.version, log.prev, log.type, log.at, log.data,
           log.lines
    FROM walk JOIN log ON log.part = walk.part AND log.seq = walk.prev
)
SELECT {LOG_COLUMNS} FROM walk ORDER BY seq
"""


class Reads(Database):
    """Reads of committed data, from any thread."""

    def parts(self) -> Sequence[int]:
        """The parts that have at least one log row, ascending."""
        return [part for (part,) in self._read(PARTS)]

    def log_head(self, part: int) -> int:
        """The last seq of a part, 0 when empty."""
        [(head,)] = self._read("SELECT coalesce(max(seq), 0) FROM log WHERE part = ?", (part,))
        return int(head)

    def log(self, part: int, after: int, limit: int) -> Sequence[LogRow]:
        """Rows of a part with seq > after, in order."""
        rows = self._read(
            f"SELECT {LOG_COLUMNS} FROM log WHERE part = ? AND seq > ? ORDER BY seq LIMIT ?",
            (part, after, limit),
        )
        return [LogRow(*row) for row in rows]

    def event(self, part: int, seq: int) -> LogRow | None:
        """One row of the log."""
        rows = self._read(f"SELECT {LOG_COLUMNS} FROM log WHERE part = ? AND seq = ?", (part, seq))
        return LogRow(*rows[0]) if rows else None

    def history(self, stream: int) -> Sequence[LogRow]:
        """All rows of a stream in order, found by walking ``prev`` from its state's head."""
        part = part_of(stream)
        return [LogRow(*row) for row in self._read(HISTORY, (part, part, stream))]

    def state(self, stream: int) -> StateRow | None:
        """The stream's folded state."""
        rows = self._read(
            "SELECT id, version, head, data FROM state WHERE part = ? AND id = ?",
            (part_of(stream), stream),
        )
        return StateRow(*rows[0]) if rows else None

    def receipt(self, part: int, key: bytes) -> ReceiptRow | None:
        """What a command with an idempotency key came to."""
        rows = self._read(
            "SELECT key, body, outcome, at FROM receipt WHERE part = ? AND key = ?", (part, key)
        )
        return ReceiptRow(*rows[0]) if rows else None

    def states(self, part: int, after: int, limit: int) -> Sequence[StateRow]:
        """States of a part with id > after, by id (fsck walks them)."""
        rows = self._read(
            "SELECT id, version, head, data FROM state WHERE part = ? AND id > ? "
            "ORDER BY id LIMIT ?",
            (part, after, limit),
        )
        return [StateRow(*row) for row in rows]

    def balances(self, part: int) -> Sequence[BalanceRow]:
        """Every balance of a part, ordered by account, holder, currency."""
        rows = self._read(
            "SELECT account, holder, currency, minor FROM balance WHERE part = ? "
            "ORDER BY account, holder, currency",
            (part,),
        )
        return [BalanceRow(*row) for row in rows]

    def prune_receipts(self, before: Instant, limit: int) -> int:
        """Forget receipts older than the published period; return how many."""
        return self._change(
            "DELETE FROM receipt WHERE (part, key) IN "
            "(SELECT part, key FROM receipt WHERE at < ? LIMIT ?)",
            (before, limit),
        )
