"""Money and postings: whole minor units of one currency."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhold.domain.books import Account, transfer
from fairhold.kernel.line import Line, balanced
from fairhold.kernel.money import AMOUNT_MAX, EXPONENT, Money

MINORS = st.integers(-AMOUNT_MAX, AMOUNT_MAX)


@given(MINORS, MINORS)
def test_what_is_added_can_be_taken_away(one: int, other: int) -> None:
    total = Money(one, "CNY") + Money(other, "CNY")
    assert total - Money(other, "CNY") == Money(one, "CNY")


def test_two_currencies_never_meet() -> None:
    with pytest.raises(AssertionError):
        Money(1, "CNY") + Money(1, "EUR")
    with pytest.raises(AssertionError):
        Money(1, "CNY") - Money(1, "EUR")


@given(st.integers(0, AMOUNT_MAX), st.integers(0, 10_000))
def test_a_share_is_never_more_than_its_part(minor: int, points: int) -> None:
    share = Money(minor, "JPY").share(points)
    assert share.minor * 10_000 <= minor * points < (share.minor + 1) * 10_000
    assert share.currency == "JPY"


def test_nothing_keeps_its_currency() -> None:
    assert Money(5, "EUR").zero() == Money(0, "EUR")


def test_a_currency_has_the_digits_of_its_minor_unit() -> None:
    assert (EXPONENT["CNY"], EXPONENT["JPY"], EXPONENT["KWD"]) == (2, 0, 3)


@given(st.integers(1, AMOUNT_MAX))
def test_a_transfer_balances(minor: int) -> None:
    lines = transfer(Money(minor, "CNY"), (Account.CLEARING, 0), (Account.HOLD, 7))
    assert lines == (Line("clearing", 0, minor, "CNY"), Line("hold", 7, -minor, "CNY"))
    assert balanced(lines)


def test_a_transfer_of_nothing_has_no_lines() -> None:
    assert transfer(Money(0, "CNY"), (Account.CLEARING, 0), (Account.HOLD, 7)) == ()


def test_two_currencies_do_not_balance_each_other() -> None:
    assert not balanced((Line("a", 0, 5, "CNY"), Line("b", 0, -5, "EUR")))
    assert balanced(())
