"""The PostgreSQL store keeps the contract, and its own promises."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import psycopg
import pytest

from fairhold.engine.ports import BalanceRow, InDoubt, StateRow, Store, TimerRow, Unavailable
from fairhold.stores import open_store
from fairhold.stores.migrations import HEAD, SchemaTooNew
from fairhold.stores.postgres import PostgresStore, lane
from tests.postgres import Server, database
from tests.stores.contract import StoreContract
from tests.stores.durable import DurableContract, Open
from tests.stores.rows import at_once, batch, id_in, key, receipt

pytestmark = pytest.mark.postgres

Template = Callable[[Callable[[str], None]], str]


def create_store(url: str) -> None:
    PostgresStore(url, part_count=4).close()


@pytest.fixture
def url(postgres_server: Server, postgres_template: Template) -> Iterator[str]:
    with database(postgres_server.url, postgres_template(create_store)) as url:
        yield url


@pytest.fixture
def open_again(url: str) -> Iterator[Open]:
    opened: list[PostgresStore] = []
    part_counts = count(4)

    def open_() -> Store:
        opened.append(PostgresStore(url, part_count=next(part_counts)))
        return opened[-1]

    yield open_
    for store in opened:
        store.close()


@pytest.fixture
def store(open_again: Open) -> Store:
    return open_again()


@pytest.fixture
def admin(url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


class TestPostgresStore(StoreContract):
    pass


class TestPostgresIsDurable(DurableContract):
    pass


def test_a_batch_that_fails_half_way_writes_nothing(
    store: Store, admin: psycopg.Connection
) -> None:
    writer = store.lane(0)
    admin.execute("ALTER TABLE balance ADD CONSTRAINT half CHECK (minor < 5)")
    broken = batch(
        0,
        0,
        300,
        states=[StateRow(id_in(0), 1, 1, b"x")],
        balances=[BalanceRow("fee", 0, "CNY", 5)],
        timers=[TimerRow(1, id_in(0), 1)],
        receipts=[receipt(1)],
    )
    with pytest.raises(psycopg.errors.CheckViolation):
        writer.commit(broken)
    assert writer.head() == (0, 0)
    assert store.state(id_in(0)) is None
    assert store.next_due() is None
    assert writer.recall([key(1)]) == {}
    writer.commit(batch(0, 0, 1))
    assert writer.head()[0] == 1


def end_connections(admin: psycopg.Connection) -> None:
    """Break every other connection to this database, as a failing network would."""
    admin.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


def test_a_connection_that_breaks_leaves_a_commit_in_doubt_and_is_renewed(
    store: Store, admin: psycopg.Connection
) -> None:
    writer = store.lane(0)
    writer.commit(batch(0, 0, 1))
    end_connections(admin)
    with pytest.raises(InDoubt):
        writer.commit(batch(0, 1, 1))
    assert writer.head()[0] == 1
    writer.commit(batch(0, 1, 1))
    assert writer.head()[0] == 2


def test_a_commit_that_waits_for_a_lock_while_the_connection_breaks_is_in_doubt(
    store: Store, admin: psycopg.Connection, url: str
) -> None:
    writer = store.lane(0)
    with psycopg.connect(url) as blocker, ThreadPoolExecutor(1) as pool:
        blocker.execute("LOCK TABLE state IN EXCLUSIVE MODE")
        state = StateRow(id_in(0), 1, 1, b"x")
        waiting = pool.submit(writer.commit, batch(0, 0, 1, states=[state]))
        blocked = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        while (row := admin.execute(blocked).fetchone()) is None:
            pass
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", row)
        with pytest.raises(InDoubt):
            waiting.result()
    assert writer.head()[0] == 0


def test_a_commit_that_is_cancelled_wrote_nothing(
    store: Store, admin: psycopg.Connection, url: str
) -> None:
    writer = store.lane(0)
    with psycopg.connect(url) as blocker, ThreadPoolExecutor(1) as pool:
        blocker.execute("LOCK TABLE state IN EXCLUSIVE MODE")
        state = StateRow(id_in(0), 1, 1, b"x")
        waiting = pool.submit(writer.commit, batch(0, 0, 1, states=[state]))
        blocked = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        while (row := admin.execute(blocked).fetchone()) is None:
            pass
        admin.execute("SELECT pg_cancel_backend(%s)", row)
        with pytest.raises(Unavailable):
            waiting.result()
    assert writer.head()[0] == 0
    writer.commit(batch(0, 0, 1))


def test_reads_and_transactions_survive_connections_that_died_while_idle(
    store: Store, admin: psycopg.Connection
) -> None:
    writer = store.lane(1)
    store.shelf_put("session", "a", b"x")
    end_connections(admin)
    assert store.shelf_get("session", "a", 0) == b"x"
    assert writer.head() == (0, 0)
    end_connections(admin)
    store.advance("lists", 0, 0, 1)
    assert store.cursor("lists", 0) == 1


def test_a_database_that_only_reads_is_unavailable_for_writers(
    store: Store, admin: psycopg.Connection
) -> None:
    name = admin.info.dbname
    admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
    writer = store.lane(0)
    with pytest.raises(Unavailable, match="read-only"):
        writer.commit(batch(0, 0, 1))
    admin.execute("SET default_transaction_read_only = off")
    admin.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only".encode())
    writer.commit(batch(0, 0, 1))


def test_a_lane_flushes_even_where_the_server_would_not(
    store: Store, admin: psycopg.Connection
) -> None:
    admin.execute(f"ALTER DATABASE {admin.info.dbname} SET synchronous_commit = off".encode())
    writer = store.lane(0)
    assert isinstance(writer, lane.PostgresLane)
    assert writer._connected().execute("SHOW synchronous_commit").fetchone() == ("on",)


def test_a_commit_is_one_prepared_statement_whatever_it_holds(store: Store) -> None:
    writer = store.lane(0)
    assert isinstance(writer, lane.PostgresLane)
    writer.commit(batch(0, 0, 1))
    writer.commit(batch(0, 1, 0, receipts=[receipt(1)]))
    money = [BalanceRow("fee", 0, "CNY", 5)]
    writer.commit(batch(0, 1, 300, balances=money, timers=[TimerRow(1, id_in(0), 1)]))
    prepared = writer._connected().execute(
        "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%written_log%'",
        prepare=False,
    )
    assert prepared.fetchone() == (1,)


def test_a_commit_costs_the_same_however_long_the_log_is(store: Store) -> None:
    writer = store.lane(0)
    assert isinstance(writer, lane.PostgresLane)
    writer.commit(batch(0, 0, 500))
    connection = writer._connected()
    connection.execute("ANALYZE log")
    rows = connection.execute(
        b"EXPLAIN (COSTS OFF) " + lane.COMMIT, lane._parameters(batch(0, 500, 1)), prepare=False
    )
    scans = [line.strip(" ->") for (line,) in rows if "Scan" in line]
    reads = [scan for scan in scans if not scan.startswith("Function Scan")]
    assert len(reads) == 1
    assert "Scan Backward using log_pkey" in reads[0]


def test_the_log_and_the_states_have_no_second_index(admin: psycopg.Connection) -> None:
    found = admin.execute(
        "SELECT indexname FROM pg_indexes WHERE tablename IN ('log', 'state') ORDER BY 1"
    )
    assert found.fetchall() == [("log_pkey",), ("state_pkey",)]


def test_a_new_database_that_many_open_at_once_is_made_once(postgres_url: str) -> None:
    stores = at_once(4, lambda n: PostgresStore(postgres_url, part_count=n + 1))
    assert len({store.part_count for store in stores}) == 1
    for store in stores:
        store.close()
    with psycopg.connect(postgres_url) as connection:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    assert found == [(HEAD,)]


def test_a_database_of_a_newer_program_is_not_touched(
    open_again: Open, admin: psycopg.Connection
) -> None:
    admin.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaTooNew, match="9999"):
        open_again()


def test_one_setting_opens_it(url: str, tmp_path: Path) -> None:
    store = open_store(url, tmp_path)
    assert isinstance(store, PostgresStore)
    assert store.part_count == 4
    store.close()


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        PostgresStore("postgresql://postgres@/postgres?host=%2Fnowhere")


@pytest.mark.parametrize("url", ["postgresql://[", "postgresql://a@/b?unheard=1"])
def test_a_url_that_cannot_be_read_is_refused_with_what_to_write(url: str) -> None:
    with pytest.raises(ValueError, match="postgresql://user@host/name"):
        PostgresStore(url)


@pytest.mark.parametrize("parts", [0, 257])
def test_the_number_of_parts_is_limited(parts: int) -> None:
    with pytest.raises(ValueError, match="part_count"):
        PostgresStore("postgresql://nobody@/nowhere", part_count=parts)
