"""A program for the crash tests: four people trade as fast as they can and say what was granted.

Arguments: the folder, the database's url (empty for SQLite in the folder), and for each thread the
number of the first request it makes. Every request is made from its word alone, so that whoever
looks afterwards can send it again; each line on the output is one granted request.
"""

import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from fairhold.domain.deal.phases import OrderPhase
from fairhold.domain.delivery import Delivery
from fairhold.domain.wallet import Credit, LockDeposit
from fairhold.engine import followers
from fairhold.engine.batching import Outcome, Receipt
from fairhold.engine.desk import market, people, talk, trade
from fairhold.engine.desk.asked import Profile, Words
from fairhold.engine.engine import Key
from fairhold.engine.kinds import DEAL, WALLET
from fairhold.engine.outside import Checkout
from fairhold.house import House
from fairhold.kernel.actor import PLATFORM, Actor
from fairhold.kernel.money import Money
from fairhold.settings import Settings

THREADS = 4
PRICE = 5_000
PURSE = 1_000_000
RETURN = "http://127.0.0.1:8000/deals/x"
WORDS = Words(title="Card")


class Acknowledged(Struct, frozen=True):
    """One granted request."""

    thread: int
    number: int
    stream: int
    version: int
    seq: int
    at: int


class Scene:
    """Who trades what: found again by name after each crash."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.desk = house.desk
        self.seller = self._person("seller")
        self.buyer = self._person("buyer")
        self.purse = self.desk.derived("wallet", self.seller.account)
        self.listing = self._once("listing", self._publish)
        self.talk = self._once("talk", self._channel)
        self._once("credit", self._credit)

    def _person(self, name: str) -> Actor:
        profile = Profile(email=f"{name}@example.org", handle=name)
        return Actor(account=granted(people.sign_up(self.desk, profile, key_of(name))).stream)

    def _once(self, name: str, make: Callable[[Key], Outcome]) -> int:
        return granted(make(key_of(name))).stream

    def _publish(self, key: Key) -> Outcome:
        return market.publish(self.desk, self.seller, self._asked(), key)

    def _asked(self) -> market.Asked:
        return market.Asked(
            words=WORDS, price=Money(PRICE, "CNY"), delivery=Delivery.SECRET, stock=1_000
        )

    def _channel(self, key: Key) -> Outcome:
        stream = talk.ask_about(self.desk, self.buyer, self.listing)
        assert isinstance(stream, int)
        return talk.say(self.desk, self.buyer, stream, "hello", key)

    def _credit(self, key: Key) -> Outcome:
        wish = Credit(by=PLATFORM, owner=self.seller.account, deal=1, amount=Money(PURSE, "CNY"))
        return self.desk.ask(WALLET, self.purse, wish, key)

    def ask(self, thread: int, number: int) -> Outcome:
        """Make the request with this number: one of four kinds."""
        key = key_of(f"{thread}:{number}")
        match (thread + number) % 4:
            case 0:
                wish = LockDeposit(by=self.seller, amount=Money(1, "CNY"))
                return self.desk.ask(WALLET, self.purse, wish, key)
            case 1:
                return market.publish(self.desk, self.seller, self._asked(), key)
            case 2:
                return trade.take(self.desk, self.buyer, self.listing, 1, key)
            case _:
                return talk.say(self.desk, self.buyer, self.talk, f"number {number}", key)

    def pay_if_taken(self, thread: int, number: int, receipt: Receipt) -> None:
        """Whoever took something also pays."""
        if (thread + number) % 4 == 2:
            deal = self.house.engine.state(DEAL, receipt.stream)
            assert deal is not None
            if deal.order.phase is not OrderPhase.PLACED:
                return
            found = trade.checkout(self.desk, self.buyer, receipt.stream, RETURN)
            assert isinstance(found, Checkout)
            assert self.house.provider is not None
            self.house.provider.pay(found.payment)


def key_of(word: str) -> Key:
    return Key.of("crasher", word, word.encode())


def granted(outcome: Outcome) -> Receipt:
    assert isinstance(outcome, Receipt), outcome
    return outcome


def open_house(folder: Path, url: str) -> House:
    return House(Settings(var=folder, database_url=url))


def expected(counts: Mapping[int, int]) -> dict[str, int]:
    """How many events of each type all requests below these numbers make, with the scene's."""
    names = (
        "wallet.deposit_locked",
        "listing.published",
        "order.placed",
        "conversation.posted",
    )
    made = dict.fromkeys(names, 0)
    made["listing.published"] = made["conversation.posted"] = 1
    for thread, count in counts.items():
        for number in range(count):
            made[names[(thread + number) % 4]] += 1
    return made


def main() -> None:
    # A killed process leaves its leases behind; the next one need not wait for them.
    followers.LEASE_MS = 150
    house = open_house(Path(sys.argv[1]), sys.argv[2])
    scene = Scene(house)
    house.start()
    voice = threading.Lock()

    def work(thread: int, number: int) -> None:
        while True:
            receipt = granted(scene.ask(thread, number))
            line = Acknowledged(
                thread, number, receipt.stream, receipt.version, receipt.seq, receipt.at
            )
            with voice:
                sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
                sys.stdout.buffer.flush()
            scene.pay_if_taken(thread, number, receipt)
            number += 1

    for thread, first in enumerate(sys.argv[3:]):
        threading.Thread(target=work, args=(thread, int(first)), daemon=True).start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
