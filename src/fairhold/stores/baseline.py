"""What a bench measures itself against: one small row a transaction, flushed, and nothing else.

The plainest durable write that each database offers, with the settings that the stores use.
"""

# ruff: noqa: S608 - the one statement with a value in it holds a constant

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg

ROW = b"x" * 100
TABLE = "CREATE TABLE IF NOT EXISTS bench_row (id bigint PRIMARY KEY, data bytea)"
PGBENCH = rf"""\set id random(1, 9000000000000000000)
INSERT INTO bench_row VALUES (:id, '\x{ROW.hex()}') ON CONFLICT DO NOTHING;
"""
"""The script of ``pgbench``: a single-row insert, committed by itself."""


class NaiveSqlite:
    """One connection, one row a commit, ``synchronous=FULL`` in WAL mode."""

    def __init__(self, path: Path) -> None:
        """Make an empty table in a file of its own."""
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("CREATE TABLE row (id integer PRIMARY KEY, data blob)")

    def run(self, seconds: float) -> Sequence[float]:
        """Commit row after row; how many seconds each took."""
        took: list[float] = []
        execute = self._connection.execute
        before = time.perf_counter()
        end = before + seconds
        while before < end:
            execute("INSERT INTO row (data) VALUES (?)", (ROW,))
            now = time.perf_counter()
            took.append(now - before)
            before = now
        return took

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def prepare_postgres(url: str) -> None:
    """Make the table that ``pgbench`` inserts into."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLE.encode())
