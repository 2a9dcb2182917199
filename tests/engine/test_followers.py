"""Followers handle every entry in order: projections count it once, effects never leave it out."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fairhold.engine import followers
from fairhold.engine.clock import TestClock
from fairhold.engine.engine import Engine
from fairhold.engine.followers import PATIENCE, Effect, Later, Projection, Runner
from fairhold.engine.kinds import WALLET
from fairhold.engine.ports import LogRow, Put, RetryRow, Store, Unavailable
from fairhold.kernel.ids import make_id
from fairhold.kernel.instant import HOUR, SECOND
from fairhold.stores.memory import MemoryStore
from fairhold.stores.sqlite import SqliteStore
from tests.engine.desks import NOW, credit, granted, running

ANNA, BELA, CARL = (make_id(NOW, 0, 20 + number) for number in range(3))


@pytest.fixture
def clock() -> TestClock:
    return TestClock(NOW)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(part_count=2)


@pytest.fixture
def engine(store: MemoryStore) -> Iterator[Engine]:
    with running(store) as opened:
        yield opened


def write(engine: Engine, *streams: int) -> None:
    """One entry for each of the streams, in this order."""
    for stream in streams:
        granted(engine.do(WALLET, stream, credit(engine.version(WALLET, stream) + 1)))


class Hands:
    """An effect's handler that notes what it is given, and fails for chosen streams."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, int]] = []
        self.tried: list[tuple[int, int]] = []
        self.failing: dict[int, Exception] = {}

    def handle(self, row: LogRow) -> None:
        place = (row.stream, row.version)
        self.tried.append(place)
        if row.stream in self.failing:
            raise self.failing[row.stream]
        self.seen.append(place)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def effect(store: MemoryStore, clock: TestClock, hands: Hands) -> Effect:
    return Effect("mail", store, clock, hands.handle)


def letters(store: Store) -> list[tuple[int, int]]:
    return [(row.stream, row.tries) for row in store.dead_letters("mail", 100)]


# -- effects --------------------------------------------------------------------------------------


def test_an_effect_handles_every_entry_once_and_in_order(
    engine: Engine, effect: Effect, hands: Hands
) -> None:
    write(engine, ANNA, BELA, ANNA)
    assert effect.step() == 3
    write(engine, BELA)
    assert effect.step() == 1
    assert effect.step() == 0
    assert hands.seen == [(ANNA, 1), (BELA, 1), (ANNA, 2), (BELA, 2)]


def test_an_effect_sees_only_what_it_wants(
    engine: Engine, store: MemoryStore, clock: TestClock, hands: Hands
) -> None:
    effect = Effect("mail", store, clock, hands.handle, lambda type_: type_ == "wallet.paid_out")
    write(engine, ANNA)
    assert effect.step() == 1
    assert hands.tried == []
    assert effect.step() == 0
    assert store.cursor("mail", 0) == 1


def test_what_fails_is_tried_again_later_while_other_streams_go_on(
    engine: Engine, effect: Effect, hands: Hands, clock: TestClock
) -> None:
    hands.failing[ANNA] = Later("closed")
    write(engine, ANNA, BELA, ANNA, CARL)
    effect.step()
    assert hands.seen == [(BELA, 1), (CARL, 1)]
    assert hands.tried == [(ANNA, 1), (BELA, 1), (CARL, 1)]
    hands.failing.clear()
    assert effect.step() == 0
    clock.advance(SECOND)
    effect.step()
    assert hands.seen[2:] == [(ANNA, 1), (ANNA, 2)]


def test_patience_grows_and_ends_in_a_dead_letter(
    engine: Engine, store: MemoryStore, effect: Effect, hands: Hands, clock: TestClock
) -> None:
    hands.failing[ANNA] = Later("closed")
    write(engine, ANNA)
    effect.step()
    waited = []
    for wait in PATIENCE:
        assert letters(store) == []
        clock.advance(wait - 1)
        effect.step()
        tries = len(hands.tried)
        clock.advance(1)
        effect.step()
        waited.append(len(hands.tried) - tries)
    assert waited == [1] * len(PATIENCE)
    assert letters(store) == [(ANNA, len(PATIENCE) + 1)]
    (letter,) = store.dead_letters("mail", 9)
    assert letter.error == "closed"
    clock.advance(100 * HOUR)
    effect.step()
    assert len(hands.tried) == len(PATIENCE) + 1


def test_later_entries_of_a_stream_never_overtake_one_that_waits_longer(
    engine: Engine, effect: Effect, hands: Hands, clock: TestClock
) -> None:
    hands.failing[ANNA] = Later("closed")
    write(engine, ANNA)
    effect.step()
    clock.advance(SECOND)
    effect.step()  # the first one now waits for five seconds more
    write(engine, ANNA, ANNA)
    effect.step()
    hands.failing.clear()
    for _ in range(4):
        clock.advance(SECOND)
        effect.step()
    assert hands.seen == []
    clock.advance(SECOND)
    effect.step()
    assert hands.seen == [(ANNA, 1), (ANNA, 2), (ANNA, 3)]


def test_later_entries_wait_behind_a_dead_letter_until_somebody_deals_with_it(
    engine: Engine, store: MemoryStore, effect: Effect, hands: Hands, clock: TestClock
) -> None:
    hands.failing[ANNA] = Later("closed")
    write(engine, ANNA)
    effect.step()
    for wait in PATIENCE:
        clock.advance(wait)
        effect.step()
    write(engine, ANNA, BELA, ANNA)
    hands.failing.clear()
    for _ in range(3):
        clock.advance(HOUR)
        effect.step()
    assert hands.seen == [(BELA, 1)]
    (letter,) = store.dead_letters("mail", 9)
    again = RetryRow("mail", letter.part, letter.seq, ANNA, 0, clock.now(), False, "")
    store.settle("mail", letter.part, letter.seq, again)
    effect.step()
    clock.advance(followers.BEHIND_DEAD)
    effect.step()
    assert hands.seen == [(BELA, 1), (ANNA, 1), (ANNA, 2), (ANNA, 3)]
    assert not store.waiting("mail", 0, ANNA)


def test_many_entries_behind_a_dead_letter_keep_no_other_retry_from_its_turn(
    engine: Engine,
    store: MemoryStore,
    effect: Effect,
    hands: Hands,
    clock: TestClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(followers, "BATCH", 5)
    hands.failing[ANNA] = Later("closed")
    write(engine, ANNA)
    effect.step()
    for wait in PATIENCE:
        clock.advance(wait)
        effect.step()
    hands.failing[BELA] = Later("closed")
    write(engine, *[ANNA] * 12, BELA)
    while effect.step():
        pass
    hands.failing.clear()
    for _ in range(5):
        clock.advance(SECOND)
        effect.step()
    assert hands.seen == [(BELA, 1)]


def test_a_bug_in_a_handler_is_kept_by_name_and_not_by_its_words(
    engine: Engine, store: MemoryStore, effect: Effect, hands: Hands, clock: TestClock
) -> None:
    hands.failing[ANNA] = ValueError("S3CRET words")
    write(engine, ANNA)
    effect.step()
    (row,) = store.retries("mail", clock.now() + HOUR, 9)
    assert (row.error, row.tries) == ("ValueError", 1)


def test_a_store_that_is_away_stops_the_step_and_not_the_entry(
    engine: Engine, store: MemoryStore, effect: Effect, hands: Hands
) -> None:
    hands.failing[ANNA] = Unavailable("away")
    write(engine, ANNA)
    with pytest.raises(Unavailable):
        effect.step()
    assert store.cursor("mail", 0) == 0
    hands.failing.clear()
    effect.step()
    assert hands.seen == [(ANNA, 1)]
    assert store.retries("mail", followers.FOR_EVER, 9) == []


def test_a_process_that_dies_between_effect_and_cursor_repeats_the_effect(
    engine: Engine, store: MemoryStore, effect: Effect, hands: Hands, clock: TestClock
) -> None:
    write(engine, ANNA, BELA)

    class Dies(Hands):
        def handle(self, row: LogRow) -> None:
            hands.handle(row)
            if row.stream == BELA:
                raise KeyboardInterrupt

    dying = Effect("mail", store, clock, Dies().handle)
    with pytest.raises(KeyboardInterrupt):
        dying.step()
    dying.stop()
    effect.step()
    assert hands.seen == [(ANNA, 1), (BELA, 1)] * 2


def test_only_one_process_follows_at_a_time_and_another_takes_over(
    engine: Engine, store: MemoryStore, clock: TestClock, hands: Hands
) -> None:
    machine = TestClock(NOW)
    one = Effect("mail", store, clock, hands.handle, machine=machine)
    other = Effect("mail", store, clock, hands.handle, machine=machine)
    write(engine, ANNA)
    assert one.step() == 1
    write(engine, ANNA)
    assert other.step() == 0
    machine.advance(followers.LEASE_MS)  # the first one has not been heard of since
    assert other.step() == 1
    assert one.step() == 0
    write(engine, ANNA)
    other.stop()
    assert one.step() == 1
    assert hands.seen == [(ANNA, 1), (ANNA, 2), (ANNA, 3)]


def test_the_lease_of_the_dead_ends_although_a_test_clock_stands_still(
    engine: Engine, store: MemoryStore, hands: Hands
) -> None:
    store.lease("mail", "somebody who died", 0, followers.LEASE_MS)
    write(engine, ANNA)
    assert Effect("mail", store, TestClock(0), hands.handle).step() == 1


# -- projections ----------------------------------------------------------------------------------


def counting(store: Store) -> Projection:
    """Counts the entries of each stream in a document: an entry that counts twice is seen."""

    def project(rows: Sequence[LogRow]) -> list[Put]:
        counts = Counter(str(row.stream) for row in rows)
        return [
            Put("count", id_, b"%d" % (int(store.document("count", id_) or b"0") + more))
            for id_, more in counts.items()
        ]

    return Projection("counter", store, project)


def test_projections_of_two_processes_count_every_entry_once(tmp_path: Path) -> None:
    stores = [SqliteStore(tmp_path / "a.sqlite3", part_count=2) for _ in range(2)]
    with running(stores[0]) as engine, ThreadPoolExecutor(3) as threads:
        stop = threading.Event()

        def follow(store: Store) -> None:
            projection = counting(store)
            while not stop.is_set() or projection.step():
                projection.step()

        following = [threads.submit(follow, store) for store in stores]
        for _ in range(60):
            write(engine, ANNA, BELA, make_id(NOW, 1, 1))
        stop.set()
        for future in following:
            future.result(30)
        counts = [int(stores[0].document("count", str(id_)) or b"") for id_ in (ANNA, BELA)]
        assert counts == [60, 60]
        assert stores[1].document("count", str(make_id(NOW, 1, 1))) == b"60"
    for store in stores:
        store.close()


# -- runners --------------------------------------------------------------------------------------


class Moody:
    """A step that fails as it is told to, and says when it has come through."""

    name = "moody"

    def __init__(self, *moods: Exception | None) -> None:
        self.moods = list(moods)
        self.done = threading.Event()
        self.stopped = False

    def step(self) -> int:
        mood = self.moods.pop(0) if self.moods else None
        if mood is not None:
            raise mood
        self.done.set()
        return 0

    def stop(self) -> None:
        self.stopped = True


def test_a_runner_survives_outages_and_bugs(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Runner, "OUTAGE_S", 0.001)
    step = Moody(Unavailable("away"), ValueError("a bug"))
    runner = Runner(step)
    assert step.done.wait(10)
    assert runner.failures == 2
    runner.stop()
    assert step.stopped
    assert "moody failed and begins again" in caplog.text


def test_a_runner_that_is_woken_looks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Runner, "IDLE_S", 3_600.0)
    step = Moody()
    runner = Runner(step)
    assert step.done.wait(10)
    step.done.clear()
    runner.wake()
    assert step.done.wait(10)
    runner.stop()


def test_a_step_that_is_run_now_never_runs_beside_the_runners_own() -> None:
    busy = threading.Lock()

    class Alone:
        name = "alone"

        def step(self) -> int:
            assert busy.acquire(blocking=False), "two at once"
            busy.release()
            return 1

    runner = Runner(Alone())
    for _ in range(200):
        assert runner.run_now() == 1
    runner.stop()
    assert runner.failures == 0
