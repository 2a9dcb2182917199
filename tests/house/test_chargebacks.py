"""When a bank takes money back, and when somebody leaves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fairhold.engine.desk import people, trade
from fairhold.kernel.instant import HOUR
from tests.house.market import PRICE, Market, check_books, granted, market_in, refused

FEE = PRICE // 100


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Market]:
    with market_in(tmp_path) as market:
        yield market
        # Whatever happened: nothing is lost between the provider's books and ours, nothing stuck.
        market.house.advance(HOUR)
        market.provider.check()
        check_books(market)


def test_a_chargeback_before_release_ends_the_deal(shop: Market) -> None:
    listing = shop.publish()
    deal = shop.take(listing)
    payment = shop.pay(deal)
    shop.provider.charge_back(payment)
    assert shop.house.settle()
    assert shop.phases(deal) == ("void", "refunded")
    assert shop.deal(deal).order.reason == "charged_back"
    assert shop.books() == {}
    assert shop.listing(listing).left == 1


def test_a_chargeback_after_release_is_owed_by_the_seller(shop: Market) -> None:
    deal = shop.take(shop.publish())
    payment = shop.pay(deal)
    shop.complete(deal)
    shop.provider.charge_back(payment)
    assert shop.house.settle()
    assert shop.books() == {"recourse": FEE, "fee": -FEE}
    assert shop.purse().owes == {"CNY": FEE}
    assert refused(shop.pay_out(1)) == "wallet.owes"
    assert refused(people.close(shop.desk, shop.seller)) == "account.owes"


def test_the_listings_of_somebody_who_left_are_off_the_market(shop: Market) -> None:
    listing = shop.publish()
    assert shop.house.settle()
    granted(people.close(shop.desk, shop.seller))
    assert refused(trade.take(shop.desk, shop.buyer, listing, 1)) == "listing.withdrawn"
    assert shop.house.settle()
    assert shop.listing(listing).status.value == "withdrawn"
