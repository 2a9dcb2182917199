"""Webhooks from end to end: endpoints over the API, deliveries that are signed, tried, logged."""

import json
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from fairhold.adapters.webhook_http import HttpWebhooks
from fairhold.engine.clock import TestClock
from fairhold.engine.webhook_sender import SANDBOX, followers
from fairhold.engine.webhooks import Message, Reply, Webhooks
from fairhold.house import House
from fairhold.kernel.instant import DAY, HOUR, MINUTE
from fairhold.web.services import Services
from tests.web.api.conftest import Caller, Json, Market

URL = "http://127.0.0.1:9/hooks"
PATIENCE_S = 10.0
"""How long a test waits for what comes at once, before it fails."""


class Receiver:
    """The world outside: notes what it is sent and answers as it is told."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.replies: list[Reply] = []

    def post(self, message: Message) -> Reply:
        self.messages.append(message)
        return self.replies.pop(0) if self.replies else Reply(204)

    def close(self) -> None:
        """Nothing is ever under way for long."""


class Post:
    """The two followers, and the clock that they keep to."""

    def __init__(self, house: House, wall: TestClock) -> None:
        self.house = house
        self.wall = wall
        self.receiver = Receiver()
        webhooks = Webhooks(house.store, house.vault, wall)
        self.steps = followers(webhooks, self.receiver, wall, SANDBOX)

    def deliver(self, after: int = 0) -> list[Message]:
        """Let time pass, send what is due; what was sent."""
        self.wall.advance(after)
        self.house.settle()
        before = len(self.receiver.messages)
        while sum(step.step() for step in self.steps):
            assert self.steps[1].quiet(PATIENCE_S)
        return self.receiver.messages[before:]


@pytest.fixture
def post(house: House, wall: TestClock) -> Iterator[Post]:
    post = Post(house, wall)
    yield post
    for step in post.steps:
        step.stop()


def endpoint(caller: Caller, *events: str) -> Json:
    return caller.made("/webhook_endpoints", {"url": URL, "events": list(events) or ["order.*"]})


def log_of(caller: Caller, made: Json) -> Json:
    return caller.got(f"/webhook_endpoints/{made['id']}/deliveries")["data"]


def test_an_event_is_sent_signed_and_thin(market: Market, post: Post) -> None:
    made = endpoint(market.buyer)
    deal = market.placed()
    (message,) = post.deliver()
    assert message.secrets == [made["secret"]]
    body = json.loads(message.body)
    assert body["type"] == "order.placed"
    assert body["data"]["stream"] == deal["id"]
    assert len(message.body) < 20_000
    shown = market.buyer.got(f"/record/events/{body['data']['position']}")
    assert shown["type"] == "order.placed"


def test_only_what_was_asked_for_is_sent_and_only_to_those_who_take_part(
    market: Market, post: Post, stranger: Caller
) -> None:
    endpoint(market.buyer, "money.held")
    endpoint(market.seller, "secret.*")
    endpoint(stranger, "order.*", "money.*", "secret.*")
    market.sealed()
    types = [json.loads(message.body)["type"] for message in post.deliver()]
    assert sorted(types) == ["money.held", "secret.sealed"]


def test_a_failure_is_tried_again_under_the_same_id(market: Market, post: Post) -> None:
    made = endpoint(market.buyer)
    market.placed()
    post.receiver.replies = [Reply(500), Reply(0, "ConnectTimeout")]
    (first,) = post.deliver()
    assert post.deliver() == []
    (second,) = post.deliver(1_100)
    (third,) = post.deliver(6_000)
    assert first.id == second.id == third.id
    assert second.timestamp_s > first.timestamp_s or third.timestamp_s > first.timestamp_s
    (row,) = log_of(market.buyer, made)
    assert row["state"] == "delivered"
    assert [attempt["status"] for attempt in row["attempts"]] == [500, 0, 204]
    assert row["attempts"][1]["error"] == "ConnectTimeout"


def test_a_redirect_is_a_failure(market: Market, post: Post) -> None:
    made = endpoint(market.buyer)
    market.placed()
    post.receiver.replies = [Reply(302)]
    post.deliver()
    assert log_of(market.buyer, made)[0]["state"] == "waiting"


def test_retry_after_is_honoured(market: Market, post: Post) -> None:
    endpoint(market.buyer)
    market.placed()
    post.receiver.replies = [Reply(503, retry_after=HOUR)]
    post.deliver()
    assert post.deliver(HOUR - 1) == []
    assert len(post.deliver(HOUR // 10 + 1)) == 1


def test_an_endpoint_that_is_gone_is_disabled_at_once(market: Market, post: Post) -> None:
    made = endpoint(market.buyer)
    market.placed()
    post.receiver.replies = [Reply(410)]
    post.deliver()
    (shown,) = market.buyer.got("/webhook_endpoints")["data"]
    assert (shown["enabled"], shown["disabled_reason"]) == (False, "gone")
    market.placed()
    assert post.deliver() == []
    refused = market.buyer.post(
        f"/webhook_endpoints/{made['id']}/deliveries/{log_of(market.buyer, made)[0]['id']}/replay"
    )
    assert refused.json()["code"] == "webhook.disabled"


def test_an_endpoint_that_keeps_failing_is_disabled_and_can_be_enabled(
    market: Market, post: Post
) -> None:
    made = endpoint(market.buyer)
    market.placed()
    post.receiver.replies = [Reply(500)] * len(SANDBOX)
    for _ in SANDBOX:
        assert len(post.deliver(MINUTE)) == 1
    assert post.deliver(DAY) == []
    (shown,) = market.buyer.got("/webhook_endpoints")["data"]
    assert shown["disabled_reason"] == "failing"
    assert log_of(market.buyer, made)[0]["state"] == "failed"
    assert market.buyer.made(f"/webhook_endpoints/{made['id']}/enable")["enabled"]
    market.placed()
    assert len(post.deliver()) == 1


def test_a_delivery_is_sent_again_by_hand(market: Market, post: Post) -> None:
    made = endpoint(market.buyer)
    market.placed()
    (first,) = post.deliver()
    name = log_of(market.buyer, made)[0]["id"]
    market.buyer.made(f"/webhook_endpoints/{made['id']}/deliveries/{name}/replay")
    (again,) = post.deliver()
    assert (again.id, again.body) == (first.id, first.body)
    assert len(log_of(market.buyer, made)[0]["attempts"]) == 2


def test_two_secrets_sign_while_one_replaces_the_other(
    market: Market, post: Post, wall: TestClock
) -> None:
    made = endpoint(market.buyer)
    path = f"/webhook_endpoints/{made['id']}/rotate"
    rotated = market.buyer.made(path, {"overlap_hours": 1})
    assert rotated["secret"] not in {None, made["secret"]}
    market.placed()
    (message,) = post.deliver()
    assert message.secrets == [rotated["secret"], made["secret"]]
    market.placed()
    (message,) = post.deliver(HOUR)
    assert message.secrets == [rotated["secret"]]


def test_a_secret_is_shown_once_and_encrypted_at_rest(
    market: Market, house: House, wall: TestClock
) -> None:
    made = endpoint(market.buyer)
    assert made["secret"].startswith("whsec_")
    assert market.buyer.got("/webhook_endpoints")["data"][0]["secret"] is None
    rows = house.store.shelf_list("webhook_endpoint", "", wall.now())
    assert made["secret"].encode() not in rows[0][1]


def test_a_deleted_endpoint_gets_nothing_more(market: Market, post: Post) -> None:
    made = endpoint(market.buyer)
    market.placed()
    market.buyer.delete(f"/webhook_endpoints/{made['id']}")
    assert post.deliver() == []


def test_an_address_is_looked_at_again_before_each_try(
    market: Market, house: House, wall: TestClock
) -> None:
    made = endpoint(market.buyer)
    market.placed()
    port = HttpWebhooks(resolver=lambda _host, _port: ["10.0.0.1"], allow_loopback=True)
    steps = followers(Webhooks(house.store, house.vault, wall), port, wall, SANDBOX)
    house.settle()
    while sum(step.step() for step in steps):
        assert steps[1].quiet(PATIENCE_S)
    (row,) = log_of(market.buyer, made)
    assert row["attempts"][0]["error"] == "target.private_address"
    for step in steps:
        step.stop()


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/", "https://169.254.169.254/latest", "http://user@127.0.0.1/"]
)
def test_notices_are_not_aimed_at_machines_that_only_we_can_reach(market: Market, url: str) -> None:
    answer = market.buyer.post("/webhook_endpoints", {"url": url})
    assert (answer.status_code, answer.json()["code"]) == (422, "webhook.address_invalid")


def test_nobody_asks_a_public_server_to_knock_at_its_own_ports(
    market: Market, services: Services
) -> None:
    services.settings = replace(services.settings, webhooks_reach_loopback=False)
    for url in (URL, "https://127.0.0.1:5432/", "https://[::1]/", "https://localhost/"):
        answer = market.buyer.post("/webhook_endpoints", {"url": url})
        assert (answer.status_code, answer.json()["code"]) == (422, "webhook.address_invalid")


def test_an_event_that_does_not_exist_cannot_be_asked_for(market: Market) -> None:
    body = {"url": URL, "events": ["order.placed", "money.stolen"]}
    answer = market.buyer.post("/webhook_endpoints", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "webhook.event_unknown")


def test_an_account_has_ten_endpoints_at_most(market: Market) -> None:
    for _ in range(10):
        endpoint(market.buyer)
    answer = market.buyer.post("/webhook_endpoints", {"url": URL})
    assert answer.json()["code"] == "webhook.too_many"


def test_the_delivery_log_is_read_page_by_page(market: Market, post: Post) -> None:
    made = endpoint(market.buyer)
    for _ in range(3):
        market.placed()
    post.deliver()
    path = f"/webhook_endpoints/{made['id']}/deliveries"
    first = market.buyer.got(path, limit=2)
    assert first["has_more"]
    rest = market.buyer.got(path, limit=2, starting_after=first["data"][-1]["id"])
    assert len(rest["data"]) == 1
    names = {row["id"] for row in (*first["data"], *rest["data"])}
    assert len(names) == 3


def test_fanning_out_twice_sends_once(market: Market, post: Post, house: House) -> None:
    endpoint(market.buyer)
    market.placed()
    assert len(post.deliver()) == 1
    house.store.reset_cursor("webhooks")
    assert post.deliver() == []
