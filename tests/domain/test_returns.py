"""The way back: asked, agreed, sent, received, looked at. Received is not refunded."""

import pytest

from fairhold.domain.deal import case, order, returns
from fairhold.domain.deal.phases import ParcelPhase, ReturnPhase
from tests.domain.spec import BUYER, RULES, SELLER, meeting_deal, parcel_deal, secret_deal


def test_a_code_is_not_given_back() -> None:
    secret_deal().pays().seals().opens().tries(
        returns.AskReturn, BUYER, reason="changed_mind"
    ).refused("return.not_for_codes")


def test_a_reason_is_from_the_list() -> None:
    parcel_deal().pays().delivered().tries(returns.AskReturn, BUYER, reason="because").refused(
        "return.unknown_reason"
    )


def test_a_code_is_named_before_the_reason() -> None:
    secret_deal().pays().tries(returns.AskReturn, BUYER, reason="because").refused(
        "return.not_for_codes"
    )


@pytest.mark.parametrize("reason", returns.REASONS)
def test_every_reason_of_the_list_is_heard(reason: str) -> None:
    meeting_deal().pays().meets().tries(returns.AskReturn, BUYER, reason=reason).kinds(
        returns.ReturnAsked
    )


def test_nothing_can_be_given_back_before_it_came() -> None:
    parcel_deal().pays().tries(returns.AskReturn, BUYER, reason="other").refused("deal.not_now")


def test_asking_stops_the_release() -> None:
    asked = parcel_deal().pays().delivered().asks_return()
    assert (asked.clock, asked.outcome) == ("answer_return", "return_agreed")
    asked.tries(order.Confirm, BUYER).refused("deal.not_now")


def test_silence_of_the_seller_agrees() -> None:
    agreed = parcel_deal().pays().delivered().asks_return().silence()
    assert (agreed.deal.back.phase, agreed.clock) == (ReturnPhase.AGREED, "ship_back")


def test_a_declined_return_leaves_the_case_and_starts_the_inspection_again() -> None:
    declined = parcel_deal().pays().delivered().asks_return().after(1000)
    declined.does(returns.DeclineReturn, SELLER)
    assert (declined.clock, declined.due) == ("inspect", declined.at + RULES.inspect_ms)
    assert {"open_case", "confirm"} <= set(declined.may(BUYER))
    declined.tries(returns.AskReturn, BUYER, reason="other").refused("deal.not_now")


def test_a_return_that_is_never_sent_pays_the_seller() -> None:
    never = parcel_deal().pays().delivered().asks_return().does(returns.AgreeReturn, SELLER)
    never.books_return().silence()
    assert (never.phases, never.deal.order.reason) == (
        ("completed", "released"),
        "return_never_sent",
    )


def test_the_carriers_scan_starts_the_way_back() -> None:
    agreed = parcel_deal().pays().delivered().asks_return().does(returns.AgreeReturn, SELLER)
    agreed.books_return()
    for told in (ParcelPhase.NONE, ParcelPhase.AWAITED):
        assert agreed.scanned(told, "back").clock == "ship_back"
    assert agreed.scanned(ParcelPhase.HANDED_OVER, "back").clock == "bring_back"


def test_goods_that_are_back_are_not_yet_refunded() -> None:
    back = parcel_deal().pays().delivered().came_back()
    assert (back.phases, back.clock) == (("fulfilled", "held"), "inspect_return")
    assert set(back.may(SELLER)) == {"accept_return", "dispute_return"}


def test_a_return_that_the_seller_accepts_is_refunded() -> None:
    done = parcel_deal().pays().delivered().came_back().does(returns.AcceptReturn, SELLER)
    assert (done.phases, done.deal.order.reason) == (("void", "refunded"), "returned")


def test_silence_about_a_return_accepts_it() -> None:
    done = parcel_deal().pays().delivered().came_back().silence()
    assert (done.phases, done.deal.back.phase) == (("void", "refunded"), ReturnPhase.INSPECTED)


@pytest.mark.parametrize("told", [True, False])
def test_a_return_that_is_lost_is_refunded(told: bool) -> None:
    moving = parcel_deal().pays().delivered().asks_return().does(returns.AgreeReturn, SELLER)
    moving.books_return().scanned(ParcelPhase.MOVING, "back")
    lost = moving.scanned(ParcelPhase.LOST, "back") if told else moving.silence()
    assert (lost.phases, lost.deal.order.reason) == (("void", "refunded"), "return_lost")


def test_a_met_buyer_may_send_the_goods_back() -> None:
    back = meeting_deal().pays().meets().came_back()
    assert back.deal.back.phase is ReturnPhase.BACK


def test_a_refused_parcel_that_came_back_is_inspected_like_any_other() -> None:
    back = parcel_deal().pays().books().scanned(ParcelPhase.REFUSED).scanned(ParcelPhase.DELIVERED)
    assert set(back.may(SELLER)) == {"accept_return", "dispute_return"}
    disputed = back.does(case.DisputeReturn, SELLER)
    assert (disputed.phases, disputed.clock) == (("paid", "frozen"), "answer_return_claim")
