"""What the simulation found, told as short stories."""

from pathlib import Path

import pytest

from fairhold.adapters.issuer.sandbox import make_card
from fairhold.adapters.payment.sandbox.words import ApiFault
from fairhold.domain.deal.phases import SecretPhase
from fairhold.domain.delivery import Delivery
from fairhold.domain.fingerprint import Fingerprint
from fairhold.domain.wallet import RequestPayout, Wallet
from fairhold.engine.batching import Receipt
from fairhold.engine.clock import TestClock
from fairhold.engine.desk import market, people, trade
from fairhold.engine.desk.asked import Profile, Words
from fairhold.engine.desk.moves import MoveArguments
from fairhold.engine.effects import Payments
from fairhold.engine.kinds import ACCOUNT, DEAL, FINGERPRINT, WALLET
from fairhold.engine.outside import Checkout, Declined
from fairhold.house import House
from fairhold.kernel.actor import Actor
from fairhold.kernel.ids import public_id
from fairhold.kernel.instant import MINUTE
from fairhold.kernel.money import Money
from fairhold.settings import Settings
from fairhold.stores.memory import MemoryStore

NOW = 1_795_000_000_000
CARD = MoveArguments(number=make_card(7), password="pass")


class Trade:
    """A seller, a buyer, and one paid deal about a card."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.seller, self.buyer = self._person("seller"), self._person("buyer")
        offer = market.Asked(
            words=Words(title="card"), price=Money(5_000, "CNY"), delivery=Delivery.SECRET
        )
        listing = market.publish(house.desk, self.seller, offer)
        assert isinstance(listing, Receipt)
        taken = trade.take(house.desk, self.buyer, listing.stream, 1)
        assert isinstance(taken, Receipt)
        self.deal = taken.stream
        page = trade.checkout(house.desk, self.buyer, self.deal, "https://fairhold.example")
        assert isinstance(page, Checkout)
        assert house.provider is not None
        house.provider.pay(page.payment)
        house.settle()

    def _person(self, name: str) -> Actor:
        outcome = people.sign_up(self.house.desk, Profile(email=f"{name}@x.example", handle=name))
        assert isinstance(outcome, Receipt)
        return Actor(account=outcome.stream)

    def move(self, actor: Actor, name: str) -> None:
        outcome = trade.move(self.house.desk, actor, self.deal, name, CARD)
        assert isinstance(outcome, Receipt), outcome


@pytest.fixture
def trading(tmp_path: Path) -> Trade:
    settings = Settings(var=tmp_path, database_url="memory:", test_clock=NOW)
    return Trade(House(settings, clock=TestClock(NOW), store=MemoryStore()))


def test_a_secret_sealed_again_and_opened_before_anybody_followed_stays_held(
    trading: Trade,
) -> None:
    trading.move(trading.seller, "seal")
    trading.move(trading.seller, "withdraw")
    trading.move(trading.seller, "seal")
    trading.move(trading.buyer, "open")
    trading.house.settle()
    deal = trading.house.engine.state(DEAL, trading.deal)
    assert deal is not None
    assert deal.secret.phase is SecretPhase.OPENED
    assert deal.secret.fingerprints
    for number in deal.secret.fingerprints:
        held = trading.house.engine.state(FINGERPRINT, number)
        assert isinstance(held, Fingerprint)
        assert [(one.holder, one.spent) for one in held.held.values()] == [(trading.deal, True)]


def test_what_the_provider_has_done_is_not_declined_when_it_is_asked_again(
    trading: Trade,
) -> None:
    house, account = trading.house, public_id(ACCOUNT.prefix, trading.seller.account)
    trading.move(trading.seller, "seal")
    trading.move(trading.buyer, "open")
    trading.move(trading.buyer, "confirm")
    house.settle()
    assert house.provider is not None
    house.payment.payout(account, Money(10, "CNY"), "once")
    house.provider.spoil_calls(ApiFault.DECLINED, 1, "payout")
    house.payment.payout(account, Money(10, "CNY"), "once")
    house.provider.spoil_calls(ApiFault.DECLINED, 1, "payout")
    with pytest.raises(Declined):
        house.payment.payout(account, Money(10, "CNY"), "another")


def test_a_payout_that_was_declined_is_not_asked_for_again(trading: Trade) -> None:
    house = trading.house
    trading.move(trading.seller, "seal")
    trading.move(trading.buyer, "open")
    trading.move(trading.buyer, "confirm")
    house.settle()
    stream = house.desk.derived("wallet", trading.seller.account)
    asked = house.engine.do(
        WALLET, stream, RequestPayout(by=trading.seller, amount=Money(100, "CNY"))
    )
    assert isinstance(asked, Receipt)
    row = house.store.history(stream)[asked.version - 1]
    assert house.provider is not None
    house.provider.spoil_calls(ApiFault.DECLINED, 1, "payout")
    follower = Payments(house.desk)
    follower.handle(row)
    follower.handle(row)  # the cursor was lost in between
    house.advance(MINUTE)
    wallet = house.engine.state(WALLET, stream)
    assert isinstance(wallet, Wallet)
    available = {name: minor for name, _, minor in house.provider.balances()}
    name = f"balance:{public_id(ACCOUNT.prefix, trading.seller.account)}"
    assert wallet.available["CNY"] == available[name] == 4_950
