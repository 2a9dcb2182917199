"""The SQLite store keeps the contract, and its own promises."""

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fairhold.engine.ports import BalanceRow, StateRow, Store, TimerRow, Unavailable
from fairhold.stores import open_store
from fairhold.stores.migrations import HEAD, SchemaTooNew
from fairhold.stores.sqlite import SqliteStore, checkpoint
from tests.stores.contract import StoreContract
from tests.stores.durable import DurableContract, Open
from tests.stores.rows import at_once, batch, id_in, key, receipt


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "fairhold.sqlite3"


@pytest.fixture
def open_again(path: Path) -> Iterator[Open]:
    opened: list[SqliteStore] = []

    def open_() -> Store:
        opened.append(SqliteStore(path, part_count=7 if path.exists() else 4))
        return opened[-1]

    yield open_
    for store in opened:
        store.close()


@pytest.fixture
def store(open_again: Open) -> Store:
    return open_again()


class TestSqliteStore(StoreContract):
    pass


class TestSqliteIsDurable(DurableContract):
    pass


def break_balances(path: Path) -> None:
    """Let every write of a balance fail, half-way through a batch."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON balance BEGIN SELECT RAISE(ABORT, 'half'); END"
        )


def test_a_batch_that_fails_half_way_writes_nothing(store: Store, path: Path) -> None:
    lane = store.lane(0)
    break_balances(path)
    broken = batch(
        0,
        0,
        300,
        states=[StateRow(id_in(0), 1, 1, b"x")],
        balances=[BalanceRow("fee", 0, "CNY", 1)],
        timers=[TimerRow(1, id_in(0), 1)],
        receipts=[receipt(1)],
    )
    with pytest.raises(sqlite3.IntegrityError, match="half"):
        lane.commit(broken)
    assert lane.head() == (0, 0)
    assert store.state(id_in(0)) is None
    assert store.next_due() is None
    assert lane.recall([key(1)]) == {}
    lane.commit(batch(0, 0, 1))
    assert lane.head()[0] == 1


def test_a_commit_is_flushed_and_leaves_the_checkpoint_to_the_background(store: Store) -> None:
    assert isinstance(store, SqliteStore)
    connection = store.lane(0)._connection
    settings = ["journal_mode", "synchronous", "foreign_keys", "wal_autocheckpoint"]
    assert [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in settings] == [
        "wal",
        2,
        1,
        0,
    ]


def test_every_table_is_strict(store: Store, path: Path) -> None:
    store.ping()
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("PRAGMA table_list").fetchall()
    loose = {name for _, name, kind, _, _, strict in rows if kind == "table" and not strict}
    assert {name for name in loose if not name.startswith("sqlite_")} == {"alembic_version"}


def test_the_checkpoint_moves_pages_beside_the_writer(store: Store, path: Path) -> None:
    lane = store.lane(0)
    before = path.stat().st_size
    for head in range(0, 20_000, 1_000):
        lane.commit(batch(0, head, 1_000))
    assert isinstance(store, SqliteStore)
    assert store._checkpointer._checkpoint()[0] > 0
    assert path.stat().st_size > before
    store.close()
    assert not path.with_name(path.name + "-wal").exists()


def test_a_long_wal_lets_the_writers_wait_for_the_checkpoint(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "FRAMES_MAX", 1)
    monkeypatch.setattr(checkpoint, "ROWS_BETWEEN", 1)
    monkeypatch.setattr(checkpoint, "PAUSE_S", 0.0)
    store = SqliteStore(path)
    lane = store.lane(0)
    for head in range(200):
        lane.commit(batch(0, head, 1))
    assert store.log_head(0) == 200
    store.close()


def test_a_database_of_a_newer_program_is_not_touched(open_again: Open, path: Path) -> None:
    open_again().close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaTooNew, match="9999"):
        open_again()


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="nowhere"):
        SqliteStore(tmp_path / "nowhere" / "fairhold.sqlite3")


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        SqliteStore(path)


@pytest.mark.parametrize("count", [0, 257])
def test_the_number_of_parts_is_limited(path: Path, count: int) -> None:
    with pytest.raises(ValueError, match="part_count"):
        SqliteStore(path, part_count=count)


def test_a_store_that_is_opened_many_times_at_once_is_made_once(path: Path) -> None:
    stores = at_once(4, lambda n: SqliteStore(path, part_count=n + 1))
    assert len({store.part_count for store in stores}) == 1
    for store in stores:
        store.close()


WRITER = """
import sys
from pathlib import Path
from fairhold.engine.ports import Fenced
from fairhold.stores.sqlite import SqliteStore
from tests.stores.rows import batch
store = SqliteStore(Path(sys.argv[1]))
lane = store.lane(0)
done = 0
while done < 40:
    head, _ = lane.head()
    try:
        lane.commit(batch(0, head, 3))
    except Fenced:
        continue
    done += 1
    store.shelf_count("writer", "all", 0, 60)
store.close()
"""


def test_several_processes_write_one_gapless_log(path: Path, checkout: Path) -> None:
    SqliteStore(path).close()
    command = [sys.executable, "-c", WRITER, str(path)]
    environment = {"PYTHONPATH": f"{checkout / 'src'}:{checkout}"}
    writers = [subprocess.Popen(command, env=environment) for _ in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    store = SqliteStore(path)
    assert [row.seq for row in store.log(0, 0, 999)] == list(range(1, 361))
    assert store.shelf_count("writer", "all", 0, 60, add=0)[0] == 120
    store.close()


def test_a_warm_start_does_not_load_the_migrations(open_again: Open, path: Path) -> None:
    open_again().close()
    program = (
        "import sys; from pathlib import Path; from fairhold.stores import open_store; "
        f"open_store(None, Path({str(path.parent)!r})).close(); "
        "print([name for name in ('alembic', 'sqlalchemy', 'psycopg') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(path for path in sys.path if path.endswith("src"))},
    )
    assert done.stdout.strip() == "[]"


def test_the_program_knows_its_newest_migration(path: Path) -> None:
    SqliteStore(path).close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (HEAD,)


def test_the_files_are_their_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with closing(open_store(None, tmp_path / "var")) as store:
            files = [tmp_path / "var", *(tmp_path / "var").iterdir()]
            assert len(files) == 4, "the folder, the database, its WAL and its shared memory"
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in files}
            store.ping()
    finally:
        os.umask(before)
    assert modes.pop("var") == 0o700
    assert set(modes.values()) == {0o600}
