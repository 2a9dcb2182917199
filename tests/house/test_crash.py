"""kill -9 in the middle of trade: what was acknowledged is there, once, and the money adds up."""

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import pytest

from fairhold.engine.batching import Receipt
from fairhold.engine.fsck import fsck
from fairhold.engine.fsck.meaning import facts, refold
from fairhold.engine.kinds import DEAL
from fairhold.engine.reconcile import reconcile
from fairhold.house import House
from fairhold.kernel.ids import part_of
from tests.house.crasher import (
    PRICE,
    PURSE,
    THREADS,
    Acknowledged,
    Scene,
    expected,
    granted,
    open_house,
)

QUIET_WITHIN_S = 60.0


def run_and_kill(
    checkout: Path, place: tuple[Path, str], first: Mapping[int, int], chance: random.Random
) -> list[Acknowledged]:
    """Let the program trade, kill it somewhere, and return everything that it had said."""
    folder, url = place
    numbers = [str(first[thread]) for thread in range(THREADS)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.house.crasher", str(folder), url, *numbers],
        env={"PYTHONPATH": f"{checkout / 'src'}:{checkout}"},
        cwd=checkout,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(chance.randint(1, 60))]
    time.sleep(chance.random() * 0.02)
    process.kill()
    lines += process.stdout.readlines()
    process.stdout.close()
    process.wait()
    # A torn last line was not said.
    whole = [line for line in lines if line.endswith(b"\n")]
    assert whole, "the program ended by itself"
    return [msgspec.json.decode(line, type=Acknowledged) for line in whole]


def place_of(receipt: Receipt) -> tuple[int, int, int, int]:
    return receipt.stream, receipt.version, receipt.seq, receipt.at


def look(house: House, said: Sequence[Acknowledged], counts: dict[int, int]) -> None:
    """Everything said is on record; sent again it gets the same answer and changes nothing."""
    scene = Scene(house)
    for line in said:
        row = house.store.event(part_of(line.stream), line.seq)
        assert row is not None
        assert (row.stream, row.version, row.at) == (line.stream, line.version, line.at)
        counts[line.thread] = max(counts[line.thread], line.number + 1)
    for line in said[-12:]:
        again = granted(scene.ask(line.thread, line.number))
        assert again.repeated
        assert place_of(again) == (line.stream, line.version, line.seq, line.at)
    for thread in range(THREADS):
        # What was under way may have been done or not; sent again it is done, and once.
        first = granted(scene.ask(thread, counts[thread]))
        assert place_of(granted(scene.ask(thread, counts[thread]))) == place_of(first)
        counts[thread] += 1
    made = Counter(
        row.type for part in house.store.parts() for row in house.store.log(part, 0, 100_000)
    )
    wanted = expected(counts)
    assert {name: made[name] for name in wanted} == wanted


def quiet(house: House) -> None:
    """Let the followers of the new process do what the killed ones left."""
    house.start()
    end = time.monotonic() + QUIET_WITHIN_S
    while not is_quiet(house):
        assert time.monotonic() < end, "the followers do not come to rest"
        house.wake()
        time.sleep(0.05)


def is_quiet(house: House) -> bool:
    store = house.store
    for name in ("views", "reactions", "payments"):
        if any(store.cursor(name, part) < store.log_head(part) for part in store.parts()):
            return False
        if store.retries(name, 1 << 62, 10):
            return False
    if house.provider is None or house.provider.next_due() is not None:
        return False
    size = sum(store.log_head(part) for part in store.parts())
    newest = store.checkpoint()
    return newest is not None and newest.size == size


def check_books(house: House) -> None:
    sums: Counter[str] = Counter()
    for part in house.store.parts():
        for row in house.store.balances(part):
            sums[row.account] += row.minor
    assert sum(sums.values()) == 0
    deals = [
        house.engine.state(DEAL, row.stream)
        for part in house.store.parts()
        for row in house.store.log(part, 0, 100_000)
        if row.type == "order.placed"
    ]
    held = sum(deal.money.remaining for deal in deals if deal is not None)
    assert sums["hold"] == -held
    assert sums["clearing"] == held
    assert held % PRICE == 0
    assert held > 0
    assert sums["available"] + sums["deposit"] == -PURSE
    assert house.provider is not None
    house.provider.check()
    report = reconcile(house.desk)
    assert report.agrees, report.differences
    assert house.store.dead_letters(None, 10) == []


def crash_again_and_again(checkout: Path, place: tuple[Path, str], seed: int, rounds: int) -> None:
    chance = random.Random(seed)
    counts = dict.fromkeys(range(THREADS), 0)
    said: list[Acknowledged] = []
    for _ in range(rounds):
        lines = run_and_kill(checkout, place, counts, chance)
        said += lines
        house = open_house(*place)
        look(house, lines, counts)
        house.stop()
    house = open_house(*place)
    quiet(house)
    for line in said:
        row = house.store.event(part_of(line.stream), line.seq)
        assert row is not None
        assert (row.stream, row.version) == (line.stream, line.version)
    check_books(house)
    house.stop()
    house = open_house(*place)
    assert (
        list(fsck(house.store, house.settings.origin, [house.signer.verifier], facts, refold)) == []
    )
    house.stop()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_house_on_sqlite_that_is_killed_ten_times(
    tmp_path: Path, checkout: Path, seed: int
) -> None:
    crash_again_and_again(checkout, (tmp_path, ""), seed, 10)


@pytest.mark.slow
@pytest.mark.postgres
def test_a_house_on_postgresql_that_is_killed_six_times(
    tmp_path: Path, checkout: Path, postgres_url: str
) -> None:
    crash_again_and_again(checkout, (tmp_path, postgres_url), 3, 6)
