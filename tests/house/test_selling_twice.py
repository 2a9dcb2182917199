"""A secret is sold once, by one deal, and what counts as sealed is in the vault."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fairhold.adapters.issuer.sandbox import USED_PREFIX, make_card
from fairhold.domain.deal.secret import Withdraw
from fairhold.domain.delivery import Delivery
from fairhold.domain.fingerprint import Fingerprint
from fairhold.engine.batching import Outcome, Receipt
from fairhold.engine.desk import market, trade
from fairhold.engine.desk import moves as desk_moves
from fairhold.engine.desk.asked import SecretFields, Words
from fairhold.engine.desk.held import hold_secret
from fairhold.engine.desk.moves import MoveArguments, Prepared
from fairhold.engine.engine import Key
from fairhold.engine.kinds import DEAL, FINGERPRINT
from fairhold.kernel.actor import Actor
from fairhold.kernel.money import Money
from fairhold.kernel.wish import Refusal
from tests.house.market import Market, granted, market_in, refused

CARD = {"number": "6222000012345678", "password": "ab12cd"}
OTHER = {"number": "6222000099999999", "password": "zz99yy"}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Market]:
    with market_in(tmp_path) as opened:
        yield opened


def two_deals(shop: Market) -> tuple[int, int]:
    listing = shop.publish(stock=3)
    first, second = shop.take(listing), shop.take(listing)
    for deal in (first, second):
        shop.pay(deal)
    return first, second


def seal(shop: Market, deal: int, told: dict[str, str], key: Key | None = None) -> Outcome:
    return trade.move(shop.desk, shop.seller, deal, "seal", MoveArguments(**told), key)  # type: ignore[arg-type]


def holders(shop: Market, deal: int) -> list[bool]:
    """For each fingerprint of a deal's secret: whether the deal holds it."""
    streams = shop.deal(deal).secret.fingerprints
    states = [shop.house.engine.state(FINGERPRINT, stream) for stream in streams]
    return [
        isinstance(state, Fingerprint) and deal in {one.holder for one in state.held.values()}
        for state in states
    ]


def meanwhile(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> list[int]:
    """Let something happen once between the first preparation and its decision."""
    prepare, prepared = desk_moves.prepare, []

    def slowly(*args: object, **more: object) -> Prepared | Refusal:
        found: Prepared | Refusal = prepare(*args, **more)  # type: ignore[arg-type]
        prepared.append(1)
        if len(prepared) == 1:
            happens()
        return found

    monkeypatch.setattr(trade, "prepare", slowly)
    return prepared


# -- what was prepared to be refused --------------------------------------------------------------


@pytest.mark.parametrize("key", [None, Key.of("seller", "seal", b"the same")])
def test_a_seal_beside_a_withdrawal_seals_what_was_typed(
    shop: Market, monkeypatch: pytest.MonkeyPatch, key: Key | None
) -> None:
    deal, _ = two_deals(shop)
    granted(seal(shop, deal, OTHER))
    withdraw = Withdraw(by=shop.seller)
    prepared = meanwhile(monkeypatch, lambda: shop.house.engine.do(DEAL, deal, withdraw))
    outcome = granted(seal(shop, deal, CARD, key))
    sealed = shop.deal(deal).secret
    assert len(prepared) == 2
    assert sealed.body
    assert holders(shop, deal) == [True] * len(sealed.fingerprints)
    if key is not None:
        again = granted(seal(shop, deal, CARD, key))
        assert (again.seq, again.repeated) == (outcome.seq, True)
    assert shop.house.settle()
    granted(shop.move(shop.buyer, deal, "open"))
    shown = trade.reveal(shop.desk, shop.buyer, deal)
    assert isinstance(shown, SecretFields)
    assert (shown.number, shown.password) == (CARD["number"], CARD["password"])


def test_a_deal_that_changes_each_time_is_left_alone(
    shop: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    deal, _ = two_deals(shop)
    granted(seal(shop, deal, OTHER))
    blank: list[Prepared] = []

    def late(*args: object, **more: object) -> Prepared | Refusal:
        if not blank:  # what was prepared while a secret was still sealed
            found: Prepared | Refusal = prepare(*args, **more)  # type: ignore[arg-type]
            assert isinstance(found, Prepared)
            blank.append(found)
            shop.house.engine.do(DEAL, deal, Withdraw(by=shop.seller))
        return blank[0]

    prepare = desk_moves.prepare
    monkeypatch.setattr(trade, "prepare", late)
    assert refused(seal(shop, deal, CARD)) == "deal.changed"
    assert shop.deal(deal).secret.phase.value == "withdrawn"


def test_an_opening_asks_the_issuer_about_the_secret_that_it_opens(
    shop: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    deal, _ = two_deals(shop)
    soon_used = {"number": make_card(3), "password": "xy"}
    granted(seal(shop, deal, OTHER))

    def swap() -> None:
        granted(shop.house.engine.do(DEAL, deal, Withdraw(by=shop.seller)))
        command = prepared_seal(shop, deal, soon_used)
        granted(shop.house.engine.do(DEAL, deal, command.command))
        shop.house.issuer.redeem(soon_used["number"], shop.house.clock.now())

    meanwhile(monkeypatch, swap)
    outcome = granted(trade.move(shop.desk, shop.buyer, deal, "open", MoveArguments()))
    assert type(outcome.events[0]).__name__ == "FoundUsed"


def prepared_seal(shop: Market, deal: int, told: dict[str, str]) -> Prepared:
    found = desk_moves.MOVES["seal"](
        desk_moves.Task(
            desk=shop.desk,
            actor=shop.seller,
            deal=deal,
            state=shop.deal(deal),
            told=MoveArguments(**told),  # type: ignore[arg-type]
            rehearse=False,
        )
    )
    assert isinstance(found, Prepared)
    return found


def test_a_parcel_booked_beside_its_payment_has_a_label(
    shop: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = market.Asked(
        words=Words(title="Phone"), price=Money(5_000, "CNY"), delivery=Delivery.PARCEL
    )
    deal = shop.take(granted(market.publish(shop.desk, shop.seller, asked)).stream)
    meanwhile(monkeypatch, lambda: shop.pay(deal))
    granted(trade.move(shop.desk, shop.seller, deal, "book_parcel", MoveArguments()))
    assert shop.deal(deal).parcel.tracking


def test_sealing_and_withdrawing_at_once_never_seals_nothing(shop: Market) -> None:
    deal, _ = two_deals(shop)

    def keep_on(name: str, actor: Actor) -> None:
        for turn in range(15):
            told = MoveArguments(number=f"6222 0000 0000 {turn:04}", password="ab12cd")
            trade.move(shop.desk, actor, deal, name, told)

    threads = [
        threading.Thread(target=keep_on, args=(name, shop.seller))
        for name in ("seal", "withdraw", "seal", "withdraw")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sealed = [row for row, _ in shop.house.engine.history(deal) if row.type == "secret.sealed"]
    assert sealed
    assert not [row for row in sealed if b'"body":0' in row.data]
    assert all(holders(shop, deal))


# -- one secret, two deals ------------------------------------------------------------------------

AGAIN = [
    {"number": "6222000012345678 ab12cd"},
    {"number": "6222000012345678"},
    {"number": "No 6222 0000 1234 5678"},
    {"number": "6222-0000-1234-5678", "password": "none"},
    {"number": "6222000012345678 99"},
    {"password": "ab12cd"},
    {"number": "see password", "password": "AB12CD"},
    {"number": "6222000012345678", "password": "ab12cd!x"},
    {"number": "6222000012345678ab", "password": "12cd"},
    {"number": "ab12cd", "password": "6222000012345678"},
    {"password": "6222000012345678ab12cd"},
    {"password": "\u0430b12\u0441d"},
    {"number": "٦٢٢٢٠٠٠٠١٢٣٤٥٦٧٨"},
    {"number": "6222OOOO12345678"},
    {"number": "622200001234567\uff18"},
    {"password": "\u00e1b12cd"},
    {"number": "62220000\u200b12345678"},
]


@pytest.mark.parametrize("again", AGAIN)
def test_a_card_is_sold_once_wherever_its_characters_stand(
    shop: Market, again: dict[str, str]
) -> None:
    first, second = two_deals(shop)
    granted(seal(shop, first, CARD))
    assert refused(seal(shop, second, again)) == "secret.sold_before"
    granted(seal(shop, second, OTHER))  # the attempt has left nothing behind


@pytest.mark.parametrize("before", [AGAIN[0], AGAIN[2], AGAIN[8]])
def test_the_other_way_round_it_is_sold_once_too(shop: Market, before: dict[str, str]) -> None:
    first, second = two_deals(shop)
    granted(seal(shop, first, before))
    assert refused(seal(shop, second, CARD)) == "secret.sold_before"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"number": "6222000012345678", "password": "123456"}, "6222000012345679"),
        ({"number": "6222 0000 1234 5678", "password": "none"}, "6222 0000 1234 5679"),
        ({"number": "6222000012345678, valid 2027-12-31"}, "6222000099999999, valid 2027-12-31"),
        ({"number": "card 6222000012345678 hotline 400 812 3123"}, "card 9999888877776666 hotline"),
    ],
)
def test_honest_cards_that_share_a_pin_a_series_or_a_date_are_two(
    shop: Market, one: dict[str, str], other: str
) -> None:
    first, second = two_deals(shop)
    granted(seal(shop, first, one))
    granted(seal(shop, second, {**one, "number": other}))


@pytest.mark.parametrize("number", ["----", "a-b", "1 2 3", "\u200b\u200b\u200b\u200b"])
def test_what_is_no_secret_is_not_sealed(shop: Market, number: str) -> None:
    deal, _ = two_deals(shop)
    assert refused(seal(shop, deal, {"number": number})) == "secret.too_short"


def test_two_deals_that_take_one_card_at_once_have_one_holder(shop: Market) -> None:
    first, second = two_deals(shop)
    began, outcomes = threading.Barrier(2), []

    def go(deal: int) -> None:
        began.wait(10)
        outcomes.append(seal(shop, deal, CARD))

    threads = [threading.Thread(target=go, args=(deal,)) for deal in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(isinstance(outcome, Receipt) for outcome in outcomes) == [False, True]


def test_a_secret_of_which_another_has_one_part_leaves_nothing_held(shop: Market) -> None:
    first, second = two_deals(shop)
    granted(seal(shop, first, CARD))
    mixed = {"number": OTHER["number"], "password": CARD["password"]}
    assert refused(seal(shop, second, mixed)) == "secret.sold_before"
    for fingerprint in shop.house.vault.fingerprints(OTHER["number"], ""):
        assert shop.desk.holder_of(fingerprint) is None


def test_an_attempt_that_is_taken_back_leaves_the_hold_of_another(shop: Market) -> None:
    first, second = two_deals(shop)
    fields = SecretFields(**CARD)
    relied_on = hold_secret(shop.desk, first, fields)
    refused_later = hold_secret(shop.desk, first, fields)
    assert relied_on is not None
    assert refused_later is not None
    refused_later.let_go()
    assert hold_secret(shop.desk, second, fields) is None
    relied_on.let_go()
    assert hold_secret(shop.desk, second, fields) is not None


def test_a_seal_that_is_refused_beside_another_leaves_that_one_held(
    shop: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two_deals(shop)
    key = Key.of("seller", "seal", b"one")
    granted(seal(shop, first, OTHER, key))
    granted(shop.move(shop.seller, first, "withdraw"))
    # The other attempt has taken its hold and is not on record yet when this one is refused.
    between = prepared_seal(shop, first, CARD)
    reused = Key.of("seller", "seal", b"another")
    assert refused(seal(shop, first, CARD, reused)) == "request.key_reused"
    granted(shop.house.engine.do(DEAL, first, between.command))
    assert all(holders(shop, first))
    assert refused(seal(shop, second, CARD)) == "secret.sold_before"


# -- what the issuer is asked ---------------------------------------------------------------------

USED = make_card(1, USED_PREFIX)


@pytest.mark.parametrize(
    "told",
    [
        {"number": "Card", "password": USED},
        {"number": make_card(2), "password": USED},
        {"number": f"No {USED}"},
        {"number": f"card: {USED[:6]} {USED[6:]} thanks"},
        {"number": USED.replace("0", "O")},
        {"number": f"FH00000000000000 {USED}"},
    ],
)
def test_the_issuer_is_asked_about_all_that_may_be_a_card(
    shop: Market, told: dict[str, str]
) -> None:
    deal, second = two_deals(shop)
    assert refused(seal(shop, deal, told)) == "secret.used_before_sealing"
    assert all(
        shop.desk.holder_of(one) is None for one in shop.house.vault.fingerprints(*told.values())
    )
    granted(seal(shop, second, CARD))
