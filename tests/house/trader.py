"""A program for the tests of several houses at once: it takes, pays what it is told, and waits.

Arguments: the folder, the database's url, the listing, a name, how many deals. It prints the
payments that it opened; then it is told on its input which payments to pay (one line, JSON), and
prints how its own deals stand once none of them is on its way any more.
"""

import sys
import time
from pathlib import Path

import msgspec

from fairhold.domain.deal.phases import OrderPhase
from fairhold.domain.deal.state import Deal
from fairhold.engine.desk import people, trade
from fairhold.engine.desk.asked import Profile
from fairhold.engine.kinds import DEAL
from fairhold.engine.outside import Checkout
from fairhold.house import House
from fairhold.kernel.actor import Actor
from tests.house.crasher import RETURN, granted, open_house

PATIENCE_S = 30.0


def say(value: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
    sys.stdout.buffer.flush()


def open_checkouts(house: House, buyer: Actor, listing: int, count: int) -> dict[int, str]:
    """The payment of each deal taken."""
    payments = {}
    for _ in range(count):
        deal = granted(trade.take(house.desk, buyer, listing, 1)).stream
        found = trade.checkout(house.desk, buyer, deal, RETURN)
        assert isinstance(found, Checkout), found
        payments[deal] = found.payment
    return payments


def phase(house: House, deal: int) -> str:
    state: Deal | None = house.engine.state(DEAL, deal)
    assert state is not None
    return state.order.phase.value


def main() -> None:
    house = open_house(Path(sys.argv[1]), sys.argv[2])
    house.start()
    listing, name, count = int(sys.argv[3]), sys.argv[4], int(sys.argv[5])
    profile = Profile(email=f"{name}@example.org", handle=name)
    buyer = Actor(account=granted(people.sign_up(house.desk, profile)).stream)
    payments = open_checkouts(house, buyer, listing, count)
    say(list(payments.values()))
    assert house.provider is not None
    for payment in msgspec.json.decode(sys.stdin.readline(), type=list[str]):
        house.provider.pay(payment)
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        phases = [phase(house, deal) for deal in payments]
        if OrderPhase.PLACED.value not in phases:
            break
        time.sleep(0.02)
    say(phases)
    # The others may still need this house: whoever leads the followers does the work of all.
    sys.stdin.read()
    house.stop()


if __name__ == "__main__":
    main()
