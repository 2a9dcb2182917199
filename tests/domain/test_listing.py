"""Listings: versions, stock, and takes that never keep anybody from paying."""

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from fairhold.domain import listing
from fairhold.domain.delivery import Delivery
from fairhold.domain.listing import (
    ClaimUnit,
    Delist,
    Delisted,
    GiveBack,
    GivenBack,
    Listing,
    Offer,
    Publish,
    Published,
    Relist,
    Relisted,
    Revise,
    Revised,
    Take,
    Taken,
    UnitClaimed,
    UnitDenied,
    buyable,
)
from fairhold.kernel.actor import PLATFORM
from fairhold.kernel.money import AMOUNT_MAX, Money
from fairhold.kernel.wish import Refusal
from tests.domain.spec import BUYER, NOW, SELLER, cny, given


def offer(price: Money | None = None) -> Offer:
    return Offer(
        price=price or cny(5_000), delivery=Delivery.SECRET, category="cards", body=1, digest="d"
    )


def published(stock: int = 1) -> Published:
    return Published(at=NOW, owner=SELLER.account, offer=offer(), stock=stock, jurisdiction="cn")


def folded(*events: listing.ListingEvent) -> Listing:
    state: Listing | None = None
    for event in events:
        state = listing.evolve(state, event)
    assert state is not None
    return state


def test_a_listing_begins_with_its_first_version() -> None:
    given(listing).when(Publish(at=NOW, by=SELLER, offer=offer(), stock=2)).then(published(2))
    assert folded(published()).version == 1


def test_a_listing_that_does_not_exist_cannot_be_changed() -> None:
    given(listing).when(Delist(at=NOW, by=SELLER)).refused("listing.unknown")


def test_a_listing_is_published_once() -> None:
    wish = Publish(at=NOW, by=SELLER, offer=offer(), stock=1)
    given(listing, published()).when(wish).refused("listing.exists")


@pytest.mark.parametrize("minor", [0, -1, AMOUNT_MAX + 1])
def test_a_price_is_in_range(minor: int) -> None:
    wish = Publish(at=NOW, by=SELLER, offer=offer(cny(minor)), stock=1)
    given(listing).when(wish).refused("listing.price_out_of_range")


def test_the_currency_is_named_before_the_price() -> None:
    wish = Publish(at=NOW, by=SELLER, offer=offer(Money(0, "XXX")), stock=0)
    given(listing).when(wish).refused("listing.currency_unknown")


@pytest.mark.parametrize("stock", [0, -1, listing.STOCK_MAX + 1])
def test_stock_is_in_range(stock: int) -> None:
    wish = Publish(at=NOW, by=SELLER, offer=offer(), stock=stock)
    given(listing).when(wish).refused("listing.stock_out_of_range", least=1)


def test_stock_is_never_revised_below_what_is_paid_for() -> None:
    past = (published(3), UnitClaimed(at=NOW, deal=1), UnitClaimed(at=NOW, deal=2))
    wish = Revise(at=NOW, by=SELLER, offer=offer(), stock=1)
    given(listing, *past).when(wish).refused("listing.stock_out_of_range", least=2)


@pytest.mark.parametrize("kind", [Delist, Relist])
def test_nobody_else_changes_a_listing(kind: type[Delist]) -> None:
    given(listing, published()).when(kind(at=NOW, by=BUYER)).refused("listing.not_yours")


@pytest.mark.parametrize("kind", [Take, GiveBack])
def test_no_person_takes_or_gives_back_in_place_of_a_deal(kind: type[Take]) -> None:
    given(listing, published()).when(kind(at=NOW, by=SELLER, deal=1)).refused("listing.not_yours")


def test_a_revision_is_a_new_version() -> None:
    new = offer(cny(6_000))
    wish = Revise(at=NOW, by=SELLER, offer=new, stock=4)
    given(listing, published()).when(wish).then(Revised(at=NOW, offer=new, stock=4))
    state = folded(published(), Revised(at=NOW, offer=new, stock=4))
    assert (state.version, state.offer, state.stock) == (2, new, 4)


def test_taking_off_and_putting_back_each_happen_once() -> None:
    past = given(listing, published())
    past.when(Delist(at=NOW, by=SELLER)).then(Delisted(at=NOW))
    past.when(Relist(at=NOW, by=SELLER)).nothing()
    off = given(listing, published(), Delisted(at=NOW))
    off.when(Delist(at=NOW, by=SELLER)).nothing()
    off.when(Relist(at=NOW, by=SELLER)).then(Relisted(at=NOW))
    assert buyable(folded(published(), Delisted(at=NOW), Relisted(at=NOW))) is None


def test_what_is_off_the_market_or_sold_out_cannot_be_taken() -> None:
    assert buyable(folded(published(), Delisted(at=NOW))) == Refusal("listing.withdrawn")
    sold = folded(published(), UnitClaimed(at=NOW, deal=1))
    assert buyable(sold) == Refusal("listing.sold_out")
    assert buyable(folded(published())) is None


def test_a_hundred_unpaid_takes_never_keep_a_payer_out() -> None:
    takes = [Taken(at=NOW, deal=number) for number in range(100)]
    state = given(listing, published(1), *takes)
    assert buyable(state.state) is None
    state.when(ClaimUnit(at=NOW, by=PLATFORM, deal=777, version=1)).then(
        UnitClaimed(at=NOW, deal=777)
    )


def test_more_takes_than_are_counted_change_nothing() -> None:
    takes = [Taken(at=NOW, deal=number) for number in range(listing.TAKEN_MAX)]
    state = given(listing, published(1), *takes)
    state.when(Take(at=NOW, by=PLATFORM, deal=999)).nothing()
    state.when(GiveBack(at=NOW, by=PLATFORM, deal=999)).nothing()


def test_the_unit_goes_to_the_first_claim_and_the_second_is_told() -> None:
    first = given(listing, published(1), Taken(at=NOW, deal=1), UnitClaimed(at=NOW, deal=2))
    claim = ClaimUnit(at=NOW, by=PLATFORM, deal=1, version=1)
    first.when(claim).then(UnitDenied(at=NOW, deal=1))
    again = ClaimUnit(at=NOW, by=PLATFORM, deal=2, version=1)
    first.when(again).nothing()


def test_a_unit_that_is_given_back_can_be_had_again() -> None:
    past = (published(1), UnitClaimed(at=NOW, deal=2))
    given(listing, *past).when(GiveBack(at=NOW, by=PLATFORM, deal=2)).then(
        GivenBack(at=NOW, deal=2)
    )
    back = given(listing, *past, GivenBack(at=NOW, deal=2))
    back.when(GiveBack(at=NOW, by=PLATFORM, deal=2)).nothing()
    assert back.state.left == 1


def test_a_take_is_counted_once() -> None:
    given(listing, published()).when(Take(at=NOW, by=PLATFORM, deal=1)).then(Taken(at=NOW, deal=1))
    given(listing, published(), Taken(at=NOW, deal=1)).when(
        Take(at=NOW, by=PLATFORM, deal=1)
    ).nothing()


@forall(
    st.integers(1, 5),
    st.lists(st.tuples(st.sampled_from(["take", "claim", "back"]), st.integers(1, 8))),
)
def test_never_more_units_are_claimed_than_there_are(
    stock: int, wishes: list[tuple[str, int]]
) -> None:
    state = folded(published(stock))
    for word, deal in wishes:
        wish = {
            "take": Take(at=NOW, by=PLATFORM, deal=deal),
            "claim": ClaimUnit(at=NOW, by=PLATFORM, deal=deal, version=1),
            "back": GiveBack(at=NOW, by=PLATFORM, deal=deal),
        }[word]
        decision = listing.decide(state, wish)
        assert not isinstance(decision, Refusal)
        for event in decision:
            state = listing.evolve(state, event)
        denied = any(isinstance(event, UnitDenied) for event in decision)
        assert 0 <= state.left <= stock
        assert len(set(state.claimed)) == len(state.claimed)
        assert not set(state.claimed) & set(state.taken)
        assert not denied or state.left == 0
        if not denied:
            assert listing.decide(state, wish) == ()  # told again, it is already so


def test_a_listing_waits_for_nothing() -> None:
    assert listing.wake(folded(published())) is None
