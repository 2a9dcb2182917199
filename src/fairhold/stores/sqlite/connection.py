"""Connections to a SQLite file, and what its errors mean to the engine."""

import os
import sqlite3
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from fairhold.engine.ports import InDoubt, Unavailable
from fairhold.stores.relational.database import Parameters, Row

BUSY_TIMEOUT_MS = 10_000
"""How long a writer waits for another process before it gives up."""

STATEMENTS_KEPT = 256

_PRIMARY = 0xFF
_UNAVAILABLE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
}


def keep_private(path: Path) -> None:
    """Make the file, when it is new, for its owner alone; WAL and shared memory take its mode."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise Unavailable(str(error)) from error


def connect(path: Path) -> sqlite3.Connection:
    """Open a connection that any one thread at a time may use; transactions are explicit."""
    with errors():
        connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS_KEPT
        )
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        # Checkpoints belong to one background thread, never to a commit.
        connection.execute("PRAGMA wal_autocheckpoint = 0")
    return connection


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY


@contextmanager
def errors() -> Iterator[None]:
    """Turn what passes by itself or by an operator (busy, full, unreachable) into Unavailable."""
    try:
        yield
    except sqlite3.Error as error:
        if _code(error) in _UNAVAILABLE:
            raise Unavailable(str(error)) from error
        raise


def begin(connection: sqlite3.Connection) -> None:
    """Begin a transaction that already holds the file's write lock."""
    with errors():
        connection.execute("BEGIN IMMEDIATE")


def commit(connection: sqlite3.Connection) -> None:
    """Commit; raise InDoubt when the flush failed, for then the disk may hold it or not."""
    try:
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        rollback(connection)
        if _code(error) == sqlite3.SQLITE_IOERR:
            raise InDoubt(str(error)) from error
        if _code(error) in _UNAVAILABLE:
            raise Unavailable(str(error)) from error
        raise


def rollback(connection: sqlite3.Connection) -> None:
    """Undo the open transaction, unless SQLite has done it already."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")


class Readers:
    """Connections for reads: as many as threads ever read at the same moment."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed = False

    def rows(self, statement: str, parameters: Parameters) -> list[Row]:
        """Run one query on committed data."""
        connection = self._take()
        try:
            with errors():
                return connection.execute(statement, parameters).fetchall()
        finally:
            self._idle.append(connection)
            if self._closed:
                self.close()

    def _take(self) -> sqlite3.Connection:
        if self._closed:
            message = "the store is closed"
            raise Unavailable(message)
        try:
            return self._idle.pop()
        except IndexError:
            connection = connect(self._path)
            connection.execute("PRAGMA query_only = ON")
            return connection

    def close(self) -> None:
        """Close the idle connections now and the others when they come back."""
        self._closed = True
        try:
            while True:
                self._idle.pop().close()
        except IndexError:
            return


class _Session:
    """An open transaction of a SQLite connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def run(self, statement: str, parameters: Parameters = ()) -> int:
        """Run a statement; return how many rows it changed."""
        return self._connection.execute(statement, parameters).rowcount

    def rows(self, statement: str, parameters: Parameters = ()) -> list[Row]:
        """Run a statement; return its rows."""
        return self._connection.execute(statement, parameters).fetchall()

    def run_each(self, statement: str, many: Sequence[Parameters]) -> None:
        """Run a statement once per set of parameters."""
        self._connection.executemany(statement, many)

    def rows_each(self, statement: str, many: Sequence[Parameters]) -> list[list[Row]]:
        """Run a statement once per set of parameters; return the rows of each."""
        execute = self._connection.execute
        return [execute(statement, parameters).fetchall() for parameters in many]


class Writer:
    """The connection of everything that writes without being a lane, and the writers' lock."""

    def __init__(self, path: Path) -> None:
        self.lock = Lock()
        self._connection: sqlite3.Connection | None = connect(path)

    @contextmanager
    def transaction(self) -> Iterator[_Session]:
        """A transaction that commits at the end of the block, or not at all."""
        with self.lock:
            connection = self._connection
            if connection is None:
                message = "the store is closed"
                raise Unavailable(message)
            begin(connection)
            try:
                with errors():
                    yield _Session(connection)
            except BaseException:
                rollback(connection)
                raise
            commit(connection)

    def close(self) -> None:
        """Close the connection after the transaction that is running."""
        with self.lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
