"""The two things a database must be able to do for the shared statements."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeAlias

Row: TypeAlias = tuple[Any, ...]
"""A row as the driver gives it; the statement beside it says what it holds."""

Parameters: TypeAlias = Sequence[Any]


class Session(Protocol):
    """One open transaction."""

    def run(self, statement: str, parameters: Parameters = ()) -> int:
        """Run a statement; return how many rows it changed."""

    def rows(self, statement: str, parameters: Parameters = ()) -> list[Row]:
        """Run a statement; return its rows."""

    def run_each(self, statement: str, many: Sequence[Parameters]) -> None:
        """Run a statement once per set of parameters."""

    def rows_each(self, statement: str, many: Sequence[Parameters]) -> list[list[Row]]:
        """Run a statement once per set of parameters; return the rows of each."""


class Database(ABC):
    """A database as the shared statements see it; safe from any thread."""

    @abstractmethod
    def _read(self, statement: str, parameters: Parameters = ()) -> list[Row]:
        """Run one query on committed data; raise Unavailable when nobody answers."""

    @abstractmethod
    def _write(self) -> AbstractContextManager[Session]:
        """Open a transaction; it commits at the end of the block, or not at all.

        Raises Unavailable when nothing was written, InDoubt when nobody can tell.
        """

    def _change(self, statement: str, parameters: Parameters = ()) -> int:
        """Run one statement in a transaction of its own; return how many rows it changed."""
        with self._write() as session:
            return session.run(statement, parameters)

    def _returning(self, statement: str, parameters: Parameters = ()) -> list[Row]:
        """Run one statement in a transaction of its own; return the rows that it returns."""
        with self._write() as session:
            return session.rows(statement, parameters)
