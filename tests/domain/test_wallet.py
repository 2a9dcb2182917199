"""A seller's wallet: credited once by each deal, never below nothing."""

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from fairhold.domain import wallet
from fairhold.domain.wallet import (
    Credit,
    Credited,
    DepositLocked,
    DepositUnlocked,
    LockDeposit,
    NotePayout,
    Owe,
    Owed,
    PaidOut,
    PayoutRequested,
    PayoutReturned,
    Recovered,
    RequestPayout,
    UnlockDeposit,
)
from fairhold.kernel.actor import PLATFORM, PROVIDER
from fairhold.kernel.line import balanced
from fairhold.kernel.money import Money
from fairhold.kernel.wish import Command, Refusal
from tests.domain.spec import BUYER, NOW, SELLER, cny, given

CREDITED = Credited(at=NOW, owner=2, deal=7, amount=cny(900))
REQUESTED = PayoutRequested(at=NOW, owner=2, number=1, amount=cny(400))
LOCKED = DepositLocked(at=NOW, owner=2, amount=cny(300))


def credit(deal: int = 7) -> Credit:
    return Credit(at=NOW, by=PLATFORM, owner=2, deal=deal, amount=cny(900))


def test_a_deal_credits_a_wallet_once() -> None:
    given(wallet).when(credit()).then(CREDITED)
    given(wallet, CREDITED).when(credit()).nothing()
    assert given(wallet, CREDITED).state.available == {"CNY": 900}


def test_no_person_credits_a_wallet() -> None:
    wish = Credit(at=NOW, by=SELLER, owner=2, deal=7, amount=cny(900))
    given(wallet).when(wish).refused("wallet.not_yours")


def test_there_is_no_wallet_before_the_first_credit() -> None:
    wish = RequestPayout(at=NOW, by=SELLER, amount=cny(1))
    given(wallet).when(wish).refused("wallet.unknown")


def test_nobody_is_paid_out_of_anothers_wallet() -> None:
    wish = RequestPayout(at=NOW, by=BUYER, amount=cny(1))
    given(wallet, CREDITED).when(wish).refused("wallet.not_yours")


@pytest.mark.parametrize("minor", [0, -1])
def test_a_payout_is_of_something(minor: int) -> None:
    wish = RequestPayout(at=NOW, by=SELLER, amount=cny(minor))
    given(wallet, CREDITED).when(wish).refused("wallet.amount_out_of_range")


@pytest.mark.parametrize("amount", [cny(901), Money(1, "EUR")])
def test_a_payout_is_of_what_is_there(amount: Money) -> None:
    wish = RequestPayout(at=NOW, by=SELLER, amount=amount)
    given(wallet, CREDITED).when(wish).refused("wallet.not_enough")


def test_a_payout_leaves_the_wallet_when_it_is_asked_for() -> None:
    wish = RequestPayout(at=NOW, by=SELLER, amount=cny(400))
    given(wallet, CREDITED).when(wish).then(REQUESTED)
    assert given(wallet, CREDITED, REQUESTED).state.available == {"CNY": 500}


def test_only_so_many_payouts_wait_at_a_time() -> None:
    many = [
        PayoutRequested(at=NOW, owner=2, number=number + 1, amount=cny(1))
        for number in range(wallet.PAYOUTS_PENDING_MAX)
    ]
    wish = RequestPayout(at=NOW, by=SELLER, amount=cny(1))
    given(wallet, CREDITED, *many).when(wish).refused("wallet.amount_out_of_range")


def test_a_payout_that_the_bank_took_is_done() -> None:
    note = NotePayout(at=NOW, by=PROVIDER, number=1, paid=True)
    paid = PaidOut(at=NOW, owner=2, number=1, amount=cny(400))
    given(wallet, CREDITED, REQUESTED).when(note).then(paid)
    given(wallet, CREDITED, REQUESTED, paid).when(note).nothing()


def test_a_payout_that_the_bank_sent_back_is_available_again() -> None:
    note = NotePayout(at=NOW, by=PROVIDER, number=1, paid=False)
    back = PayoutReturned(at=NOW, owner=2, number=1, amount=cny(400))
    given(wallet, CREDITED, REQUESTED).when(note).then(back)
    assert given(wallet, CREDITED, REQUESTED, back).state.available == {"CNY": 900}


@pytest.mark.parametrize("number", [0, 2])
def test_a_payout_that_was_never_asked_for_is_refused(number: int) -> None:
    note = NotePayout(at=NOW, by=PROVIDER, number=number, paid=True)
    given(wallet, CREDITED, REQUESTED).when(note).refused("wallet.unknown_payout")


def test_nobody_but_the_provider_says_how_a_payout_ended() -> None:
    note = NotePayout(at=NOW, by=SELLER, number=1, paid=False)
    given(wallet, CREDITED, REQUESTED).when(note).refused("wallet.not_yours")


def test_a_deposit_stands_until_no_deal_needs_it() -> None:
    lock = LockDeposit(at=NOW, by=SELLER, amount=cny(300))
    given(wallet, CREDITED).when(lock).then(LOCKED)
    unlock = UnlockDeposit(at=NOW, by=SELLER, amount=cny(300), open_deals=1)
    stands = given(wallet, CREDITED, LOCKED)
    stands.when(unlock).refused("wallet.deposit_is_needed", deals=1)
    free = UnlockDeposit(at=NOW, by=SELLER, amount=cny(300), open_deals=0)
    stands.when(free).then(DepositUnlocked(at=NOW, owner=2, amount=cny(300)))
    assert (stands.state.available, stands.state.deposit) == ({"CNY": 600}, {"CNY": 300})


def test_no_more_is_unlocked_than_stands() -> None:
    wish = UnlockDeposit(at=NOW, by=SELLER, amount=cny(301), open_deals=0)
    given(wallet, CREDITED, LOCKED).when(wish).refused("wallet.not_enough")


@pytest.mark.parametrize(
    ("event", "debit", "credit"),
    [
        (CREDITED, ("owed", 0), ("available", 2)),
        (REQUESTED, ("available", 2), ("payout", 2)),
        (PaidOut(at=NOW, owner=2, number=1, amount=cny(400)), ("payout", 2), ("clearing", 0)),
        (
            PayoutReturned(at=NOW, owner=2, number=1, amount=cny(400)),
            ("payout", 2),
            ("available", 2),
        ),
        (LOCKED, ("available", 2), ("deposit", 2)),
        (DepositUnlocked(at=NOW, owner=2, amount=cny(300)), ("deposit", 2), ("available", 2)),
    ],
)
def test_every_fact_moves_its_money_between_two_accounts(
    event: wallet.WalletEvent, debit: tuple[str, int], credit: tuple[str, int]
) -> None:
    assert not isinstance(event, Recovered)
    taken, given_to = wallet.postings(event, 0)
    assert (taken.account, taken.holder) == debit
    assert (given_to.account, given_to.holder) == credit
    assert taken.minor == -given_to.minor == event.amount.minor


AMOUNTS = st.integers(-5, 50).map(cny)
WISHES = st.one_of(
    st.builds(Credit, at=st.just(NOW), by=st.just(PLATFORM), owner=st.just(2),
              deal=st.integers(1, 5), amount=st.integers(1, 50).map(cny)),
    st.builds(RequestPayout, at=st.just(NOW), by=st.just(SELLER), amount=AMOUNTS),
    st.builds(LockDeposit, at=st.just(NOW), by=st.just(SELLER), amount=AMOUNTS),
    st.builds(UnlockDeposit, at=st.just(NOW), by=st.just(SELLER), amount=AMOUNTS,
              open_deals=st.integers(0, 1)),
    st.builds(NotePayout, at=st.just(NOW), by=st.just(PROVIDER), number=st.integers(0, 4),
              paid=st.booleans()),
)  # fmt: skip


@forall(st.lists(WISHES, max_size=30))
def test_the_wallet_and_the_books_agree_after_anything(wishes: list[Command]) -> None:
    state: wallet.Wallet | None = None
    books: dict[str, int] = {}
    for wish in wishes:
        decision = wallet.decide(state, wish)
        for event in () if isinstance(decision, Refusal) else decision:
            state = wallet.evolve(state, event)
            lines = wallet.postings(event, 0)
            assert balanced(lines)
            for line in lines:
                books[line.account] = books.get(line.account, 0) + line.minor
    if state is None:
        return
    pending = sum(payout.amount.minor for payout in state.pending)
    assert books.get("available", 0) == -state.available.get("CNY", 0)
    assert books.get("deposit", 0) == -state.deposit.get("CNY", 0)
    assert books.get("payout", 0) == -pending


def test_a_wallet_waits_for_nothing() -> None:
    assert wallet.wake(given(wallet, CREDITED).state) is None


def owe(minor: int, cause: str = "7:n1") -> Owe:
    return Owe(at=NOW, by=PLATFORM, owner=2, cause=cause, amount=cny(minor))


def recovered(available: int, deposit: int = 0) -> Recovered:
    return Recovered(at=NOW, owner=2, from_available=cny(available), from_deposit=cny(deposit))


OWED = Owed(at=NOW, owner=2, cause="7:n1", amount=cny(1_000))


def test_what_a_bank_took_back_is_taken_from_the_wallet_first_available_then_deposit() -> None:
    rich = given(wallet, CREDITED, LOCKED)
    rich.when(owe(1_000)).then(OWED, recovered(600, 300))
    left = given(wallet, CREDITED, LOCKED, OWED, recovered(600, 300)).state
    assert left.available == {"CNY": 0}
    assert left.deposit == {"CNY": 0}
    assert left.owes == {"CNY": 100}


def test_an_act_makes_its_owner_owe_once() -> None:
    given(wallet, CREDITED, OWED, recovered(900)).when(owe(1_000)).nothing()


def test_somebody_without_a_wallet_can_owe() -> None:
    given(wallet).when(owe(1_000)).then(OWED)


def test_nothing_leaves_a_wallet_that_owes() -> None:
    owing = given(wallet, OWED)
    for wish in (
        RequestPayout(at=NOW, by=SELLER, amount=cny(1)),
        LockDeposit(at=NOW, by=SELLER, amount=cny(1)),
        UnlockDeposit(at=NOW, by=SELLER, amount=cny(1), open_deals=0),
    ):
        owing.when(wish).refused("wallet.owes", owed=1_000, currency="CNY")


def test_the_next_sale_pays_a_debt_first() -> None:
    given(wallet, OWED).when(credit()).then(CREDITED, recovered(900))
    more = Credited(at=NOW, owner=2, deal=8, amount=cny(900))
    debt = given(wallet, OWED, CREDITED, recovered(900))
    debt.when(credit(8)).then(more, recovered(100))
    free = given(wallet, OWED, CREDITED, recovered(900), more, recovered(100)).state
    assert (free.owes, free.available) == ({}, {"CNY": 800})


def test_a_payout_that_comes_back_pays_a_debt_first() -> None:
    returned = PayoutReturned(at=NOW, owner=2, number=1, amount=cny(400))
    note = NotePayout(at=NOW, by=PROVIDER, number=1, paid=False)
    owing = given(wallet, CREDITED, REQUESTED, OWED, recovered(500))
    owing.when(note).then(returned, recovered(400))


def test_what_is_recovered_balances() -> None:
    assert balanced(wallet.postings(recovered(600, 300), 1))
    assert wallet.postings(OWED, 1) == ()
