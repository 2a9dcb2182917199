"""Sessions: fresh at every sign-in, dead when they should be, and never the client's own choice."""

import pytest

from fairhold.engine.clock import TestClock
from fairhold.engine.desk import people
from fairhold.kernel.instant import DAY, HOUR
from fairhold.web.security.sessions import IDLE, LONGEST, MOST, SPACE
from fairhold.web.security.tokens import new_token
from fairhold.web.services import Services
from tests.web.conftest import (
    PASSWORD,
    Client,
    NewClient,
    post_form,
    sign_in,
    sign_up,
)

COOKIE = "fairhold"


def who(client: Client) -> object:
    return client.get("/v1/open").json()["account"]


def test_a_session_id_that_the_client_brought_never_survives_sign_in(client: Client) -> None:
    account = sign_up(client, "ann")
    post_form(client, "/sign-out")
    planted = new_token(account).text
    client.cookies.set(COOKIE, planted)
    answer = sign_in(client, "ann")
    assert answer.status_code == 303
    assert answer.cookies[COOKIE] != planted
    client.cookies.clear()
    client.cookies.set(COOKIE, planted)
    assert who(client) is None


def test_signing_in_ends_the_session_before_it_in_this_browser(client: Client) -> None:
    sign_up(client, "ann")
    first = client.cookies[COOKIE]
    token = client.get("/form").text
    answer = client.post(
        "/sign-in",
        data={"csrf_token": token, "email": "ann@example.com", "password": PASSWORD},
    )
    assert answer.cookies[COOKIE] != first
    client.cookies.clear()
    client.cookies.set(COOKIE, first)
    assert who(client) is None


def test_the_cookie_is_for_this_server_only_and_unreadable_for_scripts(client: Client) -> None:
    sign_up(client, "ann")
    post_form(client, "/sign-out")
    answer = sign_in(client, "ann")
    (cookie,) = (
        value for value in answer.headers.get_list("set-cookie") if value.startswith("fairhold=")
    )
    attributes = set(cookie.split("; ")[1:])
    assert attributes == {"Path=/", f"Max-Age={LONGEST // 1000}", "HttpOnly", "SameSite=Lax"}


def test_signing_out_kills_the_session_and_not_only_the_cookie(client: Client) -> None:
    sign_up(client, "ann")
    stolen = client.cookies[COOKIE]
    assert post_form(client, "/sign-out").status_code == 303
    assert COOKIE not in client.cookies
    client.cookies.set(COOKIE, stolen)
    assert who(client) is None


def test_signing_out_without_being_signed_in_is_no_error(client: Client) -> None:
    assert post_form(client, "/sign-out").status_code == 303


def test_a_session_ends_after_its_longest_life_even_when_it_is_used(
    client: Client, wall: TestClock
) -> None:
    account = sign_up(client, "ann")
    for _ in range(LONGEST // (5 * DAY) - 1):
        wall.advance(5 * DAY)
        assert who(client) == account
    wall.advance(5 * DAY)
    assert who(client) is None


def test_a_session_that_nobody_uses_ends_sooner(client: Client, wall: TestClock) -> None:
    sign_up(client, "ann")
    wall.advance(IDLE)
    assert who(client) is None


def test_moving_the_test_clock_signs_nobody_out(client: Client, services: Services) -> None:
    account = sign_up(client, "ann")
    assert services.test_clock is not None
    services.test_clock.advance(90 * DAY)
    assert who(client) == account


def test_looking_around_does_not_write_the_session_more_than_once_an_hour(
    client: Client, services: Services, wall: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_up(client, "ann")
    written: list[str] = []
    for name in ("shelf_swap", "shelf_put"):
        original = getattr(services.desk.store, name)

        def spy(space: str, *rest: object, _original: object = original) -> object:
            written.append(space)
            return _original(space, *rest)  # type: ignore[operator]

        monkeypatch.setattr(services.desk.store, name, spy)
    for _ in range(5):
        who(client)
    assert SPACE not in written
    wall.advance(HOUR)
    for _ in range(5):
        who(client)
    assert written.count(SPACE) == 1


def test_a_step_up_gives_a_fresh_token_and_the_old_one_dies(client: Client) -> None:
    account = sign_up(client, "ann")
    old = client.cookies[COOKIE]
    fields = {"name": "shop", "password": PASSWORD, "scope:deals:read": "1"}
    assert post_form(client, "/me/keys", **fields).status_code == 201
    assert client.cookies[COOKIE] != old
    assert who(client) == account
    client.cookies.set(COOKIE, old)
    client.cookies.clear()
    client.cookies.set(COOKIE, old)
    assert who(client) is None


def test_a_wrong_password_at_a_step_up_changes_nothing(client: Client) -> None:
    sign_up(client, "ann")
    old = client.cookies[COOKIE]
    answer = post_form(client, "/me/keys", name="shop", password="not this one")
    assert answer.status_code == 401
    assert "do not belong together" in answer.text
    assert 'value="shop"' in answer.text
    assert client.cookies[COOKIE] == old


def test_a_typed_password_opens_careful_doors_for_a_while(client: Client, wall: TestClock) -> None:
    sign_up(client, "ann")
    assert client.get("/v1/careful").status_code == 200
    wall.advance(HOUR)
    assert client.get("/v1/careful").json()["code"] == "account.password_needed"
    fields = {"name": "shop", "password": PASSWORD, "scope:deals:read": "1"}
    post_form(client, "/me/keys", **fields)
    assert client.get("/v1/careful").status_code == 200


def test_a_new_role_asks_for_a_new_session(client: Client, services: Services) -> None:
    account = sign_up(client, "ann")
    people.grant_operator(services.desk, account)
    assert who(client) is None
    assert client.get("/v1/operators").status_code == 401
    sign_in(client, "ann")
    assert client.get("/v1/operators").status_code == 200


def test_people_see_their_sessions_and_end_one(new_client: NewClient) -> None:
    here, there = new_client(), new_client()
    account = sign_up(here, "ann")
    there.headers["user-agent"] = "Mozilla/5.0 (iPhone) Version/17 Safari/605"
    sign_in(there, "ann")
    page = here.get("/me").text
    assert "Safari · iPhone" in page
    sessions = here.app.state.services.keeper.sessions.of(account)
    (other,) = (session for session in sessions if "Safari" in session.agent)
    assert post_form(here, f"/me/sessions/{other.id}/end").status_code == 303
    assert who(there) is None
    assert who(here) == account


def test_nobody_ends_the_session_of_somebody_else(new_client: NewClient) -> None:
    ann, ben = new_client(), new_client()
    account = sign_up(ann, "ann")
    sign_up(ben, "ben")
    (session,) = ann.app.state.services.keeper.sessions.of(account)
    assert post_form(ben, f"/me/sessions/{session.id}/end").status_code == 404
    assert who(ann) == account


def test_ending_all_others_leaves_this_one(new_client: NewClient) -> None:
    here, there = new_client(), new_client()
    account = sign_up(here, "ann")
    sign_in(there, "ann")
    post_form(here, "/me/sessions/end-others")
    assert who(there) is None
    assert who(here) == account


def test_the_oldest_session_makes_room_for_one_too_many(services: Services) -> None:
    sessions = services.keeper.sessions
    first, _ = sessions.begin(7, operator=False, language="", agent="", network="")
    services.wall.advance(1)  # type: ignore[attr-defined]
    for _ in range(MOST):
        sessions.begin(7, operator=False, language="", agent="", network="")
    assert len(sessions.of(7)) == MOST
    assert sessions.read(first.text) is None


def test_the_shelf_never_holds_the_token_itself(client: Client, services: Services) -> None:
    account = sign_up(client, "ann")
    token = client.cookies[COOKIE]
    rows = services.desk.store.shelf_list(SPACE, f"{account}:", services.wall.now())
    assert rows
    assert not any(token in key or token.encode() in data for key, data in rows)
    assert services.desk.store.shelf_get(SPACE, token, services.wall.now()) is None


@pytest.mark.parametrize("cookie", ["", "x", "é" * 77, "0" * 77, "z" * 77, "../../etc", "a;b"])
def test_a_cookie_that_is_no_token_is_nobody(client: Client, cookie: str) -> None:
    answer = client.get("/v1/open", headers=[(b"cookie", b"fairhold=" + cookie.encode())])
    assert answer.status_code == 200
    assert answer.json() == {"account": None}
