"""The dispute: it freezes the money, each side may end it against itself, silence grants it."""

import pytest

from fairhold.domain.deal import case, order, returns
from fairhold.domain.deal.money import Frozen, Unfrozen
from fairhold.domain.deal.phases import CasePhase
from fairhold.kernel.actor import CLOCK, Actor
from fairhold.kernel.instant import DAY, HOUR
from fairhold.kernel.money import Money
from tests.domain.spec import (
    BUYER,
    HALF,
    NOW,
    OPERATOR,
    PRICE,
    RULES,
    SELLER,
    Deed,
    cny,
    parcel_deal,
    secret_deal,
)


def looking() -> Deed:
    return parcel_deal().pays().delivered()


def contested() -> Deed:
    return looking().complains().does(case.ContestClaim, SELLER)


def disputed_return() -> Deed:
    return looking().came_back().does(case.DisputeReturn, SELLER)


def opens(claim: str = "not_as_described", asked: Money = PRICE) -> dict[str, object]:
    return {"claim": claim, "asked": asked}


def test_opening_freezes_the_money_in_the_same_decision() -> None:
    looking().tries(case.OpenCase, BUYER, **opens()).kinds(case.CaseOpened, Frozen)
    opened = looking().complains()
    assert (opened.phases, opened.clock) == (("fulfilled", "frozen"), "answer_claim")


@pytest.mark.parametrize("deed", [parcel_deal(), parcel_deal().pays()])
def test_there_is_no_case_before_delivery_but_a_clock_that_refunds(deed: Deed) -> None:
    deed.tries(case.OpenCase, BUYER, **opens()).refused("case.not_delivered_yet")
    assert deed.deal.clock is not None


def test_before_delivery_is_named_before_anything_wrong_in_the_claim() -> None:
    parcel_deal().tries(case.OpenCase, BUYER, **opens("x", cny(0))).refused(
        "case.not_delivered_yet"
    )


def test_a_claim_is_from_the_list() -> None:
    looking().tries(case.OpenCase, BUYER, **opens("x", cny(0))).refused("case.unknown_claim")


@pytest.mark.parametrize("asked", [cny(0), cny(-1), cny(10_001), Money(5_000, "EUR")])
def test_a_claim_asks_for_something_that_is_held(asked: Money) -> None:
    looking().tries(case.OpenCase, BUYER, **opens(asked=asked)).refused(
        "case.amount_out_of_range", most=10_000, currency="CNY"
    )


def test_a_buyer_may_open_so_many_cases_and_no_more() -> None:
    deed = looking()
    for _ in range(RULES.case_openings):
        deed.complains().does(case.WithdrawCase, BUYER)
    deed.tries(case.OpenCase, BUYER, **opens()).refused(
        "case.opened_too_often", times=RULES.case_openings
    )
    assert "open_case" not in deed.may(BUYER)


def test_the_range_is_named_before_the_number_of_cases() -> None:
    deed = looking()
    for _ in range(RULES.case_openings):
        deed.complains().does(case.WithdrawCase, BUYER)
    deed.tries(case.OpenCase, BUYER, **opens(asked=cny(0))).refused("case.amount_out_of_range")


def test_nothing_is_released_while_a_case_is_open() -> None:
    deed = looking().complains()
    deed.tries(order.Confirm, BUYER).refused("deal.not_now")
    deed.tries(case.OpenCase, BUYER, **opens()).refused("deal.not_now")
    deed.after(RULES.answer_claim_ms - 1).tries(order.Elapse, CLOCK).nothing()


@pytest.mark.parametrize(
    ("asked", "phases", "money"),
    [
        (PRICE, ("void", "refunded"), (0, 0, 10_000)),
        (HALF, ("completed", "split"), (0, 5_000, 5_000)),
    ],
)
@pytest.mark.parametrize("silent", [True, False])
def test_a_claim_is_granted_as_asked_by_word_or_by_silence(
    asked: Money, phases: tuple[str, str], money: tuple[int, int, int], silent: bool
) -> None:
    deed = looking().complains(asked)
    granted = deed.silence() if silent else deed.does(case.AcceptClaim, SELLER)
    assert (granted.phases, granted.money) == (phases, money)
    assert granted.deal.case.phase is CasePhase.SETTLED


def test_the_side_that_asks_cannot_grant_it() -> None:
    looking().complains().tries(case.AcceptClaim, BUYER).refused("deal.not_now")
    disputed_return().tries(case.AcceptClaim, SELLER).refused("deal.not_now")


def test_a_contested_claim_goes_to_an_officer() -> None:
    assert contested().clock == "decide"
    assert contested().may(OPERATOR) == ("decide_case",)
    assert set(contested().may(SELLER)) == {"accept_claim"}


@pytest.mark.parametrize("who", [BUYER, SELLER])
def test_a_party_does_not_decide_its_own_case(who: Actor) -> None:
    contested().tries(case.DecideCase, who, to_buyer=PRICE, body=1, digest="d").refused(
        "deal.not_for_your_role"
    )


def test_an_operator_who_is_a_party_is_a_party() -> None:
    seller = Actor(account=SELLER.account, operator=True)
    contested().tries(case.DecideCase, seller, to_buyer=cny(0), body=1, digest="d").refused(
        "deal.not_for_your_role", role="seller"
    )


@pytest.mark.parametrize(
    ("minor", "phases"),
    [
        (0, ("completed", "released")),
        (1, ("completed", "split")),
        (9_999, ("completed", "split")),
        (10_000, ("void", "refunded")),
    ],
)
def test_a_decision_divides_what_is_held(minor: int, phases: tuple[str, str]) -> None:
    decided = contested().does(case.DecideCase, OPERATOR, to_buyer=cny(minor), body=1, digest="d")
    assert (decided.phases, decided.money) == (phases, (0, 10_000 - minor, minor))
    assert decided.deal.case.phase is CasePhase.DECIDED


@pytest.mark.parametrize("award", [cny(-1), cny(10_001), Money(1, "EUR")])
def test_a_decision_awards_no_more_than_is_held(award: Money) -> None:
    contested().tries(case.DecideCase, OPERATOR, to_buyer=award, body=1, digest="d").refused(
        "case.amount_out_of_range"
    )


def test_where_nobody_decides_in_time_the_buyer_is_refunded() -> None:
    stopped = contested().silence()
    assert (stopped.phases, stopped.deal.order.reason) == (
        ("void", "refunded"),
        "not_decided_in_time",
    )


def test_a_withdrawn_case_lets_the_inspection_run_on() -> None:
    deed = looking().after(HOUR)
    left = deed.due - deed.at
    deed.tries(case.OpenCase, BUYER, **opens()).kinds(case.CaseOpened, Frozen)
    deed.complains().after(HOUR)
    deed.tries(case.WithdrawCase, BUYER).then(case.CaseWithdrawn(at=deed.at), Unfrozen(at=deed.at))
    deed.does(case.WithdrawCase, BUYER)
    assert (deed.phases, deed.clock, deed.due) == (
        ("fulfilled", "held"),
        "inspect",
        deed.at + left,
    )


def test_a_case_withdrawn_at_the_last_moment_leaves_a_day() -> None:
    deed = looking().after(RULES.inspect_ms - 1).complains().does(case.WithdrawCase, BUYER)
    assert deed.due == deed.at + RULES.inspect_least_ms == deed.at + DAY


def test_the_seller_does_not_withdraw_the_buyers_case() -> None:
    looking().complains().tries(case.WithdrawCase, SELLER).refused("deal.not_now")


def test_a_case_stays_withdrawable_until_it_is_decided() -> None:
    assert contested().does(case.WithdrawCase, BUYER).clock == "inspect"


def test_a_code_that_did_not_work_can_be_claimed() -> None:
    opened = secret_deal().pays().seals().opens()
    opened.tries(case.OpenCase, BUYER, **opens("code_already_used")).kinds(case.CaseOpened, Frozen)
    withdrawn = opened.complains().does(case.WithdrawCase, BUYER)
    assert withdrawn.clock == "test"


def test_a_swapped_return_is_the_sellers_claim() -> None:
    deed = looking().came_back()
    deed.tries(case.DisputeReturn, SELLER).kinds(returns.ReturnInspected, case.CaseOpened, Frozen)
    disputed = disputed_return()
    assert (disputed.deal.case.claim, disputed.clock) == (
        "swapped_on_return",
        "answer_return_claim",
    )


@pytest.mark.parametrize("silent", [True, False])
def test_a_granted_return_claim_pays_the_seller(silent: bool) -> None:
    deed = disputed_return()
    granted = deed.silence() if silent else deed.does(case.AcceptClaim, BUYER)
    assert granted.phases == ("completed", "released")


def test_a_return_claim_that_is_given_up_refunds_the_buyer() -> None:
    assert disputed_return().does(case.WithdrawCase, SELLER).phases == ("void", "refunded")


def test_a_contested_return_claim_goes_to_an_officer() -> None:
    deed = disputed_return().does(case.ContestClaim, BUYER)
    assert deed.may(OPERATOR) == ("decide_case",)
    deed.does(case.DecideCase, OPERATOR, to_buyer=HALF, body=1, digest="d")
    assert deed.phases == ("completed", "split")


def test_a_decision_names_the_officer() -> None:
    deed = contested()
    answer = deed.tries(case.DecideCase, OPERATOR, to_buyer=PRICE, body=8, digest="d")
    assert answer.facts[0] == case.CaseDecided(
        at=NOW, to_buyer=PRICE, officer=OPERATOR.account, body=8, digest="d"
    )
