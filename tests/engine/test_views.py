"""Read models can be thrown away and come back byte for byte."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fairhold.domain.delivery import Delivery
from fairhold.engine import views
from fairhold.engine.desk import talk
from fairhold.engine.desk.asked import Words
from fairhold.engine.desk.market import Asked, delist, revise
from fairhold.engine.followers import Projection
from fairhold.kernel.instant import DAY
from fairhold.kernel.money import Money
from fairhold.projections.views import VIEWS
from fairhold.stores.memory import MemoryStore
from tests.house.market import Market, granted, market_in

Everything = dict[str, object]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Market]:
    with market_in(tmp_path) as market:
        trade(market)
        yield market


def trade(shop: Market) -> None:
    """A little of everything that has a document."""
    listing, other = shop.publish(stock=5), shop.publish(stock=1)
    good, idle, case = (shop.take(listing) for _ in range(3))
    shop.pay(good)
    shop.complete(good)
    shop.pay(case)
    granted(shop.seal(case, number="FH-1234"))
    granted(shop.move(shop.buyer, case, "open"))
    granted(shop.move(shop.buyer, case, "open_case", claim="code_never_worked"))
    channel = shop.channel(idle)
    granted(talk.say(shop.desk, shop.buyer, channel, "is it still there?"))
    granted(talk.say(shop.desk, shop.seller, channel, "yes"))
    granted(talk.recall(shop.desk, shop.buyer, channel, 1))
    granted(talk.mark_read(shop.desk, shop.seller, channel, 2))
    asked = Asked(
        words=Words(title="Another card"),
        price=Money(700, "CNY"),
        delivery=Delivery.SECRET,
        stock=2,
    )
    granted(revise(shop.desk, shop.seller, listing, asked))
    granted(delist(shop.desk, shop.seller, other))
    shop.house.advance(DAY)


def everything(shop: Market) -> Everything:
    """All documents and all index entries of the read models, in order."""
    store = shop.house.store
    assert isinstance(store, MemoryStore)
    documents: Everything = {
        f"{view}/{id_}": data for (view, id_), data in sorted(store._documents.items())
    }
    for (view, index, value), places in sorted(store._indexes.items()):
        if view in VIEWS and places:
            documents[f"{view}:{index}={value}"] = tuple(places)
    return documents


def test_rebuilt_read_models_are_equal_byte_for_byte(shop: Market) -> None:
    before = everything(shop)
    views.rebuild(shop.house.store)
    assert not any(name.partition("/")[0] in VIEWS for name in everything(shop))
    assert shop.house.settle()
    assert everything(shop) == before
    kinds = {name.partition("/")[0] for name in before if "/" in name}
    assert kinds == {*VIEWS, "feed"}


def test_read_models_made_entry_by_entry_equal_those_made_at_once(
    shop: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(shop)
    monkeypatch.setattr("fairhold.engine.followers.BATCH", 1)
    views.rebuild(shop.house.store)
    assert shop.house.settle()
    assert everything(shop) == before


def test_a_rebuild_that_is_cut_off_anywhere_is_made_good_by_the_follower(
    shop: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, store = everything(shop), shop.house.store
    reset = store.reset_cursor

    def cut_off(consumer: str) -> None:
        reset(consumer)
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "reset_cursor", cut_off)
    with pytest.raises(KeyboardInterrupt):
        views.rebuild(store)
    monkeypatch.undo()
    drop = store.drop_view

    def cut_off_after(names: tuple[str, ...]) -> None:
        drop(names)
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "drop_view", cut_off_after)
    with pytest.raises(KeyboardInterrupt):
        views.rebuild(store)
    monkeypatch.undo()
    assert shop.house.settle()
    assert everything(shop) == before


def test_a_follower_that_writes_during_a_rebuild_leaves_nothing_out(
    shop: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, store = everything(shop), shop.house.store
    follower: Projection = views.follower(store)
    drop = store.drop_view

    def beside(names: tuple[str, ...]) -> None:
        follower.step()
        drop(names)
        follower.step()

    monkeypatch.setattr(store, "drop_view", beside)
    views.rebuild(store)
    monkeypatch.undo()
    assert shop.house.settle()
    assert everything(shop) == before
