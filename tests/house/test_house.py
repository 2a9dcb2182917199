"""The house as a whole: signing up, keys, notices that fail, time, and a restart."""

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from fairhold.adapters.issuer.sandbox import USED_PREFIX, make_card
from fairhold.adapters.payment.sandbox.words import Choice
from fairhold.domain.deal.secret import Withdraw
from fairhold.domain.delivery import Delivery
from fairhold.domain.fingerprint import Hold
from fairhold.engine import inbox
from fairhold.engine.batching import Outcome
from fairhold.engine.desk import Desk, market, people, trade
from fairhold.engine.desk.asked import Profile, Words
from fairhold.engine.desk.moves import MoveArguments
from fairhold.engine.engine import Key
from fairhold.engine.fsck import fsck
from fairhold.engine.fsck.meaning import facts, refold
from fairhold.engine.kinds import ACCOUNT, DEAL, FINGERPRINT, LISTING
from fairhold.engine.ports import Unavailable
from fairhold.house import House
from fairhold.kernel.actor import PLATFORM
from fairhold.kernel.ids import hashed_id
from fairhold.kernel.instant import DAY, HOUR, MINUTE
from fairhold.kernel.money import Money
from fairhold.settings import Settings
from tests.house.market import NOW, Market, granted, market_in, refused

PROFILE = Profile(email="nina@example.org", handle="nina")
KEY = Key.of("nina", "sign up", b"the same")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Market]:
    with market_in(tmp_path) as opened:
        yield opened


# -- signing up -----------------------------------------------------------------------------------


def test_a_repeated_sign_up_opens_one_account(shop: Market) -> None:
    first = granted(people.sign_up(shop.desk, PROFILE, KEY))
    again = granted(people.sign_up(shop.desk, PROFILE, KEY))
    assert (again.stream, again.seq, again.repeated) == (first.stream, first.seq, True)
    assert people.profile_of(shop.desk, first.stream) == PROFILE
    other = Key.of("nina", "sign up", b"another")
    assert refused(people.sign_up(shop.desk, PROFILE, other)) == "request.key_reused"


@pytest.mark.parametrize(
    "email", ["Nina@Example.org", "ｎｉｎａ@example.org", " nina@example.org "]
)
def test_an_address_belongs_to_one_account_however_it_is_spelled(shop: Market, email: str) -> None:
    first = granted(people.sign_up(shop.desk, PROFILE)).stream
    other = Profile(email=email, handle="other")
    assert refused(people.sign_up(shop.desk, other)) == "account.email_taken"
    assert people.find_by_email(shop.desk, email) == first


def cut_off_sign_up(shop: Market) -> int:
    """The address is held, and the process ends before its account is there."""
    account = shop.house.engine.new_stream()
    fingerprint = shop.house.vault.fingerprint_of_address(PROFILE.email)
    shop.desk.hold_fingerprint(fingerprint, account)
    return account


def test_a_sign_up_that_was_cut_off_locks_nobody_out_for_ever(shop: Market) -> None:
    lost = cut_off_sign_up(shop)
    assert refused(people.sign_up(shop.desk, PROFILE)) == "account.email_taken"
    shop.house.advance(HOUR)
    account = granted(people.sign_up(shop.desk, PROFILE)).stream
    assert people.find_by_email(shop.desk, PROFILE.email) == account != lost


def test_an_old_account_keeps_its_address(shop: Market) -> None:
    account = granted(people.sign_up(shop.desk, PROFILE)).stream
    shop.house.advance(DAY)
    assert refused(people.sign_up(shop.desk, PROFILE)) == "account.email_taken"
    assert people.find_by_email(shop.desk, PROFILE.email) == account


# -- keys through the desk ------------------------------------------------------------------------


def test_a_repeated_publication_and_a_repeated_take_are_one(shop: Market) -> None:
    asked = market.Asked(
        words=Words(title="Card"), price=Money(5_000, "CNY"), delivery=Delivery.SECRET
    )
    listings = {
        granted(market.publish(shop.desk, shop.seller, asked, KEY)).stream for _ in range(3)
    }
    (listing,) = listings
    deals = {granted(trade.take(shop.desk, shop.buyer, listing, 1, KEY)).stream for _ in range(3)}
    assert len(deals) == 1
    assert shop.house.engine.version(LISTING, listing) == 1


def test_a_take_is_answered_alike_after_the_listing_has_gone(shop: Market) -> None:
    listing = shop.publish()
    first = granted(trade.take(shop.desk, shop.buyer, listing, 1, KEY))
    granted(market.delist(shop.desk, shop.seller, listing))
    again = granted(trade.take(shop.desk, shop.buyer, listing, 1, KEY))
    assert (again.stream, again.repeated) == (first.stream, True)
    assert refused(trade.take(shop.desk, shop.buyer, listing, 1)) == "listing.withdrawn"


def test_a_repeated_seal_keeps_the_first_secret(shop: Market) -> None:
    deal = shop.take(shop.publish())
    shop.pay(deal)
    told = MoveArguments(number="FH-1", password="one")
    first = granted(trade.move(shop.desk, shop.seller, deal, "seal", told, KEY))
    again = granted(trade.move(shop.desk, shop.seller, deal, "seal", told, KEY))
    assert (again.seq, again.repeated) == (first.seq, True)
    granted(shop.move(shop.buyer, deal, "open"))
    found = trade.reveal(shop.desk, shop.buyer, deal)
    assert (found.number, found.password) == ("FH-1", "one")  # type: ignore[union-attr]


# -- one secret, one deal -------------------------------------------------------------------------


def test_a_secret_is_sold_once_however_it_is_spelled(shop: Market) -> None:
    listing = shop.publish(stock=3)
    first, second = shop.take(listing), shop.take(listing)
    for deal in (first, second):
        shop.pay(deal)
    granted(shop.move(shop.seller, first, "seal", number="AB-12 34", password="xy"))
    again = shop.move(shop.seller, second, "seal", number="XY", password="ａｂ１２３４")
    assert refused(again) == "secret.sold_before"
    granted(shop.move(shop.seller, first, "withdraw"))
    granted(shop.move(shop.seller, second, "seal", number="ab1234", password="XY"))


def test_a_secret_that_is_withdrawn_and_sealed_again_at_once_stays_the_deals_own(
    shop: Market,
) -> None:
    listing = shop.publish(stock=2)
    first, second = shop.take(listing), shop.take(listing)
    for deal in (first, second):
        shop.pay(deal)
    granted(shop.seal(first))
    # Nothing follows in between: the reaction to the withdrawal comes after the second sealing.
    granted(shop.house.engine.do(DEAL, first, Withdraw(by=shop.seller)))
    told = MoveArguments(number="FH 1000 0000 0000 0019", password="pass")
    granted(trade.move(shop.desk, shop.seller, first, "seal", told))
    assert shop.house.settle()
    assert refused(shop.seal(second)) == "secret.sold_before"
    granted(shop.move(shop.buyer, first, "open"))


def test_a_seal_that_was_refused_holds_nothing(shop: Market) -> None:
    deal = shop.take(shop.publish())
    shop.pay(deal)
    used = make_card(1, USED_PREFIX)
    outcome = shop.move(shop.seller, deal, "seal", number=used, password="p")
    assert refused(outcome) == "secret.used_before_sealing"
    for fingerprint in shop.house.vault.fingerprints(used, "p"):
        wish = Hold(by=PLATFORM, fingerprint=fingerprint.hex(), holder=1)
        part = fingerprint[8] % shop.house.store.part_count
        granted(shop.house.engine.do(FINGERPRINT, hashed_id(fingerprint, part), wish))


# -- notices and time -----------------------------------------------------------------------------


def test_a_notice_that_our_own_failure_kept_out_is_delivered_again(
    shop: Market, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    deal = shop.take(shop.publish())
    hear, away = inbox.payment_notice, [True]

    def moody(desk: Desk, headers: Mapping[str, str], body: bytes) -> Outcome | None:
        if away and away.pop():
            message = "the store is away"
            raise Unavailable(message)
        return hear(desk, headers, body)

    monkeypatch.setattr(inbox, "payment_notice", moody)
    shop.pay(deal, Choice.NOTICE_TOGETHER)
    shop.house.advance(MINUTE)
    assert shop.phases(deal) == ("paid", "held")
    assert "a notice could not be heard" in caplog.text


def test_time_goes_from_one_thing_that_is_due_to_the_next(shop: Market) -> None:
    deal = shop.take(shop.publish())
    shop.pay(deal)
    granted(shop.seal(deal))
    assert shop.house.advance(20 * DAY) == NOW + 20 * DAY
    reminded = [
        (row.at - NOW) // DAY
        for row, _ in shop.house.engine.history(deal)
        if row.type in {"order.reminded", "money.released"}
    ]
    assert reminded == [3, 7, 10]


def test_a_house_on_a_file_goes_on_after_a_restart(tmp_path: Path) -> None:
    with market_in(tmp_path, "") as shop:
        deal = shop.take(shop.publish())
        shop.pay(deal)
        granted(shop.seal(deal))
        seller, buyer = shop.seller, shop.buyer
    house = House(Settings(var=tmp_path, test_clock=NOW + HOUR))
    granted(trade.move(house.desk, buyer, deal, "open", MoveArguments()))
    granted(trade.move(house.desk, buyer, deal, "confirm", MoveArguments()))
    assert house.settle()
    assert house.engine.state(DEAL, deal).money.phase.value == "released"  # type: ignore[union-attr]
    assert house.engine.version(ACCOUNT, seller.account) == 1
    verifier = house.signer.verifier
    assert list(fsck(house.store, house.settings.origin, [verifier], facts, refold)) == []
    house.stop()


def test_a_house_that_runs_follows_by_itself(tmp_path: Path) -> None:
    with market_in(tmp_path) as shop:
        paid = threading.Event()
        deal = shop.take(shop.publish())

        def look(_part: int, _head: int) -> None:
            if shop.phases(deal) == ("paid", "held"):
                paid.set()

        shop.house.engine.listen(look)
        shop.house.start()
        shop.provider.pay(shop.checkout(deal))
        assert paid.wait(30)
