"""Cursors, retries and leases of followers."""

# ruff: noqa: S608 - statements are joined from constants; every value is a parameter

from collections.abc import Iterable, Sequence

from fairhold.engine.ports import Drop, Fenced, Put, RetryRow
from fairhold.kernel.instant import Instant
from fairhold.stores.relational.database import Database, Row, Session
from fairhold.stores.relational.documents import apply

RETRY_COLUMNS = "consumer, part, seq, stream, tries, due, dead, error"

PUT_RETRY = (
    f"INSERT INTO retry ({RETRY_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (consumer, part, seq) DO UPDATE SET stream = excluded.stream, "
    "tries = excluded.tries, due = excluded.due, dead = excluded.dead, error = excluded.error"
)

LEASE = (
    "INSERT INTO lease (name, owner, until) VALUES (?, ?, ?) "
    "ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until "
    "WHERE lease.owner = excluded.owner OR lease.until <= ?"
)


def _retry_values(row: RetryRow) -> Row:
    return (
        row.consumer,
        row.part,
        row.seq,
        row.stream,
        row.tries,
        row.due,
        int(row.dead),
        row.error,
    )


def _retry(row: Row) -> RetryRow:
    consumer, part, seq, stream, tries, due, dead, error = row
    return RetryRow(consumer, part, seq, stream, tries, due, bool(dead), error)


def _move(session: Session, consumer: str, part: int, expected: int, seq: int) -> None:
    moved = session.run(
        "UPDATE cursor SET seq = ? WHERE consumer = ? AND part = ? AND seq = ?",
        (seq, consumer, part, expected),
    )
    if not moved and expected == 0:
        moved = session.run(
            "INSERT INTO cursor (consumer, part, seq) VALUES (?, ?, ?) "
            "ON CONFLICT (consumer, part) DO NOTHING",
            (consumer, part, seq),
        )
    if not moved:
        message = f"{consumer} is no longer at {expected} in part {part}"
        raise Fenced(message)


class Followers(Database):
    """What followers write."""

    def cursor(self, consumer: str, part: int) -> int:
        """The last seq this consumer has finished in a part; 0 at the beginning."""
        rows = self._read(
            "SELECT seq FROM cursor WHERE consumer = ? AND part = ?", (consumer, part)
        )
        return int(rows[0][0]) if rows else 0

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

        The cursor moves first: its row is the lock that keeps a second follower out. Raises Fenced
        when it is no longer at ``expected``.
        """
        kept = [_retry_values(row) for row in retries]
        with self._write() as session:
            _move(session, consumer, part, expected, seq)
            apply(session, changes)
            if kept:
                session.run_each(PUT_RETRY, kept)

    def reset_cursor(self, consumer: str) -> None:
        """Let a consumer begin again at 0 in every part; its open retries go with it."""
        with self._write() as session:
            session.run("DELETE FROM cursor WHERE consumer = ?", (consumer,))
            session.run("DELETE FROM retry WHERE consumer = ?", (consumer,))

    def lease(self, name: str, owner: str, now: Instant, until: Instant) -> bool:
        """Take or renew a lease: True when nobody else holds ``name`` at ``now``."""
        return self._change(LEASE, (name, owner, until, now)) == 1

    def release(self, name: str, owner: str) -> None:
        """Give a lease back, if this owner holds it."""
        self._change("DELETE FROM lease WHERE name = ? AND owner = ?", (name, owner))

    def retries(self, consumer: str, due: Instant, limit: int) -> Sequence[RetryRow]:
        """Living retries that are due, ordered by (part, seq)."""
        rows = self._read(
            f"SELECT {RETRY_COLUMNS} FROM retry WHERE consumer = ? AND dead = 0 AND due <= ? "
            "ORDER BY part, seq LIMIT ?",
            (consumer, due, limit),
        )
        return [_retry(row) for row in rows]

    def waiting(self, consumer: str, part: int, stream: int) -> bool:
        """Whether a living or dead retry of this stream is still open for this consumer."""
        rows = self._read(
            "SELECT 1 FROM retry WHERE consumer = ? AND part = ? AND stream = ? LIMIT 1",
            (consumer, part, stream),
        )
        return bool(rows)

    def settle(self, consumer: str, part: int, seq: int, row: RetryRow | None) -> None:
        """Replace a retry by ``row`` (another try, or dead), or remove it when it succeeded."""
        if row is None:
            self._change(
                "DELETE FROM retry WHERE consumer = ? AND part = ? AND seq = ?",
                (consumer, part, seq),
            )
        else:
            assert (row.consumer, row.part, row.seq) == (consumer, part, seq)
            self._change(PUT_RETRY, _retry_values(row))

    def dead_letters(self, consumer: str | None, limit: int) -> Sequence[RetryRow]:
        """Retries that gave up, of one consumer or of all, oldest first."""
        one, name = ("", ()) if consumer is None else ("AND consumer = ? ", (consumer,))
        rows = self._read(
            f"SELECT {RETRY_COLUMNS} FROM retry WHERE dead = 1 {one}"
            "ORDER BY due, consumer, part, seq LIMIT ?",
            (*name, limit),
        )
        return [_retry(row) for row in rows]
