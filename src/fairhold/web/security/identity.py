"""Who asks, and the guards of what only some may ask.

The gate finds out who is there before any handler runs and leaves a :class:`Visit` in the scope;
handlers and guards read it and never look at cookies or headers themselves.
"""

from collections.abc import Callable
from typing import Any, TypeAlias, cast
from urllib.parse import unquote_to_bytes

from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import SkipValidation
from msgspec import Struct

from fairhold.kernel.actor import Actor
from fairhold.kernel.instant import MINUTE, Instant
from fairhold.kernel.wish import Refusal
from fairhold.web.problems import Refused
from fairhold.web.security import csrf
from fairhold.web.security.networks import address_of, network_of
from fairhold.web.security.sessions import Session
from fairhold.web.security.tokens import Token

CONFIRMED_FOR = 15 * MINUTE
"""How long a typed password opens the doors that ask for it again."""

Connection = ASGIConnection[Any, Any, Any, Any]


class Identity(Struct, frozen=True, kw_only=True):
    """Somebody who has proved who they are, and how.

    ``session`` is the public name of the browser's session, None for a program; ``key`` the public
    name of the program's API key. ``language`` is empty when nothing is known.
    """

    actor: Actor
    account: int
    session: str | None = None
    key: str | None = None
    scopes: frozenset[str] = frozenset()
    language: str = ""
    confirmed_at: Instant = 0


Who: TypeAlias = NamedDependency[SkipValidation[Identity | None]]
"""The type of a handler's argument ``identity``."""


class Visit:
    """One request as the doors see it.

    ``address`` is one caller (an IPv4 address, an IPv6 site), ``network`` what one household or one
    guesser holds cheaply. ``secret`` is what this visit's form tokens are bound to. ``cookies`` are
    Set-Cookie values to send along.
    """

    __slots__ = (
        "address",
        "cookies",
        "device",
        "identity",
        "network",
        "new_visitor",
        "now",
        "request_id",
        "secret",
        "session",
        "token",
    )

    def __init__(self, request_id: str, host: str, now: Instant) -> None:
        """Nobody is known yet."""
        self.request_id = request_id
        self.address = address_of(host)
        self.network = network_of(host)
        self.now = now
        self.identity: Identity | None = None
        self.session: Session | None = None
        self.token: Token | None = None
        self.secret = ""
        self.device = ""
        self.cookies: list[str] = []
        self.new_visitor: Callable[[], str] = lambda: ""


def visit_of(connection: Connection) -> Visit:
    """The visit that a request belongs to."""
    return cast("Visit", connection.scope["state"]["fairhold_visit"])


def identity_of(request: Connection) -> Identity | None:
    """Dependency ``identity``: who asks, or None."""
    return visit_of(request).identity


def csrf_token(request: Connection) -> str:
    """The token for the hidden field ``csrf_token`` of every form of this page."""
    visit = visit_of(request)
    if not visit.secret:
        visit.secret = visit.new_visitor()
    return csrf.make_token(visit.secret)


# -- guards ---------------------------------------------------------------------------------------


def signed_in(connection: Connection, _handler: BaseRouteHandler) -> None:
    """Guard: somebody, not nobody."""
    _somebody(connection)


def operator_only(connection: Connection, _handler: BaseRouteHandler) -> None:
    """Guard: an operator of the platform; an API key needs the scope besides."""
    identity = _somebody(connection)
    if not identity.actor.operator:
        raise Refused(Refusal("request.operators_only"))


def scope(name: str) -> Callable[[Connection, BaseRouteHandler], None]:
    """Guard: signed in, and an API key has this scope (a browser's session has every one)."""

    def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        identity = _somebody(connection)
        if identity.key is not None and name not in identity.scopes:
            raise Refused(Refusal("request.scope_missing", {"scope": name}))

    return guard


def is_confirmed(identity: Identity, now: Instant) -> bool:
    """Whether a browser's person typed the password in the last minutes; a key always is."""
    return identity.key is not None or now - identity.confirmed_at <= CONFIRMED_FOR


def recently_confirmed(connection: Connection, _handler: BaseRouteHandler) -> None:
    """Guard: a browser whose person typed the password in the last minutes; keys pass."""
    identity = _somebody(connection)
    if not is_confirmed(identity, visit_of(connection).now):
        raise Refused(Refusal("account.password_needed"))


def _somebody(connection: Connection) -> Identity:
    identity = visit_of(connection).identity
    if identity is None:
        raise Refused(Refusal("account.not_signed_in"))
    return identity


SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
NOTHING_AMBIENT = "no_form_token"
"""Handler option: what authorises this request is never sent by a browser on its own."""


async def our_own_form(connection: Connection, handler: BaseRouteHandler) -> None:
    """Guard of the whole application: a cookie alone changes nothing.

    A request that carries an API key, or no cookie that means anything, needs no token in the API;
    pages always need one, in the field ``csrf_token`` or the header ``X-CSRF-Token``.
    """
    if connection.scope.get("method") in SAFE_METHODS or handler.opt.get(NOTHING_AMBIENT):
        return
    visit, in_api = visit_of(connection), is_api(connection.scope["path"])
    if in_api and visit.session is None:
        return
    headers = connection.headers
    if csrf.comes_from_elsewhere(
        headers.get("sec-fetch-site"), headers.get("origin"), headers.get("host", "")
    ):
        raise Refused(Refusal("request.foreign_form"))
    token = headers.get(csrf.HEADER, "")
    by_form = not token and not in_api
    if by_form:
        token = await _field(connection)
    if not visit.secret or not csrf.is_token(visit.secret, token):
        if by_form:
            await _put_away(connection)
        raise Refused(Refusal("request.form_out_of_date"))


async def _field(connection: Connection) -> str:
    """The form's token; a form whose text is no text is refused on the way."""
    request = cast("Any", connection)
    encoded = request.content_type[0] == "application/x-www-form-urlencoded"
    if encoded and not is_text(await request.body()):
        raise Refused(Refusal("request.broken_text"))
    form = await request.form()
    if any(isinstance(value, str) and "\x00" in value for value in form.values()):
        await _put_away(connection)
        raise Refused(Refusal("request.broken_text"))
    token = form.get(csrf.FIELD, "")
    return token if isinstance(token, str) else ""


async def _put_away(connection: Connection) -> None:
    """Close the files of a form that no handler will see."""
    await (await cast("Any", connection).form()).close()


def is_text(raw: bytes) -> bool:
    """Whether bytes, percent-encoded or not, are UTF-8 without zero bytes."""
    try:
        return "\x00" not in unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        return False


def is_api(path: str) -> bool:
    """Whether a path belongs to the door for programs."""
    return path == "/v1" or path.startswith(("/v1/", "/sandbox/notices/"))
