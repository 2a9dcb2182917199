"""The provider as an ASGI app, and the sender that delivers its notices."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any, Final, TypeAlias

import httpx

from fairhold.adapters.payment.sandbox.api import Answer, Request, answer, problem_answer
from fairhold.adapters.payment.sandbox.fields import BODY_MAX, too_large
from fairhold.adapters.payment.sandbox.notices import Attempt
from fairhold.adapters.payment.sandbox.provider import Provider

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Deliver: TypeAlias = Callable[[Mapping[str, str], bytes], Awaitable[int]]
"""Deliver one notice (headers, raw body); return the HTTP status, 0 when nobody answered."""

POLL_S: Final = 0.25
"""How often the sender looks whether time alone has made something due."""


def create_provider_app(provider: Provider, *, mount: str = "") -> App:
    """Make the ASGI app of a provider, to be served alone or mounted below ``mount``.

    It serves the merchant's interface, the checkout pages and the controls. Delivering notices
    is the work of a :class:`NoticeSender`, which whoever runs the app also runs.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        if scope["type"] != "http":
            return
        body = await _read_body(receive)
        if body is None:
            await _reply(send, problem_answer(too_large()))
            return
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        path = str(scope["path"])
        if mount and (path == mount or path.startswith(mount + "/")):
            path = path.removeprefix(mount)
        query = bytes(scope["query_string"]).decode("latin-1")
        request = Request(str(scope["method"]), "/" + path.strip("/"), query, headers, body)
        result = await asyncio.to_thread(answer, provider, request)
        if result.hang:
            await asyncio.sleep(provider.settings.hang_s)
        await _reply(send, result, head=request.method == "HEAD")

    return app


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _read_body(receive: Receive) -> bytes | None:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return body
        body += bytes(message.get("body", b""))
        if len(body) > BODY_MAX:
            return None
        if not message.get("more_body", False):
            return body


async def _reply(send: Send, result: Answer, *, head: bool = False) -> None:
    headers = [*result.headers, ("content-length", str(len(result.body)))]
    await send(
        {
            "type": "http.response.start",
            "status": result.status,
            "headers": [
                (name.encode("latin-1"), value.encode("latin-1")) for name, value in headers
            ],
        }
    )
    await send({"type": "http.response.body", "body": b"" if head else result.body})


# -- sending --------------------------------------------------------------------------------------


class NoticeSender:
    """Delivers the notices of one provider, at least once each, in no promised order.

    ``step`` delivers what is due by the provider's time and waits for nothing else, so a test
    drives it by hand; ``run`` keeps stepping until it is cancelled.
    """

    def __init__(self, provider: Provider, deliver: Deliver) -> None:
        self._provider = provider
        self._deliver = deliver

    async def step(self) -> int:
        """Make every delivery that is due; return how many notices were attempted."""
        attempts = await asyncio.to_thread(self._provider.take_due)
        try:
            for attempt in attempts:
                status = await self._attempt(attempt)
                await asyncio.to_thread(self._provider.settle, attempt.id, status)
        finally:
            # Whoever stops a sender half-way leaves the rest to the next one.
            self._provider.put_back([attempt.id for attempt in attempts])
        return len(attempts)

    async def _attempt(self, attempt: Attempt) -> int:
        calls = [self._one(attempt) for _ in range(attempt.copies)]
        if attempt.together:
            return _best(await asyncio.gather(*calls))
        return _best([await call for call in calls])

    async def _one(self, attempt: Attempt) -> int:
        try:
            return await self._deliver(attempt.headers, attempt.body)
        except Exception:  # noqa: BLE001 - whatever a receiver does, the notice is tried again
            return 0

    async def run(self) -> None:
        """Deliver for ever: at once when something changed, else when time has passed."""
        loop = asyncio.get_running_loop()
        changed = asyncio.Event()

        def wake() -> None:
            loop.call_soon_threadsafe(changed.set)

        forget = self._provider.on_change(wake)
        try:
            while True:
                changed.clear()
                if not await self.step():
                    await _wait(changed)
        finally:
            forget()


async def _wait(changed: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(POLL_S):
            await changed.wait()
    except TimeoutError:
        return


def _best(statuses: Iterable[int]) -> int:
    answers = list(statuses)
    return next((status for status in answers if 200 <= status < 300), answers[-1])  # noqa: PLR2004


def deliver_over_http(client: httpx.AsyncClient, url: str) -> Deliver:
    """Deliver notices by POST to one address; redirects count as failures."""

    async def deliver(headers: Mapping[str, str], body: bytes) -> int:
        try:
            response = await client.post(url, headers=dict(headers), content=body)
        except httpx.HTTPError:
            return 0
        return response.status_code

    return deliver
