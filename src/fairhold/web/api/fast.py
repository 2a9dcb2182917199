"""The short way of a program's plain move: from the gate to the lane, without the framework.

It is a way and not another door: the same row of the table of operations, the same checks, parser
and refusals, the same answer byte for byte. Whatever does not fit it exactly (another address, a
query, a browser's session) takes the ordinary way.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from litestar import Response
from litestar.exceptions import HTTPException
from litestar.types import HTTPScope, Receive, Send

from fairhold.web.api.operation import Answer, Operation
from fairhold.web.api.serve import Written, carry_out, respond, write
from fairhold.web.security.identity import Visit
from fairhold.web.services import Services

PREFIX: Final = "/v1/deals/{deal}/"
_PATH: Final = re.compile(r"/v1/deals/([0-9a-z_]{1,40})/([a-z_]{1,40})")

Answerer = Callable[[HTTPScope, Receive, Send, Response[Any]], Awaitable[None]]
"""Sends an answer that is in the framework's form."""
Excuse = Callable[[HTTPScope, Receive, Send, Exception], Awaitable[None]]
"""Answers an exception as the framework would."""


class Left(Exception):
    """Whoever asked has hung up; nothing was done."""


class TooLarge(HTTPException):
    """More came in than may."""

    status_code = 413


class Plain:
    """A request without a query, as the server hands it over."""

    __slots__ = ("_most", "_receive", "headers", "method", "path_params", "query_params", "scope")

    def __init__(self, scope: HTTPScope, receive: Receive, deal: str, most: int) -> None:
        """``most`` bytes may come."""
        self.scope = scope
        self.method = str(scope["method"])
        self.headers: Mapping[str, str] = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in reversed(list(scope["headers"]))
        }
        self.path_params: dict[str, Any] = {"deal": deal}
        self.query_params: Any = _NO_QUERY
        self._receive = receive
        self._most = most

    async def body(self) -> bytes:
        """All that came; raises TooLarge and Left."""
        body = b""
        while True:
            message: Any = await self._receive()
            if message["type"] != "http.request":
                raise Left
            body += bytes(message.get("body", b""))
            if len(body) > self._most:
                raise TooLarge
            if not message.get("more_body", False):
                return body


class _NoQuery(dict[str, str]):
    """The query of an address without one."""

    def multi_items(self) -> Sequence[tuple[str, str]]:
        """Every name and value."""
        return ()


_NO_QUERY = _NoQuery()


class FastWay:
    """Serves those operations of a table that need no thread."""

    def __init__(
        self, services: Services, table: Sequence[Operation], answer: Answerer, excuse: Excuse
    ) -> None:
        """Take the prompt ones below ``/v1/deals/{deal}/``."""
        self._services = services
        self._most = services.settings.body_max
        self._operations = {
            operation.path.removeprefix(PREFIX): operation
            for operation in table
            if operation.prompt is not None
            and operation.method == "POST"
            and operation.path.startswith(PREFIX)
        }
        self._answer = answer
        self._excuse = excuse

    async def serve(self, scope: HTTPScope, receive: Receive, send: Send) -> bool:
        """Answer a request, when it is one for this way; whether it was."""
        if scope["method"] != "POST" or scope["query_string"] or scope.get("root_path"):
            return False
        visit: Visit = scope["state"]["fairhold_visit"]
        found = _PATH.fullmatch(scope["path"])
        operation = self._operations.get(found[2]) if found is not None else None
        if found is None or operation is None:
            return False
        if visit.identity is None or visit.identity.key is None:
            return False
        request = Plain(scope, receive, found[1], self._most)
        try:
            outcome = await carry_out(operation, self._services, request, visit.identity)
            if isinstance(outcome, Answer):
                done = write(operation, outcome)
            else:
                await self._answer(scope, receive, send, respond(operation, outcome, request))
                return True
        except Left:
            return True
        except Exception as failure:  # noqa: BLE001 — the handler of the whole application answers
            await self._excuse(scope, receive, send, failure)
            return True
        await _send(done, send)
        return True


async def _send(done: Written, send: Send) -> None:
    headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in done.headers.items()
    ]
    headers.append((b"content-type", done.media.encode("latin-1")))
    headers.append((b"content-length", str(len(done.content)).encode()))
    await send({"type": "http.response.start", "status": done.status, "headers": headers})
    await send({"type": "http.response.body", "body": done.content, "more_body": False})
