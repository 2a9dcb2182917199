"""The short way and the ordinary way answer alike, and what a key lost is lost at once on both."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from httpx import Response
from litestar.testing import TestClient
from litestar.types import HTTPScope, Receive, Send

from fairhold.engine.clock import TestClock
from fairhold.engine.desk import people
from fairhold.engine.desk.moves import PLAIN
from fairhold.kernel.instant import MINUTE
from fairhold.web.api.fast import FastWay
from fairhold.web.security.known import KEPT
from fairhold.web.server import Fairhold, create_app
from fairhold.web.services import Services, WebSettings
from tests.web.api.conftest import Caller, Market
from tests.web.conftest import BASE_URL, Client

JSON = {"Content-Type": "application/json"}
OWN = ("x-request-id",)
"""Headers that no two answers share."""


class Ways:
    """The same house behind both ways; ``fast`` counts what took the short one."""

    def __init__(self, short: Client, long: Client, taken: list[str]) -> None:
        self.short = short
        self.long = long
        self.taken = taken

    def both(
        self, path: str, headers: Mapping[str, str], body: bytes = b"{}"
    ) -> tuple[Response, Response]:
        sending = {**JSON, **headers}
        short = self.short.post(path, content=body, headers=sending)
        return short, self.long.post(path, content=body, headers=sending)

    def alike(self, path: str, headers: Mapping[str, str], body: bytes = b"{}") -> Response:
        """Ask both for what changes nothing, compare, and return the answer."""
        short, long = self.both(path, headers, body)
        assert said(short) == said(long)
        return short


def said(answer: Response) -> tuple[int, dict[str, str], Any]:
    headers = {name: value for name, value in answer.headers.items() if name not in OWN}
    body = answer.json()
    body.pop("request_id", None)
    headers.pop("content-length")
    return answer.status_code, headers, body


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that the short way answered."""
    paths: list[str] = []
    ordinary = FastWay.serve

    async def serve(self: FastWay, scope: HTTPScope, receive: Receive, send: Send) -> bool:
        answered = await ordinary(self, scope, receive, send)
        if answered:
            paths.append(scope["path"])
        return answered

    monkeypatch.setattr(FastWay, "serve", serve)
    return paths


@pytest.fixture
def ways(app: Fairhold, services: Services, client: Client, taken: list[str]) -> Iterator[Ways]:
    other = create_app(services)
    other.fast_way = None
    with TestClient(other, base_url=BASE_URL, raise_server_exceptions=False) as long:
        yield Ways(client, long, taken)


def sent(caller: Caller, key: str) -> dict[str, str]:
    return {**caller.headers, "Idempotency-Key": key}


def test_a_move_is_answered_alike_on_both_ways(ways: Ways, market: Market) -> None:
    first, second = (market.placed(), market.placed())
    short = ways.short.post(
        f"/v1/deals/{first['id']}/cancel", json={}, headers=sent(market.buyer, "a")
    )
    long = ways.long.post(
        f"/v1/deals/{second['id']}/cancel", json={}, headers=sent(market.buyer, "b")
    )
    assert ways.taken == [f"/v1/deals/{first['id']}/cancel"]
    ours, theirs = said(short), said(long)
    assert ours[0] == theirs[0] == 200
    assert ours[1] == theirs[1]
    assert ours[1]["cache-control"] == "no-store"
    differ = {"id", "listing", "conversation", "next_actions"}
    assert {k: v for k, v in ours[2].items() if k not in differ} == {
        k: v for k, v in theirs[2].items() if k not in differ
    }
    assert list(ours[2]) == list(theirs[2])


def test_a_repetition_gets_the_first_answer_whichever_way_it_takes(
    ways: Ways, market: Market
) -> None:
    path = f"/v1/deals/{market.placed()['id']}/cancel"
    first = ways.short.post(path, json={}, headers=sent(market.buyer, "once"))
    assert "idempotent-replayed" not in first.headers
    short, long = ways.both(path, sent(market.buyer, "once"))
    for again in (short, long):
        assert again.headers["idempotent-replayed"] == "true"
        assert again.content == first.content
    assert said(short) != said(first)


def test_a_refusal_is_answered_alike_and_says_what_is_possible_instead(
    ways: Ways, market: Market
) -> None:
    path = f"/v1/deals/{market.placed()['id']}/confirm"
    refused, _ = ways.both(path, sent(market.buyer, "early"))
    answer = ways.alike(path, sent(market.buyer, "early"))
    assert answer.status_code == refused.status_code == 409
    assert answer.json()["allowed_actions"]["moves"]
    assert answer.headers["idempotent-replayed"] == "true"
    assert path in ways.taken


WRONG: dict[str, tuple[int, bytes, dict[str, str]]] = {
    "no key of repetition": (400, b"{}", {"Idempotency-Key": ""}),
    "a key of repetition that is too long": (400, b"{}", {"Idempotency-Key": "x" * 256}),
    "a key of repetition with a space": (400, b"{}", {"Idempotency-Key": "x y"}),
    "no JSON": (400, b"{", {}),
    "an unknown name": (400, b'{"hello": 1}', {}),
    "no object": (400, b"[]", {}),
    "another media type": (415, b"{}", {"Content-Type": "text/plain"}),
    "too much": (413, b" " * 1_000_001, {}),
    "too much of a picture": (413, b" " * 1_000_001, {"Content-Type": "image/png"}),
    "a wrong key": (401, b"{}", {"Authorization": "Bearer fhk_test_nothing"}),
    "no key at all": (401, b"{}", {"Authorization": ""}),
    "another host": (400, b"{}", {"Host": "elsewhere.test"}),
    "Chinese": (400, b"[]", {"Accept-Language": "zh"}),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_with_a_request_is_said_alike(ways: Ways, market: Market, what: str) -> None:
    status, body, spoiled = WRONG[what]
    path = f"/v1/deals/{market.placed()['id']}/confirm"
    answer = ways.alike(path, {**sent(market.buyer, "wrong"), **spoiled}, body)
    assert answer.status_code == status, answer.text


def test_a_body_that_does_not_say_how_long_it_is_is_stopped_alike(
    ways: Ways, market: Market
) -> None:
    path = f"/v1/deals/{market.placed()['id']}/confirm"

    def endless() -> Iterator[bytes]:
        for _ in range(11):
            yield b" " * 100_000

    answers = [
        client.post(path, content=endless(), headers={**JSON, **sent(market.buyer, "long")})
        for client in (ways.short, ways.long)
    ]
    assert said(answers[0]) == said(answers[1])
    assert answers[0].status_code == 413


def test_strangers_missing_deals_and_strange_addresses_are_refused_alike(
    ways: Ways, market: Market, stranger: Caller
) -> None:
    deal = market.placed()["id"]
    assert ways.alike(f"/v1/deals/{deal}/confirm", sent(stranger, "1")).status_code == 404
    ways.both(f"/v1/deals/{deal}/confirm", sent(market.seller, "2"))
    assert ways.alike(f"/v1/deals/{deal}/confirm", sent(market.seller, "2")).status_code == 403
    gone = f"/v1/deals/{deal[:-1]}{'0' if deal[-1] != '0' else '1'}/confirm"
    assert ways.alike(gone, sent(market.buyer, "3")).status_code == 404
    assert ways.alike("/v1/deals/deal_x/confirm", sent(market.buyer, "4")).status_code == 404
    assert ways.alike(f"/v1/deals/{deal}/dance", sent(market.buyer, "5")).status_code == 404
    ways.both(f"/v1/deals/{deal}/confirm/", sent(market.buyer, "6"))
    assert ways.alike(f"/v1/deals/{deal}/confirm/", sent(market.buyer, "6")).status_code == 409


def test_a_missing_scope_is_refused_alike(ways: Ways, market: Market, services: Services) -> None:
    path = f"/v1/deals/{market.placed()['id']}/cancel"
    issued: Any = services.keeper.api_keys.issue(
        market.buyer.account, "reader", frozenset({"deals:read"})
    )
    headers = {"Authorization": f"Bearer {issued.secret}", "Idempotency-Key": "scope"}
    answer = ways.alike(path, headers)
    assert answer.status_code == 403
    assert answer.json()["code"] == "request.scope_missing"


def test_a_rehearsal_is_answered_alike_and_changes_nothing(ways: Ways, market: Market) -> None:
    deal = market.placed()
    answer = ways.alike(f"/v1/deals/{deal['id']}/cancel?dry_run=1", sent(market.buyer, "dry"))
    assert answer.json()["dry_run"] is True
    assert market.buyer.got(f"/deals/{deal['id']}")["version"] == deal["version"]


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_every_plain_move_takes_the_short_way_to_the_same_answer(
    ways: Ways, market: Market, name: str
) -> None:
    path = f"/v1/deals/{market.placed()['id']}/{name}"
    ways.both(path, sent(market.seller, name))
    ways.alike(path, sent(market.seller, name))
    assert ways.taken == [path, path]


def test_reading_an_opened_secret_again_shows_it_on_the_short_way(
    ways: Ways, market: Market
) -> None:
    path = f"/v1/deals/{market.opened()['id']}/read_again"
    answer = ways.short.post(path, json={}, headers=sent(market.buyer, "again"))
    assert answer.json()["opened_secret"]["password"] == "ab12cd"
    assert ways.taken == [path]


def test_a_browser_takes_the_ordinary_way(ways: Ways, market: Market) -> None:
    path = f"/v1/deals/{market.placed()['id']}/cancel"
    ways.alike(path, {"Cookie": "session=x", "Idempotency-Key": "browser"})
    assert ways.taken == []


# -- keys that are remembered ----------------------------------------------------------------------


def try_(caller: Caller, path: str) -> int:
    return caller.post(path).status_code


def test_a_revoked_key_stops_at_once(market: Market, services: Services) -> None:
    path = f"/deals/{market.placed()['id']}/confirm"
    assert try_(market.buyer, path) == 409
    (key,) = services.keeper.api_keys.of(market.buyer.account)
    assert services.keeper.api_keys.revoke(market.buyer.account, key.id)
    assert try_(market.buyer, path) == 401


def test_the_keys_of_a_closed_account_stop_at_once(market: Market, services: Services) -> None:
    path = f"/deals/{market.placed()['id']}/confirm"
    assert try_(market.buyer, path) == 409
    services.keeper.api_keys.revoke_all(market.buyer.account)
    assert try_(market.buyer, path) == 401


def test_who_becomes_an_operator_is_one_at_once(
    market: Market, services: Services, enter: Callable[[str], Caller]
) -> None:
    officer = enter("officer")
    issued: Any = services.keeper.api_keys.issue(
        officer.account, "officer", frozenset({"operator", "deals:write"})
    )
    officer = Caller(officer.client, "officer", issued.secret, officer.id)
    path = f"/deals/{market.placed()['id']}/confirm"
    assert try_(officer, path) == 404
    people.grant_operator(services.desk, officer.account)
    assert try_(officer, path) == 403


def test_a_key_that_another_process_revoked_stops_within_seconds(
    market: Market, services: Services, wall: TestClock
) -> None:
    path = f"/deals/{market.placed()['id']}/confirm"
    assert try_(market.buyer, path) == 409
    other = type(services.keeper.api_keys)(services.desk.store, wall, sandbox=True)
    other.revoke_all(market.buyer.account)
    assert try_(market.buyer, path) == 409, "this process has not looked yet"
    wall.advance(KEPT)
    assert try_(market.buyer, path) == 401


def test_the_rate_limit_counts_on_the_short_way_too(
    market: Market, services: Services, wall: TestClock
) -> None:
    path = f"/deals/{market.placed()['id']}/confirm"
    limits = services.settings.limits
    assert limits is not None
    codes = [try_(market.buyer, path) for _ in range(limits.key.commands)]
    assert codes[0] == 409
    answer = market.buyer.post(path)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) == answer.json()["retry_after"] > 0
    wall.advance(MINUTE)
    assert try_(market.buyer, path) == 409


def test_without_limits_nothing_is_counted(services: Services, market: Market) -> None:
    services.settings = WebSettings(base_url=BASE_URL, limits=None, trusted_hosts=("*",))
    client = TestClient(create_app(services), base_url=BASE_URL)
    path = f"/v1/deals/{market.placed()['id']}/confirm"
    for number in range(3):
        headers = sent(market.buyer, f"free-{number}")
        assert client.post(path, json={}, headers=headers).status_code == 409
