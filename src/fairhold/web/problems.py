"""Every refusal as an HTTP answer: its status, and problem details for programs (RFC 9457).

Pages show the same code and the same words in HTML.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec
from litestar import Request, Response
from msgspec import Struct

from fairhold.kernel.wish import Refusal
from fairhold.web.api.wording import WORDS as API_WORDS
from fairhold.web.security.wording import WORDS
from fairhold.web.words import Asking, language_of, refusal_words, translations

MEDIA_TYPE = "application/problem+json"
AnyRequest = Request[Any, Any, Any]


class Asked(Asking, Protocol):
    """As much of a request as its answer speaks of."""

    @property
    def scope(self) -> Any:  # noqa: ANN401 — the framework's or a plain mapping
        """What the server said of it."""


_STATUS: Mapping[str, int] = {
    "request.malformed": 400,
    "request.wrong_host": 400,
    "request.broken_text": 400,
    "request.key_missing": 400,
    "request.key_too_long": 400,
    "request.cursor_conflict": 422,
    "notice.old_timestamp": 400,
    "notice.malformed": 400,
    "notice.wrong_signature": 401,
    "account.not_signed_in": 401,
    "account.wrong_password": 401,
    "api_key.invalid": 401,
    "account.password_needed": 403,
    "request.scope_missing": 403,
    "request.operators_only": 403,
    "request.form_out_of_date": 403,
    "request.foreign_form": 403,
    "deal.not_for_your_role": 403,
    "request.not_found": 404,
    "request.no_such_stream": 404,
    "money.unknown_payment": 404,
    "parcel.unknown_tracking": 404,
    "wallet.unknown_payout": 404,
    "conversation.not_your_message": 404,
    "request.wrong_method": 405,
    "request.erased": 410,
    "request.too_large": 413,
    "picture.too_large": 413,
    "request.wrong_media_type": 415,
    "request.key_reused": 422,
    "request.unknown_move": 404,
    "case.unknown_claim": 422,
    "return.unknown_reason": 422,
    "picture.not_a_picture": 422,
    "conversation.secret_stopped": 422,
    "request.rate_limited": 429,
    "account.too_many_tries": 429,
    "request.failed": 500,
    "outside.declined": 409,
    "outside.unavailable": 503,
    "store.unavailable": 503,
    "request.overloaded": 503,
}
_NOT_THERE = (".unknown", ".not_yours")
_WRONG_FORM = (
    "_missing",
    "_too_long",
    ".too_long",
    ".too_short",
    ".too_easy",
    ".empty",
    "_out_of_range",
    "_unknown",
    "_invalid",
    "_reserved",
    "too_many_pictures",
)
CONFLICT = 409
RETRY_AFTER_S = 1


def status_of(code: str) -> int:
    """The HTTP status of a refusal; a code without a rule of its own is a conflict of states.

    What is not yours looks exactly as if it were not there.
    """
    if code in _STATUS:
        return _STATUS[code]
    if code.endswith(_NOT_THERE):
        return 404
    if code.endswith(_WRONG_FORM):
        return 422
    return CONFLICT


class Fault(Struct, frozen=True):
    """One fault in what was sent: where (RFC 6901 pointer, such as ``/price/amount``) and why."""

    pointer: str
    code: str
    message: str


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The members of a problem document; clients ignore those they do not know."""

    type: str
    title: str
    status: int
    code: str
    detail: str = ""
    instance: str = ""
    request_id: str = ""
    values: Mapping[str, str | int] = {}
    errors: Sequence[Fault] = ()
    retry_after: int | None = None
    allowed_actions: Any = None


class Refused(Exception):
    """A refusal on its way to whoever asked: raised by guards and parsers, answered in one place.

    ``allowed_actions`` says what is possible instead (plain values, as ``next_actions``).
    """

    def __init__(
        self,
        refusal: Refusal,
        *,
        errors: Sequence[Fault] = (),
        allowed_actions: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keep the refusal and what helps to mend it."""
        super().__init__(refusal.code)
        self.refusal = refusal
        self.errors = errors
        self.allowed_actions = allowed_actions
        self.headers = dict(headers or {})


def words_of(refusal: Refusal, language: str) -> tuple[str, str]:
    """What happened and why, and what to do now."""
    mine = WORDS.get(refusal.code) or API_WORDS.get(refusal.code)
    if mine is None:
        return refusal_words(refusal.code, refusal.values, language)
    values = _Values(refusal.values)
    title, advice = (translations(language).gettext(text) % values for text in mine)
    return title, advice


class _Values(dict[str, str | int]):
    """The values of a refusal; one that is missing, where a code is only explained, is a gap."""

    def __missing__(self, _name: str) -> str:
        return "…"


def type_of(code: str) -> str:
    """The stable URI reference of a problem type; it leads to a page that explains it."""
    return f"/problems/{code}"


def problem(
    refused: Refusal | str,
    request: Asked,
    *,
    errors: Sequence[Fault] = (),
    allowed_actions: object = None,
    headers: Mapping[str, str] | None = None,
) -> Response[bytes]:
    """A refusal for a program."""
    refusal = Refusal(refused) if isinstance(refused, str) else refused
    status = status_of(refusal.code)
    title, advice = words_of(refusal, language_of(request))
    more = headers_of(refusal, status, headers)
    wait = more.get("Retry-After")
    body = Problem(
        type=type_of(refusal.code),
        title=title,
        status=status,
        code=refusal.code,
        detail=advice,
        instance=request.scope["path"],
        request_id=getattr(request.scope["state"].get("fairhold_visit"), "request_id", ""),
        values=refusal.values,
        errors=errors,
        retry_after=int(wait) if wait is not None else None,
        allowed_actions=allowed_actions,
    )
    return Response(
        msgspec.json.encode(body), status_code=status, media_type=MEDIA_TYPE, headers=more
    )


def headers_of(
    refusal: Refusal, status: int, headers: Mapping[str, str] | None = None
) -> dict[str, str]:
    """What a refusal says in headers: when to come back, how to sign in."""
    more = dict(headers or {})
    if status in {429, 503}:
        more.setdefault("Retry-After", str(refusal.values.get("seconds", RETRY_AFTER_S)))
    if status == 401:  # noqa: PLR2004 — Unauthorized
        more.setdefault("WWW-Authenticate", 'Bearer realm="fairhold"')
    return more
