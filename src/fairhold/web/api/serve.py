"""One request through one operation: who asks, what they sent, what comes back.

Everything here is the same for every operation, so that a new one cannot forget any of it.
"""

import re
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec
from anyio import to_thread
from litestar import Response
from msgspec import Struct

from fairhold.engine.engine import Key
from fairhold.kernel.ids import public_id, read_public_id
from fairhold.kernel.wish import Refusal
from fairhold.web.api import shapes
from fairhold.web.api.operation import (
    JSON,
    REPLAYED,
    Access,
    Answer,
    Call,
    Operation,
    is_replay,
)
from fairhold.web.api.reading import read_json, read_query
from fairhold.web.problems import AnyRequest, Asked, Refused, problem
from fairhold.web.security.identity import Identity, identity_of
from fairhold.web.services import Services
from fairhold.web.words import language_of

KEY_HEADER = "idempotency-key"
KEY_MAX = 255
KEY_FORM = re.compile("[!-~]+")
"""Printable ASCII without spaces, so that no proxy changes a key on its way."""
PREFIXES: Mapping[str, tuple[str, str]] = {
    "account": (shapes.ACCOUNT, "account.unknown"),
    "listing": (shapes.LISTING, "listing.unknown"),
    "deal": (shapes.DEAL, "deal.unknown"),
    "conversation": (shapes.CONVERSATION, "conversation.unknown"),
    "picture": (shapes.PICTURE, "picture.unknown"),
    "endpoint": (shapes.ENDPOINT, "webhook.unknown"),
}
"""Parameters of paths that are public ids: their prefix, and the refusal when they are none."""

_encoder = msgspec.json.Encoder()


async def serve(
    table: Mapping[str, Operation], services: Services, request: AnyRequest
) -> Response[bytes]:
    """Answer one request to a path; ``table`` holds its operations by method."""
    operation = table.get("GET" if request.method == "HEAD" else request.method)
    if operation is None:
        allowed = ", ".join(sorted({*table, "OPTIONS"} | ({"HEAD"} if "GET" in table else set())))
        if request.method == "OPTIONS":
            return Response(b"", status_code=204, headers={"Allow": allowed})
        return problem("request.wrong_method", request, headers={"Allow": allowed})
    outcome = await carry_out(operation, services, request, identity_of(request))
    return respond(operation, outcome, request)


class Sent(Asked, Protocol):
    """As much of a request as an operation reads."""

    @property
    def method(self) -> str:
        """The method."""

    @property
    def path_params(self) -> dict[str, Any]:
        """The parameters of the path."""

    @property
    def query_params(self) -> Any:  # noqa: ANN401 — the framework's or none at all
        """The query, with ``multi_items``."""

    async def body(self) -> bytes:
        """All that came."""


async def carry_out(
    operation: Operation, services: Services, request: Sent, identity: Identity | None
) -> Answer | Refusal:
    """Check one request, read it and do what it asks; raises Refused."""
    refusal = _why_not(operation, services, identity)
    if refusal is not None:
        return refusal
    raw = await request.body() if operation.method == "POST" else b""
    call = _read(operation, services, request, identity, raw)
    if operation.prompt is not None:
        return await operation.prompt(call)
    return await to_thread.run_sync(operation.call, call)


def _why_not(operation: Operation, services: Services, identity: Identity | None) -> Refusal | None:
    if operation.sandbox and not services.settings.sandbox:
        return Refusal("request.not_found")
    if operation.access is Access.PUBLIC:
        return None
    if identity is None:
        return Refusal("account.not_signed_in")
    if operation.access is Access.OPERATOR and not identity.actor.operator:
        return Refusal("request.operators_only")
    if operation.scope and identity.key is not None and operation.scope not in identity.scopes:
        return Refusal("request.scope_missing", {"scope": operation.scope})
    return None


# -- reading --------------------------------------------------------------------------------------


def _read(
    operation: Operation,
    services: Services,
    request: Sent,
    identity: Identity | None,
    raw: bytes,
) -> Call:
    """The request as a call; raises Refused when something about its form is wrong."""
    path = _path(request.path_params)
    query = _query(operation, request)
    body = _body(operation, request, raw)
    key = _key(operation, services, request, identity, raw)
    if isinstance(query, shapes.Dry) and query.rehearse:
        key = None  # a rehearsal leaves nothing behind, not even its key
    return Call(
        services=services,
        who=identity,
        language=language_of(request, identity.language if identity is not None else ""),
        path=path,
        query=query,
        body=body,
        raw=raw,
        key=key,
    )


def _path(params: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, text in params.items():
        found[name] = text
        if name in PREFIXES:
            prefix, unknown = PREFIXES[name]
            found[name] = read_public_id(prefix, str(text))
            if found[name] is None:
                raise Refused(Refusal(unknown))
    return found


def _query(operation: Operation, request: Sent) -> object:
    pairs = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    value, faults = read_query(pairs, operation.query or shapes.Nothing)
    if faults:
        raise Refused(Refusal("request.malformed", {"field": faults[0].pointer}), errors=faults)
    return value


def _body(operation: Operation, request: Sent, raw: bytes) -> object:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if operation.takes:
        if media not in operation.takes.split(", "):
            raise Refused(Refusal("request.wrong_media_type", {"accepted": operation.takes}))
        return None
    if operation.method != "POST":
        return None
    if raw and media != JSON:
        raise Refused(Refusal("request.wrong_media_type", {"accepted": JSON}))
    value, faults = read_json(raw or b"{}", operation.body or shapes.Nothing)
    if faults:
        raise Refused(Refusal("request.malformed", {"field": faults[0].pointer}), errors=faults)
    return value


def _key(
    operation: Operation,
    services: Services,
    request: Sent,
    identity: Identity | None,
    raw: bytes,
) -> Key | None:
    if not operation.keyed:
        return None
    text = request.headers.get(KEY_HEADER, "")
    if not text.strip():
        link = {"Link": '</docs/api#idempotency>; rel="help"'}
        raise Refused(Refusal("request.key_missing"), headers=link)
    if len(text) > KEY_MAX:
        raise Refused(Refusal("request.key_too_long", {"most": KEY_MAX}))
    if not KEY_FORM.fullmatch(text):
        raise Refused(Refusal("request.malformed", {"field": "Idempotency-Key"}))
    caller = public_id(shapes.ACCOUNT, identity.account) if identity is not None else "nobody"
    asked = f"{request.method} {request.scope['path']}\n".encode() + raw
    return services.desk.key(f"api:{caller}", text, asked)


# -- answering ------------------------------------------------------------------------------------


class Written(Struct, frozen=True):
    """An answer as it goes over the line."""

    status: int
    media: str
    headers: dict[str, str]
    content: bytes


def write(operation: Operation, outcome: Answer) -> Written:
    """The answer to a wish that came true."""
    headers = {REPLAYED: "true", **outcome.headers} if outcome.replayed else dict(outcome.headers)
    if outcome.private:
        headers["Cache-Control"] = "no-store"
    status = outcome.status or operation.status
    content = outcome.body if isinstance(outcome.body, bytes) else _encoder.encode(outcome.body)
    if status == 204:  # noqa: PLR2004 — No Content
        content = b""
    return Written(status, outcome.media, headers, content)


def respond(operation: Operation, outcome: Answer | Refusal, request: Asked) -> Response[bytes]:
    """An answer, or a refusal, in the framework's form."""
    if isinstance(outcome, Refusal):
        headers = {REPLAYED: "true"} if is_replay(outcome) else {}
        return problem(outcome, request, headers=headers)
    done = write(operation, outcome)
    return Response(
        done.content, status_code=done.status, media_type=done.media, headers=done.headers
    )
