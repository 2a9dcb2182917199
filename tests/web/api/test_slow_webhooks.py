"""Webhooks where one receiver takes a notice and does not answer: nobody else waits for it."""

from collections.abc import Iterator
from threading import Event, Semaphore

import pytest
from msgspec.structs import replace

from fairhold.engine.clock import TestClock
from fairhold.engine.webhook_sender import AT_ONCE_EACH, BATCH, SANDBOX, followers
from fairhold.engine.webhooks import Message, Reply, Webhooks
from fairhold.house import House
from tests.web.api.conftest import Caller, Json, Market
from tests.web.api.test_webhooks import PATIENCE_S, Post, Receiver, endpoint, log_of

STUCK = "http://127.0.0.1:9/stuck"


class SlowReceiver(Receiver):
    """At one address somebody takes a notice and does not answer until everything ends."""

    def __init__(self) -> None:
        super().__init__()
        self.ended = Event()
        self.entered = Semaphore(0)
        self.answered = Semaphore(0)

    def post(self, message: Message) -> Reply:
        if message.url == STUCK:
            self.entered.release()
            self.ended.wait(PATIENCE_S)
            self.ended.set()
            return Reply(0, "Closed")
        reply = super().post(message)
        self.answered.release()
        return reply

    def close(self) -> None:
        self.ended.set()


class SlowPost:
    """The followers with such a receiver outside; nothing waits for it."""

    def __init__(self, house: House, wall: TestClock) -> None:
        self.house = house
        self.receiver = SlowReceiver()
        self.webhooks = Webhooks(house.store, house.vault, wall)
        self.fan_out, self.sender = followers(self.webhooks, self.receiver, wall, SANDBOX)

    def write(self) -> None:
        self.house.settle()
        while self.fan_out.step():
            pass

    def answered(self) -> bool:
        """Whether somebody else gets a notice while the one is stuck."""
        for _ in range(100):
            self.sender.step()
            if self.receiver.answered.acquire(timeout=PATIENCE_S / 100):
                return not self.receiver.ended.is_set()
        return False


@pytest.fixture
def slow(house: House, wall: TestClock) -> Iterator[SlowPost]:
    slow = SlowPost(house, wall)
    yield slow
    slow.sender.stop()
    slow.fan_out.stop()


def stuck_endpoint(caller: Caller) -> Json:
    return caller.made("/webhook_endpoints", {"url": STUCK, "events": ["order.*"]})


def test_a_slow_receiver_delays_nobody_else(market: Market, slow: SlowPost) -> None:
    stuck_endpoint(market.buyer)
    endpoint(market.seller)
    for _ in range(3):
        market.placed()
        slow.write()
        assert slow.answered()


def test_one_notice_is_under_way_to_an_endpoint_and_a_few_to_an_account(
    market: Market, slow: SlowPost
) -> None:
    for _ in range(AT_ONCE_EACH + 2):
        stuck_endpoint(market.buyer)
    endpoint(market.seller)
    market.placed()
    market.placed()
    slow.write()
    assert slow.sender.step() == AT_ONCE_EACH + 1
    for _ in range(AT_ONCE_EACH):
        assert slow.receiver.entered.acquire(timeout=PATIENCE_S)
    assert slow.answered()
    assert not slow.receiver.entered.acquire(blocking=False)


def test_a_long_queue_of_one_receiver_is_passed_by(market: Market, slow: SlowPost) -> None:
    made = stuck_endpoint(market.buyer)
    endpoint(market.seller, "money.*")
    market.placed()
    slow.write()
    account = market.buyer.account
    (mine,) = slow.webhooks.of(account)
    assert made["url"] == mine.url
    (delivery,) = slow.webhooks.deliveries(mine, "", 2)
    for n in range(2 * BATCH):
        copy = replace(delivery, key=f"{delivery.key}{n:03d}", due=delivery.due - 1)
        slow.webhooks.write(copy)
        slow.webhooks.schedule(copy)
    market.paid()
    slow.write()
    assert slow.answered()


def test_what_is_under_way_when_the_server_stops_is_sent_by_the_next_one(
    market: Market, slow: SlowPost, house: House, wall: TestClock
) -> None:
    made = stuck_endpoint(market.buyer)
    market.placed()
    slow.write()
    assert slow.sender.step() == 1
    assert slow.receiver.entered.acquire(timeout=PATIENCE_S)
    slow.sender.stop()
    slow.fan_out.stop()
    assert log_of(market.buyer, made)[0]["attempts"] == []
    post = Post(house, wall)
    assert len(post.deliver()) == 1
    (row,) = log_of(market.buyer, made)
    assert (row["state"], len(row["attempts"])) == ("delivered", 1)
