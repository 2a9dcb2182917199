"""When the store fails: nothing is half done, nothing twice, and the callers learn the truth."""

import pytest
from msgspec.structs import replace

from fairhold.engine import lane as lane_module
from fairhold.engine.kinds import WALLET
from fairhold.engine.ports import Batch, Fenced, InDoubt, Unavailable
from fairhold.stores.memory import MemoryLane
from tests.engine.desks import (
    PURSE,
    Fault,
    FaultyLane,
    FaultyStore,
    credit,
    granted,
    key,
    pay_out,
    purse,
    refused,
    running,
)


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane_module, "DOUBT_WAITS_S", (0.0, 0.0, 0.0))


def test_everybody_who_waits_hears_that_the_store_is_away_and_nothing_was_done() -> None:
    store = FaultyStore()
    with running(store) as engine:
        with store.held_up(engine):
            store.faults.append(Fault(Fenced("somebody was faster")))
            store.faults.append(Fault(Unavailable("the disk is full")))
            futures = [engine.submit(WALLET, PURSE, credit(deal)) for deal in range(5)]
        failures = [future.exception(10) for future in futures]
        assert [type(failure) for failure in failures] == [Unavailable] * 5
        assert len({id(failure) for failure in failures}) == 5
        assert store.log_head(0) == 1
        assert purse(engine).available == {"CNY": 100}
        granted(engine.do(WALLET, PURSE, credit(0)))
        assert purse(engine).available == {"CNY": 200}


def test_a_store_that_cannot_even_be_opened_is_unavailable_and_tried_again_later() -> None:
    store = FaultyStore()
    store.lane_faults.append(Unavailable("no connection"))
    with running(store) as engine:
        with pytest.raises(Unavailable, match="no connection"):
            engine.do(WALLET, PURSE, credit(1))
        granted(engine.do(WALLET, PURSE, credit(1)))


@pytest.mark.parametrize("lands", [True, False])
@pytest.mark.parametrize("keyed", [True, False])
def test_a_commit_in_doubt_is_settled_and_counts_once(*, lands: bool, keyed: bool) -> None:
    store = FaultyStore()
    with running(store) as engine:
        granted(engine.do(WALLET, PURSE, credit(1)))
        store.faults.append(Fault(InDoubt("the connection broke"), lands=lands))
        receipt = granted(engine.do(WALLET, PURSE, pay_out(30), key("payout") if keyed else None))
        assert (receipt.version, receipt.seq, receipt.repeated) == (2, 2, False)
        assert purse(engine).available == {"CNY": 70}
        assert store.log_head(0) == 2
        granted(engine.do(WALLET, PURSE, pay_out(30)))
        assert purse(engine).available == {"CNY": 40}


@pytest.mark.parametrize("lands", [True, False])
def test_a_refusal_in_doubt_is_remembered_all_the_same(*, lands: bool) -> None:
    store = FaultyStore()
    with running(store) as engine:
        granted(engine.do(WALLET, PURSE, credit(1)))
        store.faults.append(Fault(InDoubt("the connection broke"), lands=lands))
        assert refused(engine.do(WALLET, PURSE, pay_out(900), key("k"))) == "wallet.not_enough"
        granted(engine.do(WALLET, PURSE, credit(2, 5_000)))
        assert refused(engine.do(WALLET, PURSE, pay_out(900), key("k"))) == "wallet.not_enough"


OTHER = PURSE + 1


class LateStore(FaultyStore):
    """A commit whose connection breaks, and which the server carries out a moment later."""

    late: Batch | None = None

    def lane(self, part: int) -> FaultyLane:
        return LateLane(self, part)


class LateLane(FaultyLane):
    def commit(self, batch: Batch) -> None:
        store = self._faulty
        assert isinstance(store, LateStore)
        if store.faults:
            store.late = batch
            raise store.faults.popleft().error
        if store.late is not None:
            late, store.late = store.late, None
            MemoryLane(store, late.part).commit(late)
        super().commit(batch)


def test_a_commit_that_lands_after_the_doubt_was_looked_into_is_recognised() -> None:
    store = LateStore()
    with running(store) as engine:
        granted(engine.do(WALLET, PURSE, credit(1)))
        store.faults.append(Fault(InDoubt("the connection broke")))
        receipt = granted(engine.do(WALLET, PURSE, pay_out(30)))
        assert (receipt.version, receipt.seq) == (2, 2)
        assert purse(engine).available == {"CNY": 70}
        assert store.log_head(0) == 2


def test_a_row_like_ours_is_not_yet_our_batch() -> None:
    """Another process wakes the same deal in the same millisecond: equal bytes, another batch."""

    class RivalLane(FaultyLane):
        def commit(self, batch: Batch) -> None:
            if self._faulty.faults:
                halves = [replace(line, minor=line.minor // 2) for line in batch.balances]
                first = replace(
                    batch, events=batch.events[:1], states=batch.states[:1], balances=halves
                )
                MemoryLane(self._faulty, 0).commit(first)
                raise self._faulty.faults.popleft().error
            super().commit(batch)

    class RivalStore(FaultyStore):
        def lane(self, part: int) -> FaultyLane:
            return RivalLane(self, part)

    store = RivalStore()
    with running(store) as engine:
        with store.held_up(engine):
            futures = [engine.submit(WALLET, purse_, credit(5)) for purse_ in (PURSE, OTHER)]
            store.faults.append(Fault(InDoubt("the connection broke")))
        for future in futures:
            granted(future.result(10))
        assert purse(engine).credited == (1_000_000, 5)
        assert purse(engine, OTHER).credited == (5,)
        assert sum(row.minor for row in store.balances(0) if row.account == "owed") == 300


def test_a_doubt_that_nobody_can_settle_is_what_the_callers_hear() -> None:
    store = FaultyStore()
    with running(store) as engine:
        granted(engine.do(WALLET, PURSE, credit(1)))
        store.faults.append(Fault(InDoubt("the connection broke"), lands=True))
        store.lane_faults.extend([Unavailable("nobody answers")] * 3)
        with pytest.raises(InDoubt, match="the connection broke"):
            engine.do(WALLET, PURSE, pay_out(30), key("k"))
        repeated = granted(engine.do(WALLET, PURSE, pay_out(30), key("k")))
        assert repeated.repeated
        assert purse(engine).available == {"CNY": 70}


def test_a_part_that_others_write_all_the_time_is_given_up_without_a_trace() -> None:
    store = FaultyStore()
    with running(store) as engine:
        store.faults.extend([Fault(Fenced("somebody was faster"))] * lane_module.TRIES_MAX)
        with pytest.raises(Unavailable, match="written by others"):
            engine.do(WALLET, PURSE, credit(1))
        assert store.log_head(0) == 0
        granted(engine.do(WALLET, PURSE, credit(1)))
