"""What went wrong, in the words of a refusal: every exception that can reach the doors has one."""

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException, SerializationException, ValidationException
from litestar.response import Redirect
from msgspec import Struct

from fairhold.engine.lane import Overloaded, Stopped
from fairhold.engine.outside import BadNotice, Declined, OutsideUnavailable
from fairhold.engine.ports import InDoubt, Unavailable
from fairhold.engine.vault import Gone
from fairhold.kernel.wish import Refusal
from fairhold.web.journal import journal
from fairhold.web.pages.render import page
from fairhold.web.problems import (
    AnyRequest,
    Fault,
    Refused,
    headers_of,
    problem,
    status_of,
    words_of,
)
from fairhold.web.security.identity import SAFE_METHODS, is_api, visit_of
from fairhold.web.security.next_page import path_with_query, sign_in_first
from fairhold.web.words import language_of

log = journal("fairhold.web")

_BY_STATUS: Mapping[int, str] = {
    401: "account.not_signed_in",
    403: "request.operators_only",
    404: "request.not_found",
    405: "request.wrong_method",
    413: "request.too_large",
    415: "request.wrong_media_type",
    429: "request.rate_limited",
}
_OUTAGES: tuple[tuple[type[Exception], str], ...] = (
    (Overloaded, "request.overloaded"),
    (Stopped, "request.overloaded"),
    (Unavailable, "store.unavailable"),
    (InDoubt, "store.unavailable"),
    (OutsideUnavailable, "outside.unavailable"),
    (Declined, "outside.declined"),
    (Gone, "request.erased"),
)


class Failure(Struct, frozen=True):
    """An exception as a refusal, with what else its answer says."""

    refusal: Refusal
    headers: Mapping[str, str] = {}
    errors: tuple[Fault, ...] = ()
    allowed_actions: Any = None


def read_failure(failure: Exception, most_bytes: int) -> Failure:
    """What an exception means to whoever asked. What nobody foresaw says nothing of itself."""
    if isinstance(failure, Refused):
        return Failure(
            failure.refusal, failure.headers, tuple(failure.errors), failure.allowed_actions
        )
    if isinstance(failure, BadNotice):
        return Failure(Refusal(failure.code))
    for kind, code in _OUTAGES:
        if isinstance(failure, kind):
            return Failure(Refusal(code))
    if isinstance(failure, SerializationException):
        return Failure(Refusal("request.malformed"))
    if isinstance(failure, UnicodeDecodeError):
        return Failure(Refusal("request.broken_text"))
    if isinstance(failure, HTTPException) and failure.status_code < 500:  # noqa: PLR2004
        return _read_http(failure, most_bytes)
    return Failure(Refusal("request.failed"))


def _read_http(failure: HTTPException, most_bytes: int) -> Failure:
    code = _BY_STATUS.get(failure.status_code, "request.malformed")
    values: dict[str, str | int] = {"most": most_bytes} if code == "request.too_large" else {}
    allow = {name: value for name, value in (failure.headers or {}).items() if name == "allow"}
    errors: tuple[Fault, ...] = ()
    if isinstance(failure, ValidationException) and isinstance(failure.extra, list):
        errors = tuple(
            Fault(f"/{fault.get('key', '')}", code, str(fault.get("message", "")))
            for fault in failure.extra
            if isinstance(fault, dict)
        )
    return Failure(Refusal(code, values), allow, errors)


def answer_failure(request: Request[Any, Any, Any], exception: Exception) -> Response[Any]:
    """The exception handler of the whole application."""
    failure = read_failure(exception, request.app.state.upload_max)
    if status_of(failure.refusal.code) == 500:  # noqa: PLR2004 — a bug, or what looks like one
        log.error(
            "request failed",
            request_id=visit_of(request).request_id,
            path=request.scope["path"],
            exc_info=exception,
        )
    return answer_refusal(request, failure)


def answer_refusal(request: AnyRequest, failure: Failure) -> Response[Any]:
    """A refusal in the form that the caller reads: problem details, or a page."""
    refusal = failure.refusal
    if is_api(request.scope["path"]):
        return problem(
            refusal,
            request,
            errors=failure.errors,
            allowed_actions=failure.allowed_actions,
            headers=failure.headers,
        )
    if refusal.code == "account.not_signed_in" and request.method in SAFE_METHODS:
        return Redirect(sign_in_first(path_with_query(request)), status_code=303)
    return refusal_page(request, refusal, headers=failure.headers)


def refusal_page(
    request: AnyRequest,
    refusal: Refusal,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response[str]:
    """A page that says what happened and what to do. It never fails in its turn."""
    status = status_of(refusal.code) if status is None else status
    title, advice = words_of(refusal, language_of(request))
    more = headers_of(refusal, status, headers)
    request_id = visit_of(request).request_id
    try:
        answer = page(
            request,
            "problem.html",
            status,
            code=refusal.code,
            title=title,
            advice=advice,
            request_id=request_id,
        )
    except Exception as failure:
        log.exception("the page of a refusal failed", request_id=request_id, exc_info=failure)
        text = f"{title}\n{advice}\n{request_id}\n"
        answer = Response(text, status_code=status, media_type="text/plain")
    answer.headers.update(
        {name: value for name, value in more.items() if name != "WWW-Authenticate"}
    )
    return answer
