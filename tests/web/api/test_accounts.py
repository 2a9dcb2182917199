"""What a browser left open and a narrow key cannot do, and whose idempotency keys are whose."""

from typing import Any

import pytest
from litestar.testing import TestClient

from fairhold.engine.clock import TestClock
from fairhold.engine.webhooks import Webhooks
from fairhold.house import House
from fairhold.kernel.instant import MINUTE
from fairhold.web.security.csrf import make_token
from fairhold.web.services import Services
from tests.web.api.conftest import Caller
from tests.web.conftest import BASE_URL, PASSWORD, post_form, sign_up

FOR_GOOD = ("/v1/api_keys", "/v1/me/close")


def by_session(client: TestClient[Any], path: str, key: str) -> tuple[int, str]:
    """Post as a page of ours would: with the session's cookie and its token."""
    token = make_token(client.cookies["fairhold"])
    headers = {"X-CSRF-Token": token, "Idempotency-Key": key, "Origin": BASE_URL}
    answer = client.post(path, json={}, headers=headers)
    return answer.status_code, answer.json().get("code", "")


@pytest.mark.parametrize("path", FOR_GOOD)
def test_a_session_alone_does_nothing_for_good_when_its_password_was_typed_long_ago(
    client: TestClient[Any], wall: TestClock, services: Services, house: House, path: str
) -> None:
    account = sign_up(client, "ann")
    wall.advance(15 * MINUTE + 1)
    assert by_session(client, path, "late") == (403, "account.password_needed")
    assert services.keeper.api_keys.of(account) == []
    token = make_token(client.cookies["fairhold"])
    fields = {"csrf_token": token, "password": PASSWORD, "new_password": "four quiet herons"}
    confirmed = client.post("/me/password", data=fields, headers={"origin": BASE_URL})
    assert confirmed.status_code == 303
    house.settle()
    assert by_session(client, path, "again")[0] in {200, 201}


def test_a_narrow_key_neither_sees_nor_makes_nor_revokes_keys(seller: Caller) -> None:
    narrow = Caller(seller.client, "narrow", narrow_key(seller, "deals:read"), seller.id)
    mine = seller.got("/api_keys")["data"][0]["id"]
    for answer in (
        narrow.get("/api_keys"),
        narrow.post("/api_keys", {"scopes": ["deals:read"]}),
        narrow.delete(f"/api_keys/{mine}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "request.scope_missing")


def narrow_key(seller: Caller, *scopes: str) -> str:
    made = seller.made("/api_keys", {"name": "narrow", "scopes": list(scopes)})
    return str(made["secret"])


def test_a_narrow_key_is_not_told_the_secret_that_a_broad_one_was(seller: Caller) -> None:
    narrow = Caller(seller.client, "narrow", narrow_key(seller, "keys:write"), seller.id)
    broad = {"name": "broad", "scopes": ["deals:write", "keys:write"]}
    first = seller.made("/api_keys", broad, "one")
    stolen = narrow.post("/api_keys", broad, "one")
    assert (stolen.status_code, stolen.json()["code"]) == (403, "request.scope_missing")
    assert seller.made("/api_keys", broad, "one")["secret"] == first["secret"]


def test_a_secret_is_repeated_to_nobody_but_the_key_that_asked(seller: Caller) -> None:
    scopes = ("webhooks:write", "keys:write")
    other = Caller(seller.client, "other", narrow_key(seller, *scopes), seller.id)
    body = {"url": "http://127.0.0.1:9/"}
    first = seller.made("/webhook_endpoints", body, "one")
    again = other.post("/webhook_endpoints", body, "one")
    assert (again.status_code, again.json()["code"]) == (422, "request.key_reused")
    assert first["secret"] not in again.text


def test_two_people_who_sign_up_may_choose_the_same_idempotency_key(nobody: Caller) -> None:
    answers = [
        nobody.post(
            "/accounts",
            {"email": f"{name}@example.com", "handle": name, "password": PASSWORD},
            "1",
        )
        for name in ("ann", "ben", "ann")
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert answers[0].content == answers[2].content
    assert answers[0].json()["id"] != answers[1].json()["id"]


@pytest.mark.parametrize("email", ["wang@mail.example.com", "li@pku.edu.cn", "x@a.b.xn--p1ai"])
def test_an_address_may_have_a_domain_of_many_parts(nobody: Caller, email: str) -> None:
    made = nobody.made("/accounts", {"email": email, "handle": "wang", "password": PASSWORD})
    assert made["email"] == email


def test_keys_end_with_the_password_that_they_were_made_under(
    client: TestClient[Any], services: Services
) -> None:
    account = sign_up(client, "ann")
    issued = services.keeper.api_keys.issue(account, "shop")
    headers = {"Authorization": f"Bearer {issued.secret}"}  # type: ignore[union-attr]
    assert client.get("/v1/me", headers=headers).status_code == 200
    changed = post_form(client, "/me/password", password=PASSWORD, new_password="four herons now")
    assert changed.status_code == 303
    assert client.get("/v1/me", headers=headers).status_code == 401


def test_nothing_is_sent_for_an_account_that_was_closed(
    seller: Caller, services: Services, house: House
) -> None:
    seller.made("/webhook_endpoints", {"url": "http://127.0.0.1:9/"})
    webhooks = Webhooks(services.desk.store, services.desk.vault, services.wall)
    assert len(webhooks.of(seller.account)) == 1
    house.settle()
    seller.made("/me/close")
    assert webhooks.of(seller.account) == []
    assert not webhooks.any()
