"""Taking an offer, stepping back, confirming, asking for more time."""

from collections.abc import Callable

import pytest

from fairhold.domain.deal import deal, money, order
from fairhold.domain.deal.phases import ParcelPhase
from fairhold.domain.delivery import Delivery
from fairhold.kernel.actor import CLOCK, PROVIDER, Actor
from fairhold.kernel.money import AMOUNT_MAX
from tests.domain.spec import (
    BUYER,
    NOW,
    OPERATOR,
    RULES,
    SELLER,
    STRANGER,
    Deed,
    cny,
    given,
    meeting_deal,
    parcel_deal,
    place,
    secret_deal,
)


def test_taking_an_offer_freezes_what_the_buyer_saw() -> None:
    taken = parcel_deal().deal
    assert (taken.listing, taken.listing_version, taken.listing_body) == (10, 3, 11)
    assert taken.rules == RULES
    assert taken.fee == cny(100)


def test_nobody_buys_from_themselves() -> None:
    given(deal).when(place(Delivery.PARCEL, by=SELLER)).refused("order.own_listing")


@pytest.mark.parametrize("minor", [0, -1, AMOUNT_MAX + 1])
def test_a_price_outside_the_range_is_refused(minor: int) -> None:
    wish = place(Delivery.PARCEL, price=cny(minor))
    given(deal).when(wish).refused("order.amount_out_of_range")


def test_ones_own_offer_is_named_before_its_price() -> None:
    wish = place(Delivery.PARCEL, price=cny(0), by=SELLER)
    given(deal).when(wish).refused("order.own_listing")


def test_an_offer_is_taken_once() -> None:
    again = place(Delivery.PARCEL)
    given(deal, *parcel_deal().events).when(again).refused("deal.exists")


def test_nothing_can_be_done_in_a_deal_that_does_not_exist() -> None:
    given(deal).when(order.Cancel(at=NOW, by=BUYER)).refused("deal.unknown")


def test_a_stranger_learns_nothing_but_that_it_is_not_theirs() -> None:
    for kind in (order.Cancel, order.Confirm, order.Elapse):
        parcel_deal().tries(kind, STRANGER).refused("deal.not_yours")


def test_the_seller_cannot_confirm_for_the_buyer() -> None:
    parcel_deal().pays().delivered().tries(order.Confirm, SELLER).refused(
        "deal.not_for_your_role", role="seller"
    )


def test_only_the_clock_says_that_time_has_passed() -> None:
    parcel_deal().tries(order.Elapse, BUYER).refused("deal.not_for_your_role", role="buyer")


@pytest.mark.parametrize("who", [BUYER, SELLER])
def test_an_unpaid_order_can_be_called_off_by_either_side(who: Actor) -> None:
    called_off = parcel_deal().does(order.Cancel, who)
    assert called_off.phases == ("void", "none")


@pytest.mark.parametrize("who", [BUYER, SELLER])
def test_calling_off_a_paid_order_gives_everything_back(who: Actor) -> None:
    called_off = parcel_deal().pays().does(order.Cancel, who)
    assert called_off.phases == ("void", "refunded")
    assert called_off.money == (0, 0, 10_000)


def test_calling_off_gives_a_promise_to_pay_back() -> None:
    deed = parcel_deal()
    deed.does(money.NoteAuthorised, PROVIDER, payment="p1", amount=deed.deal.price)
    deed.tries(order.Cancel, BUYER).kinds(money.AuthorisationCancelled, order.Voided)


def test_a_parcel_that_is_on_its_way_cannot_be_called_off() -> None:
    moving = parcel_deal().pays().books().scanned(ParcelPhase.HANDED_OVER)
    moving.tries(order.Cancel, BUYER).refused("deal.not_now", order="paid")


def test_an_opened_secret_cannot_be_called_off() -> None:
    secret_deal().pays().seals().opens().tries(order.Cancel, BUYER).refused("deal.not_now")


@pytest.mark.parametrize("deed", [secret_deal, parcel_deal, meeting_deal])
def test_confirming_does_not_exist_before_payment(deed: Callable[[], Deed]) -> None:
    deed().tries(order.Confirm, BUYER).refused("order.not_delivered_yet")


@pytest.mark.parametrize("deed", [secret_deal, parcel_deal, meeting_deal])
def test_confirming_does_not_exist_before_delivery(deed: Callable[[], Deed]) -> None:
    deed().pays().tries(order.Confirm, BUYER).refused("order.not_delivered_yet")


def test_confirming_an_unpaid_sealed_secret_does_not_ask_to_open_it() -> None:
    secret_deal().seals().tries(order.Confirm, BUYER).refused("order.not_delivered_yet")


def test_confirming_a_sealed_secret_says_that_it_was_never_opened() -> None:
    secret_deal().pays().seals().tries(order.Confirm, BUYER).refused("order.not_opened_yet")


@pytest.mark.parametrize(
    "delivered",
    [
        lambda: secret_deal().pays().seals().opens(),
        lambda: parcel_deal().pays().delivered(),
        lambda: meeting_deal().pays().meets(),
    ],
)
def test_confirming_after_delivery_pays_the_seller(delivered: Callable[[], Deed]) -> None:
    done = delivered().does(order.Confirm, BUYER)
    assert done.phases == ("completed", "released")
    assert done.deal.order.reason == "confirmed"
    assert done.deal.clock is None


def test_a_deal_is_confirmed_once() -> None:
    done = parcel_deal().pays().delivered().does(order.Confirm, BUYER)
    done.tries(order.Confirm, BUYER).refused("deal.not_now", order="completed")


def test_more_time_is_added_to_what_is_left() -> None:
    looking = parcel_deal().pays().delivered()
    due = looking.due
    assert looking.after(1_000).does(order.Extend, BUYER).due == due + RULES.extension_ms


def test_there_is_one_extension() -> None:
    looking = parcel_deal().pays().delivered().does(order.Extend, BUYER)
    looking.tries(order.Extend, BUYER).refused("order.no_extension_left", extensions=1)
    assert "extend" not in looking.may(BUYER)


def test_the_test_of_a_code_is_not_extended() -> None:
    secret_deal().pays().seals().opens().tries(order.Extend, BUYER).refused("deal.not_now")


def test_an_operator_has_no_hand_in_a_deal_without_a_case() -> None:
    parcel_deal().pays().tries(order.Cancel, OPERATOR).refused("deal.not_for_your_role")


def test_the_clock_is_silent_before_anything_is_due() -> None:
    deed = parcel_deal()
    deed.tries(order.Elapse, CLOCK).nothing()
    deed.after(RULES.pay_ms - 1).tries(order.Elapse, CLOCK).nothing()


def test_an_ended_deal_has_nothing_to_wait_for() -> None:
    ended = parcel_deal().does(order.Cancel, BUYER)
    ended.after(RULES.pay_ms).tries(order.Elapse, CLOCK).nothing()
    assert deal.wake(ended.deal) is None
