"""A request with a key may be sent as often as anybody likes: it counts once, and answers alike."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fairhold.engine.batching import Outcome, Receipt, Repeated
from fairhold.engine.clock import TestClock
from fairhold.engine.engine import Engine
from fairhold.engine.kinds import ACCOUNT, WALLET
from fairhold.engine.ports import Store
from fairhold.stores.memory import MemoryStore
from fairhold.stores.postgres import PostgresStore
from fairhold.stores.sqlite import SqliteStore
from tests.engine.desks import (
    NOW,
    PURSE,
    FaultyStore,
    credit,
    granted,
    key,
    open_account,
    pay_out,
    purse,
    refused,
    running,
)


def place(outcome: Outcome) -> tuple[int, int, int, int]:
    receipt = granted(outcome)
    return receipt.stream, receipt.version, receipt.seq, receipt.at


def test_a_repeated_request_gets_the_same_receipt_and_changes_nothing() -> None:
    store, clock = FaultyStore(), TestClock(NOW)
    with running(store, clock) as engine:
        first = granted(engine.do(WALLET, PURSE, credit(1), key("a")))
        clock.advance(5_000)
        again = granted(engine.do(WALLET, PURSE, credit(2), key("a")))
        assert place(first) == place(again)
        assert (first.repeated, again.repeated) == (False, True)
        assert (again.events, again.state) == ((), None)
        assert purse(engine).credited == (1,)
    assert len(store.commits) == 1


def test_a_repeated_request_for_a_new_stream_makes_no_second_one() -> None:
    with running(MemoryStore(part_count=4)) as engine:
        outcomes = [engine.do(ACCOUNT, 0, open_account(), key("a")) for _ in range(5)]
        assert len({place(outcome) for outcome in outcomes}) == 1
        assert (
            granted(engine.do(ACCOUNT, 0, open_account(), key("b"))).stream != place(outcomes[0])[0]
        )


def test_a_refusal_is_repeated_although_it_would_be_granted_now() -> None:
    with running(MemoryStore()) as engine:
        first = engine.do(WALLET, PURSE, pay_out(50), key("a"))
        granted(engine.do(WALLET, PURSE, credit(1)))
        again = engine.do(WALLET, PURSE, pay_out(50), key("a"))
        assert refused(first) == refused(again) == "wallet.unknown"
        assert isinstance(again, Repeated)
        granted(engine.do(WALLET, PURSE, pay_out(50), key("b")))


def test_a_repeated_refusal_keeps_its_values() -> None:
    with running(MemoryStore()) as engine:
        granted(engine.do(WALLET, PURSE, credit(1)))
        first = engine.do(WALLET, PURSE, pay_out(500), key("a"))
        again = engine.do(WALLET, PURSE, pay_out(500), key("a"))
        assert not isinstance(first, Receipt)
        assert not isinstance(again, Receipt)
        assert first.values == again.values == {"available": 100, "currency": "CNY"}


def test_another_request_under_the_same_key_is_refused() -> None:
    with running(MemoryStore()) as engine:
        granted(engine.do(WALLET, PURSE, credit(1), key("a", b"one thing")))
        other = engine.do(WALLET, PURSE, credit(2), key("a", b"another thing"))
        assert refused(other) == "request.key_reused"
        assert purse(engine).credited == (1,)


def test_repetitions_within_one_batch_count_once() -> None:
    store = FaultyStore()
    with running(store) as engine:
        with store.held_up(engine):
            futures = [engine.submit(WALLET, PURSE, credit(n), key("a")) for n in range(6)]
            other = engine.submit(WALLET, PURSE, credit(9), key("a", b"other"))
        places = {place(future.result(10)) for future in futures}
        assert len(places) == 1
        assert refused(other.result(10)) == "request.key_reused"
        assert purse(engine).credited == (1_000_000, 0)
    assert len(store.commits[1].events) == 1
    assert len(store.commits[1].receipts) == 1


def test_a_key_is_known_once_it_has_an_answer() -> None:
    with running(MemoryStore(part_count=4)) as engine:
        assert not engine.was_answered(key("a"))
        granted(engine.do(ACCOUNT, engine.new_stream(key("a")), open_account(), key("a")))
        assert engine.was_answered(key("a"))
        refused(engine.do(WALLET, PURSE, pay_out(1), key("b")))
        assert engine.was_answered(key("b"), PURSE)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Callable[[], Store]]:
    stores: list[Store] = []

    def opened() -> Store:
        stores.append(SqliteStore(tmp_path / "a.sqlite3", part_count=2))
        return stores[-1]

    yield opened
    for store in stores:
        store.close()


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Callable[[], Store]]:
    stores: list[Store] = []

    def opened() -> Store:
        stores.append(PostgresStore(postgres_url, part_count=2))
        return stores[-1]

    yield opened
    for store in stores:
        store.close()


def test_keys_outlive_a_restart(sqlite: Callable[[], Store]) -> None:
    with running(sqlite()) as engine:
        first = place(engine.do(WALLET, PURSE, credit(1), key("a")))
        no = engine.do(WALLET, PURSE, pay_out(101), key("b"))
    with running(sqlite(), TestClock(NOW + 60_000)) as engine:
        assert place(engine.do(WALLET, PURSE, credit(1), key("a"))) == first
        granted(engine.do(WALLET, PURSE, credit(2)))
        assert refused(engine.do(WALLET, PURSE, pay_out(101), key("b"))) == refused(no)
        reused = engine.do(WALLET, PURSE, credit(3), key("a", b"other"))
        assert refused(reused) == "request.key_reused"


def send_everywhere(one: Engine, other: Engine) -> None:
    """The same forty requests to both engines at the same time, from eight threads."""

    def send(number: int) -> tuple[int, int, int, int]:
        engine = (one, other)[number % 2]
        word = f"request {number // 4}"
        return place(engine.do(ACCOUNT, 0, open_account(), key(word)))

    with ThreadPoolExecutor(8) as threads:
        places = list(threads.map(send, range(160)))
    assert len(set(places)) == 40
    assert all(len(set(places[n : n + 4])) == 1 for n in range(0, 160, 4))
    heads = {part: one.store.log_head(part) for part in one.store.parts()}
    assert sum(heads.values()) == 40


def test_two_engines_on_one_file_answer_a_key_alike(sqlite: Callable[[], Store]) -> None:
    with running(sqlite()) as one, running(sqlite()) as other:
        send_everywhere(one, other)


@pytest.mark.postgres
def test_two_engines_on_one_postgresql_answer_a_key_alike(
    postgres: Callable[[], Store],
) -> None:
    with running(postgres()) as one, running(postgres()) as other:
        send_everywhere(one, other)
