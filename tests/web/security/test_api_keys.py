"""API keys: shown once, kept as a hash, good for what they were given and nothing else."""

import pytest

from fairhold.engine.clock import TestClock
from fairhold.engine.desk import people
from fairhold.kernel.instant import MINUTE
from fairhold.kernel.wish import Refusal
from fairhold.web.security.api_keys import MOST, SPACE, ApiKeys, Issued
from fairhold.web.services import Services
from tests.web.conftest import (
    PASSWORD,
    Client,
    NewClient,
    api_key,
    post_form,
    sign_in,
    sign_up,
)


@pytest.fixture
def account(client: Client) -> int:
    number = sign_up(client, "ann")
    client.cookies.clear()
    return number


def issue(services: Services, account: int, *scopes: str) -> Issued:
    issued = services.keeper.api_keys.issue(account, "shop", frozenset(scopes))
    assert isinstance(issued, Issued)
    return issued


def test_a_key_acts_for_its_account(client: Client, services: Services, account: int) -> None:
    headers = api_key(services, account)
    assert client.get("/v1/open", headers=headers).json() == {"account": account}


def test_a_key_does_what_it_may_and_nothing_else(
    client: Client, services: Services, account: int
) -> None:
    headers = api_key(services, account, "deals:read")
    assert client.get("/v1/deals-read", headers=headers).status_code == 200
    refused = client.post("/v1/deals-write", json={}, headers=headers)
    assert refused.status_code == 403
    assert refused.json()["code"] == "request.scope_missing"
    assert "deals:write" in refused.json()["detail"]


def test_nobody_has_no_scope_at_all(client: Client) -> None:
    answer = client.get("/v1/deals-read")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer fhk_test_",
        "Bearer fhk_test_" + "0" * 77,
        "Bearer fhk_live_" + "0" * 77,
        "Basic YW5uOmFubg==",
        "fhk_test_" + "0" * 77,
    ],
)
def test_a_key_that_is_none_is_refused_even_where_nobody_may_come(
    client: Client, header: str
) -> None:
    answer = client.get("/v1/open", headers={"authorization": header})
    assert answer.status_code == 401
    assert answer.json()["code"] == "api_key.invalid"


def test_a_key_of_the_other_mode_is_refused(
    client: Client, services: Services, account: int
) -> None:
    live = ApiKeys(services.desk.store, services.wall, sandbox=False)
    issued = live.issue(account, "live")
    assert isinstance(issued, Issued)
    assert issued.secret.startswith("fhk_live_")
    for secret in (issued.secret, issued.secret.replace("live", "test", 1)):
        expected = 401 if secret is issued.secret else 200
        headers = {"authorization": f"Bearer {secret}"}
        assert client.get("/v1/open", headers=headers).status_code == expected


def test_a_key_opens_no_page(client: Client, services: Services, account: int) -> None:
    headers = api_key(services, account)
    assert client.get("/me", headers=headers).status_code == 303


def test_a_key_wins_over_a_cookie(new_client: NewClient, services: Services, account: int) -> None:
    ben = new_client()
    sign_up(ben, "ben")
    headers = api_key(services, account)
    assert ben.get("/v1/open", headers=headers).json() == {"account": account}


def test_an_operators_key_needs_the_scope_and_the_role(
    client: Client, services: Services, account: int
) -> None:
    ordinary, full = api_key(services, account), api_key(services, account, "operator")
    assert client.get("/v1/operators", headers=full).status_code == 403
    people.grant_operator(services.desk, account)
    assert client.get("/v1/operators", headers=full).status_code == 200
    assert client.get("/v1/operators", headers=ordinary).status_code == 403


def test_the_shelf_holds_no_key(services: Services, account: int) -> None:
    issued = issue(services, account, "deals:read")
    rows = services.desk.store.shelf_list(SPACE, f"{account}:", services.wall.now())
    assert len(rows) == 1
    kept = repr(rows)
    assert issued.secret not in kept
    assert issued.secret.removeprefix("fhk_test_") not in kept


def test_a_revoked_key_is_worthless_at_once(
    client: Client, services: Services, account: int
) -> None:
    issued = issue(services, account, "deals:read")
    headers = {"authorization": f"Bearer {issued.secret}"}
    assert client.get("/v1/deals-read", headers=headers).status_code == 200
    assert services.keeper.api_keys.revoke(account, issued.key.id)
    assert client.get("/v1/deals-read", headers=headers).status_code == 401
    assert not services.keeper.api_keys.revoke(account, issued.key.id)


def test_the_list_says_when_a_key_was_used_last(
    services: Services, account: int, wall: TestClock
) -> None:
    keys = services.keeper.api_keys
    issued = issue(services, account, "deals:read")
    assert keys.of(account)[0].used_at == 0
    wall.advance(MINUTE)
    keys.read(issued.secret)
    first_use = keys.of(account)[0].used_at
    assert first_use == wall.now()
    wall.advance(MINUTE)
    keys.read(issued.secret)
    assert keys.of(account)[0].used_at == first_use
    wall.advance(10 * MINUTE)
    keys.read(issued.secret)
    assert keys.of(account)[0].used_at == wall.now()


def test_a_key_cannot_be_made_out_of_nothing(services: Services, account: int) -> None:
    keys = services.keeper.api_keys
    codes = [
        keys.issue(account, "x" * 61),
        keys.issue(account, "shop", frozenset()),
        keys.issue(account, "shop", frozenset({"deals:read", "everything"})),
    ]
    assert [code.code for code in codes if isinstance(code, Refusal)] == [
        "api_key.name_too_long",
        "api_key.scope_unknown",
        "api_key.scope_unknown",
    ]
    for _ in range(MOST):
        keys.issue(account, "shop")
    outcome = keys.issue(account, "shop")
    assert isinstance(outcome, Refusal)
    assert outcome.code == "api_key.too_many"


def test_people_make_and_revoke_keys_on_their_page(client: Client, services: Services) -> None:
    account = sign_up(client, "ann")
    fields = {"name": " my  shop ", "password": PASSWORD, "scope:deals:read": "1"}
    made = post_form(client, "/me/keys", **fields)
    assert made.status_code == 201
    secret = "fhk_test_" + made.text.partition("fhk_test_")[2][:77]
    page = client.get("/me").text
    assert secret not in page
    assert f"…{secret[-4:]}" in page
    assert "my shop" in page
    headers = {"authorization": f"Bearer {secret}"}
    assert client.get("/v1/deals-read", headers=headers).status_code == 200
    assert client.post("/v1/deals-write", json={}, headers=headers).status_code == 403
    (key,) = services.keeper.api_keys.of(account)
    assert post_form(client, f"/me/keys/{key.id}/revoke").status_code == 303
    assert client.get("/v1/deals-read", headers=headers).status_code == 401
    assert post_form(client, f"/me/keys/{key.id}/revoke").status_code == 404


def test_a_key_without_a_scope_is_refused_on_the_page_in_words(client: Client) -> None:
    sign_up(client, "ann")
    answer = post_form(client, "/me/keys", name="shop", password=PASSWORD)
    assert answer.status_code == 422
    assert "at least one scope" in answer.text


def test_nobody_gives_a_key_a_role_that_they_have_not(client: Client, services: Services) -> None:
    account = sign_up(client, "ann")
    fields = {"password": PASSWORD, "scope:deals:read": "1", "scope:operator": "1"}
    assert post_form(client, "/me/keys", **fields).status_code == 201
    (key,) = services.keeper.api_keys.of(account)
    assert key.scopes == {"deals:read"}


def test_nobody_revokes_the_key_of_somebody_else(new_client: NewClient, services: Services) -> None:
    ann, ben = new_client(), new_client()
    account = sign_up(ann, "ann")
    sign_up(ben, "ben")
    issued = issue(services, account, "deals:read")
    assert post_form(ben, f"/me/keys/{issued.key.id}/revoke").status_code == 404
    assert services.keeper.api_keys.of(account)


def test_keys_and_sessions_of_a_closed_account_are_worthless(
    client: Client, services: Services
) -> None:
    account = sign_up(client, "ann")
    issued = issue(services, account, "deals:read")
    session = client.cookies["fairhold"]
    services.caught_up(5)
    assert post_form(client, "/me/close", password=PASSWORD).status_code == 303
    client.cookies.set("fairhold", session)
    assert client.get("/v1/open").json() == {"account": None}
    headers = {"authorization": f"Bearer {issued.secret}"}
    assert client.get("/v1/open", headers=headers).status_code == 401
    client.cookies.clear()
    assert sign_in(client, "ann").status_code == 401
