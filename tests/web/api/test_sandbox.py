"""Moving the sandbox over the API; in live mode none of it is there."""

import time

import pytest
from litestar.testing import TestClient
from msgspec.structs import replace

from fairhold.house import House
from fairhold.kernel.instant import DAY, HOUR, rfc3339
from fairhold.web.server import create_app
from fairhold.web.services import Services
from tests.web.api.conftest import CARD, Caller, Json, Market
from tests.web.conftest import BASE_URL


def arrive(caller: Caller) -> Json:
    """Poll until the clock stands still, as an integrator does."""
    end = time.monotonic() + 30
    while (clock := caller.got("/test_clock"))["status"] == "advancing":
        assert time.monotonic() < end
        time.sleep(0.005)
    assert clock["status"] == "ready"
    return clock


def test_time_passes_and_every_timer_fires_in_its_turn(market: Market) -> None:
    deal = market.sealed()
    begun = market.buyer.post("/test_clock/advance", {"by_ms": 40 * DAY})
    assert begun.status_code == 202
    assert arrive(market.buyer)["now"] == begun.json()["target"]
    ended = market.buyer.got(f"/deals/{deal['id']}")
    assert ended["order"]["phase"] == "completed"
    events = market.buyer.got(f"/deals/{deal['id']}/events", limit=100)["data"]
    due = deal["next_actions"]["deadline"]["due_at"]
    completed = next(event for event in events if event["type"] == "order.completed")
    assert completed["at"] == due
    reminders = [event for event in events if event["type"] == "order.reminded"]
    assert reminders


def test_time_goes_to_an_instant(market: Market, house: House) -> None:
    target = rfc3339(house.clock.now() + 3 * HOUR)
    market.buyer.made("/test_clock/advance", {"to": target})
    assert arrive(market.buyer)["now"] == target


def test_time_never_goes_back(market: Market, house: House) -> None:
    past = rfc3339(house.clock.now() - 1)
    answer = market.buyer.post("/test_clock/advance", {"to": past})
    assert (answer.status_code, answer.json()["code"]) == (409, "test_clock.only_forward")


@pytest.mark.parametrize(
    "body", [{}, {"by_ms": 1, "to": "2027-01-01T00:00:00Z"}, {"to": "2027-13-41T99:99:99Z"}]
)
def test_a_journey_has_one_goal(seller: Caller, body: object) -> None:
    answer = seller.post("/test_clock/advance", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "test_clock.goal_invalid")


def test_a_card_that_was_used_is_found_used_at_opening(market: Market) -> None:
    card = market.seller.made("/sandbox/cards", {"action": "issue"})
    deal = market.paid()
    body = {**CARD, "number": card["number"], "password": ""}
    market.seller.made(f"/deals/{deal['id']}/seal", body)
    market.seller.made("/sandbox/cards", {"action": "redeem", "number": card["number"]})
    opened = market.buyer.made(f"/deals/{deal['id']}/open")
    assert opened["opened_secret"] is None
    assert opened["secret"]["phase"] == "used"
    assert opened["money"]["phase"] == "refunded"
    again = market.seller.post("/sandbox/cards", {"action": "redeem", "number": card["number"]})
    assert again.json()["code"] == "card.not_redeemable"


def test_a_parcel_that_was_never_booked_cannot_be_scanned(seller: Caller) -> None:
    answer = seller.post("/sandbox/scans", {"tracking": "SX1", "kind": "delivered"})
    assert (answer.status_code, answer.json()["code"]) == (404, "parcel.unknown_tracking")


def test_in_live_mode_there_is_no_sandbox(services: Services) -> None:
    services.settings = replace(services.settings, sandbox=False)
    with TestClient(create_app(services), base_url=BASE_URL) as client:
        key = {"Idempotency-Key": "k"}
        for path in ("/test_clock/advance", "/sandbox/scans", "/sandbox/cards"):
            assert client.post(f"/v1{path}", json={}, headers=key).status_code == 404
        assert client.get("/v1/test_clock").status_code == 404
        paths = client.get("/v1/openapi.json").json()["paths"]
        assert not [path for path in paths if "sandbox" in path or "test_clock" in path]
