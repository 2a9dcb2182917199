"""Connections to PostgreSQL, and what its errors mean to the engine."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache

import psycopg
from psycopg import errors as pg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.numeric import Int8BinaryDumper
from psycopg_pool import ConnectionPool

from fairhold.engine.ports import InDoubt, Unavailable
from fairhold.stores.postgres import arrays
from fairhold.stores.relational.database import Parameters, Row

Connection = psycopg.Connection[Row]

DEFAULTS: Mapping[str, str | int] = {
    "application_name": "fairhold",
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
"""What a url leaves open. A server that vanished without a word is noticed in 25 s."""

POOL_MAX = 16
POOL_WAIT_S = 5.0
TRIES = 3
"""Connections that may turn out to be dead before the database counts as unavailable."""

DURABLE = (
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit') = 'off'"
)
"""An acknowledged command is on the disk; a server's or a user's setting must not undo that."""


def full_conninfo(url: str) -> str:
    """Add our defaults to a url; raise ValueError when it cannot be read."""
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        message = f"the database url is wrong ({error}); write postgresql://user@host/name"
        raise ValueError(message) from error
    return make_conninfo(url, **{key: DEFAULTS[key] for key in DEFAULTS if key not in given})


def configure(connection: Connection) -> None:
    """Make a new connection ours: durable, and one type for every number."""
    # One type for all numbers, so that a statement is prepared once and not once per size.
    connection.adapters.register_dumper(int, Int8BinaryDumper)
    arrays.register(connection)
    connection.execute(DURABLE)


def connect(conninfo: str) -> Connection:
    """Open an autocommit connection outside the pool; raise Unavailable when nobody answers."""
    with unavailable():
        connection: Connection = psycopg.connect(conninfo, autocommit=True)
        configure(connection)
    return connection


@contextmanager
def unavailable() -> Iterator[None]:
    """Turn what passes by itself or by an operator into Unavailable.

    That is a lost connection, a full disk, a shutdown, a deadlock, and a standby that was asked to
    write. Only for statements of which it is known that they did nothing.
    """
    try:
        yield
    except (psycopg.OperationalError, pg.ReadOnlySqlTransaction) as error:
        raise Unavailable(str(error)) from error


@cache
def marked(statement: str) -> bytes:
    """A shared statement with the driver's parameter marks."""
    return statement.replace("?", "%s").encode()


class _Session:
    """An open transaction of a PostgreSQL connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def run(self, statement: str, parameters: Parameters = ()) -> int:
        """Run a statement; return how many rows it changed."""
        return self._connection.execute(marked(statement), parameters).rowcount

    def rows(self, statement: str, parameters: Parameters = ()) -> list[Row]:
        """Run a statement; return its rows."""
        return self._connection.execute(marked(statement), parameters).fetchall()

    def run_each(self, statement: str, many: Sequence[Parameters]) -> None:
        """Run a statement once per set of parameters, in one go."""
        with self._connection.cursor() as cursor:
            cursor.executemany(marked(statement), many)

    def rows_each(self, statement: str, many: Sequence[Parameters]) -> list[list[Row]]:
        """Run a statement once per set of parameters, in one go; return the rows of each."""
        found = []
        with self._connection.cursor() as cursor:
            cursor.executemany(marked(statement), many, returning=True)
            for _ in many:
                found.append(cursor.fetchall())
                cursor.nextset()
        return found


class Pool:
    """The connections of everything that is no lane."""

    def __init__(self, conninfo: str) -> None:
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            conninfo,
            kwargs={"autocommit": True},
            min_size=1,
            max_size=POOL_MAX,
            timeout=POOL_WAIT_S,
            configure=configure,
            open=True,
        )

    def rows(self, statement: str, parameters: Parameters) -> list[Row]:
        """Run one query; a connection that died while it was idle is replaced."""
        for _ in range(TRIES):
            with unavailable(), self._pool.connection() as connection:
                try:
                    return connection.execute(marked(statement), parameters).fetchall()
                except psycopg.OperationalError:
                    if not connection.closed:
                        raise
            self._forget_dead()
        message = "the database does not answer"
        raise Unavailable(message)

    @contextmanager
    def transaction(self) -> Iterator[_Session]:
        """A transaction that commits at the end of the block, or not at all."""
        with unavailable():
            connection = self._begin()
        try:
            try:
                with unavailable():
                    yield _Session(connection)
            except BaseException:
                with unavailable():
                    if not connection.closed:
                        connection.execute("ROLLBACK")
                raise
            _commit(connection)
        finally:
            self._pool.putconn(connection)

    def _begin(self) -> Connection:
        for attempt in range(TRIES):
            connection = self._pool.getconn()
            try:
                connection.execute("BEGIN")
            except psycopg.OperationalError:
                self._pool.putconn(connection)
                if not connection.closed or attempt == TRIES - 1:
                    raise
                self._forget_dead()
            else:
                return connection
        raise AssertionError

    def _forget_dead(self) -> None:
        with unavailable():
            self._pool.check()

    def change(self, statement: str, parameters: Parameters) -> tuple[int, list[Row]]:
        """Run one statement in a transaction of its own: one round trip.

        Returns how many rows it changed, and the rows that it returns.
        """
        with unavailable(), self._pool.connection() as connection:
            try:
                cursor = connection.execute(marked(statement), parameters)
            except psycopg.OperationalError as error:
                if connection.closed:
                    raise InDoubt(str(error)) from error
                raise
            return cursor.rowcount, cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


def _commit(connection: Connection) -> None:
    try:
        connection.execute("COMMIT")
    except psycopg.OperationalError as error:
        if connection.closed:
            raise InDoubt(str(error)) from error
        raise Unavailable(str(error)) from error
