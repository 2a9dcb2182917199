"""The stores: one contract, kept in memory, by SQLite and by PostgreSQL. SQL lives only here."""

from pathlib import Path

from fairhold.engine.ports import Store

__all__ = ["open_store"]

SQLITE_FILE = "fairhold.sqlite3"


def open_store(url: str | None, var: Path) -> Store:
    """Open the database that a setting names; each kind is imported only when it is wanted.

    ``None`` is SQLite in the folder ``var``, ``memory:`` a store that ends with the process, and
    ``postgresql://…`` PostgreSQL. Raise ValueError for anything else, Unavailable when the
    database does not answer.
    """
    if url is None:
        from fairhold.stores.sqlite import SqliteStore  # noqa: PLC0415 - only what is used

        var.mkdir(parents=True, exist_ok=True, mode=0o700)
        return SqliteStore(var / SQLITE_FILE)
    if url == "memory:":
        from fairhold.stores.memory import MemoryStore  # noqa: PLC0415 - only what is used

        return MemoryStore()
    if url.startswith(("postgresql://", "postgres://")):
        from fairhold.stores.postgres import PostgresStore  # noqa: PLC0415 - only what is used

        return PostgresStore(url)
    kind = url.partition(":")[0]
    message = (
        f"the database url begins with {kind!r}; write postgresql://user@host/name, or memory: for "
        "a store that forgets, or leave it unset for SQLite"
    )
    raise ValueError(message)
