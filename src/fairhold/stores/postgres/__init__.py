"""A store in PostgreSQL: several processes, several lanes, one statement per batch.

Lanes have connections of their own; everything else shares a pool.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from fairhold.kernel.ids import PARTS_MAX
from fairhold.stores.postgres.connection import Pool, full_conninfo
from fairhold.stores.postgres.lane import PostgresLane
from fairhold.stores.postgres.schema import prepare
from fairhold.stores.relational import Relational
from fairhold.stores.relational.database import Parameters, Row, Session

__all__ = ["PostgresLane", "PostgresStore"]


class PostgresStore(Relational):
    """Everything one PostgreSQL database offers to one process, safe from any thread."""

    def __init__(self, url: str, part_count: int = 1) -> None:
        """Connect, creating and migrating the tables when they are missing or old.

        ``part_count`` (1 to 256) counts only at creation; afterwards the database knows. Each part
        is a lane with commits of its own: one gathers the largest batches and costs least a
        command, more spread a database over several machines. Raises
        ValueError when the url cannot be read, Unavailable when nobody answers there, SchemaTooNew
        when a newer program wrote the database.
        """
        if not 1 <= part_count <= PARTS_MAX:
            message = f"part_count must be 1 to {PARTS_MAX}, not {part_count}"
            raise ValueError(message)
        self._conninfo = full_conninfo(url)
        self.part_count = prepare(self._conninfo, part_count)
        self._pool = Pool(self._conninfo)
        self._lanes: set[PostgresLane] = set()

    def lane(self, part: int) -> PostgresLane:
        """Open the write side of one part on a connection of its own."""
        lane = PostgresLane(self._conninfo, part)
        self._lanes.add(lane)
        return lane

    def close(self) -> None:
        """Release every connection."""
        while self._lanes:
            self._lanes.pop().close()
        self._pool.close()

    def _read(self, statement: str, parameters: Parameters = ()) -> list[Row]:
        return self._pool.rows(statement, parameters)

    @contextmanager
    def _write(self) -> Iterator[Session]:
        with self._pool.transaction() as session:
            yield session

    def _change(self, statement: str, parameters: Parameters = ()) -> int:
        return self._pool.change(statement, parameters)[0]

    def _returning(self, statement: str, parameters: Parameters = ()) -> list[Row]:
        return self._pool.change(statement, parameters)[1]
