"""The write side of one part of a SQLite file: one group commit is a handful of statements."""

# ruff: noqa: S608 - statements are joined from constants; every value is a parameter

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from fairhold.engine.ports import Batch, Fenced, ReceiptRow, StateRow
from fairhold.kernel.instant import Instant
from fairhold.stores.batch import check, newest, summed
from fairhold.stores.relational.database import Row
from fairhold.stores.sqlite.connection import begin, commit, connect, errors, rollback

SIZES = (256, 128, 64, 32, 16, 8, 4, 2, 1)
"""Rows of one statement: few enough shapes to stay prepared, few enough steps for any batch."""

_values = msgspec.structs.astuple


class _Insert:
    """An insert of many rows, in statements of the sizes above."""

    def __init__(self, into: str, width: int, on_conflict: str = "") -> None:
        row = f"({', '.join('?' * width)})"
        self._statements = [
            (size, f"INSERT INTO {into} VALUES {', '.join([row] * size)} {on_conflict}")
            for size in SIZES
        ]
        self._width = width

    def run(self, connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
        """Insert the rows in order."""
        start = 0
        for size, statement in self._statements:
            while len(rows) - start >= size:
                chunk = rows[start : start + size]
                connection.execute(statement, tuple(chain.from_iterable(chunk)))
                start += size


_LOG = _Insert("log (part, seq, stream, version, prev, type, at, data, lines)", 9)
_STATE = _Insert(
    "state (part, id, version, head, data)",
    5,
    "ON CONFLICT (part, id) DO UPDATE SET version = excluded.version, head = excluded.head, "
    "data = excluded.data",
)
_BALANCE = _Insert(
    "balance (part, account, holder, currency, minor)",
    5,
    "ON CONFLICT (part, account, holder, currency) DO UPDATE SET "
    "minor = balance.minor + excluded.minor",
)
_TIMER = _Insert("timer (part, due, id, version)", 4, "ON CONFLICT DO NOTHING")
_RECEIPT = _Insert("receipt (part, key, body, outcome, at)", 5, "ON CONFLICT DO NOTHING")

_IN_SIZES = SIZES[::-1]


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """The values in groups of the sizes above; the last is filled up by repeating a value."""
    for start in range(0, len(values), SIZES[0]):
        chunk = values[start : start + SIZES[0]]
        size = next(size for size in _IN_SIZES if size >= len(chunk))
        yield [*chunk, *[chunk[-1]] * (size - len(chunk))]


class SqliteLane:
    """One writer of one part, on a connection of its own."""

    def __init__(
        self,
        path: Path,
        part: int,
        write_lock: AbstractContextManager[Any],
        committed: Callable[[int], None],
    ) -> None:
        self._connection = connect(path)
        self._part = part
        self._write_lock = write_lock
        self._committed = committed

    def head(self) -> tuple[int, Instant]:
        """The part's last seq and its ``at``; (0, 0) while the part is empty."""
        with errors():
            row = self._connection.execute(
                "SELECT seq, at FROM log WHERE part = ? ORDER BY seq DESC LIMIT 1", (self._part,)
            ).fetchone()
        return row or (0, 0)

    def load(self, ids: Sequence[int]) -> Mapping[int, StateRow]:
        """The states of those streams that exist."""
        found = self._look_up("id, version, head, data FROM state", "id", ids)
        return {row[0]: StateRow(*row) for row in found}

    def recall(self, keys: Sequence[bytes]) -> Mapping[bytes, ReceiptRow]:
        """The receipts that exist for these keys."""
        found = self._look_up("key, body, outcome, at FROM receipt", "key", keys)
        return {row[0]: ReceiptRow(*row) for row in found}

    def _look_up(self, what: str, column: str, wanted: Sequence[Any]) -> Iterator[Row]:
        for chunk in _chunks(wanted):
            marks = ", ".join("?" * len(chunk))
            statement = f"SELECT {what} WHERE part = ? AND {column} IN ({marks})"
            with errors():
                yield from self._connection.execute(statement, (self._part, *chunk)).fetchall()

    def commit(self, batch: Batch) -> None:
        """Write the batch in one flushed transaction, or raise and write nothing of it.

        Fenced when the part is no longer at the batch's head.
        """
        assert batch.part == self._part, "a lane writes its own part"
        check(batch)
        part = (batch.part,)
        events = [_values(event) for event in batch.events]
        states = [(*part, *_values(state)) for state in newest(batch.states)]
        balances = [(*part, *row) for row in summed(batch.balances)]
        timers = [(*part, *_values(timer)) for timer in batch.timers]
        receipts = [(*part, *_values(receipt)) for receipt in batch.receipts]
        connection = self._connection
        with self._write_lock:
            begin(connection)
            try:
                with errors():
                    self._fence(batch.head)
                    _LOG.run(connection, events)
                    _STATE.run(connection, states)
                    _BALANCE.run(connection, balances)
                    _TIMER.run(connection, timers)
                    _RECEIPT.run(connection, receipts)
            except BaseException:
                rollback(connection)
                raise
            commit(connection)
        self._committed(len(events) + len(states) + len(timers) + len(receipts))

    def _fence(self, expected: int) -> None:
        """Nobody else can write now, so this look decides."""
        head, _ = self.head()
        if head != expected:
            message = f"part {self._part} is at {head}, not at {expected}"
            raise Fenced(message)

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()
