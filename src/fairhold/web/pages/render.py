"""From a template and plain values to a page in the reader's language."""

import functools
import hashlib
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.enums import MediaType
from litestar.response import Redirect
from markupsafe import Markup

from fairhold.engine.clock import SystemClock
from fairhold.web import present, words
from fairhold.web.pages.once import once
from fairhold.web.security.identity import csrf_token, identity_of
from fairhold.web.services import Services
from fairhold.web.wording import N_

AnyRequest = Request[Any, Any, Any]


class Place(NamedTuple):
    """An entry of the frame's navigation."""

    path: str
    name: str
    icon: str
    here: bool


PLACES: Final = (
    ("/", N_("Market"), "store"),
    ("/sell", N_("Sell"), "circle-plus"),
    ("/deals", N_("My deals"), "handshake"),
    ("/wallet", N_("Wallet"), "wallet"),
)
WEB: Final = Path(__file__).parent.parent
TEMPLATES: Final = WEB / "templates"
STATIC: Final = WEB / "static"
YEAR_S: Final = 365 * 24 * 3600


def htmx_folder() -> Path:
    """Where the htmx files lie in the package that brings them; it is never imported."""
    spec = find_spec("django_htmx")
    assert spec is not None, "the package with the htmx files is installed"
    assert spec.origin is not None
    return Path(spec.origin).parent / "static" / "django_htmx"


STATIC_FILES: Final[dict[str, Callable[[], Path]]] = {
    "htmx.js": lambda: htmx_folder() / "htmx-2.min.js",
    "hx-sse.js": lambda: htmx_folder() / "ext" / "hx-sse-2.min.js",
}
"""Files that lie elsewhere, by the name under which pages ask for them."""


@functools.cache
def static_url(name: str) -> str:
    """The address of a static file, which changes with its content."""
    path = STATIC_FILES[name]() if name in STATIC_FILES else STATIC / name
    mark = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={mark}"


@functools.cache
def icon(name: str, size: int = 20) -> Markup:
    """A Lucide icon as SVG; it is decoration, so readers of the screen skip it."""
    with warnings.catch_warnings():
        # The icon package reads its archive through a call that Python has marked as old.
        warnings.simplefilter("ignore", DeprecationWarning)
        from lucide import jinja  # noqa: PLC0415 — the import warns as well

        shape = {"class": "icon", "aria_hidden": "true", "focusable": "false"}
        return Markup(jinja.lucide(name, size=size, **shape))  # noqa: S704 — the package's own


@functools.cache
def environment(language: str) -> Environment:
    """The templates in one language."""
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    catalogue = words.translations(language)
    env.install_gettext_callables(  # type: ignore[attr-defined]
        catalogue.gettext, catalogue.ngettext, newstyle=True
    )
    env.globals.update(
        icon=icon,
        static=static_url,
        lang=language,
        html_lang=words.HTML_LANGUAGE[language],
        languages=words.NAMES,
        once=once,
    )
    env.filters.update(
        money=lambda amount: present.money_text(amount, language),
        moment=lambda at: present.moment_text(at, language),
        clock=lambda at: present.clock_text(at, language),
        day=lambda at: present.day_text(at, language),
        span=lambda span: present.span_text(span, language),
        exact=present.moment_exact,
        said=lambda text, **values: words.say(language, text, **values),
    )
    return env


def render(language: str, template: str, **values: object) -> str:
    """A page as text."""
    return environment(language).get_template(template).render(**values)


def language_for(request: AnyRequest) -> str:
    """The language in which to answer."""
    identity = identity_of(request)
    return words.language_of(request, identity.language if identity is not None else "")


def page(
    request: AnyRequest,
    template: str,
    /,
    status: int = 200,
    **values: object,
) -> Response[str]:
    """A page for whoever asks, with everything that the frame of all pages needs."""
    language = language_for(request)
    text = render(language, template, **frame(request), **values)
    cookies = []
    if request.query_params.get("lang") in words.LANGUAGES:
        cookies.append(
            Cookie(
                key=words.COOKIE,
                value=language,
                path="/",
                max_age=YEAR_S,
                samesite="lax",
                httponly=True,
                secure=request.url.scheme == "https",
            )
        )
    return Response(
        text, status_code=status, media_type=MediaType.HTML, cookies=cookies, headers=NO_STORE
    )


NO_STORE: Final = {"Cache-Control": "no-store", "Vary": "Cookie, Accept-Language"}


def frame(request: AnyRequest) -> dict[str, object]:
    """What the frame shows: who is signed in, where we are, the form's token."""
    services: Services = request.app.state.services
    language = language_for(request)
    path = request.url.path
    identity = identity_of(request)
    return {
        "csrf_token": csrf_token(request),
        "sandbox": services.settings.sandbox,
        "signed_in": identity is not None,
        "operator": identity is not None and identity.actor.operator,
        "places": [
            Place(address, words.say(language, name), sign, _is_here(address, path))
            for address, name, sign in PLACES
        ],
        "language_links": {code: f"{path}?lang={code}" for code in words.LANGUAGES},
        "ahead": services.desk.engine.now() - SystemClock().now() if services.test_clock else 0,
    }


def _is_here(address: str, path: str) -> bool:
    return path == address or (address != "/" and path.startswith(f"{address}/"))


def see(path: str) -> Redirect:
    """After a form was taken: go and look (303)."""
    return Redirect(path, status_code=303)
