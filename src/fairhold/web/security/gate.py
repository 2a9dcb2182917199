"""The gate: what every request passes before any handler, and every answer on its way out.

In this order: a number for the request, a host that is ours, text that is text, a size that is
allowed, who is there, and whether they come too often. It stands outside the router, so that also
the answer to an address that does not exist is numbered, counted, hardened and logged.
"""

import logging
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from anyio import to_thread
from litestar import HttpMethod
from litestar.exceptions import HTTPException
from litestar.types import HTTPScope, Message, Receive, Scope, Send

from fairhold.engine.kinds import ACCOUNT
from fairhold.engine.ports import Unavailable
from fairhold.kernel.ids import public_id
from fairhold.kernel.wish import Refusal
from fairhold.web.journal import journal
from fairhold.web.security.cookies import Cookies, read_cookies
from fairhold.web.security.headers import Hardening
from fairhold.web.security.identity import SAFE_METHODS, Visit, is_api, is_text
from fairhold.web.security.limits import Limits, Quota
from fairhold.web.security.tokens import new_token
from fairhold.web.services import Services

Passed = Callable[[HTTPScope, Receive, Send], Awaitable[None]]
Refuse = Callable[[HTTPScope, Receive, Send, Refusal], Awaitable[None]]

OPEN = ("/static/", "/health", "/ready")
"""Nobody is asked who they are here."""
GUEST = "/sandbox/pay"
"""Another application that is mounted here: it knows its own callers and sets its own policy."""
PATH_MAX = 200
"""How much of a path the log keeps."""
log = journal("fairhold.access")
_logger = logging.getLogger("fairhold.access")


class TooLarge(HTTPException):
    """More came in than may."""

    status_code = 413


class Numbers:
    """Numbers that nobody else gives: 80 random bits, fetched many at a time."""

    SIZE = 10

    def __init__(self) -> None:
        """Nothing is fetched yet."""
        self._left: list[str] = []

    def next(self) -> str:
        """Another number; only for the event loop's own thread."""
        if not self._left:
            text, size = os.urandom(self.SIZE * 256).hex(), 2 * self.SIZE
            self._left = [text[start : start + size] for start in range(0, len(text), size)]
        return self._left.pop()


class Gate:
    """One per application."""

    def __init__(self, services: Services, refuse: Refuse) -> None:
        """``refuse`` answers in the form that the caller reads: a problem or a page."""
        self._settings = services.settings
        self._wall = services.wall
        self._keeper = services.keeper
        self._refuse = refuse
        self._numbers = Numbers()
        self.cookies = Cookies(services.settings.secure_cookies)
        self._hardening = Hardening(
            payment_origins=services.settings.payment_origins,
            secure=services.settings.secure_cookies,
        )

    async def __call__(
        self, scope: HTTPScope, receive: Receive, send: Send, passed: Passed
    ) -> None:
        """Let a request pass, or answer it here."""
        begun = time.perf_counter()
        client = scope.get("client")
        host = client[0] if client else ""
        visit = Visit(f"req_{self._numbers.next()}", host, self._wall.now())
        scope.setdefault("state", {})
        scope["state"]["fairhold_visit"] = visit
        path = scope["path"]
        guest = path == GUEST or path.startswith(f"{GUEST}/")
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        status, method, ended = 0, scope["method"], False
        head_only = method == "HEAD" and not guest
        if head_only:
            # Whatever can be fetched can be asked about (RFC 9110 9.3.2).
            scope = {**scope, "method": HttpMethod.GET}

        async def finish(message: Message) -> None:
            nonlocal status, ended
            if message["type"] == "http.response.start":
                status = message["status"]
                self._harden(message, visit, guest=guest)
            elif head_only:
                if ended:
                    return
                ended = True
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        try:
            refusal = self._fault_of(scope, headers)
            if refusal is None and not guest and not path.startswith(OPEN):
                decided, refusal = self._admit_known(visit, scope, headers)
                if not decided:
                    refusal = await to_thread.run_sync(self._admit_or_say, visit, scope, headers)
            if refusal is not None:
                await self._refuse(scope, receive, finish, refusal)
            else:
                limited = receive if guest else self._counted(scope, headers, receive)
                await passed(scope, limited, finish)
        finally:
            _note(method, path, visit, status, begun)

    # -- before ------------------------------------------------------------------------------------

    def _fault_of(self, scope: HTTPScope, headers: Mapping[str, str]) -> Refusal | None:
        """What can be said against a request without knowing who sends it."""
        if not self._is_ours(headers.get("host", "")):
            return Refusal("request.wrong_host")
        if not is_text(scope.get("raw_path") or b"") or not is_text(scope["query_string"]):
            return Refusal("request.broken_text")
        most, length = self._most(scope["path"], headers), headers.get("content-length", "0")
        if not length.isdecimal():
            return Refusal("request.malformed")
        if int(length) > most:
            return Refusal("request.too_large", {"most": most})
        return None

    def _is_ours(self, host: str) -> bool:
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
        for ours in self._settings.trusted_hosts:
            if ours in {"*", name.lower()}:
                return True
            if ours.startswith("*.") and name.lower().endswith(ours[1:]):
                return True
        return False

    def _most(self, path: str, headers: Mapping[str, str]) -> int:
        upload = headers.get("content-type", "").startswith(("multipart/", "image/"))
        upload = upload or path == "/v1/pictures"
        return self._settings.upload_max if upload else self._settings.body_max

    def _counted(self, scope: HTTPScope, headers: Mapping[str, str], receive: Receive) -> Receive:
        """Stop a body that does not say, or lies about, how long it is."""
        most, got = self._most(scope["path"], headers), 0

        async def counted() -> Any:  # noqa: ANN401 — whatever message comes
            nonlocal got
            message = await receive()
            if message["type"] == "http.request":
                got += len(message["body"])
                if got > most:
                    raise TooLarge
            return message

        return counted

    def _admit_known(
        self, visit: Visit, scope: Scope, headers: Mapping[str, str]
    ) -> tuple[bool, Refusal | None]:
        """Admit a program that was here just now, from memory; whether that was possible."""
        text = _bearer(scope["path"], headers)
        identity = self._keeper.known_by_key(text) if text else None
        if identity is None:
            return False, None
        refusal = None
        if self._settings.limits is not None:
            name, _ = self._quota(scope, f"key:{identity.key}", "key", self._settings.limits)
            wait = self._keeper.limiter.spend(name)
            if wait is None:
                return False, None
            refusal = _come_back(wait)
        visit.identity = identity
        return True, refusal

    def _admit_or_say(
        self, visit: Visit, scope: Scope, headers: Mapping[str, str]
    ) -> Refusal | None:
        try:
            return self._admit(visit, scope, headers)
        except Unavailable:
            return Refusal("store.unavailable")
        except Exception as failure:
            log.exception("admitting failed", request_id=visit.request_id, exc_info=failure)
            return Refusal("request.failed")

    def _admit(self, visit: Visit, scope: Scope, headers: Mapping[str, str]) -> Refusal | None:
        """Find out who is there, and count them."""
        path = scope["path"]
        who = f"net:{visit.address}"
        kind = "nobody"
        bearer = headers.get("authorization", "")
        if bearer and is_api(path):
            token = _bearer(path, headers)
            identity = self._keeper.by_key(token) if token else None
            if identity is None:
                return self._hit(scope, who, kind) or Refusal("api_key.invalid")
            visit.identity, who, kind = identity, f"key:{identity.key}", "key"
        else:
            self._read_cookies(visit, headers.get("cookie", ""))
            if visit.identity is not None:
                who, kind = f"account:{visit.identity.account}", "person"
        return self._hit(scope, who, kind)

    def _read_cookies(self, visit: Visit, header: str) -> None:
        cookies = read_cookies(header)
        visit.device = cookies.get(self.cookies.device, "")
        text = cookies.get(self.cookies.session, "")
        found = self._keeper.by_session(text) if text else None
        if found is not None:
            visit.token, visit.session, visit.identity = found
            visit.secret = text
            return
        if text:
            visit.cookies.append(self.cookies.end_session()[0])
        visit.secret = cookies.get(self.cookies.visit, "")

        def begin() -> str:
            fresh = new_token(0).text
            visit.cookies.append(self.cookies.begin_visit(fresh))
            return fresh

        visit.new_visitor = begin

    def _hit(self, scope: Scope, who: str, kind: str) -> Refusal | None:
        limits = self._settings.limits
        if limits is None:
            return None
        name, most = self._quota(scope, who, kind, limits)
        return _come_back(self._keeper.limiter.hit(name, most))

    @staticmethod
    def _quota(scope: Scope, who: str, kind: str, limits: Limits) -> tuple[str, int]:
        """Under which name a request is counted, and how many of them may pass."""
        quota: Quota = getattr(limits, kind)
        if scope.get("method") in SAFE_METHODS:
            return f"{who}:q", quota.queries
        return f"{who}:c", quota.commands

    # -- after -------------------------------------------------------------------------------------

    def _harden(self, message: Message, visit: Visit, *, guest: bool) -> None:
        assert message["type"] == "http.response.start"
        if guest:
            message["headers"] = [
                *message.get("headers", []),
                (b"x-request-id", visit.request_id.encode()),
            ]
            return
        message["headers"] = self._hardening.complete(
            list(message.get("headers", [])),
            cookies=visit.cookies,
            request_id=visit.request_id,
            personal=visit.identity is not None,
        )


def _bearer(path: str, headers: Mapping[str, str]) -> str:
    """The API key that a request to the API presents; empty when it presents none."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and is_api(path) else ""


def _come_back(wait: int) -> Refusal | None:
    return Refusal("request.rate_limited", {"seconds": wait}) if wait else None


def _shown(path: str) -> str:
    """A path for the log: the guest's hold tokens of payment pages, and some have no end."""
    if path.startswith(f"{GUEST}/"):
        return f"{GUEST}/…"
    return path if len(path) <= PATH_MAX else f"{path[:PATH_MAX]}…"


def _note(method: str, path: str, visit: Visit, status: int, begun: float) -> None:
    """One line a request: no query, no body, no address of the caller, no token."""
    if not _logger.isEnabledFor(logging.INFO):
        return
    identity = visit.identity
    log.info(
        "request",
        method=method,
        path=_shown(path),
        status=status,
        ms=round((time.perf_counter() - begun) * 1_000, 1),
        request_id=visit.request_id,
        account=public_id(ACCOUNT.prefix, identity.account) if identity is not None else None,
    )
