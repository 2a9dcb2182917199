"""The provider as an ASGI app."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from fairhold.adapters.payment.sandbox.api import Answer, Request, answer, problem_answer
from fairhold.adapters.payment.sandbox.fields import BODY_MAX, too_large
from fairhold.adapters.payment.sandbox.provider import Provider

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]


def create_provider_app(provider: Provider, *, mount: str = "") -> App:
    """Make the ASGI app of a provider, to be served alone or mounted below ``mount``.

    It serves the merchant's interface, the checkout pages and the controls. Delivering notices
    is the work of a ``NoticeSender``, which whoever runs the app also runs.
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
