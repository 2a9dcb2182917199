"""What arrives together commits together, in order, and each wish stands or falls alone."""

import asyncio
from concurrent.futures import Future

import pytest

from fairhold.engine import lane as lane_module
from fairhold.engine.batching import Outcome
from fairhold.engine.kinds import ACCOUNT, LISTING, WALLET
from fairhold.engine.lane import Overloaded, Stopped
from fairhold.stores.memory import MemoryStore
from tests.engine.desks import (
    OWNER,
    PURSE,
    FaultyStore,
    crash,
    credit,
    granted,
    key,
    open_account,
    pay_out,
    purse,
    refused,
    running,
)


def test_a_lone_command_commits_although_nothing_else_comes() -> None:
    store = FaultyStore()
    with running(store) as engine:
        receipt = granted(engine.submit(WALLET, PURSE, credit(1)).result(10))
    assert (receipt.stream, receipt.version, receipt.seq) == (PURSE, 1, 1)
    assert [len(batch.events) for batch in store.commits] == [1]


def test_commands_that_arrive_during_a_commit_land_together_in_the_next() -> None:
    store = FaultyStore()
    with running(store) as engine:
        with store.held_up(engine):
            futures = [engine.submit(WALLET, PURSE, credit(deal)) for deal in range(200)]
            assert engine.waiting() == 200
        receipts = [granted(future.result(10)) for future in futures]
    assert [len(batch.events) for batch in store.commits] == [1, 200]
    assert [receipt.seq for receipt in receipts] == list(range(2, 202))
    assert [receipt.version for receipt in receipts] == list(range(2, 202))


def test_a_batch_has_an_end_and_the_rest_comes_in_the_next() -> None:
    store = FaultyStore()
    with running(store) as engine:
        with store.held_up(engine):
            futures = [
                engine.submit(WALLET, PURSE, credit(n)) for n in range(lane_module.BATCH_MAX + 5)
            ]
        for future in futures:
            granted(future.result(10))
    assert [len(batch.events) for batch in store.commits] == [1, lane_module.BATCH_MAX, 5]


def test_wishes_for_one_stream_fold_into_one_state_and_one_sum() -> None:
    store = FaultyStore()
    with running(store) as engine:
        with store.held_up(engine):
            futures = [engine.submit(WALLET, PURSE, credit(deal, 5)) for deal in range(40)]
        for future in futures:
            future.result(10)
    batch = store.commits[1]
    assert [(row.id, row.version, row.head) for row in batch.states] == [(PURSE, 41, 41)]
    assert {row.account: row.minor for row in batch.balances} == {"owed": 200, "available": -200}


def test_a_later_wish_of_a_batch_sees_what_an_earlier_one_changed() -> None:
    store = FaultyStore()
    with running(store) as engine:
        with store.held_up(engine):
            other = PURSE + 1
            early = engine.submit(WALLET, other, pay_out(100))
            grant = engine.submit(WALLET, other, credit(1, 100))
            paid = engine.submit(WALLET, other, pay_out(60))
            too_much = engine.submit(WALLET, other, pay_out(60))
        assert refused(early.result(10)) == "wallet.unknown"
        assert granted(grant.result(10)).version == 1
        assert granted(paid.result(10)).state.available == {"CNY": 40}
        assert refused(too_much.result(10)) == "wallet.not_enough"
        assert purse(engine, other).available == {"CNY": 40}


def test_all_wishes_of_a_batch_have_one_instant() -> None:
    store = FaultyStore()
    with running(store) as engine:
        with store.held_up(engine):
            futures = [engine.submit(WALLET, PURSE, credit(deal)) for deal in range(3)]
        assert len({granted(future.result(10)).at for future in futures}) == 1


def test_a_refused_wish_writes_nothing_and_keeps_nobody_else_back() -> None:
    store = FaultyStore()
    with running(store) as engine:
        with store.held_up(engine):
            good = engine.submit(WALLET, PURSE, credit(1))
            bad = engine.submit(WALLET, PURSE, pay_out(10**9))
            more = engine.submit(WALLET, PURSE, credit(2))
        granted(good.result(10))
        assert refused(bad.result(10)) == "wallet.not_enough"
        granted(more.result(10))
    assert [row.type for row in store.commits[1].events] == ["wallet.credited"] * 2


def test_a_wish_that_breaks_the_code_fails_alone(caplog: pytest.LogCaptureFixture) -> None:
    store = FaultyStore()
    with running(store) as engine:
        granted(engine.do(ACCOUNT, OWNER, open_account()))
        with store.held_up(engine):
            before = engine.submit(WALLET, PURSE, credit(1))
            broken = engine.submit(ACCOUNT, OWNER, crash())
            after = engine.submit(WALLET, PURSE, credit(2))
        granted(before.result(10))
        granted(after.result(10))
        with pytest.raises(AssertionError, match="does not know Credit"):
            broken.result(10)
        granted(engine.do(WALLET, PURSE, credit(3)))
        assert purse(engine).available == {"CNY": 400}
        assert engine.version(WALLET, PURSE) == 4
    assert "failed on a batch of 3" in caplog.text


def test_a_wish_for_a_stream_of_another_kind_is_refused() -> None:
    with running(MemoryStore()) as engine:
        granted(engine.do(WALLET, PURSE, credit(1)))
        assert refused(engine.do(ACCOUNT, PURSE, open_account())) == "request.no_such_stream"
        assert engine.state(LISTING, PURSE) is None
        assert engine.version(LISTING, PURSE) == 0


def test_new_streams_get_names_of_their_own_also_within_one_millisecond() -> None:
    with running(MemoryStore(part_count=4)) as engine:
        futures = [engine.submit(ACCOUNT, 0, open_account()) for _ in range(3_000)]
        names = [granted(future.result(10)).stream for future in futures]
    assert len(set(names)) == 3_000


def test_a_rehearsal_decides_the_same_and_writes_nothing() -> None:
    store = FaultyStore()
    with running(store) as engine:
        granted(engine.do(WALLET, PURSE, credit(1, 80)))
        rehearsed = granted(engine.rehearse(WALLET, PURSE, pay_out(30)))
        assert rehearsed.state.available == {"CNY": 50}
        assert rehearsed.version == 2
        assert refused(engine.rehearse(WALLET, PURSE, pay_out(81))) == "wallet.not_enough"
        assert purse(engine).available == {"CNY": 80}
    assert len(store.commits) == 1


def test_callers_on_an_event_loop_get_their_answers_there() -> None:
    store = FaultyStore()
    with running(store) as engine:

        async def many() -> list[Outcome]:
            return await asyncio.gather(
                *(engine.ask(WALLET, PURSE, credit(deal)) for deal in range(100))
            )

        outcomes = asyncio.run(many())
    assert sorted(granted(outcome).version for outcome in outcomes) == list(range(1, 101))
    assert sum(len(batch.events) for batch in store.commits) == 100


def test_a_caller_who_has_gone_hurts_nobody() -> None:
    store = FaultyStore()
    with running(store) as engine:
        with store.held_up(engine):
            gone = engine.submit(WALLET, PURSE, credit(1))
            there = engine.submit(WALLET, PURSE, credit(2))
            assert gone.cancel()
        assert granted(there.result(10)).version == 3

        async def leave() -> None:
            store.gate.clear()
            asking = asyncio.ensure_future(engine.ask(WALLET, PURSE, credit(3)))
            await asyncio.sleep(0)
            asking.cancel()
            store.gate.set()

        asyncio.run(leave())
        assert granted(engine.submit(WALLET, PURSE, credit(4)).result(10)).version == 5


def test_a_full_queue_refuses_at_once_and_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane_module, "QUEUE_MAX", 10)
    store = FaultyStore()
    with running(store) as engine:
        accepted: list[Future[Outcome]] = []
        with store.held_up(engine):
            accepted += [engine.submit(WALLET, PURSE, credit(deal)) for deal in range(10)]
            with pytest.raises(Overloaded, match="10 commands wait for part 0"):
                engine.submit(WALLET, PURSE, credit(11))
        for future in accepted:
            granted(future.result(10))
        granted(engine.do(WALLET, PURSE, credit(12)))
        assert purse(engine).available == {"CNY": 1_200}


def test_what_was_handed_in_before_the_end_is_done_and_later_wishes_are_turned_away() -> None:
    store = FaultyStore()
    with running(store) as engine:
        with store.held_up(engine):
            futures = [engine.submit(WALLET, PURSE, credit(deal)) for deal in range(20)]
        engine.stop()
        assert all(future.done() for future in futures)
        for kind, stream in ((WALLET, PURSE), (ACCOUNT, 0)):
            with pytest.raises(Stopped):
                engine.do(kind, stream, credit(21))
    assert store.log_head(0) == 21


def test_a_listener_that_fails_neither_undoes_nor_repeats_a_commit(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = FaultyStore()
    heard: list[tuple[int, int]] = []

    def broken(_part: int, _head: int) -> None:
        message = "nobody home"
        raise RuntimeError(message)

    with running(store) as engine:
        engine.listen(broken)
        engine.listen(lambda part, head: heard.append((part, head)))
        with store.held_up(engine):
            futures = [engine.submit(WALLET, PURSE, credit(deal)) for deal in range(3)]
        for future in futures:
            granted(future.result(10))
    assert heard == [(0, 1), (0, 4)]
    assert store.log_head(0) == 4
    assert "a listener failed" in caplog.text


def test_a_key_is_the_callers_own() -> None:
    assert key("a").name == key("a").name
    assert type(key("a")).of("x", "yz", b"").name != type(key("a")).of("xy", "z", b"").name
