"""Accounts: sign-up, own data, operators, and leaving only when nothing is owed."""

import pytest

from fairhold.domain import account
from fairhold.domain.account import (
    AccountClosed,
    AccountOpened,
    CloseAccount,
    GrantOperator,
    OpenAccount,
    OperatorGranted,
    ProfileRevised,
    ReviseProfile,
    Standing,
)
from fairhold.kernel.actor import CARRIER, PLATFORM, PROVIDER, Actor
from tests.domain.spec import BUYER, NOW, OPERATOR, SELLER, given

OPENED = AccountOpened(at=NOW, profile=5, digest="d", consent="2026-01")
CLOSED = AccountClosed(at=NOW)


def close(open_deals: int = 0, balance: int = 0, by: Actor = BUYER) -> CloseAccount:
    return CloseAccount(at=NOW, by=by, open_deals=open_deals, balance=balance)


def test_signing_up_names_the_notice_that_was_agreed_to() -> None:
    wish = OpenAccount(at=NOW, by=BUYER, profile=5, digest="d", consent="2026-01")
    given(account).when(wish).then(OPENED)
    given(account, OPENED).when(wish).refused("account.exists")


def test_an_unknown_account_does_nothing() -> None:
    given(account).when(close(), self_id=1).refused("account.unknown")


def test_nobody_changes_the_data_of_another() -> None:
    wish = ReviseProfile(at=NOW, by=SELLER, profile=6, digest="e")
    given(account, OPENED).when(wish, self_id=1).refused("account.not_yours")


def test_ones_own_data_can_be_changed() -> None:
    wish = ReviseProfile(at=NOW, by=BUYER, profile=6, digest="e")
    revised = ProfileRevised(at=NOW, profile=6, digest="e")
    given(account, OPENED).when(wish, self_id=1).then(revised)
    assert given(account, OPENED, revised).state.profile == 6


def test_an_account_with_open_deals_cannot_be_closed() -> None:
    given(account, OPENED).when(close(2, 100), self_id=1).refused("account.has_open_deals", deals=2)


def test_an_account_that_owes_cannot_be_closed() -> None:
    wish = CloseAccount(at=NOW, by=BUYER, open_deals=0, balance=0, debt=5)
    given(account, OPENED).when(wish, self_id=1).refused("account.owes")


def test_an_account_with_money_cannot_be_closed() -> None:
    given(account, OPENED).when(close(0, 100), self_id=1).refused("account.has_money")


def test_leaving_closes_the_account_and_keeps_who_it_was() -> None:
    given(account, OPENED).when(close(), self_id=1).then(CLOSED)
    state = given(account, OPENED, CLOSED).state
    assert (state.standing, state.profile, state.closed_at) == (Standing.CLOSED, 5, NOW)


def test_a_closed_account_does_nothing_more() -> None:
    gone = given(account, OPENED, CLOSED)
    gone.when(close(), self_id=1).refused("account.closed")
    gone.when(GrantOperator(at=NOW, by=PLATFORM)).refused("account.closed")


@pytest.mark.parametrize("who", [PLATFORM, OPERATOR])
def test_the_platform_and_its_operators_make_operators(who: Actor) -> None:
    granted = OperatorGranted(at=NOW, granted_by=who.account)
    given(account, OPENED).when(GrantOperator(at=NOW, by=who)).then(granted)
    again = given(account, OPENED, granted)
    again.when(GrantOperator(at=NOW, by=who)).nothing()
    assert again.state.operator


@pytest.mark.parametrize("who", [BUYER, PROVIDER, CARRIER])
def test_nobody_else_makes_operators(who: Actor) -> None:
    given(account, OPENED).when(GrantOperator(at=NOW, by=who)).refused("account.not_yours")


def test_an_account_waits_for_nothing() -> None:
    assert account.wake(given(account, OPENED).state) is None
