"""The parcel moves by the carrier's scans alone."""

import pytest

from fairhold.domain.deal import money, order, parcel, returns
from fairhold.domain.deal.phases import ParcelPhase, ReturnPhase
from fairhold.kernel.actor import CARRIER
from fairhold.kernel.instant import HOUR
from tests.domain.spec import BUYER, NOW, PRICE, RULES, SELLER, Deed, parcel_deal, secret_deal

BOOK = {"carrier": "c", "tracking": "out"}


def scan(
    deed: Deed, kind: ParcelPhase, tracking: str = "out", name: str = "new"
) -> dict[str, object]:
    return {"scan": name, "tracking": tracking, "kind": kind, "scanned_at": deed.at}


def test_an_unpaid_order_says_send_nothing() -> None:
    parcel_deal().tries(parcel.BookParcel, SELLER, **BOOK).refused("parcel.not_paid")


def test_a_deal_about_a_code_speaks_of_no_parcel() -> None:
    secret_deal().tries(parcel.BookParcel, SELLER, **BOOK).refused("deal.not_now")


def test_a_label_alone_does_not_stop_the_clock() -> None:
    booked = parcel_deal().pays().after(HOUR).books()
    assert (booked.clock, booked.due) == ("dispatch", NOW + RULES.dispatch_ms)
    assert booked.deal.parcel.phase is ParcelPhase.AWAITED


def test_the_first_scan_starts_the_carriers_clock() -> None:
    sent = parcel_deal().pays().books().after(HOUR).scanned(ParcelPhase.HANDED_OVER)
    assert (sent.clock, sent.due) == ("transit", NOW + HOUR + RULES.transit_ms)


def test_later_scans_do_not_give_the_carrier_more_time() -> None:
    sent = parcel_deal().pays().books().scanned(ParcelPhase.HANDED_OVER)
    due = sent.due
    assert sent.after(HOUR).scanned(ParcelPhase.MOVING).due == due


def test_delivery_by_the_carrier_begins_the_inspection() -> None:
    came = parcel_deal().pays().delivered()
    assert (came.phases, came.clock) == (("fulfilled", "held"), "inspect")


def test_a_delivery_without_earlier_scans_counts() -> None:
    came = parcel_deal().pays().books().scanned(ParcelPhase.DELIVERED)
    assert came.deal.parcel.phase is ParcelPhase.DELIVERED


def test_a_scan_that_is_told_twice_is_heard_once() -> None:
    sent = parcel_deal().pays().books().scanned(ParcelPhase.MOVING)
    again = scan(sent, ParcelPhase.MOVING, name="s1")
    sent.tries(parcel.NoteScan, CARRIER, **again).nothing()


@pytest.mark.parametrize("late", [ParcelPhase.AWAITED, ParcelPhase.HANDED_OVER, ParcelPhase.MOVING])
def test_an_old_scan_that_comes_late_is_kept_and_changes_nothing(late: ParcelPhase) -> None:
    came = parcel_deal().pays().delivered()
    came.tries(parcel.NoteScan, CARRIER, **scan(came, late)).then(
        parcel.Scanned(
            at=came.at, scan="new", tracking="out", kind=late, scanned_at=came.at, phase=None
        )
    )


def test_a_refusal_that_comes_after_the_delivery_changes_nothing() -> None:
    came = parcel_deal().pays().delivered().scanned(ParcelPhase.REFUSED)
    assert (came.phases, came.deal.back.phase) == (("fulfilled", "held"), ReturnPhase.NONE)


@pytest.mark.parametrize("tracking", ["", "another"])
def test_a_scan_of_an_unknown_parcel_is_refused(tracking: str) -> None:
    sent = parcel_deal().pays().books()
    sent.tries(parcel.NoteScan, CARRIER, **scan(sent, ParcelPhase.DELIVERED, tracking)).refused(
        "parcel.unknown_tracking"
    )


def test_a_scan_without_a_number_moves_no_return_that_has_no_label_yet() -> None:
    agreed = parcel_deal().pays().delivered().asks_return().does(returns.AgreeReturn, SELLER)
    agreed.tries(parcel.NoteScan, CARRIER, **scan(agreed, ParcelPhase.DELIVERED, "")).refused(
        "parcel.unknown_tracking"
    )


def test_nobody_but_the_carrier_scans() -> None:
    sent = parcel_deal().pays().books()
    for who in (BUYER, SELLER):
        sent.tries(parcel.NoteScan, who, **scan(sent, ParcelPhase.DELIVERED)).refused(
            "deal.not_for_your_role"
        )


def test_a_lost_parcel_is_refunded_at_once() -> None:
    lost = parcel_deal().pays().books().scanned(ParcelPhase.LOST)
    assert lost.phases == ("void", "refunded")
    assert lost.deal.order.reason == "parcel_lost"


def test_a_parcel_that_never_arrives_is_refunded_by_itself() -> None:
    never = parcel_deal().pays().books().scanned(ParcelPhase.MOVING).silence()
    assert (never.phases, never.deal.order.reason) == (("void", "refunded"), "not_arrived_in_time")


def test_a_parcel_that_is_never_sent_is_refunded_by_itself() -> None:
    never = parcel_deal().pays().books().silence()
    assert never.deal.order.reason == "not_dispatched_in_time"


def test_the_seller_is_reminded_to_send() -> None:
    paid = parcel_deal().pays()
    assert paid.deal.clock is not None
    assert paid.deal.clock.remind == (NOW + RULES.dispatch_remind_ms,)


def test_a_refusal_at_the_door_starts_a_return_and_closes_nothing() -> None:
    refused = parcel_deal().pays().books().scanned(ParcelPhase.REFUSED)
    assert refused.phases == ("paid", "held")
    assert refused.deal.back.phase is ReturnPhase.MOVING_BACK
    assert refused.deal.back.by_refusal
    assert refused.clock == "bring_back"


def test_after_a_refusal_the_same_number_brings_the_goods_back() -> None:
    refused = parcel_deal().pays().books().scanned(ParcelPhase.REFUSED)
    assert refused.scanned(ParcelPhase.DELIVERED).deal.back.phase is ReturnPhase.BACK
    assert refused.clock == "inspect_return"


def test_a_scan_after_the_end_moves_nothing() -> None:
    refused = parcel_deal().pays().books().scanned(ParcelPhase.REFUSED)
    ended = refused.silence()
    assert ended.phases == ("void", "refunded")
    ended.tries(parcel.NoteScan, CARRIER, **scan(ended, ParcelPhase.DELIVERED)).kinds(
        parcel.Scanned
    )
    assert ended.scanned(ParcelPhase.LOST).money == (0, 0, PRICE.minor)


def test_a_delivery_that_is_scanned_after_the_refund_pays_nobody_twice() -> None:
    late = parcel_deal().pays().books().scanned(ParcelPhase.MOVING).silence()
    late.scanned(ParcelPhase.DELIVERED)
    assert late.money == (0, 0, PRICE.minor)
    assert late.phases == ("void", "refunded")


def test_a_buyer_does_not_step_back_from_a_parcel_that_may_be_on_the_counter() -> None:
    booked = parcel_deal().pays().books()
    booked.tries(order.Cancel, BUYER).refused("order.label_booked")
    assert "cancel" not in booked.may(BUYER)
    assert "cancel" in booked.may(SELLER)
    booked.tries(order.Cancel, SELLER).kinds(money.Refunded, order.Voided)


def test_without_a_label_nothing_is_booked() -> None:
    nothing = {"carrier": "c", "tracking": ""}
    parcel_deal().pays().tries(parcel.BookParcel, SELLER, **nothing).refused("deal.changed")
    agreed = parcel_deal().pays().delivered().asks_return().does(returns.AgreeReturn, SELLER)
    agreed.tries(returns.BookReturn, BUYER, **nothing).refused("deal.changed")
