"""The money of a deal: held once, and from there to one of three ends, to the minor unit."""

import pytest

from fairhold.domain.books import Account
from fairhold.domain.deal import case, money, order
from fairhold.domain.deal.phases import MoneyPhase, OrderPhase
from fairhold.kernel.actor import CLOCK, PLATFORM, PROVIDER
from fairhold.kernel.money import Money
from tests.domain.spec import (
    BUYER,
    HALF,
    OPERATOR,
    PRICE,
    RULES,
    SELLER,
    Deed,
    cny,
    parcel_deal,
    secret_deal,
)

FEE = 100


def authorised(deed: Deed, payment: str = "p1", amount: Money = PRICE) -> Deed:
    return deed.does(money.NoteAuthorised, PROVIDER, payment=payment, amount=amount)


def captured(deed: Deed, payment: str = "p1", amount: Money = PRICE) -> Deed:
    return deed.does(money.NoteCaptured, PROVIDER, payment=payment, amount=amount)


def test_a_promise_to_pay_waits_for_its_capture() -> None:
    promised = authorised(parcel_deal())
    assert promised.phases == ("placed", "authorised")
    assert promised.clock == "capture"
    assert promised.deal.clock is not None


def test_captured_money_is_in_hold_and_the_order_is_paid() -> None:
    paid = parcel_deal().pays()
    assert paid.phases == ("paid", "held")
    assert paid.money == (10_000, 0, 0)
    assert paid.books_of_account() == {("clearing", 0): 10_000, ("hold", 7): -10_000}


@pytest.mark.parametrize("times", [1, 2, 5])
def test_a_payment_told_any_number_of_times_is_held_once(times: int) -> None:
    deed = parcel_deal()
    for _ in range(times):
        authorised(deed)
    for _ in range(times):
        deed.does(money.ConfirmStock, PLATFORM)
    for _ in range(times):
        captured(deed)
    assert deed.money == (10_000, 0, 0)
    assert [type(event) for event in deed.events].count(money.Held) == 1
    assert [type(event) for event in deed.events].count(money.StockConfirmed) == 1


@pytest.mark.parametrize(
    ("payment", "amount", "reason"),
    [("p1", HALF, "amount_differs"), ("p1", Money(10_000, "EUR"), "amount_differs")],
)
def test_a_promise_of_another_amount_is_given_back(
    payment: str, amount: Money, reason: str
) -> None:
    deed = parcel_deal()
    deed.tries(money.NoteAuthorised, PROVIDER, payment=payment, amount=amount).then(
        money.AuthorisationDeclined(at=deed.at, payment=payment, reason=reason)
    )
    assert authorised(deed, payment, amount).phases == ("placed", "none")


def test_a_second_promise_is_given_back() -> None:
    deed = authorised(parcel_deal())
    deed.tries(money.NoteAuthorised, PROVIDER, payment="p2", amount=PRICE).then(
        money.AuthorisationDeclined(at=deed.at, payment="p2", reason="paid_twice")
    )


def test_a_promise_to_pay_a_void_order_is_given_back() -> None:
    void = parcel_deal().silence()
    void.tries(money.NoteAuthorised, PROVIDER, payment="p1", amount=PRICE).then(
        money.AuthorisationDeclined(at=void.at, payment="p1", reason="order_is_over")
    )


def test_a_declined_promise_that_is_told_again_changes_nothing() -> None:
    declined = authorised(parcel_deal(), "p1", HALF)
    declined.tries(money.NoteAuthorised, PROVIDER, payment="p1", amount=HALF).nothing()
    assert authorised(declined, "p2").phases == ("placed", "authorised")


def test_only_so_many_declined_promises_are_remembered() -> None:
    deed = parcel_deal()
    for number in range(money.DECLINED_REMEMBERED + 5):
        authorised(deed, f"x{number}", HALF)
    assert len(deed.deal.money.declined) == money.DECLINED_REMEMBERED
    assert deed.deal.money.declined[-1] == f"x{money.DECLINED_REMEMBERED + 4}"


def test_the_capture_is_asked_for_once_there_is_a_unit() -> None:
    deed = authorised(parcel_deal())
    deed.tries(money.ConfirmStock, PLATFORM).then(
        money.StockConfirmed(at=deed.at, payment="p1", amount=PRICE)
    )


def test_without_a_unit_nothing_is_taken_from_the_buyer() -> None:
    denied = authorised(parcel_deal()).does(money.DenyStock, PLATFORM)
    assert denied.phases == ("void", "none")
    assert denied.deal.order.reason == "sold_to_another"
    assert denied.books_of_account() == {}


@pytest.mark.parametrize("answer", [money.ConfirmStock, money.DenyStock])
def test_an_answer_about_stock_that_comes_too_late_changes_nothing(
    answer: type[money.ConfirmStock],
) -> None:
    parcel_deal().tries(answer, PLATFORM).nothing()
    parcel_deal().pays().tries(answer, PLATFORM).nothing()
    authorised(parcel_deal()).does(money.ConfirmStock, PLATFORM).tries(answer, PLATFORM).nothing()


def test_a_payment_that_fails_ends_an_unpaid_order() -> None:
    failed = authorised(parcel_deal()).does(money.NoteFailed, PROVIDER, payment="p1")
    assert failed.phases == ("void", "none")
    assert failed.deal.order.reason == "payment_failed"


def test_the_failure_of_another_payment_changes_nothing() -> None:
    authorised(parcel_deal()).tries(money.NoteFailed, PROVIDER, payment="p2").nothing()


def test_a_failure_that_is_told_after_the_capture_changes_nothing() -> None:
    parcel_deal().pays().tries(money.NoteFailed, PROVIDER, payment="p1").nothing()


def test_a_late_capture_of_a_void_order_is_sent_back() -> None:
    late = captured(authorised(parcel_deal()).silence())
    assert late.phases == ("void", "none")
    assert late.books_of_account() == {("clearing", 0): 10_000, ("astray", 7): -10_000}
    late.does(money.NoteExecuted, PROVIDER, payment="p1", operation="back")
    assert late.books_of_account() == {}
    assert late.deal.money.astray[0].returned


def test_a_second_payment_is_sent_back_and_the_first_stays_in_hold() -> None:
    twice = captured(parcel_deal().pays(), "p2")
    assert twice.money == (10_000, 0, 0)
    assert twice.books_of_account()["astray", 7] == -10_000


def test_money_of_another_amount_is_sent_back() -> None:
    other = captured(authorised(parcel_deal()), "p1", HALF)
    assert other.phases == ("placed", "authorised")
    assert other.books_of_account()["astray", 7] == -5_000


def test_stray_money_that_is_told_again_is_stray_once() -> None:
    stray = captured(parcel_deal().pays(), "p2")
    stray.tries(money.NoteCaptured, PROVIDER, payment="p2", amount=PRICE).nothing()


def test_an_operation_is_noted_once() -> None:
    paid = parcel_deal().pays()
    paid.does(money.NoteExecuted, PROVIDER, payment="p1", operation="capture")
    paid.tries(money.NoteExecuted, PROVIDER, payment="p1", operation="capture").nothing()


def test_an_operation_on_an_unknown_payment_is_refused() -> None:
    wish = {"payment": "p9", "operation": "capture"}
    parcel_deal().pays().tries(money.NoteExecuted, PROVIDER, **wish).refused(
        "money.unknown_payment"
    )


def test_a_release_takes_the_fee_from_the_seller() -> None:
    done = parcel_deal().pays().delivered().does(order.Confirm, BUYER)
    assert done.money == (0, 10_000, 0)
    assert done.books_of_account() == {
        ("clearing", 0): 10_000,
        ("owed", 0): -(10_000 - FEE),
        ("fee", 0): -FEE,
    }


def test_a_refund_takes_no_fee() -> None:
    back = parcel_deal().pays().does(order.Cancel, SELLER)
    assert back.money == (0, 0, 10_000)
    assert back.books_of_account() == {}


@pytest.mark.parametrize("minor", [1, 99, 101, 9_999, 10**12])
def test_the_fee_is_rounded_for_the_seller(minor: int) -> None:
    done = Deed(secret_deal().deal.delivery, price=cny(minor)).pays().seals().opens()
    done.does(order.Confirm, BUYER)
    released = next(event for event in done.events if isinstance(event, money.Released))
    assert released.fee == cny(minor // 100)
    assert sum(done.books_of_account().values()) == 0


def test_a_divided_award_is_a_split() -> None:
    decided = parcel_deal().pays().delivered().complains().does(case.ContestClaim, SELLER)
    decided.does(case.DecideCase, OPERATOR, to_buyer=cny(3_333), body=1, digest="d")
    assert decided.phases == ("completed", "split")
    assert decided.money == (0, 6_667, 3_333)
    books = decided.books_of_account()
    assert (books["owed", 0], books["fee", 0]) == (-(6_667 - 66), -66)


BACK = {"payment": "p1", "amount": PRICE, "notice": "n1"}


def test_a_chargeback_of_a_part_takes_that_part_and_the_rest_goes_back() -> None:
    gone = (
        parcel_deal()
        .pays()
        .does(money.NoteChargeback, PROVIDER, payment="p1", amount=cny(1_000), notice="n1")
    )
    back, rest, _ = gone.events[-3:]
    assert isinstance(back, money.ChargedBack)
    assert isinstance(rest, money.Refunded)
    assert (back.from_hold, rest.amount) == (cny(1_000), cny(PRICE.minor - 1_000))
    assert gone.deal.money.phase is MoneyPhase.REFUNDED
    assert gone.deal.order.phase is OrderPhase.VOID


def test_two_chargebacks_after_the_release_are_both_owed() -> None:
    done = secret_deal().pays().seals().opens().does(order.Confirm, BUYER)
    part = {"payment": "p1", "amount": cny(1_000)}
    for notice in ("n1", "n2", "n1"):
        done.does(money.NoteChargeback, PROVIDER, **part, notice=notice)
    owed = [event.from_seller for event in done.events if isinstance(event, money.ChargedBack)]
    assert owed == [cny(1_000), cny(1_000)]


def test_a_chargeback_takes_from_the_hold_and_ends_the_deal() -> None:
    gone = parcel_deal().pays().does(money.NoteChargeback, PROVIDER, **BACK)
    assert gone.phases == ("void", "refunded")
    assert gone.deal.order.reason == "charged_back"
    assert gone.books_of_account() == {}


def test_a_chargeback_after_the_release_is_owed_by_the_seller() -> None:
    paid_out = parcel_deal().pays().delivered().does(order.Confirm, BUYER)
    paid_out.does(money.NoteChargeback, PROVIDER, **BACK)
    assert paid_out.deal.order.phase == "completed"
    assert paid_out.books_of_account()["recourse", SELLER.account] == 10_000


def test_a_chargeback_after_the_refund_is_owed_by_the_buyer() -> None:
    back = parcel_deal().pays().does(order.Cancel, BUYER)
    back.does(money.NoteChargeback, PROVIDER, **BACK)
    assert back.books_of_account() == {
        ("recourse", BUYER.account): 10_000,
        ("clearing", 0): -10_000,
    }


def test_a_chargeback_after_a_split_is_owed_by_each_for_what_it_received() -> None:
    split = parcel_deal().pays().delivered().complains(HALF).does(case.AcceptClaim, SELLER)
    split.does(money.NoteChargeback, PROVIDER, **BACK)
    books = split.books_of_account()
    assert books["recourse", SELLER.account] == 5_000
    assert books["recourse", BUYER.account] == 5_000
    assert sum(books.values()) == 0


def test_a_chargeback_in_a_case_ends_it() -> None:
    gone = parcel_deal().pays().delivered().complains()
    gone.does(money.NoteChargeback, PROVIDER, **BACK)
    assert gone.phases == ("void", "refunded")
    for viewer in (BUYER, SELLER, OPERATOR):
        assert gone.may(viewer) == ()


def test_a_chargeback_is_heard_once() -> None:
    gone = parcel_deal().pays().does(money.NoteChargeback, PROVIDER, **BACK)
    gone.tries(money.NoteChargeback, PROVIDER, **BACK).nothing()


@pytest.mark.parametrize("payment", ["p1", "p9"])
def test_a_chargeback_of_money_that_was_never_held_is_refused(payment: str) -> None:
    wish = {**BACK, "payment": payment}
    parcel_deal().tries(money.NoteChargeback, PROVIDER, **wish).refused("money.unknown_payment")


def test_an_account_that_must_not_owe_never_does() -> None:
    for deed in (
        parcel_deal().pays(),
        parcel_deal().pays().delivered().does(order.Confirm, BUYER),
        captured(parcel_deal().pays(), "p2"),
    ):
        books = deed.books_of_account()
        assert all(
            minor <= 0
            for (name, _), minor in books.items()
            if name in {Account.HOLD, Account.ASTRAY, Account.FEE, Account.OWED}
        )


def test_no_person_may_speak_for_the_provider() -> None:
    for who in (BUYER, SELLER, OPERATOR):
        parcel_deal().tries(money.NoteCaptured, who, payment="p1", amount=PRICE).refused(
            "deal.not_for_your_role"
        )


def test_a_payment_that_is_never_captured_voids_the_order() -> None:
    void = authorised(parcel_deal())
    void.after(RULES.capture_ms - 1).tries(order.Elapse, CLOCK).nothing()
    void.silence()
    assert void.phases == ("void", "none")
    assert void.deal.order.reason == "payment_not_completed"
    assert void.deal.money.phase is MoneyPhase.NONE
