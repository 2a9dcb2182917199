"""The pages of one's own account, as a person without JavaScript uses them."""

import pytest

from fairhold.engine.desk import people
from fairhold.kernel.wish import Refusal
from fairhold.web.security.registration import Registration, faults_of
from fairhold.web.services import Services
from tests.web.conftest import (
    PASSWORD,
    Client,
    NewClient,
    account_of,
    post_form,
    sign_in,
    sign_up,
)


def test_signing_up_opens_an_account_and_signs_in(client: Client, services: Services) -> None:
    account = sign_up(client, "ann")
    profile = people.profile_of(services.desk, account)
    assert profile is not None
    assert (profile.email, profile.handle, profile.language) == ("ann@example.com", "ann", "en")
    page = client.get("/me")
    assert page.status_code == 200
    assert "ann@example.com" in page.text
    assert client.get("/sign-up").status_code == 303


def test_every_fault_of_a_registration_is_told_at_once_and_what_was_typed_is_kept(
    client: Client,
) -> None:
    answer = post_form(
        client, "/sign-up", handle="客服", email="nowhere", password="short", next="/deals/x"
    )
    assert answer.status_code == 422
    for told in (
        "could be taken for the platform",
        "not an e-mail address",
        "password is too short",
        'value="客服"',
        'value="nowhere"',
        'value="/deals/x"',
        'aria-invalid="true" aria-describedby="handle-fault"',
    ):
        assert told in answer.text
    assert "short" not in answer.text.replace("too short", "").replace("Pages, short", "")


def test_an_address_has_one_account(new_client: NewClient) -> None:
    sign_up(new_client(), "ann")
    other = new_client()
    answer = post_form(
        other, "/sign-up", handle="ann2", email="ann@example.com", password="another password"
    )
    assert answer.status_code == 409
    assert other.get("/me").status_code == 303


def test_sending_the_form_twice_ends_in_one_account_and_signed_in(new_client: NewClient) -> None:
    first, again = new_client(), new_client()
    account = sign_up(first, "ann")
    assert sign_up(again, "ann") == account
    assert again.get("/v1/open").json() == {"account": account}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"email": ""}, "account.email_invalid"),
        ({"email": "a@b"}, "account.email_invalid"),
        ({"email": "a b@example.com"}, "account.email_invalid"),
        ({"email": "a@b@example.com"}, "account.email_invalid"),
        ({"email": "a@example..com"}, "account.email_invalid"),
        ({"email": "a\u202e@example.com"}, "account.email_invalid"),
        ({"email": f"{'a' * 65}@example.com"}, "account.email_invalid"),
        ({"email": f"a@{'b' * 250}.com"}, "account.email_invalid"),
        ({"email": "a@example.com>, eve@example.com"}, "account.email_invalid"),
        ({"handle": "a"}, "account.handle_invalid"),
        ({"handle": "a" * 25}, "account.handle_invalid"),
        ({"handle": "<b>ann</b>"}, "account.handle_invalid"),
        ({"handle": "ann\u200bette"}, "account.handle_invalid"),
        ({"handle": "..."}, "account.handle_invalid"),
        ({"handle": "Fair-Hold"}, "account.handle_reserved"),
        ({"handle": "ＡＤＭＩＮ"}, "account.handle_reserved"),
        ({"password": "123456789"}, "password.too_short"),
        ({"password": "a" * 201}, "password.too_long"),
        ({"password": "aaaaaaaaaaaa"}, "password.too_easy"),
        ({"password": "Ann@example.com"}, "password.too_easy"),
        ({"language": "xx"}, "account.language_unknown"),
    ],
)
def test_a_registration_with_a_fault_names_it(changed: dict[str, str], code: str) -> None:
    good = {"email": "ann@example.com", "handle": "ann", "password": PASSWORD, "language": "en"}
    faults = faults_of(Registration(**{**good, **changed}).tidy())
    assert [(field, fault.code) for field, fault in faults] == [(next(iter(changed)), code)]


@pytest.mark.parametrize("handle", ["安娜", "a.b-c_d", "Ärger", "x2", "a" * 24])
def test_ordinary_names_are_fine(handle: str) -> None:
    asked = Registration(email="a+b@mail.example.com", handle=handle, password=PASSWORD)
    assert faults_of(asked.tidy()) == []


def test_another_name_and_language_are_kept(client: Client) -> None:
    sign_up(client, "ann")
    assert post_form(client, "/me/profile", handle="安娜", language="zh").status_code == 303
    page = client.get("/me").text
    assert '<html lang="zh-CN">' in page
    assert "安娜" in page
    refused = post_form(client, "/me/profile", handle="<script>", language="zh")
    assert refused.status_code == 422
    assert "<script>" not in refused.text.partition("<main")[2]
    assert 'value="&lt;script&gt;"' in refused.text


def test_another_password_signs_the_others_out(new_client: NewClient) -> None:
    here, there = new_client(), new_client()
    account = sign_up(here, "ann")
    sign_in(there, "ann")
    new = "five loud cranes"
    assert (
        post_form(here, "/me/password", password="wrong one", new_password=new).status_code == 401
    )
    assert post_form(here, "/me/password", password=PASSWORD, new_password="x").status_code == 422
    assert there.get("/v1/open").json() == {"account": account}
    assert post_form(here, "/me/password", password=PASSWORD, new_password=new).status_code == 303
    assert here.get("/v1/open").json() == {"account": account}
    assert there.get("/v1/open").json() == {"account": None}
    assert sign_in(there, "ann").status_code == 401
    assert sign_in(there, "ann", new).status_code == 303


def test_an_account_with_something_open_is_not_closed(
    client: Client, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_up(client, "ann")
    services.caught_up(5)
    monkeypatch.setattr(people, "close", lambda *_: Refusal("account.has_open_deals", {"deals": 2}))
    answer = post_form(client, "/me/close", password=PASSWORD)
    assert answer.status_code == 409
    assert 'id="close-confirm-fault"' in answer.text
    assert client.get("/me").status_code == 200


def test_closing_needs_the_password_and_then_signs_out(client: Client, services: Services) -> None:
    sign_up(client, "ann")
    services.caught_up(5)
    assert post_form(client, "/me/close", password="wrong password").status_code == 401
    answer = post_form(client, "/me/close", password=PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "fairhold" not in client.cookies
    assert sign_in(client, "ann").status_code == 401
    assert account_of(client, "ann")


@pytest.mark.parametrize("path", ["/me/profile", "/me/keys", "/me/close", "/me/password"])
def test_nobody_changes_anything_of_an_account(client: Client, path: str) -> None:
    assert post_form(client, path, password=PASSWORD).status_code == 401


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_forms_are_there_in_both_languages(client: Client, language: str) -> None:
    for path in ("/sign-up", "/sign-in"):
        answer = client.get(path, params={"lang": language})
        assert answer.status_code == 200
        html = {"en": "en", "zh": "zh-CN"}[language]
        assert f'<html lang="{html}">' in answer.text
