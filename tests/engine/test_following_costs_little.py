"""What following costs: no lease and no cursor is written more often than it has to be."""

import threading

import pytest

from fairhold.engine.clock import TestClock
from fairhold.engine.followers import LEASE_MS, Effect, Later, Runner
from fairhold.engine.kinds import WALLET
from fairhold.engine.ports import LogRow
from fairhold.kernel.ids import make_id
from fairhold.stores.memory import MemoryStore
from tests.engine.desks import NOW, credit, granted, running

ANNA, BELA = make_id(NOW, 0, 20), make_id(NOW, 0, 21)


def test_entries_that_concern_nobody_are_passed_with_the_next_that_does() -> None:
    store, wanted, handled = MemoryStore(), set[str](), list[LogRow]()
    effect = Effect("mail", store, TestClock(NOW), handled.append, lambda type_: type_ in wanted)
    with running(store) as engine:
        granted(engine.do(WALLET, ANNA, credit(1)))
        assert effect.step() == 1
        assert store.cursor("mail", 0) == 0, "nothing was written for it"
        wanted.add(store.log(0, 0, 1)[0].type)
        granted(engine.do(WALLET, BELA, credit(1)))
        assert effect.step() == 1
    assert [row.stream for row in handled] == [BELA]
    assert store.cursor("mail", 0) == 2


def test_a_lease_is_renewed_when_half_of_it_has_gone_by() -> None:
    store, machine = MemoryStore(), TestClock(1_000)
    effect = Effect("mail", store, TestClock(NOW), lambda _row: None, machine=machine)
    effect.step()
    ends = 1_000 + LEASE_MS
    machine.advance(LEASE_MS // 2 - 1)
    effect.step()
    assert store.lease("mail", "another", ends, ends + 1), "it was not renewed"
    store.release("mail", "another")
    machine.advance(1)
    effect.step()
    assert not store.lease("mail", "another", ends, ends + 1)


def test_entries_are_passed_while_nobody_is_there_to_do_it_for() -> None:
    store, there, handled = MemoryStore(), set[str](), list[LogRow]()
    effect = Effect("mail", store, TestClock(NOW), handled.append, awake=lambda: bool(there))
    with running(store) as engine:
        granted(engine.do(WALLET, ANNA, credit(1)))
        assert effect.step() == 1
        assert store.cursor("mail", 0) == 1, "who comes later is not told of it"
        there.add("somebody")
        granted(engine.do(WALLET, BELA, credit(1)))
        assert effect.step() == 1
    assert [row.stream for row in handled] == [BELA]


def test_a_stream_is_asked_about_only_while_something_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store, asked, handled = MemoryStore(), list[int](), list[LogRow]()
    ordinary = store.waiting

    def waiting(consumer: str, part: int, stream: int) -> bool:
        asked.append(stream)
        return ordinary(consumer, part, stream)

    monkeypatch.setattr(store, "waiting", waiting)
    broken = {ANNA}

    def handle(row: LogRow) -> None:
        if row.stream in broken:
            raise Later
        handled.append(row)

    effect = Effect("mail", store, TestClock(NOW), handle)
    with running(store) as engine:
        granted(engine.do(WALLET, BELA, credit(1)))
        granted(engine.do(WALLET, ANNA, credit(1)))
        effect.step()
        assert asked == []
        granted(engine.do(WALLET, ANNA, credit(2)))
        broken.clear()
        effect.step()
    assert asked == [ANNA]
    assert [row.stream for row in handled] == [BELA], "the later one waits behind the earlier"


def test_somebody_who_waits_does_not_wait_for_the_pace_of_a_follower() -> None:
    class Slow:
        name = "slow"
        pace_s = 3_600.0

        def __init__(self) -> None:
            self.steps = threading.Semaphore(0)

        def step(self) -> int:
            self.steps.release()
            return 1

    slow = Slow()
    runner = Runner(slow)
    assert slow.steps.acquire(timeout=30)
    runner.hurry()
    assert slow.steps.acquire(timeout=30)
    runner.stop()
