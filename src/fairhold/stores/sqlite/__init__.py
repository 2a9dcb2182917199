"""A store in one SQLite file: the embedded default.

The file is in WAL mode and every commit is flushed (``synchronous=FULL``). Within a process one
lock orders the writers, so that they wait for each other instead of polling; between processes
SQLite's own lock does, and the (part, seq) key keeps a second writer of a part out.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fairhold.kernel.ids import PARTS_MAX
from fairhold.kernel.instant import Instant
from fairhold.stores.relational import Relational
from fairhold.stores.relational.database import Parameters, Row, Session
from fairhold.stores.sqlite.checkpoint import Checkpointer
from fairhold.stores.sqlite.connection import Readers, Writer, keep_private
from fairhold.stores.sqlite.lane import SqliteLane
from fairhold.stores.sqlite.schema import prepare

__all__ = ["SqliteLane", "SqliteStore"]


class SqliteStore(Relational):
    """Everything one SQLite file offers to one process, safe from any thread."""

    def __init__(self, path: Path, part_count: int = 1) -> None:
        """Open the file, creating and migrating it when it is new or old.

        ``part_count`` (1 to 256) counts only at creation; afterwards the file knows. Raises
        Unavailable when the file cannot be opened, SchemaTooNew when a newer program wrote it.
        """
        if not 1 <= part_count <= PARTS_MAX:
            message = f"part_count must be 1 to {PARTS_MAX}, not {part_count}"
            raise ValueError(message)
        self.path = path
        keep_private(path)
        self.part_count = prepare(path, part_count)
        self._readers = Readers(path)
        self._writer = Writer(path)
        self._lanes: set[SqliteLane] = set()
        self._checkpointer = Checkpointer(path, self._writer.lock)
        self._checkpointer.start()

    def lane(self, part: int) -> SqliteLane:
        """Open the write side of one part on a connection of its own."""
        lane = SqliteLane(self.path, part, self._writer.lock, self._checkpointer.note)
        self._lanes.add(lane)
        return lane

    def prune_receipts(self, before: Instant, limit: int) -> int:
        """Forget receipts older than an instant, looking at the ``limit`` oldest rows.

        Rows lie in the order in which they were written, which is that of time: so no index by
        time has to be paid for in every commit.
        """
        return self._change(
            "DELETE FROM receipt WHERE rowid IN (SELECT rowid FROM "
            "(SELECT rowid, at FROM receipt ORDER BY rowid LIMIT ?) WHERE at < ?)",
            (limit, before),
        )

    def close(self) -> None:
        """Release every connection; the last one of all processes tidies the WAL away."""
        self._checkpointer.stop()
        while self._lanes:
            self._lanes.pop().close()
        self._readers.close()
        self._writer.close()

    def _read(self, statement: str, parameters: Parameters = ()) -> list[Row]:
        return self._readers.rows(statement, parameters)

    @contextmanager
    def _write(self) -> Iterator[Session]:
        with self._writer.transaction() as session:
            yield session
        self._checkpointer.note(1)
