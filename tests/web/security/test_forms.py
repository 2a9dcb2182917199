"""A cookie alone changes nothing: forms come from our own pages, or nothing is done."""

import pytest

from fairhold.web.security import csrf
from fairhold.web.services import Services
from tests.web.conftest import (
    BASE_URL,
    PASSWORD,
    Client,
    NewClient,
    api_key,
    form_token,
    post_form,
    sign_up,
)

PROFILE = {"handle": "anna", "language": "en"}


def handle_on(client: Client) -> str:
    return client.get("/me").text.partition("<h1>")[2].partition("</h1>")[0]


def test_a_form_with_its_token_is_taken(client: Client) -> None:
    sign_up(client, "ann")
    assert post_form(client, "/me/profile", **PROFILE).status_code == 303
    assert handle_on(client) == "anna"


@pytest.mark.parametrize(
    "token",
    ["", "x", ".", "a.b", "é.é", "0" * 24 + "." + "0" * 64, csrf.make_token("somebody else")],
    ids=["empty", "a letter", "a dot", "short", "not ASCII", "zeros", "somebody else's"],
)
def test_a_form_without_a_good_token_does_nothing(client: Client, token: str) -> None:
    sign_up(client, "ann")
    answer = client.post("/me/profile", data={"csrf_token": token, **PROFILE})
    assert answer.status_code == 403
    assert "request.form_out_of_date" in answer.text
    assert handle_on(client) == "ann"


def test_a_form_without_the_field_does_nothing(client: Client) -> None:
    sign_up(client, "ann")
    assert client.post("/me/profile", data=PROFILE).status_code == 403
    assert client.post("/me/profile").status_code == 403
    assert client.post("/me/profile", json=PROFILE).status_code == 403
    assert handle_on(client) == "ann"


def test_a_token_of_one_session_is_worthless_in_another(new_client: NewClient) -> None:
    ann, ben = new_client(), new_client()
    sign_up(ann, "ann")
    sign_up(ben, "ben")
    token = form_token(ben)
    assert ann.post("/me/profile", data={"csrf_token": token, **PROFILE}).status_code == 403


def test_a_token_dies_with_its_session(client: Client) -> None:
    sign_up(client, "ann")
    token = form_token(client)
    post_form(client, "/sign-out")
    answer = post_form(client, "/sign-in", email="ann@example.com", password=PASSWORD)
    assert answer.status_code == 303
    assert client.post("/me/profile", data={"csrf_token": token, **PROFILE}).status_code == 403


def test_signing_in_needs_a_token_too(new_client: NewClient) -> None:
    sign_up(new_client(), "ann")
    victim = new_client()
    fields = {"email": "ann@example.com", "password": PASSWORD}
    assert victim.post("/sign-in", data=fields).status_code == 403
    other = form_token(new_client())
    assert victim.post("/sign-in", data={"csrf_token": other, **fields}).status_code == 403


def test_signing_out_cannot_be_forced_by_a_link_or_another_site(client: Client) -> None:
    account = sign_up(client, "ann")
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out").status_code == 403
    assert client.get("/v1/open").json() == {"account": account}


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://fairhold.test.evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "http://other.fairhold.test"},
    ],
)
def test_a_good_token_from_another_site_is_refused_as_well(
    client: Client, headers: dict[str, str]
) -> None:
    sign_up(client, "ann")
    fields = {"csrf_token": form_token(client), **PROFILE}
    answer = client.post("/me/profile", data=fields, headers=headers)
    assert answer.status_code == 403
    assert "request.foreign_form" in answer.text


@pytest.mark.parametrize(
    "headers",
    [{"origin": BASE_URL}, {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}, {}],
)
def test_our_own_pages_are_believed(client: Client, headers: dict[str, str]) -> None:
    sign_up(client, "ann")
    fields = {"csrf_token": form_token(client), **PROFILE}
    assert client.post("/me/profile", data=fields, headers=headers).status_code == 303


def test_a_form_with_files_needs_the_token_like_any_other(client: Client) -> None:
    files = {"picture": ("a.png", b"picture", "image/png")}
    refused = client.post("/upload", data={"text": "hello"}, files=files)
    assert refused.status_code == 403
    token = client.get("/form").text
    taken = client.post("/upload", data={"text": "hello", "csrf_token": token}, files=files)
    assert taken.json() == {"text": "hello", "size": 7}


def test_a_script_of_ours_sends_the_token_in_a_header(client: Client) -> None:
    token = client.get("/form").text
    answer = client.post("/upload", headers={"x-csrf-token": token})
    assert answer.status_code == 200


def test_the_api_takes_no_cookie_for_a_change_without_the_token(client: Client) -> None:
    sign_up(client, "ann")
    refused = client.post("/v1/deals-write", json={})
    assert refused.status_code == 403
    assert refused.json()["code"] == "request.form_out_of_date"
    token = form_token(client)
    taken = client.post("/v1/deals-write", json={}, headers={"x-csrf-token": token})
    assert taken.status_code == 200
    as_field = client.post("/v1/deals-write", data={"csrf_token": token})
    assert as_field.status_code == 403


def test_an_api_key_needs_no_token(client: Client, services: Services) -> None:
    account = sign_up(client, "ann")
    client.cookies.clear()
    headers = {**api_key(services, account), "origin": "https://shop.example"}
    assert client.post("/v1/deals-write", json={}, headers=headers).status_code == 200


def test_nobody_may_write_where_nobody_may_write_without_a_token(client: Client) -> None:
    assert client.post("/v1/open-write", json={"a": 1}).json() == {"said": {"a": 1}}


def test_two_tokens_of_one_page_differ_and_both_hold() -> None:
    first, second = csrf.make_token("secret"), csrf.make_token("secret")
    assert first != second
    assert csrf.is_token("secret", first)
    assert csrf.is_token("secret", second)
    assert not csrf.is_token("other", first)
