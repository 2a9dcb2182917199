"""The provider's HTTP interface as a plain function from a request to an answer."""

import hmac
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias
from urllib.parse import parse_qs

import msgspec
from msgspec import Struct

from fairhold.adapters.notices import NoticeFault
from fairhold.adapters.payment.sandbox import page
from fairhold.adapters.payment.sandbox.fields import (
    BODY_MAX,
    TIME_MAX,
    Fields,
    read_key,
    read_object,
    too_large,
)
from fairhold.adapters.payment.sandbox.moves import (
    Call,
    Cancel,
    Capture,
    PayOut,
    Refund,
    Release,
    Reply,
)
from fairhold.adapters.payment.sandbox.provider import Hang, Provider
from fairhold.adapters.payment.sandbox.things import Open, Split
from fairhold.adapters.payment.sandbox.words import (
    ApiFault,
    Choice,
    Problem,
)

SPLITS_MAX: Final = 20
PAGE_MAX: Final = 500
COUNT_MAX: Final = 1_000
ADVANCE_MAX: Final = 400 * 24 * 3_600_000

_JSON: Final = (("content-type", "application/json"), ("cache-control", "no-store"))
_PROBLEM: Final = (("content-type", "application/problem+json"), ("cache-control", "no-store"))


class Request(Struct, frozen=True):
    """One request; ``path`` begins with a slash below the mount, header names are lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""


class Answer(Struct, frozen=True):
    """One answer; ``hang`` says that it must never be given."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes
    hang: bool = False


_Read: TypeAlias = Callable[[Fields], Call]
_Control: TypeAlias = Callable[[Provider, Fields], Reply]


def answer(provider: Provider, request: Request) -> Answer:
    """Answer one request; every problem is application/problem+json with a stable code."""
    try:
        if request.path == "/checkout.css":
            return Answer(200, page.STYLE_HEADERS, page.STYLE)
        if request.path.startswith("/checkout/"):
            return _checkout(provider, request)
        return _json(200, _route(provider, request))
    except Problem as problem:
        return problem_answer(problem)
    except Hang:
        return Answer(504, (), b"", hang=True)


def problem_answer(problem: Problem) -> Answer:
    """Write a problem down (RFC 9457)."""
    body = {
        "type": "about:blank",
        "title": problem.code,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
    }
    return Answer(problem.status, _PROBLEM, msgspec.json.encode(body))


def _json(status: int, value: object) -> Answer:
    return Answer(status, _JSON, msgspec.json.encode(value))


# -- the merchant's interface ---------------------------------------------------------------------


def _route(provider: Provider, request: Request) -> Reply:
    steps = tuple(request.path.split("/")[1:])
    match steps:
        case ("v1", *rest):
            _check_key(request, provider.settings.api_key)
            return _merchant(provider, request, tuple(rest))
        case ("control", *rest):
            _check_key(request, provider.settings.control_key)
            return _stage(provider, request, "/".join(rest))
        case _:
            raise Problem(404, "route.unknown", "There is nothing here.")


def _check_key(request: Request, key: str) -> None:
    given = request.headers.get("authorization", "").encode()
    if not hmac.compare_digest(given, f"Bearer {key}".encode()):
        raise Problem(401, "key.wrong", "The bearer key is missing or wrong.")


def _merchant(provider: Provider, request: Request, steps: tuple[str, ...]) -> Reply:
    if request.method == "GET":
        return _look(provider, request, steps)
    if request.method != "POST":
        raise Problem(405, "method.not_allowed", "Only GET and POST are understood.")
    read = _call(steps)
    fields = read_object(request.body)
    key = read_key(request.headers.get("idempotency-key", ""))
    reply = dict(provider.call(key, read(fields)))
    token = reply.pop("token", None)
    if token is not None:
        reply["url"] = f"{provider.settings.public_url}/checkout/{token}"
    return reply


def _call(steps: tuple[str, ...]) -> _Read:
    match steps:
        case ("checkouts",):
            return _read_open
        case ("payouts",):
            return lambda fields: PayOut(fields.text("account"), fields.amount(), fields.currency())
        case ("payments", payment, "capture"):
            return lambda _: Capture(payment)
        case ("payments", payment, "cancel"):
            return lambda _: Cancel(payment)
        case ("payments", payment, "refund"):
            return lambda fields: Refund(payment, fields.amount(), fields.currency())
        case ("payments", payment, "release"):
            return lambda fields: _read_release(payment, fields)
        case _:
            raise Problem(404, "route.unknown", "There is nothing here.")


def _read_open(fields: Fields) -> Open:
    return Open(
        deal=fields.text("deal"),
        amount=fields.amount(),
        currency=fields.currency(),
        return_url=fields.return_url(),
        expires=fields.whole("expires", TIME_MAX),
    )


def _read_release(payment: str, fields: Fields) -> Release:
    splits = fields.objects("splits", SPLITS_MAX)
    currency = fields.currency()
    return Release(payment, currency, tuple(Split(row.text("to"), row.amount()) for row in splits))


def _look(provider: Provider, request: Request, steps: tuple[str, ...]) -> Reply:
    match steps:
        case ("payments", payment):
            reply = provider.payment(payment)
            token = reply.pop("token")
            return {**reply, "url": f"{provider.settings.public_url}/checkout/{token}"}
        case ("statement",):
            query = parse_qs(request.query)
            limit = (query.get("limit") or ["100"])[0]
            if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:9]) <= PAGE_MAX):
                raise Problem(422, "field.out_of_bounds", f"limit is from 1 to {PAGE_MAX}.")
            rows = provider.statement((query.get("since") or [""])[0], int(limit))
            return {"entries": rows}
        case ("balances",):
            rows_ = provider.balances()
            return {
                "balances": [
                    {"account": account, "currency": currency, "amount": minor}
                    for account, currency, minor in rows_
                ]
            }
        case _:
            raise Problem(404, "route.unknown", "There is nothing here.")


# -- the stage manager ----------------------------------------------------------------------------


def _stage(provider: Provider, request: Request, name: str) -> Reply:
    if request.method == "GET" and name == "notices":
        return {"notices": [_delivery(row) for row in provider.notices()]}
    control = _CONTROLS.get(name)
    if control is None:
        raise Problem(404, "route.unknown", "There is nothing here.")
    if request.method != "POST":
        raise Problem(405, "method.not_allowed", "Controls are moved with POST.")
    return control(provider, read_object(request.body))


def _delivery(row: object) -> Reply:
    plain = msgspec.to_builtins(row)
    assert isinstance(plain, dict)
    del plain["body"]
    return plain


def _pay(provider: Provider, fields: Fields) -> Reply:
    choice = Choice(fields.word("choice", tuple(Choice)))
    return {"paid": provider.pay(fields.text("payment"), choice)}


def _charge_back(provider: Provider, fields: Fields) -> Reply:
    return provider.charge_back(fields.text("payment"), fields.amount_if_any())


def _fail_payout(provider: Provider, fields: Fields) -> Reply:
    provider.fail_payout(fields.text("account"))
    return {}


def _spoil_notices(provider: Provider, fields: Fields) -> Reply:
    fault = NoticeFault(fields.word("fault", tuple(NoticeFault)))
    provider.spoil_notices(fault, fields.whole("count", COUNT_MAX), fields.text("kind"))
    return {}


def _spoil_calls(provider: Provider, fields: Fields) -> Reply:
    fault = ApiFault(fields.word("fault", tuple(ApiFault)))
    provider.spoil_calls(fault, fields.whole("count", COUNT_MAX), fields.text("op"))
    return {}


def _deliver(provider: Provider, _: Fields) -> Reply:
    return {"count": provider.deliver_all()}


def _repeat(provider: Provider, fields: Fields) -> Reply:
    provider.repeat_notice(fields.text("notice"))
    return {}


def _advance(provider: Provider, fields: Fields) -> Reply:
    return {"now": provider.advance(fields.whole("span", ADVANCE_MAX))}


def _check(provider: Provider, _: Fields) -> Reply:
    provider.check()
    return {"exact": True}


_CONTROLS: Mapping[str, _Control] = {
    "pay": _pay,
    "chargeback": _charge_back,
    "fail_payout": _fail_payout,
    "spoil_notices": _spoil_notices,
    "spoil_calls": _spoil_calls,
    "deliver": _deliver,
    "repeat": _repeat,
    "advance": _advance,
    "check": _check,
}


# -- the checkout page ----------------------------------------------------------------------------


def _checkout(provider: Provider, request: Request) -> Answer:
    token = request.path.removeprefix("/checkout/")
    query = parse_qs(request.query)
    chosen = (query.get("lang") or [""])[0]
    language = page.language(chosen, request.headers.get("accept-language", ""))
    try:
        payment = provider.checkout(token)
    except Problem:
        return _html(404, page.unknown(language), "")
    if request.method in {"GET", "HEAD"}:
        text = page.checkout(payment, provider.settings, language, declined="declined" in query)
        return _html(200, text, payment.return_url)
    if request.method != "POST":
        raise Problem(405, "method.not_allowed", "Only GET and POST are understood.")
    if len(request.body) > BODY_MAX:
        raise too_large()
    form = parse_qs(request.body.decode("ascii", "replace"))
    word = (form.get("choice") or [""])[0]
    if word not in tuple(Choice):
        raise Problem(422, "field.unknown_word", "choice is one of the buttons.")
    try:
        paid = provider.choose(token, Choice(word))
    except Problem:
        payment = provider.checkout(token)
        text = page.checkout(payment, provider.settings, language)
        return _html(409, text, payment.return_url)
    place = payment.return_url if paid else f"?declined=1&lang={language}"
    return Answer(303, (("location", place), ("cache-control", "no-store")), b"")


def _html(status: int, text: str, return_url: str) -> Answer:
    return Answer(status, page.headers(return_url), text.encode())
