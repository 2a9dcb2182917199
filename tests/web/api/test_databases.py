"""The API on the databases that it is run on, not only in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fairhold.engine.clock import TestClock
from fairhold.house import House
from fairhold.settings import Settings
from fairhold.stores import open_store
from tests.web.api.conftest import Caller, Market
from tests.web.conftest import BASE_URL, START


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    url = str(request.getfixturevalue("postgres_url")) if request.param == "postgres" else ""
    settings = Settings(var=tmp_path, database_url=url, base_url=BASE_URL, local_webhooks=True)
    house = House(settings, clock=TestClock(START), store=open_store(url or None, tmp_path))
    house.steps = [step for step in house.steps if not step.name.startswith("webhook")]
    yield house
    house.stop()


def test_a_whole_deal_its_feed_and_its_proofs(
    market: Market, house: House, operator: Caller
) -> None:
    deal = market.completed()
    assert deal["money"]["phase"] == "released"
    house.settle()
    house.integrator.sign(house.clock.now())
    feed = market.buyer.got("/events", limit=100)["data"]
    assert {event["stream"] for event in feed} >= {deal["id"], market.buyer.id}
    last = feed[-1]
    proof = market.buyer.got("/record/proof/inclusion", event=last["id"])
    assert proof["leaf_index"] == last["sequence"] - 1
    assert [row["id"] for row in market.seller.got("/deals")["data"]] == [deal["id"]]
    assert operator.got("/reconciliation")["agrees"]


def test_endpoints_keys_and_repetition_live_on_the_shelf(market: Market) -> None:
    body = {"url": "http://127.0.0.1:9/"}
    first = market.buyer.post("/webhook_endpoints", body, "one")
    again = market.buyer.post("/webhook_endpoints", body, "one")
    assert first.json() == again.json()
    assert len(market.buyer.got("/webhook_endpoints")["data"]) == 1
    assert market.buyer.delete(f"/webhook_endpoints/{first.json()['id']}").status_code == 204
    assert market.buyer.got("/webhook_endpoints")["data"] == []
