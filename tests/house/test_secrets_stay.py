"""Nothing of a secret is anywhere but in the vault: not in files, logs, errors, events or lists."""

import base64
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairhold.domain.delivery import Delivery
from fairhold.engine.desk import market, people, talk, trade
from fairhold.engine.desk.asked import Profile, SecretFields, Words
from fairhold.engine.desk.moves import MoveArguments
from fairhold.engine.outside import OutsideUnavailable
from fairhold.kernel.instant import DAY
from fairhold.kernel.money import Money
from tests.house.market import Market, granted, market_in, refused

NUMBER = "S3CRET-7741-8852"
PASSWORD = "S3CRETPASS9"
USED = "FH99-S3CRET-0000"
CHAT = "卡号 S3CRET 4411 2233 9988 密码 S3CRET77 S3CRET88"
PLAIN_WORDS = "Wh1sper about the lake"
TRACES = ("s3cret", "77418852", "7741-8852", "passw0rd", "wh1sper", "anna@quiet")


def spellings(trace: str) -> Iterator[bytes]:
    """A trace as it might be written down: either case, wide, escaped, coded."""
    for text in (trace, trace.upper(), trace.capitalize()):
        yield text.encode()
        yield text.encode("utf-16-le")
        yield text.encode().hex().encode()
        yield base64.b64encode(text.encode()).rstrip(b"=")[:-1]


NEEDLES = tuple({needle for trace in TRACES for needle in spellings(trace) if len(needle) > 3})


def found_in(data: bytes) -> list[bytes]:
    return [needle for needle in NEEDLES if needle in data]


def trade_with_secrets(shop: Market) -> None:
    """Secrets on every way in: sealed, refused, withdrawn, typed into chat, opened, read again."""
    listing = shop.publish(stock=9)
    deal, other, early = (shop.take(listing) for _ in range(3))
    told = {"number": NUMBER, "password": PASSWORD, "card_kind": "S3CRET kind"}
    refused(shop.move(shop.buyer, deal, "seal", **told))
    for paid in (deal, other):
        shop.pay(paid)
    granted(shop.move(shop.seller, deal, "seal", **told))
    refused(shop.move(shop.seller, deal, "seal", **told))
    refused(shop.move(shop.seller, other, "seal", **told))
    refused(shop.move(shop.seller, other, "seal", number=NUMBER * 20))
    granted(shop.move(shop.seller, early, "seal", number=NUMBER + "A", password=PASSWORD + "A"))
    granted(shop.move(shop.seller, early, "withdraw"))
    shop.house.issuer.set_down(down=True)
    granted(shop.move(shop.seller, other, "seal", number=NUMBER + "B", password=PASSWORD + "B"))
    shop.house.issuer.set_down(down=False)
    channel = shop.channel(deal)
    assert refused(talk.say(shop.desk, shop.seller, channel, CHAT)) == (
        "conversation.secret_stopped"
    )
    granted(talk.say(shop.desk, shop.seller, channel, PLAIN_WORDS))
    granted(shop.move(shop.buyer, deal, "open"))
    granted(shop.move(shop.buyer, deal, "read_again"))
    shown = trade.reveal(shop.desk, shop.buyer, deal)
    assert isinstance(shown, SecretFields)
    assert (shown.number, shown.password) == (NUMBER, PASSWORD)
    refused(shop.move(shop.seller, deal, "open"))
    shop.house.advance(DAY)


def run(folder: Path, url: str) -> Iterator[Market]:
    with market_in(folder, url) as shop:
        quiet = Profile(email="anna@quiet.example", handle="passw0rd-anna")
        granted(people.sign_up(shop.desk, quiet))
        refused(people.sign_up(shop.desk, quiet))
        trade_with_secrets(shop)
        yield shop


@pytest.fixture
def shop(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Market]:
    caplog.set_level(logging.DEBUG)
    yield from run(tmp_path, "")


def test_no_file_holds_a_trace_of_a_secret_while_the_house_is_open(
    shop: Market, tmp_path: Path
) -> None:
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"fairhold.sqlite3", "fairhold.sqlite3-wal"} <= {path.name for path in files}
    assert {"payment.jsonl", "issuer.jsonl", "carrier.jsonl"} <= {path.name for path in files}
    assert sum(path.stat().st_size for path in files) > 100_000
    assert {path.name: found_in(path.read_bytes()) for path in files} == {
        path.name: [] for path in files
    }


def test_no_file_holds_a_trace_of_a_secret_after_the_house_was_closed(tmp_path: Path) -> None:
    for _ in run(tmp_path, ""):
        pass
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or found_in(path.read_bytes()) == [], path.name


def test_the_search_would_find_a_secret_that_slipped_through(shop: Market, tmp_path: Path) -> None:
    shop.house.store.shelf_put("slip", "key", NUMBER.encode())
    data = b"".join(path.read_bytes() for path in tmp_path.glob("fairhold.sqlite3*"))
    assert found_in(data)


def test_neither_logs_nor_events_nor_read_models_hold_a_trace(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for shop in run(tmp_path, "memory:"):
        store = shop.house.store
        rows = [row for part in store.parts() for row in store.log(part, 0, 10_000)]
        assert len(rows) > 40
        assert found_in(b"".join(row.data for row in rows)) == []
        everything = repr(vars(store)).encode()
        assert len(everything) > 20_000
        assert found_in(everything) == []
    assert found_in(caplog.text.encode()) == []


def test_refusals_and_receipts_hold_no_trace(shop: Market) -> None:
    deal = shop.take(shop.publish())
    shop.pay(deal)
    outcomes = [
        shop.move(shop.seller, deal, "seal", number=NUMBER, password=PASSWORD),
        shop.move(shop.seller, deal, "seal", number=NUMBER + "C", password=PASSWORD + "C"),
        shop.move(shop.seller, deal, "seal", number=NUMBER + "D", password=PASSWORD + "D"),
        shop.move(shop.seller, deal, "nonsense", number=NUMBER),
        talk.say(shop.desk, shop.seller, shop.channel(deal), CHAT),
    ]
    assert found_in(repr(outcomes).encode()) == []


def test_errors_on_the_way_of_a_secret_do_not_repeat_it(
    shop: Market, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    deal = shop.take(shop.publish())
    shop.pay(deal)
    told = MoveArguments(number=NUMBER + "E", password=PASSWORD + "E")
    failure = OutsideUnavailable("away")

    def away(*_: object, **__: object) -> None:
        raise failure

    for place, name in ((shop.house.vault, "seal_secret"), (shop.house.engine, "do")):
        monkeypatch.setattr(place, name, away)
        with pytest.raises(OutsideUnavailable) as caught:
            trade.move(shop.desk, shop.seller, deal, "seal", told)
        assert found_in(str(caught.value).encode()) == []
        monkeypatch.undo()
    assert found_in(caplog.text.encode()) == []


def test_words_of_a_listing_are_no_secret_but_lie_encrypted_too(tmp_path: Path) -> None:
    with market_in(tmp_path, "") as shop:
        asked = market.Asked(
            words=Words(title="Wh1sper", description="S3CRET"),
            price=Money(5, "CNY"),
            delivery=Delivery.SECRET,
        )
        granted(market.publish(shop.desk, shop.seller, asked))
    data = b"".join(path.read_bytes() for path in tmp_path.glob("fairhold.sqlite3*"))
    assert found_in(data) == []
