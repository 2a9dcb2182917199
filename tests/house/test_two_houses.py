"""Two processes on one database and one folder are one Fairhold, its sandbox world included."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from fairhold.domain.delivery import Delivery
from fairhold.engine import reconcile
from fairhold.engine.desk import market, people
from fairhold.engine.desk.asked import Profile, Words
from fairhold.house import House
from fairhold.kernel.actor import Actor
from fairhold.kernel.money import Money
from tests.house.crasher import PRICE, granted, open_house

EACH = 4


class Trader:
    """One house in a process of its own, with a buyer in it."""

    def __init__(self, checkout: Path, place: tuple[Path, str], listing: int, name: str) -> None:
        words = [str(place[0]), place[1], str(listing), name, str(EACH)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.house.trader", *words],
            env={"PYTHONPATH": f"{checkout / 'src'}:{checkout}"},
            cwd=checkout,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def hear(self) -> list[str]:
        assert self.process.stdout is not None
        return msgspec.json.decode(self.process.stdout.readline(), type=list[str])

    def tell(self, payments: list[str]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(msgspec.json.encode(payments) + b"\n")
        self.process.stdin.flush()

    def end(self) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait()


def publish(house: House) -> int:
    profile = Profile(email="seller@example.org", handle="seller")
    seller = Actor(account=granted(people.sign_up(house.desk, profile)).stream)
    asked = market.Asked(
        words=Words(title="Card"),
        price=Money(PRICE, "CNY"),
        delivery=Delivery.SECRET,
        category="cards",
        stock=100,
    )
    return granted(market.publish(house.desk, seller, asked)).stream


def check_books(house: House, paid: int) -> None:
    sums: Counter[str] = Counter()
    for part in house.store.parts():
        for row in house.store.balances(part):
            sums[row.account] += row.minor
    assert {name: minor for name, minor in sums.items() if minor} == {
        "clearing": paid * PRICE,
        "hold": -paid * PRICE,
    }
    assert house.provider is not None
    house.provider.check()
    report = reconcile.reconcile(house.desk)
    assert report.agrees, report.differences
    assert house.store.dead_letters(None, 10) == []


def trade_through_two(checkout: Path, place: tuple[Path, str]) -> None:
    house = open_house(*place)
    listing = publish(house)
    house.stop()
    traders = [Trader(checkout, place, listing, name) for name in ("one", "two")]
    try:
        opened = [trader.hear() for trader in traders]
        # What one opened is paid half at the other.
        for number, trader in enumerate(traders):
            trader.tell(opened[number][: EACH // 2] + opened[1 - number][EACH // 2 :])
        assert [trader.hear() for trader in traders] == [["paid"] * EACH] * 2
    finally:
        ended = [trader.end() for trader in traders]
    assert ended == [0, 0]
    again = open_house(*place)
    assert again.settle()
    check_books(again, 2 * EACH)
    again.stop()


@pytest.mark.postgres
def test_deals_of_two_houses_on_postgresql_are_all_paid_and_the_books_agree(
    tmp_path: Path, checkout: Path, postgres_url: str
) -> None:
    trade_through_two(checkout, (tmp_path, postgres_url))
