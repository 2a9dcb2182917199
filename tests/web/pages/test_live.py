"""Live pages: a word when something changed, nothing else, and an end when the server stops."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from litestar.response.sse import ServerSentEventMessage

from fairhold.engine.desk import talk
from fairhold.house import House
from fairhold.kernel.actor import Actor
from fairhold.web import live as live_module
from fairhold.web.live import Live
from tests.web.pages.walk import Person, number_of, offer, pay, take

PATIENCE_S = 20.0
Stream = AsyncIterator[ServerSentEventMessage]


async def told(stream: Stream) -> ServerSentEventMessage:
    """The next word of a stream that is no mere sign of life."""
    while True:
        message = await asyncio.wait_for(anext(stream), PATIENCE_S)
        if message.event:
            return message


def listening(
    live: Live, streams: dict[str, int], play: Callable[[Stream], Awaitable[Any]]
) -> None:
    async def run() -> None:
        stream = live.changes(streams)
        opened = await asyncio.wait_for(anext(stream), PATIENCE_S)
        assert opened.retry == live_module.RETRY_MS
        await play(stream)

    asyncio.run(run())


@pytest.fixture
def stopping() -> threading.Event:
    return threading.Event()


@pytest.fixture
def live(house: House, stopping: threading.Event) -> Live:
    return Live(house.desk, stopping)


def test_a_move_of_one_side_is_told_to_the_other(live: Live, seller: Person, buyer: Person) -> None:
    deal = take(buyer, offer(seller))

    async def play(stream: Stream) -> None:
        await asyncio.to_thread(pay, buyer, deal)
        message = await told(stream)
        assert message.event == "deal"
        assert str(message.data).isdecimal()  # a version, and nothing of the deal itself

    listening(live, {"deal": number_of(deal)}, play)


def test_a_message_is_told_once_it_can_be_shown(
    live: Live, seller: Person, buyer: Person, house: House
) -> None:
    deal = number_of(take(buyer, offer(seller)))
    channel = talk.channel_of_deal(house.desk, deal)

    async def play(stream: Stream) -> None:
        talk.say(house.desk, Actor(account=seller.account), channel, "Good evening.")
        house.settle()
        message = await told(stream)
        assert message.event == "talk"
        assert house.store.document("message", f"{channel}:00000001") is not None

    listening(live, {"deal": deal, "talk": channel}, play)


def test_what_another_process_writes_is_seen_by_looking(
    live: Live, seller: Person, buyer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "LOOK_S", 0.02)
    monkeypatch.setattr(live, "_committed", lambda *_: None)
    deal = take(buyer, offer(seller))
    live._readers = _Deaf()

    async def play(stream: Stream) -> None:
        await asyncio.to_thread(pay, buyer, deal)
        assert (await told(stream)).event == "deal"

    listening(live, {"deal": number_of(deal)}, play)


class _Deaf(set[Any]):
    """Readers whom no commit of this process wakes."""

    def __iter__(self) -> Any:  # noqa: ANN401 — an empty walk
        return iter(())


def test_every_stream_ends_when_the_server_stops(
    live: Live, stopping: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "LOOK_S", 0.02)

    async def play(stream: Stream) -> None:
        stopping.set()
        with pytest.raises(StopAsyncIteration):
            await told(stream)

    listening(live, {"deal": 12345}, play)


def test_a_line_that_is_still_says_so_from_time_to_time(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "LOOK_S", 0.02)
    monkeypatch.setattr(live_module, "STILL_S", 0.05)

    async def play(stream: Stream) -> None:
        message = await asyncio.wait_for(anext(stream), PATIENCE_S)
        assert message.comment == "still here"

    listening(live, {"deal": 12345}, play)


def test_a_reader_who_goes_leaves_nothing_behind(live: Live) -> None:
    async def run() -> None:
        stream = live.changes({"deal": 12345})
        await anext(stream)
        assert len(live._readers) == 1
        await stream.aclose()  # type: ignore[attr-defined]
        assert not live._readers

    asyncio.run(run())
