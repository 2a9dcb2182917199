"""What a fact of one aggregate means for the others."""

import pytest

from fairhold.domain import conversation, fingerprint, listing, reactions, wallet
from fairhold.domain.deal import money, order, secret
from fairhold.domain.deal.phases import ParcelPhase
from fairhold.domain.reactions import Reaction
from fairhold.kernel.actor import PLATFORM
from tests.domain.spec import BUYER, NOW, SELLER, Deed, cny, parcel_deal, secret_deal

DEAL = 7
VERSION = 9


def follows(deed: Deed, kind: type[object]) -> tuple[Reaction, ...]:
    """What follows from the last fact of a kind."""
    event = next(event for event in reversed(deed.events) if isinstance(event, kind))
    return tuple(reactions.of_deal(DEAL, deed.deal, event, VERSION))


def test_a_placed_deal_is_counted_and_has_a_channel() -> None:
    take, start = follows(secret_deal(), order.Placed)
    assert take == Reaction("listing", 10, listing.Take(by=PLATFORM, deal=DEAL))
    assert isinstance(start.command, conversation.Start)
    assert (start.of, start.command.people) == (DEAL, (BUYER.account, SELLER.account))


def test_a_promise_to_pay_claims_a_unit() -> None:
    (claim,) = follows(secret_deal().pays(), money.Authorised)
    assert claim.command == listing.ClaimUnit(by=PLATFORM, deal=DEAL, version=3)


def test_the_listing_answers_the_deal() -> None:
    (yes,) = reactions.of_listing(listing.UnitClaimed(at=NOW, deal=DEAL))
    (no,) = reactions.of_listing(listing.UnitDenied(at=NOW, deal=DEAL))
    assert (yes.stream, yes.command) == (DEAL, money.ConfirmStock(by=PLATFORM))
    assert (no.stream, no.command) == (DEAL, money.DenyStock(by=PLATFORM))
    assert reactions.of_listing(listing.Taken(at=NOW, deal=DEAL)) == ()


def test_a_void_deal_gives_its_unit_back() -> None:
    (back,) = follows(secret_deal().silence(), order.Voided)
    assert back.command == listing.GiveBack(by=PLATFORM, deal=DEAL)


@pytest.mark.parametrize(
    "deed",
    [
        parcel_deal().pays().books().scanned(ParcelPhase.HANDED_OVER).scanned(ParcelPhase.LOST),
        secret_deal().pays().seals().opens(secret.IssuerWord(asked=True, used_at=NOW)),
    ],
    ids=["a lost parcel", "a used code"],
)
def test_what_has_left_its_seller_is_not_back_in_stock(deed: Deed) -> None:
    assert all(reaction.kind != "listing" for reaction in follows(deed, order.Voided))


def test_a_void_deal_lets_go_of_the_secret_that_nobody_opened() -> None:
    _, *let_go = follows(secret_deal().seals().silence(), order.Voided)
    before = fingerprint.mark_of(VERSION)
    wish = fingerprint.LetGo(by=PLATFORM, holder=DEAL, before=before)
    assert let_go == [Reaction("fingerprint", number, wish) for number in (21, 22)]


def test_a_withdrawn_secret_can_be_sold_elsewhere() -> None:
    let_go = follows(secret_deal().seals().does(secret.Withdraw, SELLER), secret.Withdrawn)
    assert [reaction.stream for reaction in let_go] == [21, 22]
    assert all(isinstance(reaction.command, fingerprint.LetGo) for reaction in let_go)


@pytest.mark.parametrize("used_at", [None, NOW])
def test_an_opened_or_used_secret_is_never_sold_again(used_at: int | None) -> None:
    word = secret.IssuerWord(asked=True, used_at=used_at)
    opened = secret_deal().pays().seals().opens(word)
    kind = secret.FoundUsed if used_at else secret.Opened
    spend = fingerprint.Spend(by=PLATFORM, holder=DEAL)
    assert follows(opened, kind) == tuple(Reaction("fingerprint", one, spend) for one in (21, 22))


def test_released_money_reaches_the_wallet_without_the_fee() -> None:
    done = secret_deal().pays().seals().opens().does(order.Confirm, BUYER)
    (credit,) = follows(done, money.Released)
    assert (credit.kind, credit.of) == ("wallet", SELLER.account)
    assert credit.command == wallet.Credit(
        by=PLATFORM, owner=SELLER.account, deal=DEAL, amount=cny(9_900)
    )


def test_most_facts_concern_nobody_else() -> None:
    assert follows(secret_deal().pays(), order.Paid) == ()
