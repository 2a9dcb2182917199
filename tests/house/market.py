"""A small market on one House: a seller, buyers, and the sandbox provider within reach."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fairhold.adapters.payment.sandbox.provider import Provider
from fairhold.adapters.payment.sandbox.words import Choice
from fairhold.domain.deal.state import Deal
from fairhold.domain.delivery import Delivery
from fairhold.domain.listing import Listing
from fairhold.domain.wallet import RequestPayout, Wallet
from fairhold.engine import reconcile
from fairhold.engine.batching import Outcome, Receipt
from fairhold.engine.desk import market, people, talk, trade
from fairhold.engine.desk.asked import Profile, Words
from fairhold.engine.desk.moves import MoveArguments
from fairhold.engine.kinds import DEAL, LISTING, WALLET
from fairhold.engine.outside import Checkout
from fairhold.house import House
from fairhold.kernel.actor import Actor
from fairhold.kernel.instant import Instant
from fairhold.kernel.money import Money
from fairhold.kernel.wish import Refusal
from fairhold.settings import Settings

NOW: Instant = 1_795_000_000_000
PRICE = 5_000
RETURN = "http://127.0.0.1:8000/deals/x"


def granted(outcome: Outcome) -> Receipt:
    assert isinstance(outcome, Receipt), outcome
    return outcome


def refused(outcome: object) -> str:
    assert isinstance(outcome, Refusal), outcome
    return outcome.code


class Market:
    """People and their moves, for tests to read like a story."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.desk = house.desk
        self.seller = self.person("seller")
        self.buyer = self.person("buyer")

    @property
    def provider(self) -> Provider:
        assert self.house.provider is not None
        return self.house.provider

    def person(self, name: str) -> Actor:
        profile = Profile(email=f"{name}@example.org", handle=name)
        return Actor(account=granted(people.sign_up(self.desk, profile)).stream)

    def publish(self, stock: int = 1, price: int = PRICE) -> int:
        asked = market.Asked(
            words=Words(title="Card"),
            price=Money(price, "CNY"),
            delivery=Delivery.SECRET,
            category="cards",
            stock=stock,
        )
        return granted(market.publish(self.desk, self.seller, asked)).stream

    def take(self, listing: int, buyer: Actor | None = None) -> int:
        return granted(trade.take(self.desk, buyer or self.buyer, listing, 1)).stream

    def checkout(self, deal: int, buyer: Actor | None = None) -> str:
        found = trade.checkout(self.desk, buyer or self.buyer, deal, RETURN)
        assert isinstance(found, Checkout), found
        return found.payment

    def pay(self, deal: int, choice: Choice = Choice.PAY, buyer: Actor | None = None) -> str:
        """Pay and let everything follow; the payment's name."""
        payment = self.checkout(deal, buyer)
        self.provider.pay(payment, choice)
        assert self.house.settle()
        return payment

    def move(self, who: Actor, deal: int, name: str, **told: object) -> Outcome:
        arguments = MoveArguments(**told)  # type: ignore[arg-type]
        outcome = trade.move(self.desk, who, deal, name, arguments)
        assert self.house.settle()
        return outcome

    def seal(self, deal: int, number: str = "FH 1000 0000 0000 0019") -> Outcome:
        return self.move(self.seller, deal, "seal", number=number, password="pass")

    def complete(self, deal: int) -> None:
        """Deliver a paid deal and end it well."""
        granted(self.seal(deal, number=f"FH-{deal}"))
        granted(self.move(self.buyer, deal, "open"))
        granted(self.move(self.buyer, deal, "confirm"))

    def pay_out(self, minor: int) -> Outcome:
        wish = RequestPayout(by=self.seller, amount=Money(minor, "CNY"))
        outcome = self.desk.ask(WALLET, self.purse_stream, wish)
        assert self.house.settle()
        return outcome

    @property
    def purse_stream(self) -> int:
        return self.desk.derived("wallet", self.seller.account)

    # -- looking ----------------------------------------------------------------------------------

    def deal(self, deal: int) -> Deal:
        state = self.house.engine.state(DEAL, deal)
        assert isinstance(state, Deal)
        return state

    def phases(self, deal: int) -> tuple[str, str]:
        state = self.deal(deal)
        return state.order.phase.value, state.money.phase.value

    def listing(self, listing: int) -> Listing:
        state = self.house.engine.state(LISTING, listing)
        assert isinstance(state, Listing)
        return state

    def purse(self) -> Wallet:
        state = self.house.engine.state(WALLET, self.purse_stream)
        assert isinstance(state, Wallet)
        return state

    def types(self, stream: int) -> Counter[str]:
        return Counter(row.type for row, _ in self.house.engine.history(stream))

    def books(self) -> dict[str, int]:
        """Our balances by account, over all parts, without those that are zero."""
        sums: Counter[str] = Counter()
        for part in self.house.store.parts():
            for row in self.house.store.balances(part):
                sums[row.account] += row.minor
        return {account: minor for account, minor in sums.items() if minor}

    def provider_books(self) -> dict[str, int]:
        """The provider's balances, those of one sort summed up."""
        sums: Counter[str] = Counter()
        for account, _, minor in self.provider.balances():
            sums[account.partition(":")[0]] += minor
        return dict(sums)

    def channel(self, deal: int) -> int:
        return talk.channel_of_deal(self.desk, deal)


def check_books(market: Market) -> None:
    ours, theirs = market.books(), market.provider_books()
    outside = theirs.get("cards", 0) + theirs.get("banks", 0)
    assert ours.get("clearing", 0) == -outside
    assert sum(ours.values()) == 0
    report = reconcile.reconcile(market.desk)
    assert report.differences == ()
    assert report.agrees
    assert market.house.store.dead_letters(None, 10) == []


@contextmanager
def market_in(folder: Path, database_url: str = "memory:") -> Iterator[Market]:
    """A market whose followers move only when the test lets them (``settle``, ``advance``)."""
    settings = Settings(var=folder, database_url=database_url, test_clock=NOW)
    house = House(settings)
    try:
        yield Market(house)
    finally:
        house.stop()
