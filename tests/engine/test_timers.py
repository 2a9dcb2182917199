"""What silence does, happens: at its time, once, and by whoever is there to look."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from fairhold.domain.deal import money
from fairhold.domain.deal.clocks import CLOCK_ROW
from fairhold.domain.deal.state import Deal, DealEvent
from fairhold.engine import timers
from fairhold.engine.clock import TestClock
from fairhold.engine.kinds import DEAL
from fairhold.engine.ports import Unavailable
from fairhold.engine.timers import Timers
from fairhold.kernel.actor import PROVIDER
from fairhold.kernel.instant import DAY, MINUTE, Instant
from fairhold.stores.memory import MemoryStore
from fairhold.stores.sqlite import SqliteStore
from tests.engine.deals import placed, sealed, state, types
from tests.engine.desks import NOW, Fault, FaultyStore, granted, running, yuan


def test_nothing_happens_before_its_time_and_everything_at_it() -> None:
    clock = TestClock(NOW)
    with running(MemoryStore(), clock) as engine:
        deal = placed(engine)
        hand = Timers(engine)
        clock.advance(15 * MINUTE - 1)
        assert hand.step() == 0
        assert state(engine, deal).order.phase == "placed"
        clock.advance(1)
        assert hand.step() == 1
        assert types(engine, deal) == ["order.placed", "order.voided"]
        assert engine.store.next_due() is None
        assert hand.step() == 0


def test_reminders_come_first_and_each_once_and_then_the_end() -> None:
    clock = TestClock(NOW)
    with running(MemoryStore(), clock) as engine:
        deal = sealed(engine)
        hand = Timers(engine)
        seen = []
        for _ in range(11):
            while hand.step():
                pass
            seen.append(len(types(engine, deal)))
            clock.advance(DAY)
        reminded = [at for at, (old, new) in enumerate(pairwise(seen)) if old < new]
        assert reminded == [2, 6, 9]
        assert types(engine, deal)[-4:] == [
            "order.reminded",
            "order.reminded",
            "money.released",
            "order.completed",
        ]


def test_a_timer_that_the_deal_has_outlived_is_dropped_without_an_event() -> None:
    clock = TestClock(NOW)
    with running(MemoryStore(), clock) as engine:
        deal = placed(engine)
        wish = money.NoteAuthorised(by=PROVIDER, payment="pay_1", amount=yuan(5_000))
        clock.advance(MINUTE)
        granted(engine.do(DEAL, deal, wish))
        clock.advance(14 * MINUTE)
        assert [row.due for row in engine.store.timers(clock.now(), 9)] == [NOW + 15 * MINUTE]
        assert Timers(engine).step() == 1
        assert types(engine, deal) == ["order.placed", "money.authorised"]
        assert engine.store.next_due() == NOW + 31 * MINUTE


def test_a_timer_of_a_stream_that_never_came_to_be_is_dropped() -> None:
    store = MemoryStore()
    store._add_timer((NOW, 12345, 1))
    with running(store) as engine:
        assert Timers(engine).step() == 1
    assert store.next_due() is None


def test_timers_survive_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "a.sqlite3"
    store = SqliteStore(file)
    with running(store) as engine:
        deal = placed(engine)
    store.close()
    store = SqliteStore(file)
    with running(store, TestClock(NOW + 15 * MINUTE)) as engine:
        assert Timers(engine).step() == 1
        assert state(engine, deal).order.reason == "not_paid_in_time"
    store.close()


def test_two_processes_that_wake_the_same_deals_make_each_event_once(tmp_path: Path) -> None:
    file = tmp_path / "a.sqlite3"
    one_store, other_store = SqliteStore(file), SqliteStore(file)
    clock = TestClock(NOW)
    with running(one_store, clock) as one, running(other_store, clock) as other:
        deals = [placed(one) for _ in range(60)]
        clock.advance(15 * MINUTE)
        hands = [Timers(engine) for engine in (one, other)]
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(lambda hand: [hand.step() for _ in range(3)], hands))
        for deal in deals:
            assert types(one, deal) == ["order.placed", "order.voided"]
        assert one_store.next_due() is None
    one_store.close()
    other_store.close()


@pytest.fixture
def poisoned(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Prices of deals that nobody can wake: what silence does to them is a bug."""
    bad: set[int] = set()
    row = CLOCK_ROW["pay"]

    def silence(deal: Deal, at: Instant) -> tuple[DealEvent, ...]:
        if deal.price.minor in bad:
            message = "a bug"
            raise ZeroDivisionError(message)
        return row.silence(deal, at)

    monkeypatch.setitem(CLOCK_ROW, "pay", replace(row, silence=silence))
    return bad


def test_a_deal_that_cannot_be_woken_holds_up_no_other(poisoned: set[int]) -> None:
    clock = TestClock(NOW)
    with running(MemoryStore(), clock) as engine:
        first = placed(engine, price=66)
        others = [placed(engine) for _ in range(3)]
        poisoned.add(66)
        clock.advance(15 * MINUTE)
        hand = Timers(engine)
        assert hand.step() == 3
        assert [state(engine, deal).order.phase.value for deal in others] == ["void"] * 3
        assert state(engine, first).order.phase == "placed"
        poisoned.clear()
        assert hand.step() == 0
        clock.advance(timers.ASIDE)
        assert hand.step() == 1
        assert state(engine, first).order.phase == "void"


def test_what_an_outage_kept_from_waking_is_woken_after_it() -> None:
    clock = TestClock(NOW)
    store = FaultyStore()
    with running(store, clock) as engine:
        deal = placed(engine)
        clock.advance(15 * MINUTE)
        store.faults.append(Fault(Unavailable("away")))
        hand = Timers(engine)
        with pytest.raises(Unavailable):
            hand.step()
        assert hand.step() == 1
        assert state(engine, deal).order.phase == "void"


def test_more_timers_than_one_step_takes_are_woken_in_the_order_of_their_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(timers, "BATCH", 10)
    clock = TestClock(NOW)
    with running(MemoryStore(), clock) as engine:
        deals = []
        for _ in range(25):
            deals.append(placed(engine))
            clock.advance(1)
        clock.advance(15 * MINUTE)
        hand = Timers(engine)
        assert [hand.step() for _ in range(4)] == [10, 10, 5, 0]
        ended = [engine.history(deal)[-1][0].seq for deal in deals]
        assert ended == sorted(ended)
