"""Creates and migrates a PostgreSQL database when it is opened."""

import psycopg
from psycopg import errors as pg

from fairhold.stores.migrations import VERSION, is_due
from fairhold.stores.postgres.connection import Connection, connect, unavailable

LOCK = "SELECT pg_advisory_xact_lock(7217441389072)"
"""Any number, the same in every process: who migrates holds it until the commit."""


def prepare(conninfo: str, part_count: int) -> int:
    """Bring the database up to date and return the number of its parts.

    Processes that open a new database at once take turns.
    """
    with connect(conninfo) as connection, unavailable():
        due = is_due(_version(connection))
    if due:
        from fairhold.stores.migrations.run import upgrade  # noqa: PLC0415 - slow, seldom needed

        with unavailable(), psycopg.connect(conninfo) as migrating:
            upgrade("postgresql+psycopg", migrating, LOCK, part_count)
    with connect(conninfo) as connection, unavailable():
        [(count,)] = connection.execute("SELECT value FROM meta WHERE name = 'part_count'")
    return int(count)


def _version(connection: Connection) -> str | None:
    try:
        row = connection.execute(VERSION).fetchone()
    except pg.UndefinedTable:
        return None
    return str(row[0]) if row else None
