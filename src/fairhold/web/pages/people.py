"""Signing up, in and out."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from fairhold.engine.desk.asked import HANDLE_MAX
from fairhold.kernel.wish import Refusal
from fairhold.web.pages.forms import Form, in_thread, read_form
from fairhold.web.pages.render import language_for, page, see
from fairhold.web.problems import AnyRequest, status_of, words_of
from fairhold.web.security.cookies import Cookies
from fairhold.web.security.identity import Visit, visit_of
from fairhold.web.security.keeper import Keeper, SignedIn
from fairhold.web.security.next_page import safe_path
from fairhold.web.security.passwords import LENGTH_MAX, LENGTH_MIN
from fairhold.web.security.registration import Registration, faults_of
from fairhold.web.services import Services

Words = tuple[str, str]


def services_of(request: AnyRequest) -> Services:
    """The services of the application that answers this request."""
    services: Services = request.app.state.services
    return services


def cookies_of(request: AnyRequest) -> Cookies:
    """How this server names its cookies."""
    return Cookies(services_of(request).settings.secure_cookies)


def in_words(request: AnyRequest, refusal: Refusal) -> Words:
    """A refusal for a page."""
    return words_of(refusal, language_for(request))


# -- signing up -----------------------------------------------------------------------------------


@get("/sign-up", sync_to_thread=True)
def sign_up_page(request: AnyRequest) -> Response[Any]:
    """The form."""
    if visit_of(request).identity is not None:
        return see(safe_path(request.query_params.get("next", "")))
    asked = Registration(email="", handle="", password="", language=language_for(request))
    return _sign_up_form(request, asked, request.query_params.get("next", ""), {})


@post("/sign-up", status_code=200)
async def sign_up(request: AnyRequest) -> Response[Any]:
    """Open an account and sign in to it."""
    form = await read_form(request)
    return await in_thread(lambda: _sign_up(request, form))


def _sign_up(request: AnyRequest, form: Form) -> Response[Any]:
    asked = Registration(
        email=form.get("email"),
        handle=form.get("handle"),
        password=form.fields.get("password", ""),
        language=form.get("language") or language_for(request),
    ).tidy()
    faults = dict(faults_of(asked))
    after = form.get("next")
    if faults:
        return _sign_up_form(request, asked, after, faults)
    keeper = services_of(request).keeper
    outcome = keeper.sign_up(asked)
    # Whoever sends the form twice, or forgot the account they have, gets in with its password.
    signed_in = _try_to_sign_in(request, asked.email, asked.password)
    if isinstance(signed_in, SignedIn):
        welcome = _welcome(request, signed_in, after)
        visit_of(request).cookies.append(cookies_of(request).speak(asked.language))
        return welcome
    refusal = outcome if isinstance(outcome, Refusal) else signed_in
    return _sign_up_form(request, asked, after, {"email": refusal})


def _sign_up_form(
    request: AnyRequest, asked: Registration, after: str, faults: dict[str, Refusal]
) -> Response[str]:
    status = max((status_of(fault.code) for fault in faults.values()), default=200)
    return page(
        request,
        "people/sign_up.html",
        status,
        email=asked.email,
        handle=asked.handle,
        chosen_language=asked.language,
        next=after,
        faults={name: in_words(request, fault) for name, fault in faults.items()},
        password_min=LENGTH_MIN,
        password_max=LENGTH_MAX,
        handle_max=HANDLE_MAX,
    )


# -- signing in and out ---------------------------------------------------------------------------


@get("/sign-in", sync_to_thread=True)
def sign_in_page(request: AnyRequest) -> Response[Any]:
    """The form; who is signed in already goes on."""
    after = request.query_params.get("next", "")
    if visit_of(request).identity is not None:
        return see(safe_path(after))
    return _sign_in_form(request, "", after, None)


@post("/sign-in", status_code=200)
async def sign_in(request: AnyRequest) -> Response[Any]:
    """Begin a session."""
    form = await read_form(request)
    return await in_thread(lambda: _sign_in(request, form))


def _sign_in(request: AnyRequest, form: Form) -> Response[Any]:
    email, after = form.get("email"), form.get("next")
    outcome = _try_to_sign_in(request, email, form.fields.get("password", ""))
    if isinstance(outcome, Refusal):
        return _sign_in_form(request, email, after, outcome)
    return _welcome(request, outcome, after)


def _try_to_sign_in(request: AnyRequest, email: str, password: str) -> SignedIn | Refusal:
    visit = visit_of(request)
    return services_of(request).keeper.sign_in(
        email,
        password,
        network=visit.network,
        agent=request.headers.get("user-agent", ""),
        device=visit.device,
    )


def _sign_in_form(
    request: AnyRequest, email: str, after: str, refusal: Refusal | None
) -> Response[str]:
    status = status_of(refusal.code) if refusal is not None else 200
    answer = page(
        request,
        "people/sign_in.html",
        status,
        email=email,
        next=after,
        refusal=in_words(request, refusal) if refusal is not None else None,
    )
    if refusal is not None and "seconds" in refusal.values:
        answer.headers["Retry-After"] = str(refusal.values["seconds"])
    return answer


def _welcome(request: AnyRequest, signed_in: SignedIn, after: str) -> Redirect:
    """A fresh session; one that the browser still had is over."""
    visit, cookies = visit_of(request), cookies_of(request)
    if visit.session is not None:
        services_of(request).keeper.sessions.end(visit.session.account, visit.session.id)
    visit.cookies[:] = cookies.begin_session(signed_in.token.text)
    if signed_in.device is not None:
        visit.cookies.append(cookies.know_device(signed_in.device))
    return see(safe_path(after))


@post("/sign-out", status_code=303)
async def sign_out(request: AnyRequest) -> Redirect:
    """End this session."""
    visit = visit_of(request)
    keeper: Keeper = services_of(request).keeper
    session = visit.session
    if session is not None:
        await in_thread(lambda: keeper.sessions.end(session.account, session.id))
    visit.cookies[:] = cookies_of(request).end_session()
    return see("/")


def renew(request: AnyRequest, visit: Visit, token: str) -> None:
    """The session has a fresh token: tell the browser, and bind the next form to it."""
    visit.secret = token
    visit.cookies[:] = cookies_of(request).begin_session(token)


ROUTES = (sign_up_page, sign_up, sign_in_page, sign_in, sign_out)
