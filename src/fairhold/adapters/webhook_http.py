"""The webhook port over HTTP: signed, to a checked address only, following nothing."""

from typing import Final
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

TIMEOUT: Final = httpx.Timeout(15.0, connect=5.0)
_SECONDS_MAX: Final = 5


class HttpWebhooks:
    """See :class:`fairhold.engine.webhooks.WebhookPort`; safe to use from any thread.

    ``allow_loopback`` admits receivers on this machine over plain HTTP: for sandboxes and tests.
    """

    def __init__(
        self,
        *,
        allow_loopback: bool = False,
        resolver: Resolver = resolve,
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        """Open a client that trusts no proxy of the environment and keeps no cookies."""
        self._allow_loopback = allow_loopback
        self._resolver = resolver
        self._client = httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def why_not(self, url: str) -> Refusal | None:
        """Refused with ``target.…``, see :func:`fairhold.adapters.webhook.check_target`."""
        target = self._check(url)
        return target if isinstance(target, Refusal) else None

    def post(self, message: Message) -> Reply:
        """Send one notice to the very address that was checked."""
        target = self._check(message.url)
        if isinstance(target, Refusal):
            return Reply(0, target.code)
        headers = signed_headers(message.secrets, message.id, message.timestamp_s, message.body)
        headers |= {"host": urlsplit(message.url).netloc, "user-agent": "Fairhold-Webhooks/1"}
        request = self._client.build_request(
            "POST",
            _pinned(target),
            headers=headers,
            content=message.body,
            extensions={"sni_hostname": target.host},
        )
        try:
            # The answer's body is of no interest and might have no end: it is not read.
            response = self._client.send(request, stream=True)
            response.close()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Reply(0, type(error).__name__)
        self._client.cookies.clear()
        return Reply(response.status_code, retry_after=_retry_after(response.headers))

    def _check(self, url: str) -> Target | Refusal:
        return check_target(url, allow_loopback=self._allow_loopback, resolver=self._resolver)


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
