"""Signing in tells nobody who has an account, and guessing keeps out only the guesser."""

import pytest
from httpx import Response

from fairhold.engine.clock import TestClock
from fairhold.kernel.instant import DAY, MINUTE, SECOND
from fairhold.web.security.keeper import SignedIn
from fairhold.web.security.passwords import LENGTH_MAX
from fairhold.web.services import Services
from tests.web.conftest import (
    PASSWORD,
    CheapHasher,
    Client,
    NewClient,
    post_form,
    sign_in,
    sign_up,
)


def without_form(page: Response) -> str:
    """A page without what differs between any two."""
    lines = page.text.splitlines()
    return "\n".join(
        line
        for line in lines
        if not any(mark in line for mark in ("csrf_token", 'name="email"', "data-ahead"))
    )


@pytest.fixture
def hasher(services: Services) -> CheapHasher:
    assert isinstance(services.hasher, CheapHasher)
    return services.hasher


def guess(services: Services, email: str, network: str, password: str = "wrong password") -> object:
    outcome = services.keeper.sign_in(email, password, network=network, agent="", device="")
    return "in" if isinstance(outcome, SignedIn) else outcome.code


def test_an_unknown_address_and_a_wrong_password_are_answered_alike(
    new_client: NewClient, hasher: CheapHasher
) -> None:
    sign_up(new_client(), "ann")
    known, unknown = new_client(), new_client()
    before = hasher.verified
    wrong = sign_in(known, "ann", "wrong password")
    work = hasher.verified - before
    nobody = sign_in(unknown, "nobody", "wrong password")
    assert hasher.verified - before - work == work == 1
    assert (wrong.status_code, nobody.status_code) == (401, 401)
    assert without_form(wrong) == without_form(nobody)
    assert set(wrong.headers) == set(nobody.headers)


def test_an_unknown_address_is_locked_out_like_a_known_one(
    services: Services, client: Client
) -> None:
    sign_up(client, "ann")
    known = [guess(services, "ann@example.com", "198.51.100.0/24") for _ in range(20)]
    unknown = [guess(services, "nobody@example.com", "198.51.100.0/24") for _ in range(20)]
    assert known == unknown
    assert known[-1] == "account.too_many_tries"


def test_ten_thousand_guesses_cost_the_guesser_and_not_the_owner(
    services: Services, new_client: NewClient, hasher: CheapHasher
) -> None:
    owner = new_client()
    account = sign_up(owner, "ann")
    before = hasher.verified
    for number in range(10_000):
        guess(services, "ann@example.com", "198.51.100.0/24", f"guess number {number}")
    assert hasher.verified - before == 5
    assert owner.get("/v1/open").json() == {"account": account}
    assert guess(services, "ann@example.com", "203.0.113.0/24", PASSWORD) == "in"


def test_guesses_from_ten_thousand_networks_meet_a_slow_purse(
    services: Services, new_client: NewClient, hasher: CheapHasher
) -> None:
    owner = new_client()
    sign_up(owner, "ann")
    post_form(owner, "/sign-out")
    before = hasher.verified
    for number in range(10_000):
        guess(services, "ann@example.com", f"10.{number // 256}.{number % 256}.0/24")
    assert hasher.verified - before == 100
    # The owner's browser has been here before, and pays from a purse of its own.
    assert sign_in(owner, "ann").status_code == 303


def test_a_neighbour_who_guesses_does_not_keep_a_known_browser_out(
    services: Services, new_client: NewClient
) -> None:
    owner = new_client()
    sign_up(owner, "ann")
    post_form(owner, "/sign-out")
    network = "testclient"  # the one that the owner's browser is in
    for _ in range(50):
        guess(services, "ann@example.com", network)
    assert guess(services, "ann@example.com", network, PASSWORD) == "account.too_many_tries"
    assert sign_in(owner, "ann").status_code == 303


def test_a_device_cookie_of_another_account_opens_no_purse(
    services: Services, new_client: NewClient
) -> None:
    guesser = new_client()
    sign_up(guesser, "eve")
    sign_up(new_client(), "ann")
    post_form(guesser, "/sign-out")
    answers = [sign_in(guesser, "ann", "wrong password").status_code for _ in range(7)]
    assert answers == [401] * 5 + [429] * 2


def test_the_wait_is_told_and_doubles(
    services: Services, client: Client, wall: TestClock, new_client: NewClient
) -> None:
    sign_up(client, "ann")
    stranger = new_client()
    for _ in range(5):
        assert sign_in(stranger, "ann", "wrong password").status_code == 401
    waits = []
    for _ in range(4):
        refused = sign_in(stranger, "ann", PASSWORD)
        assert refused.status_code == 429
        waits.append(int(refused.headers["retry-after"]))
        wall.advance(waits[-1] * SECOND)
        assert sign_in(stranger, "ann", "wrong password").status_code == 401
    assert waits == [1, 2, 4, 8]
    for _ in range(20):
        wall.advance(15 * MINUTE)
        sign_in(stranger, "ann", "wrong password")
    assert int(sign_in(stranger, "ann").headers["retry-after"]) == 15 * 60


def test_tries_are_forgiven_after_success_and_forgotten_after_a_day(
    services: Services, client: Client, wall: TestClock
) -> None:
    sign_up(client, "ann")
    network = "198.51.100.0/24"
    for _ in range(4):
        guess(services, "ann@example.com", network)
    assert guess(services, "ann@example.com", network, PASSWORD) == "in"
    for _ in range(4):
        assert guess(services, "ann@example.com", network) == "account.wrong_password"
    for _ in range(3):
        guess(services, "ann@example.com", network)
    wall.advance(DAY)
    assert guess(services, "ann@example.com", network, PASSWORD) == "in"


def test_an_overlong_password_is_just_wrong(client: Client, hasher: CheapHasher) -> None:
    sign_up(client, "ann")
    post_form(client, "/sign-out")
    before = hasher.verified
    assert sign_in(client, "ann", PASSWORD + "x" * LENGTH_MAX).status_code == 401
    assert hasher.verified == before + 1


def test_what_was_typed_is_kept_except_for_the_password(client: Client) -> None:
    answer = sign_in(client, "ann", "some wrong password", next="/deals/deal_1")
    assert 'value="ann@example.com"' in answer.text
    assert 'value="/deals/deal_1"' in answer.text
    assert "some wrong password" not in answer.text


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("/deals/deal_1?tab=chat", "/deals/deal_1?tab=chat"),
        ("", "/deals"),
        ("https://evil.example/", "/deals"),
        ("//evil.example/", "/deals"),
        ("/\\evil.example", "/deals"),
        ("/\t/evil.example", "/deals"),
        ("\\\\evil.example", "/deals"),
        ("javascript:alert(1)", "/deals"),
        ("/sign-out", "/deals"),
        ("/a\r\nSet-Cookie: x=1", "/deals"),
        ("evil.example", "/deals"),
        ("/" + "a" * 600, "/deals"),
        ("/%2F/evil.example", "/%2F/evil.example"),
    ],
)
def test_signing_in_leads_only_to_pages_of_ours(client: Client, asked: str, led_to: str) -> None:
    sign_up(client, "ann")
    post_form(client, "/sign-out")
    answer = sign_in(client, "ann", next=asked)
    assert answer.status_code == 303
    assert answer.headers["location"] == led_to
    assert client.get("/sign-in", params={"next": asked}).headers["location"] == led_to


def test_a_page_for_members_leads_to_signing_in_and_back(client: Client) -> None:
    answer = client.get("/private?a=1&b=2")
    assert answer.status_code == 303
    where = answer.headers["location"]
    assert where == "/sign-in?next=/private%3Fa%3D1%26b%3D2"
    assert 'name="next" value="/private?a=1&amp;b=2"' in client.get(where).text
