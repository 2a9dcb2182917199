"""Creates and migrates a SQLite file when it is opened."""

import sqlite3
from pathlib import Path

from fairhold.engine.ports import Unavailable
from fairhold.stores.migrations import VERSION, is_due
from fairhold.stores.sqlite.connection import begin, connect, errors, rollback

WAL_TRIES = 10


def prepare(path: Path, part_count: int) -> int:
    """Bring the file up to date and return the number of its parts.

    The check at a warm start is one query; two processes that open a new file at once take turns.
    """
    if not path.parent.is_dir():
        message = f"{path.parent} is no folder; make it, or name another place for the database"
        raise Unavailable(message)
    connection = connect(path)
    try:
        if is_due(_version(connection)):
            _migrate(connection, part_count)
        return _part_count(connection)
    finally:
        connection.close()


def _version(connection: sqlite3.Connection) -> str | None:
    with errors():
        known = connection.execute(
            "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
        ).fetchone()
        row = connection.execute(VERSION).fetchone() if known else None
    return str(row[0]) if row else None


def _migrate(connection: sqlite3.Connection, part_count: int) -> None:
    from fairhold.stores.migrations.run import upgrade  # noqa: PLC0415 - slow, seldom needed

    _use_wal(connection)
    try:
        with errors():
            upgrade("sqlite", connection, "BEGIN IMMEDIATE", part_count)
    finally:
        rollback(connection)


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL, for good.

    SQLite does not wait here when another process is switching too, so we wait for its lock.
    """
    for _ in range(WAL_TRIES):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            begin(connection)
            rollback(connection)
        else:
            return
    message = "another process keeps the database file locked"
    raise Unavailable(message)


def _part_count(connection: sqlite3.Connection) -> int:
    with errors():
        row = connection.execute("SELECT value FROM meta WHERE name = 'part_count'").fetchone()
    return int(row[0])
