"""The feed: complete, in one order, and only one's own."""

from fairhold.engine.feed import Feed, read
from fairhold.house import House
from tests.web.api.conftest import Caller, Market


def test_the_feed_is_complete_and_strictly_increasing(market: Market, house: House) -> None:
    deal = market.completed()
    house.settle()
    seen: list[dict[str, object]] = []
    after = 0
    while True:
        page = market.buyer.got("/events", after=after, limit=4)
        seen += page["data"]
        if not page["has_more"]:
            break
        after = page["data"][-1]["sequence"]
    numbers = [int(str(event["sequence"])) for event in seen]
    assert numbers == sorted(set(numbers))
    mine = [event["version"] for event in seen if event["stream"] == deal["id"]]
    newest = market.buyer.got(f"/deals/{deal['id']}")["version"]
    assert mine == list(range(1, newest + 1))


def test_a_sequence_is_the_place_in_the_tree(market: Market, house: House) -> None:
    market.placed()
    event = market.buyer.got("/events", limit=100)["data"][-1]
    recorded = market.buyer.got(f"/record/events/{event['id']}")
    assert event["sequence"] == recorded["leaf_index"] + 1


def test_nobody_reads_anothers_feed(market: Market, stranger: Caller, house: House) -> None:
    market.completed()
    house.settle()
    streams = {event["stream"] for event in stranger.got("/events", limit=100)["data"]}
    assert streams == {stranger.id}
    foreign = market.buyer.got("/events")["data"][-1]["sequence"]
    refused = stranger.get("/events", after=foreign)
    assert (refused.status_code, refused.json()["code"]) == (422, "request.cursor_unknown")


def test_fingerprints_of_secrets_are_in_nobodys_feed(market: Market, house: House) -> None:
    market.opened()
    house.settle()
    for caller in (market.buyer, market.seller):
        events = caller.got("/events", limit=100)["data"]
        assert not [event for event in events if event["type"].startswith("fingerprint.")]


def test_a_feed_built_again_is_the_same(market: Market, house: House) -> None:
    market.completed()
    house.settle()
    before = read(house.store, market.seller.account, 0, 100)
    house.store.drop_view(["feed"])
    house.store.reset_cursor("feed")
    while Feed(house.store).step():
        pass
    assert read(house.store, market.seller.account, 0, 100) == before
