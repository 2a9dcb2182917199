"""The write side of one part in PostgreSQL: one group commit is one statement, one round trip."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

import psycopg
from psycopg import errors as pg

from fairhold.engine.ports import (
    Batch,
    Fenced,
    InDoubt,
    ReceiptRow,
    StateRow,
    Unavailable,
)
from fairhold.kernel.instant import Instant
from fairhold.stores.batch import check, newest, summed
from fairhold.stores.postgres.arrays import blobs, numbers, texts
from fairhold.stores.postgres.connection import TRIES, Connection, connect, unavailable
from fairhold.stores.relational.database import Parameters, Row

SETTINGS = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off"
"""Every statement of a lane reads by key. A plan made while the tables were empty must, too."""

COMMIT = b"""
WITH written_log AS (
    INSERT INTO log (part, seq, stream, version, prev, type, at, data, lines)
    SELECT %(part)s::smallint, * FROM unnest(
        %(seq)s::bigint[], %(stream)s::bigint[], %(version)s::bigint[], %(prev)s::bigint[],
        %(type)s::text[], %(at)s::bigint[], %(data)s::bytea[], %(lines)s::bytea[])
), written_state AS (
    INSERT INTO state (part, id, version, head, data)
    SELECT %(part)s::smallint, * FROM unnest(
        %(state_id)s::bigint[], %(state_version)s::bigint[], %(state_head)s::bigint[],
        %(state_data)s::bytea[])
    ON CONFLICT (part, id) DO UPDATE
    SET version = excluded.version, head = excluded.head, data = excluded.data
), written_balance AS (
    INSERT INTO balance (part, account, holder, currency, minor)
    SELECT %(part)s::smallint, * FROM unnest(
        %(account)s::text[], %(holder)s::bigint[], %(currency)s::text[], %(minor)s::bigint[])
    ON CONFLICT (part, account, holder, currency) DO UPDATE
    SET minor = balance.minor + excluded.minor
), written_timer AS (
    INSERT INTO timer (part, due, id, version)
    SELECT %(part)s::smallint, * FROM unnest(
        %(timer_due)s::bigint[], %(timer_id)s::bigint[], %(timer_version)s::bigint[])
    ON CONFLICT DO NOTHING
), written_receipt AS (
    INSERT INTO receipt (part, key, body, outcome, at)
    SELECT %(part)s::smallint, * FROM unnest(
        %(receipt_key)s::bytea[], %(receipt_body)s::bytea[], %(receipt_outcome)s::bytea[],
        %(receipt_at)s::bigint[])
    ON CONFLICT DO NOTHING
)
SELECT 1 / CASE WHEN %(head)s = coalesce(
    (SELECT seq FROM log WHERE part = %(part)s::smallint ORDER BY seq DESC LIMIT 1), 0
) THEN 1 ELSE 0 END
"""
"""The last query fails on a wrong head, before anything is written; of two writers with the same
right head the key of the log fails the second. Either failure undoes the whole statement.
(``max(seq)`` would read the whole part: beside a ``WITH`` it is not answered from the key.)"""

HEAD = b"SELECT seq, at FROM log WHERE part = %s ORDER BY seq DESC LIMIT 1"
LOAD = b"SELECT id, version, head, data FROM state WHERE part = %s AND id = ANY(%s)"
RECALL = b"SELECT key, body, outcome, at FROM receipt WHERE part = %s AND key = ANY(%s)"


def _parameters(batch: Batch) -> dict[str, object]:
    events = batch.events
    states = newest(batch.states)
    balances = summed(batch.balances)
    timers, receipts = batch.timers, batch.receipts
    return {
        "part": batch.part,
        "head": batch.head,
        "seq": numbers([row.seq for row in events]),
        "stream": numbers([row.stream for row in events]),
        "version": numbers([row.version for row in events]),
        "prev": numbers([row.prev for row in events]),
        "type": texts([row.type for row in events]),
        "at": numbers([row.at for row in events]),
        "data": blobs([row.data for row in events]),
        "lines": blobs([row.lines for row in events]),
        "state_id": numbers([row.id for row in states]),
        "state_version": numbers([row.version for row in states]),
        "state_head": numbers([row.head for row in states]),
        "state_data": blobs([row.data for row in states]),
        "account": texts([account for account, _, _, _ in balances]),
        "holder": numbers([holder for _, holder, _, _ in balances]),
        "currency": texts([currency for _, _, currency, _ in balances]),
        "minor": numbers([minor for _, _, _, minor in balances]),
        "timer_due": numbers([row.due for row in timers]),
        "timer_id": numbers([row.id for row in timers]),
        "timer_version": numbers([row.version for row in timers]),
        "receipt_key": blobs([row.key for row in receipts]),
        "receipt_body": blobs([row.body for row in receipts]),
        "receipt_outcome": blobs([row.outcome for row in receipts]),
        "receipt_at": numbers([row.at for row in receipts]),
    }


class PostgresLane:
    """One writer of one part, on a connection of its own that is renewed when it breaks."""

    def __init__(self, conninfo: str, part: int) -> None:
        self._conninfo = conninfo
        self._part = part
        self._connection: Connection | None = None
        self._closed = False
        self._connected()

    def _connected(self) -> Connection:
        if self._closed:
            message = "the lane is closed"
            raise Unavailable(message)
        if self._connection is None or self._connection.closed:
            self._drop()
            connection = connect(self._conninfo)
            with unavailable():
                connection.execute(SETTINGS)
            connection.prepare_threshold = 0
            self._connection = connection
        return self._connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()

    # -- reads -----------------------------------------------------------------------------------

    def head(self) -> tuple[int, Instant]:
        """The part's last seq and its ``at``; (0, 0) while the part is empty."""
        for seq, at in self._query(HEAD, (self._part,)):
            return seq, at
        return 0, 0

    def load(self, ids: Sequence[int]) -> Mapping[int, StateRow]:
        """The states of those streams that exist, in one query."""
        if not ids:
            return {}
        rows = self._query(LOAD, (self._part, numbers(ids)))
        return {row[0]: StateRow(*row) for row in rows}

    def recall(self, keys: Sequence[bytes]) -> Mapping[bytes, ReceiptRow]:
        """The receipts that exist for these keys, in one query."""
        if not keys:
            return {}
        rows = self._query(RECALL, (self._part, blobs(keys)))
        return {row[0]: ReceiptRow(*row) for row in rows}

    def _query(self, statement: bytes, parameters: Parameters) -> list[Row]:
        """Read, on a new connection when the old one turns out to be broken."""
        with unavailable():
            connection = self._connected()
            try:
                return connection.execute(statement, parameters, binary=True).fetchall()
            except psycopg.OperationalError:
                if not connection.closed:
                    raise
            renewed = self._connected()
            return renewed.execute(statement, parameters, binary=True).fetchall()

    # -- the commit ------------------------------------------------------------------------------

    def commit(self, batch: Batch) -> None:
        """Write the batch durably in one statement, or raise and write nothing of it.

        Fenced when the part is no longer at the batch's head; InDoubt when the connection broke
        meanwhile, and only then.
        """
        assert batch.part == self._part, "a lane writes its own part"
        check(batch)
        parameters = _parameters(batch)
        for _ in range(TRIES):
            try:
                self._connected().execute(COMMIT, parameters, binary=True)
            except (pg.DivisionByZero, pg.UniqueViolation) as error:
                message = f"part {self._part} is no longer at {batch.head}"
                raise Fenced(message) from error
            except (pg.DeadlockDetected, pg.SerializationFailure):
                continue
            except pg.ReadOnlySqlTransaction as error:
                self._drop()  # this server became a standby; the next connection finds the leader
                raise Unavailable(str(error)) from error
            except psycopg.OperationalError as error:
                if self._connection is None or self._connection.closed:
                    self._drop()
                    raise InDoubt(str(error)) from error
                raise Unavailable(str(error)) from error
            return
        message = f"part {self._part} could not be written for other writers' locks"
        raise Unavailable(message)

    def close(self) -> None:
        """Give the connection back."""
        self._closed = True
        self._drop()
