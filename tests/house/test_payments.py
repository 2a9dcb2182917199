"""Payments as they really come: twice, late, never, out of order, forged; the money adds up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fairhold.adapters.notices import NoticeFault
from fairhold.adapters.payment.sandbox.words import ApiFault, Choice
from fairhold.engine import reconcile
from fairhold.engine.desk import trade
from fairhold.engine.desk.desk import deal_name
from fairhold.engine.effects import UNKNOWN_PAYMENT
from fairhold.engine.outside import Declined, OutsideUnavailable
from fairhold.kernel.ids import public_id
from fairhold.kernel.instant import DAY, HOUR, MINUTE, SECOND
from tests.house.market import (
    NOW,
    PRICE,
    RETURN,
    Market,
    check_books,
    granted,
    market_in,
    refused,
)

FEE = PRICE // 100


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Market]:
    with market_in(tmp_path) as market:
        yield market
        # Whatever happened: nothing is lost between the provider's books and ours, nothing stuck.
        market.house.advance(HOUR)
        market.provider.check()
        check_books(market)


def held_once(market: Market, deal: int, listing: int) -> None:
    """One hold, one unit, and no other payment."""
    types = market.types(deal)
    assert types["money.held"] == types["order.paid"] == types["money.stock_confirmed"] == 1
    assert types["money.captured_astray"] == 0
    assert market.phases(deal) == ("paid", "held")
    state = market.listing(listing)
    assert (state.claimed, state.taken) == ((deal,), ())
    assert market.books() == {"clearing": PRICE, "hold": -PRICE}
    assert market.provider_books() == {"cards": -PRICE, "held": PRICE}


@pytest.mark.parametrize(
    "choice",
    [Choice.PAY, Choice.NOTICE_TWICE, Choice.NOTICE_FIVE_TIMES, Choice.NOTICE_TOGETHER],
)
def test_a_payment_that_is_notified_often_is_held_once(shop: Market, choice: Choice) -> None:
    listing = shop.publish(stock=3)
    deal = shop.take(listing)
    shop.pay(deal, choice)
    held_once(shop, deal, listing)
    assert shop.listing(listing).left == 2


@pytest.mark.parametrize("fault", [NoticeFault.TWICE, NoticeFault.FIVE_TIMES, NoticeFault.TOGETHER])
@pytest.mark.parametrize("kind", ["payment.authorised", "payment.captured"])
def test_each_notice_may_come_often_and_counts_once(
    shop: Market, fault: NoticeFault, kind: str
) -> None:
    listing = shop.publish()
    deal = shop.take(listing)
    shop.provider.spoil_notices(fault, kind=kind)
    shop.pay(deal)
    held_once(shop, deal, listing)
    granted(shop.seal(deal))
    granted(shop.move(shop.buyer, deal, "open"))
    assert shop.types(deal)["secret.opened"] == 1


def test_every_notice_of_a_deal_and_its_payout_comes_five_times_at_once(shop: Market) -> None:
    shop.provider.spoil_notices(NoticeFault.TOGETHER, count=50)
    deal = shop.take(shop.publish())
    shop.pay(deal)
    shop.complete(deal)
    granted(shop.pay_out(PRICE - FEE))
    shop.house.advance(10 * SECOND)
    assert shop.phases(deal) == ("completed", "released")
    assert shop.types(shop.purse_stream) == {
        "wallet.credited": 1,
        "wallet.payout_requested": 1,
        "wallet.paid_out": 1,
    }
    assert shop.books() == {"clearing": FEE, "fee": -FEE}


def test_a_buyer_who_pays_twice_gets_the_second_promise_back(shop: Market) -> None:
    listing = shop.publish()
    deal = shop.take(listing)
    shop.pay(deal, Choice.PAY_TWICE)
    held_once(shop, deal, listing)
    assert shop.types(deal)["money.authorisation_declined"] == 1


def test_a_payment_that_comes_after_the_order_is_void_is_given_back_uncaptured(
    shop: Market,
) -> None:
    listing = shop.publish()
    deal = shop.take(listing)
    payment = shop.checkout(deal)
    shop.provider.pay(payment, Choice.PAY_LATE)
    shop.house.advance(HOUR)
    assert shop.phases(deal) == ("void", "none")
    assert shop.provider.payment(payment)["status"] == "cancelled"
    assert shop.provider_books() == {}
    assert shop.listing(listing).left == 1


@pytest.mark.parametrize("fault", [NoticeFault.LATE, NoticeFault.OUT_OF_ORDER])
def test_a_notice_that_is_late_or_overtaken_changes_only_when_things_happen(
    shop: Market, fault: NoticeFault
) -> None:
    listing = shop.publish()
    deal = shop.take(listing)
    shop.provider.spoil_notices(fault, kind="payment.authorised")
    shop.pay(deal)
    assert shop.phases(deal) == ("placed", "none")
    shop.house.advance(11 * MINUTE)
    held_once(shop, deal, listing)


def test_money_that_was_captured_for_an_order_that_is_void_by_then_goes_back(
    shop: Market,
) -> None:
    listing = shop.publish()
    deal = shop.take(listing)
    shop.provider.spoil_notices(NoticeFault.NEVER, kind="payment.captured")
    payment = shop.pay(deal)
    assert shop.phases(deal) == ("placed", "authorised")
    shop.house.advance(HOUR)
    assert shop.phases(deal) == ("void", "none")
    assert shop.listing(listing).left == 1
    assert not reconcile.reconcile(shop.desk).agrees
    shop.provider.deliver_all()
    assert shop.house.settle()
    assert shop.types(deal)["money.captured_astray"] == 1
    assert shop.types(deal)["money.astray_returned"] == 1
    assert shop.provider.payment(payment)["refunded"] == PRICE
    assert shop.books() == {}


def test_an_authorisation_that_nobody_heard_of_ends_without_a_sale(shop: Market) -> None:
    listing = shop.publish()
    deal = shop.take(listing)
    payment = shop.pay(deal, Choice.NOTICE_NEVER)
    shop.house.advance(20 * MINUTE)
    assert shop.phases(deal) == ("void", "none")
    assert shop.listing(listing).left == 1
    shop.provider.deliver_all()
    assert shop.house.settle()
    assert shop.provider.payment(payment)["status"] == "cancelled"


def test_a_payment_of_another_amount_is_given_back(shop: Market) -> None:
    listing = shop.publish()
    deal = shop.take(listing)
    name = deal_name(deal)
    other = shop.desk.payment.open_checkout(
        name, shop.deal(deal).price.share(5_000), RETURN, shop.house.clock.now() + HOUR, "another"
    )
    shop.provider.pay(other.payment)
    assert shop.house.settle()
    assert shop.phases(deal) == ("placed", "none")
    assert shop.provider.payment(other.payment)["status"] == "cancelled"
    shop.pay(deal)
    held_once(shop, deal, listing)


@pytest.mark.parametrize("fault", [NoticeFault.WRONG_SIGNATURE, NoticeFault.OLD_TIMESTAMP])
def test_a_notice_that_cannot_be_trusted_changes_nothing(shop: Market, fault: NoticeFault) -> None:
    listing = shop.publish()
    deal = shop.take(listing)
    shop.provider.spoil_notices(fault, kind="payment.authorised")
    payment = shop.checkout(deal)
    assert shop.house.settle()
    before = shop.house.store.log_head(0)
    shop.provider.pay(payment)
    assert shop.house.turn() > 0
    assert shop.house.store.log_head(0) == before
    assert shop.phases(deal) == ("placed", "none")
    shop.house.advance(MINUTE)  # the provider's own, true notice comes with its first retry
    held_once(shop, deal, listing)


def test_a_notice_about_nothing_of_ours_is_heard_and_forgotten(shop: Market) -> None:
    other = shop.desk.payment.open_checkout(
        "deal_of_somebody", shop.deal(shop.take(shop.publish())).price, RETURN, NOW + HOUR, "else"
    )
    assert shop.house.settle()
    shop.provider.pay(other.payment)
    before = shop.house.store.log_head(0)
    assert shop.house.settle()
    assert shop.house.store.log_head(0) == before
    shop.desk.payment.cancel(other.payment, "else:cancel")
    assert shop.house.settle()


def test_a_hundred_who_take_and_never_pay_keep_nobody_from_buying_the_last_unit(
    shop: Market,
) -> None:
    listing = shop.publish(stock=1)
    idle = [shop.take(listing) for _ in range(100)]
    deal = shop.take(listing)
    assert shop.house.settle()
    assert len(shop.listing(listing).taken) == 101
    shop.pay(deal)
    assert shop.phases(deal) == ("paid", "held")
    assert shop.listing(listing).left == 0
    assert refused(trade.take(shop.desk, shop.buyer, listing, 1)) == "listing.sold_out"
    shop.house.advance(20 * MINUTE)
    assert {shop.phases(other) for other in idle} == {("void", "none")}
    state = shop.listing(listing)
    assert (state.taken, state.claimed) == ((), (deal,))


def test_a_unit_comes_back_when_the_paid_order_comes_to_nothing(shop: Market) -> None:
    listing = shop.publish(stock=1)
    deal = shop.take(listing)
    shop.pay(deal)
    shop.house.advance(25 * HOUR)
    assert shop.phases(deal) == ("void", "refunded")
    assert shop.listing(listing).left == 1
    again = shop.take(listing)
    shop.pay(again)
    assert shop.phases(again) == ("paid", "held")


def test_of_two_payers_for_one_unit_one_gets_it_and_nothing_is_taken_from_the_other(
    shop: Market,
) -> None:
    listing = shop.publish(stock=1)
    other = shop.person("other")
    first, second = shop.take(listing), shop.take(listing, other)
    payments = {first: shop.checkout(first), second: shop.checkout(second, other)}
    for payment in payments.values():
        shop.provider.pay(payment)
    assert shop.house.settle()
    phases = {deal: shop.phases(deal) for deal in (first, second)}
    assert sorted(phases.values()) == [("paid", "held"), ("void", "none")]
    (loser,) = [deal for deal, phase in phases.items() if phase[0] == "void"]
    assert shop.deal(loser).order.reason == "sold_to_another"
    assert shop.provider.payment(payments[loser])["status"] == "cancelled"
    assert shop.provider_books() == {"cards": -PRICE, "held": PRICE}


def test_a_payout_that_the_bank_sends_back_is_available_again_and_can_be_asked_for_anew(
    shop: Market,
) -> None:
    deal = shop.take(shop.publish())
    shop.pay(deal)
    shop.complete(deal)
    shop.provider.fail_payout(public_id("acct", shop.seller.account))
    granted(shop.pay_out(4_000))
    shop.house.advance(10 * SECOND)
    assert shop.purse().available == {"CNY": PRICE - FEE}
    assert shop.types(shop.purse_stream)["wallet.payout_returned"] == 1
    granted(shop.pay_out(4_000))
    shop.house.advance(10 * SECOND)
    assert shop.purse().available == {"CNY": PRICE - FEE - 4_000}
    assert shop.purse().pending == ()
    assert shop.books()["clearing"] == PRICE - 4_000


@pytest.mark.parametrize(
    "fault", [ApiFault.UNAVAILABLE, ApiFault.TIMEOUT_BEFORE, ApiFault.TIMEOUT_AFTER]
)
def test_a_provider_that_is_down_for_a_while_is_asked_again(shop: Market, fault: ApiFault) -> None:
    listing = shop.publish()
    deal = shop.take(listing)
    payment = shop.checkout(deal)
    shop.provider.spoil_calls(fault, count=9, op="capture")  # three rounds of three tries
    shop.provider.pay(payment)
    assert shop.house.settle()
    shop.house.advance(MINUTE)
    held_once(shop, deal, listing)


def test_every_call_fails_after_it_was_done_and_is_still_done_once(shop: Market) -> None:
    deal = shop.take(shop.publish())
    payment = shop.checkout(deal)
    shop.provider.spoil_calls(ApiFault.FAIL_AFTER, count=6)
    shop.provider.pay(payment)
    shop.house.advance(MINUTE)
    shop.complete(deal)
    shop.house.advance(MINUTE)
    granted(shop.pay_out(1_000))
    shop.house.advance(MINUTE)
    assert shop.provider_books() == {"cards": -PRICE, "banks": 1_000, "balance": PRICE - 1_000}


def test_nobody_gets_to_a_checkout_while_the_provider_is_down(shop: Market) -> None:
    deal = shop.take(shop.publish())
    shop.provider.spoil_calls(ApiFault.UNAVAILABLE, count=3, op="open")
    with pytest.raises(OutsideUnavailable):
        shop.checkout(deal)
    shop.pay(deal)
    assert shop.phases(deal) == ("paid", "held")


def test_a_capture_that_the_bank_declines_ends_the_order_and_frees_the_unit(
    shop: Market,
) -> None:
    listing = shop.publish(stock=1)
    deal = shop.take(listing)
    payment = shop.checkout(deal)
    shop.provider.spoil_calls(ApiFault.DECLINED, op="capture")
    shop.provider.pay(payment)
    assert shop.house.settle()
    assert shop.phases(deal) == ("void", "none")
    assert shop.deal(deal).order.reason == "payment_failed"
    assert shop.listing(listing).left == 1
    assert shop.provider_books() == {}


def test_a_payout_asked_for_before_the_release_reached_the_provider_comes_back(
    shop: Market,
) -> None:
    deal = shop.take(shop.publish())
    shop.pay(deal)
    granted(shop.seal(deal))
    granted(shop.move(shop.buyer, deal, "open"))
    shop.provider.spoil_calls(ApiFault.UNAVAILABLE, count=3, op="release")
    granted(shop.move(shop.buyer, deal, "confirm"))
    granted(shop.pay_out(PRICE - FEE))
    assert shop.purse().available == {"CNY": PRICE - FEE}
    shop.house.advance(DAY)
    granted(shop.pay_out(PRICE - FEE))
    shop.house.advance(MINUTE)
    assert shop.purse().available == {"CNY": 0}


def forget(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the provider know nothing of the payments that it is asked to capture."""

    def capture(_payment: str, _key: str) -> None:
        raise Declined(UNKNOWN_PAYMENT)

    monkeypatch.setattr(market.desk.payment, "capture", capture)


def test_a_payment_that_the_provider_does_not_know_is_asked_for_again_and_voids_nothing(
    shop: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = shop.publish()
    deal = shop.take(listing)
    with monkeypatch.context() as forgetful:
        forget(shop, forgetful)
        shop.pay(deal)
        assert shop.phases(deal)[0] == "placed"
    shop.house.advance(MINUTE)
    held_once(shop, deal, listing)


def test_a_payment_that_the_provider_never_knows_is_a_dead_letter_for_a_person_to_look_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with market_in(tmp_path) as market:
        deal = market.take(market.publish())
        forget(market, monkeypatch)
        market.pay(deal)
        market.house.advance(DAY)
        dead = market.house.store.dead_letters("payments", 10)
        assert [row.stream for row in dead] == [deal]
        assert market.types(deal)["money.authorisation_declined"] == 0
