"""Everything that belongs to one's own account: profile, password, sessions, API keys, leaving."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromPath
from msgspec import Struct

from fairhold.engine.desk import people
from fairhold.engine.desk.asked import HANDLE_MAX, Profile
from fairhold.kernel.actor import Actor
from fairhold.kernel.instant import Instant
from fairhold.kernel.wish import Refusal
from fairhold.web.pages.forms import Form, in_thread, read_form
from fairhold.web.pages.people import ROUTES, Words, cookies_of, in_words, renew, services_of
from fairhold.web.pages.render import page, see
from fairhold.web.problems import AnyRequest, Refused, status_of
from fairhold.web.security.agents import browser_words
from fairhold.web.security.api_keys import NAME_MAX, ORDINARY_SCOPES, SCOPES, ApiKey, Issued
from fairhold.web.security.identity import Identity, signed_in, visit_of
from fairhold.web.security.passwords import LENGTH_MAX, LENGTH_MIN, fault_of_password
from fairhold.web.security.registration import fault_of_handle, tidy_handle
from fairhold.web.security.sessions import Session
from fairhold.web.words import LANGUAGES


class SessionLine(Struct, frozen=True):
    """One session in the list."""

    id: str
    browser: str
    network: str
    begun_at: Instant
    seen_at: Instant
    here: bool


class KeyLine(Struct, frozen=True):
    """One API key in the list."""

    id: str
    name: str
    hint: str
    scopes: str
    made_at: Instant
    used_at: Instant


def _me(request: AnyRequest) -> tuple[Identity, Session]:
    """Whoever is signed in with a browser."""
    visit = visit_of(request)
    if visit.identity is None or visit.session is None:
        raise Refused(Refusal("account.not_signed_in"))
    return visit.identity, visit.session


def _page(
    request: AnyRequest,
    *,
    status: int | None = None,
    at: str = "",
    refusal: Refusal | None = None,
    new_key: Issued | None = None,
    typed: Form | None = None,
) -> Response[str]:
    """The page; ``at`` names the form that ``refusal`` belongs to."""
    who, session = _me(request)
    services = services_of(request)
    profile = people.profile_of(services.desk, who.account)
    assert profile is not None, "an open account has a profile"
    code = status_of(refusal.code) if refusal is not None else 200
    handle = typed.get("handle") if typed is not None and at == "profile" else profile.handle
    faults: dict[str, Words] = {at: in_words(request, refusal)} if refusal is not None else {}
    return page(
        request,
        "people/me.html",
        code if status is None else status,
        email=profile.email,
        handle=handle,
        chosen_language=profile.language,
        faults=faults,
        done=request.query_params.get("done", ""),
        sessions=_sessions(services.keeper.sessions.of(who.account), session.id),
        keys=_keys(services.keeper.api_keys.of(who.account)),
        new_key=new_key.secret if new_key is not None else "",
        scopes=[name for name in SCOPES if name != "operator" or who.actor.operator],
        chosen=_scopes(typed) if typed is not None and at == "keys" else ORDINARY_SCOPES,
        key_name=typed.get("name") if typed is not None and at == "keys" else "",
        key_name_max=NAME_MAX,
        handle_max=HANDLE_MAX,
        password_min=LENGTH_MIN,
        password_max=LENGTH_MAX,
    )


def _sessions(sessions: Sequence[Session], here: str) -> list[SessionLine]:
    return [
        SessionLine(
            id=session.id,
            browser=browser_words(session.agent),
            network=session.network,
            begun_at=session.begun_at,
            seen_at=session.seen_at,
            here=session.id == here,
        )
        for session in sessions
    ]


def _keys(keys: Sequence[ApiKey]) -> list[KeyLine]:
    return [
        KeyLine(
            id=key.id,
            name=key.name,
            hint=key.hint,
            scopes=", ".join(name for name in SCOPES if name in key.scopes),
            made_at=key.made_at,
            used_at=key.used_at,
        )
        for key in keys
    ]


@get("/me", sync_to_thread=True)
def me(request: AnyRequest) -> Response[str]:
    """The page."""
    return _page(request)


# -- profile and password -------------------------------------------------------------------------


@post("/me/profile", status_code=200)
async def change_profile(request: AnyRequest) -> Response[Any]:
    """Another public name, another language of the letters."""
    form = await read_form(request)
    return await in_thread(lambda: _change_profile(request, form))


def _change_profile(request: AnyRequest, form: Form) -> Response[Any]:
    who, _ = _me(request)
    desk = services_of(request).desk
    profile = people.profile_of(desk, who.account)
    assert profile is not None, "an open account has a profile"
    language = form.get("language")
    changed = Profile(
        email=profile.email,
        handle=tidy_handle(form.get("handle")),
        language=language if language in LANGUAGES else profile.language,
    )
    fault = fault_of_handle(changed.handle)
    if fault is None and changed != profile:
        outcome = people.revise_profile(desk, who.actor, changed)
        fault = outcome if isinstance(outcome, Refusal) else None
    if fault is not None:
        return _page(request, at="profile", refusal=fault, typed=form)
    visit_of(request).cookies.append(cookies_of(request).speak(changed.language))
    return see("/me?done=profile")


@post("/me/password", status_code=200)
async def change_password(request: AnyRequest) -> Response[Any]:
    """Another password; every other session ends."""
    form = await read_form(request)
    return await in_thread(lambda: _change_password(request, form))


def _change_password(request: AnyRequest, form: Form) -> Response[Any]:
    who, session = _me(request)
    services = services_of(request)
    profile = people.profile_of(services.desk, who.account)
    mine = (profile.email, profile.handle) if profile is not None else ()
    new = form.fields.get("new_password", "")
    refusal = fault_of_password(new, *mine) or _confirm(request, form)
    if refusal is not None:
        return _page(request, at="password", refusal=refusal)
    services.keeper.change_password(who.account, new, but=session.id)
    return see("/me?done=password")


def _confirm(request: AnyRequest, form: Form) -> Refusal | None:
    """Ask for the password once more; when it is right, the session gets a fresh token."""
    _, session = _me(request)
    visit = visit_of(request)
    assert visit.token is not None, "a session came with its token"
    outcome = services_of(request).keeper.confirm(
        visit.token,
        session,
        form.fields.get("password", ""),
        network=visit.network,
        device=visit.device,
    )
    if isinstance(outcome, Refusal):
        return outcome
    visit.token = outcome
    renew(request, visit, outcome.text)
    return None


# -- sessions -------------------------------------------------------------------------------------


@post("/me/sessions/end-others", status_code=303, sync_to_thread=True)
def end_other_sessions(request: AnyRequest) -> Response[Any]:
    """End every session but this one."""
    who, session = _me(request)
    services_of(request).keeper.sessions.end_all(who.account, but=session.id)
    return see("/me?done=sessions")


@post("/me/sessions/{session_id:str}/end", status_code=303, sync_to_thread=True)
def end_session(request: AnyRequest, session_id: FromPath[str]) -> Response[Any]:
    """End one session; one's own too."""
    who, session = _me(request)
    if not services_of(request).keeper.sessions.end(who.account, session_id):
        raise Refused(Refusal("session.unknown"))
    if session_id == session.id:
        visit_of(request).cookies[:] = cookies_of(request).end_session()
        return see("/")
    return see("/me?done=sessions")


# -- API keys -------------------------------------------------------------------------------------


@post("/me/keys", status_code=200)
async def make_key(request: AnyRequest) -> Response[Any]:
    """Make an API key and show it, this once."""
    form = await read_form(request)
    return await in_thread(lambda: _make_key(request, form))


def _make_key(request: AnyRequest, form: Form) -> Response[Any]:
    who, _ = _me(request)
    scopes = _scopes(form)
    if not who.actor.operator:
        scopes -= {"operator"}
    refusal = _confirm(request, form)
    if refusal is not None:
        return _page(request, at="keys", refusal=refusal, typed=form)
    outcome = services_of(request).keeper.api_keys.issue(who.account, form.get("name"), scopes)
    if isinstance(outcome, Refusal):
        return _page(request, at="keys", refusal=outcome, typed=form)
    return _page(request, status=201, new_key=outcome)


def _scopes(form: Form) -> frozenset[str]:
    return frozenset(name for name in SCOPES if form.get(f"scope:{name}"))


@post("/me/keys/{key_id:str}/revoke", status_code=303, sync_to_thread=True)
def revoke_key(request: AnyRequest, key_id: FromPath[str]) -> Response[Any]:
    """Make a key worthless."""
    who, _ = _me(request)
    if not services_of(request).keeper.api_keys.revoke(who.account, key_id):
        raise Refused(Refusal("api_key.unknown"))
    return see("/me?done=keys")


# -- leaving --------------------------------------------------------------------------------------


@post("/me/close", status_code=200)
async def close(request: AnyRequest) -> Response[Any]:
    """Close the account, if nothing is open any more."""
    form = await read_form(request)
    return await in_thread(lambda: _close(request, form))


def _close(request: AnyRequest, form: Form) -> Response[Any]:
    who, _ = _me(request)
    services = services_of(request)
    refusal = _confirm(request, form)
    if refusal is None:
        outcome = people.close(services.desk, Actor(account=who.account))
        refusal = outcome if isinstance(outcome, Refusal) else None
    if refusal is not None:
        return _page(request, at="close", refusal=refusal)
    services.keeper.forget(who.account)
    visit_of(request).cookies[:] = cookies_of(request).end_session()
    return see("/")


_MINE = (
    me,
    change_profile,
    change_password,
    end_other_sessions,
    end_session,
    make_key,
    revoke_key,
    close,
)


def people_router() -> Router:
    """These pages, and those of signing up, in and out."""
    mine = Router("/", route_handlers=_MINE, guards=[signed_in])
    return Router("/", route_handlers=[*ROUTES, mine], include_in_schema=False)
