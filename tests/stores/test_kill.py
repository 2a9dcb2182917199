"""kill -9 at any moment loses nothing that was acknowledged and leaves no torn batch."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fairhold.engine.ports import BalanceRow, Store
from tests.postgres import Server, server
from tests.stores.committer import numbered, open_database
from tests.stores.rows import id_in, key


class Committer:
    """The committing program and what it has acknowledged."""

    def __init__(self, place: str, checkout: Path) -> None:
        self.acknowledged = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.stores.committer", place],
            env={"PYTHONPATH": f"{checkout / 'src'}:{checkout}"},
            cwd=checkout,
            stdout=subprocess.PIPE,
            text=True,
        )

    def hear(self, count: int) -> None:
        """Wait for so many more acknowledgements."""
        assert self._process.stdout is not None
        for _ in range(count):
            self.acknowledged = int(self._process.stdout.readline())

    def kill(self) -> None:
        """End it with kill -9, then hear what it had still said."""
        self._process.kill()
        assert self._process.stdout is not None
        # The last line may be torn; what was not said completely was not acknowledged.
        for line in self._process.stdout.read().splitlines(keepends=True):
            if line.endswith("\n"):
                self.acknowledged = int(line)
        self._process.stdout.close()
        self._process.wait()


@contextmanager
def committing(place: str, checkout: Path) -> Iterator[Committer]:
    committer = Committer(place, checkout)
    try:
        yield committer
    finally:
        committer.kill()


def check(store: Store, acknowledged: int) -> None:
    """Every acknowledged row is there, the log is gapless, and every batch is whole and once."""
    head = store.log_head(0)
    assert head >= acknowledged > 0
    rows = store.log(0, 0, head + 1)
    number, seq = 0, 0
    while seq < head:
        number += 1
        batch = numbered(number, seq)
        assert list(rows[seq : seq + len(batch.events)]) == list(batch.events)
        seq += len(batch.events)
    assert seq == head
    assert store.state(id_in(0)) == numbered(number, head - 1 - number % 7).states[0]
    assert list(store.balances(0)) == [BalanceRow("written", 0, "CNY", head)]
    lane = store.lane(0)
    assert len(lane.recall([key(n) for n in range(1, number + 2)])) == number
    lane.commit(numbered(number + 1, head))


@pytest.mark.parametrize("acknowledgements", [1, 7, 60, 400])
def test_a_killed_process_on_sqlite_loses_nothing(
    tmp_path: Path, checkout: Path, acknowledgements: int
) -> None:
    with committing(str(tmp_path), checkout) as committer:
        committer.hear(acknowledgements)
    store = open_database(str(tmp_path))
    check(store, committer.acknowledged)
    store.close()


@pytest.mark.postgres
@pytest.mark.parametrize("acknowledgements", [1, 60, 400])
def test_a_killed_process_on_postgresql_loses_nothing(
    postgres_url: str, checkout: Path, acknowledgements: int
) -> None:
    with committing(postgres_url, checkout) as committer:
        committer.hear(acknowledgements)
    store = open_database(postgres_url)
    check(store, committer.acknowledged)
    store.close()


@pytest.fixture
def flushing_server() -> Iterator[Server]:
    with server(fsync=True) as running:
        yield running


@pytest.mark.postgres
def test_a_killed_server_loses_nothing_and_its_client_goes_on_without_repeating(
    flushing_server: Server, checkout: Path
) -> None:
    with committing(flushing_server.url, checkout) as committer:
        for acknowledgements in (1, 40, 150):
            committer.hear(acknowledgements)
            flushing_server.kill()
            flushing_server.start()
        committer.hear(20)
    store = open_database(flushing_server.url)
    check(store, committer.acknowledged)
    store.close()
