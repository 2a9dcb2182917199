"""The webhook port over HTTP: signed, to a checked address only, following nothing."""

import asyncio
import concurrent.futures
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar, DefaultCookiePolicy
from threading import Lock, Thread
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import httpx

from fairhold.adapters.webhook import (
    Resolver,
    Target,
    check_target,
    resolve,
    signed_headers,
)
from fairhold.engine.webhooks import Message, Reply
from fairhold.kernel.instant import SECOND, Span
from fairhold.kernel.wish import Refusal

DEADLINE_S: Final = 15.0
"""For the whole of an attempt: looking the name up, connecting, sending, and the answer's head."""
_LOOKUPS: Final = 64
"""A lookup that was given up goes on in its thread: twice as many as there are attempts."""
_SECONDS_MAX: Final = 5


class HttpWebhooks:
    """See :class:`fairhold.engine.webhooks.WebhookPort`; safe to use from any thread.

    Attempts run in an event loop of their own: only there can an attempt be ended from outside,
    while the receiver still sends a byte now and then. ``allow_loopback`` admits receivers on this
    machine over plain HTTP: for sandboxes and tests.
    """

    def __init__(
        self,
        *,
        allow_loopback: bool = False,
        resolver: Resolver = resolve,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        """Open nothing before the first notice; trust no proxy of the environment, ever."""
        self._allow_loopback = allow_loopback
        self._resolver = resolver
        self._deadline_s = deadline_s
        self._lock = Lock()
        self._line: _Line | None = None
        self._closed = False

    def close(self) -> None:
        """End every attempt under way, with status 0; twice is no error."""
        with self._lock:
            self._closed = True
            line, self._line = self._line, None
        if line is not None:
            line.close()

    def post(self, message: Message) -> Reply:
        """Send one notice to the very address that was checked, within the deadline."""
        with self._lock:
            if self._closed:
                return Reply(0, "Closed")
            if self._line is None:
                self._line = _Line()
            line = self._line
            work = line.begin(self._attempt(line, message))
        try:
            return work.result()
        except concurrent.futures.CancelledError:
            return Reply(0, "Closed")

    async def _attempt(self, line: "_Line", message: Message) -> Reply:
        try:
            # The client's own limits are for each read: a byte now and then keeps within them.
            async with asyncio.timeout(self._deadline_s):
                return await self._send(line, message)
        except TimeoutError:
            return Reply(0, "Timeout")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Reply(0, type(error).__name__)

    async def _send(self, line: "_Line", message: Message) -> Reply:
        loop = asyncio.get_running_loop()
        target = await loop.run_in_executor(line.lookups, self._check, message.url)
        if isinstance(target, Refusal):
            return Reply(0, target.code)
        headers = signed_headers(message.secrets, message.id, message.timestamp_s, message.body)
        headers |= {"host": urlsplit(message.url).netloc, "user-agent": "Fairhold-Webhooks/1"}
        request = line.client.build_request(
            "POST",
            _pinned(target),
            headers=headers,
            content=message.body,
            extensions={"sni_hostname": target.host},
        )
        # The answer's body is of no interest and might have no end: it is not read.
        response = await line.client.send(request, stream=True)
        await response.aclose()
        return Reply(response.status_code, retry_after=_retry_after(response.headers))

    def _check(self, url: str) -> Target | Refusal:
        return check_target(url, allow_loopback=self._allow_loopback, resolver=self._resolver)


class _Line:
    """What attempts run in: a thread with an event loop, a client, and threads for lookups."""

    def __init__(self) -> None:
        self.lookups = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="webhook-lookup")
        # No connection is kept: one that was checked for a name is not used for another name
        # that answers at the same address. Nor are cookies.
        self.client = httpx.AsyncClient(
            timeout=None,  # noqa: S113 — the deadline is around the whole
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        )
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="webhook-line", daemon=True)
        self._thread.start()

    def begin(self, attempt: Coroutine[Any, Any, Reply]) -> concurrent.futures.Future[Reply]:
        return asyncio.run_coroutine_threadsafe(attempt, self._loop)

    def close(self) -> None:
        """Nothing may begin any more."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self.lookups.shutdown(wait=False, cancel_futures=True)

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self.client.aclose()


def _pinned(target: Target) -> str:
    """The address with the name replaced by what it resolved to when it was checked."""
    parts = urlsplit(target.url)
    address = target.addresses[0].partition("%")[0]
    host = f"[{address}]" if ":" in address else address
    return urlunsplit((parts.scheme, f"{host}:{target.port}", parts.path or "/", parts.query, ""))


def _retry_after(headers: httpx.Headers) -> Span:
    """What Retry-After asks for when it counts seconds; a date in it is not worth a parser."""
    text = headers.get("retry-after", "")
    return (
        int(text) * SECOND if text.isascii() and text.isdigit() and len(text) <= _SECONDS_MAX else 0
    )
