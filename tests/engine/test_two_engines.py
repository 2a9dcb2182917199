"""Two engines on one database: the record decides who was first, and nothing is lost or doubled."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fairhold.domain.wallet import Wallet
from fairhold.engine.batching import Receipt
from fairhold.engine.clock import TestClock
from fairhold.engine.engine import Engine
from fairhold.engine.fsck import fsck
from fairhold.engine.fsck.meaning import facts, refold
from fairhold.engine.kinds import ACCOUNT, WALLET
from fairhold.engine.naming import Naming
from fairhold.engine.ports import Store
from fairhold.kernel.ids import make_id
from fairhold.kernel.wish import Refusal
from fairhold.stores.memory import MemoryStore
from fairhold.stores.postgres import PostgresStore
from fairhold.stores.sqlite import SqliteStore
from tests.engine.desks import (
    NOW,
    OWNER,
    PURSE,
    credit,
    granted,
    open_account,
    pay_out,
    purse,
    refused,
    running,
)
from tests.engine.ledger import ORIGIN, SIGNER, integrator

PURSES = [make_id(NOW, part, 100 + number) for part in range(2) for number in range(3)]
Open = Callable[[], Store]


@pytest.fixture(
    params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)],
)
def open_again(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the same database, each time as another process would."""
    stores: list[Store] = []
    shared = MemoryStore(part_count=2)
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else ""

    def opened() -> Store:
        if request.param == "memory":
            return shared
        if request.param == "sqlite":
            stores.append(SqliteStore(tmp_path / "a.sqlite3", part_count=2))
        else:
            stores.append(PostgresStore(url, part_count=2))
        return stores[-1]

    yield opened
    for store in stores:
        store.close()


def hammer(engines: Sequence[Engine], rounds: int) -> tuple[list[Receipt], int]:
    """Credits, payouts and new accounts from eight threads; the receipts, and how many refusals."""

    def work(number: int) -> tuple[Receipt | None, ...]:
        engine = engines[number % len(engines)]
        stream = PURSES[number % len(PURSES)]
        outcomes = (
            engine.do(WALLET, stream, credit(number, 10)),
            engine.do(WALLET, stream, pay_out(7)),
            engine.do(ACCOUNT, 0, open_account(number)),
        )
        return tuple(None if isinstance(outcome, Refusal) else outcome for outcome in outcomes)

    with ThreadPoolExecutor(8) as threads:
        found = [outcome for each in threads.map(work, range(rounds)) for outcome in each]
    receipts = [receipt for receipt in found if receipt is not None]
    return receipts, len(found) - len(receipts)


def test_engines_that_fight_over_the_same_parts_lose_and_double_nothing(open_again: Open) -> None:
    store = open_again()
    with running(store) as one, running(open_again()) as other:
        receipts, refusals = hammer((one, other), 160)
    check_places(store, receipts)
    check_money(store, receipts)
    assert len(receipts) + refusals == 480
    assert all(1 <= len(wallet.pending) <= 50 for wallet in wallets(store))
    integrator(store).step(NOW)
    assert list(fsck(store, ORIGIN, [SIGNER.verifier], facts, refold)) == []


def check_places(store: Store, receipts: Sequence[Receipt]) -> None:
    """Every receipt has a row of its own, the log has no gaps, new streams have new names."""
    places = {(receipt.stream, receipt.version) for receipt in receipts}
    assert len(places) == len(receipts)
    rows = [row for part in store.parts() for row in store.log(part, 0, 10_000)]
    assert {(row.stream, row.version) for row in rows} == places
    for part in store.parts():
        seqs = [row.seq for row in store.log(part, 0, 10_000)]
        assert seqs == list(range(1, len(seqs) + 1))
    opened = [row.stream for row in rows if row.type == "account.opened"]
    assert len(set(opened)) == len(opened) == 160


def wallets(store: Store) -> list[Wallet]:
    with running(store) as engine:
        return [purse(engine, stream) for stream in PURSES]


def check_money(store: Store, receipts: Sequence[Receipt]) -> None:
    sums: dict[str, int] = {}
    for part in store.parts():
        for row in store.balances(part):
            sums[row.account] = sums.get(row.account, 0) + row.minor
    paid = sum(10 for receipt in receipts if type(receipt.events[0]).__name__ == "Credited")
    out = sum(7 for receipt in receipts if type(receipt.events[0]).__name__ == "PayoutRequested")
    assert sums == {"owed": paid, "available": out - paid, "payout": -out}
    assert sum(wallet.available["CNY"] for wallet in wallets(store)) == paid - out


def test_a_stale_cache_never_answers(open_again: Open) -> None:
    with running(open_again()) as one, running(open_again()) as other:
        granted(one.do(WALLET, PURSE, credit(1, 100)))
        granted(other.do(WALLET, PURSE, pay_out(10)))
        granted(one.do(WALLET, PURSE, pay_out(90)))
        # What it remembers would allow this; the record does not.
        assert refused(other.do(WALLET, PURSE, pay_out(10))) == "wallet.not_enough"
        granted(one.do(WALLET, PURSE, credit(2, 5)))
        # And what it remembers now would refuse this, without a commit that could be fenced.
        granted(other.do(WALLET, PURSE, pay_out(5)))
        # The same for an answer that changes nothing.
        granted(one.do(WALLET, PURSE, credit(3, 5)))
        repeated = granted(other.do(WALLET, PURSE, credit(3, 5)))
        assert (repeated.events, repeated.version) == ((), 6)


def test_time_on_record_never_goes_back_when_clocks_disagree(open_again: Open) -> None:
    with (
        running(open_again(), TestClock(NOW + 60_000)) as ahead,
        running(open_again(), TestClock(NOW)) as behind,
    ):
        assert granted(ahead.do(WALLET, PURSE, credit(1))).at == NOW + 60_000
        assert granted(behind.do(WALLET, PURSE, credit(2))).at == NOW + 60_000


def test_two_processes_that_count_alike_give_no_name_twice() -> None:
    store = MemoryStore()
    with running(store) as one, running(store) as other:
        one._naming = Naming(7)
        other._naming = Naming(7)
        names = [
            granted(engine.do(ACCOUNT, 0, open_account())).stream
            for _ in range(20)
            for engine in (one, other)
        ]
    assert len(set(names)) == 40
    assert OWNER not in names
