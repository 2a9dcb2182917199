"""Saying the same thing twice: once on record, once on the shelf, never done twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from httpx import Response

from fairhold.engine.clock import TestClock
from fairhold.kernel.instant import DAY, Instant
from fairhold.web.services import Services
from tests.web.api.conftest import CARD, Caller, Market
from tests.web.conftest import PASSWORD

LISTING = {"title": "Book", "price": {"amount": 900, "currency": "CNY"}, "delivery": "meeting"}


def test_a_repeated_request_gets_the_same_answer_and_says_so(seller: Caller) -> None:
    first = seller.post("/listings", LISTING, "one")
    again = seller.post("/listings", LISTING, "one")
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"


def test_the_same_key_with_other_content_is_refused(seller: Caller) -> None:
    seller.made("/listings", LISTING, "one")
    answer = seller.post("/listings", {**LISTING, "title": "Other"}, "one")
    assert answer.status_code == 422
    assert answer.json()["code"] == "request.key_reused"


def test_the_same_key_at_another_address_is_refused(market: Market) -> None:
    deal = market.placed()
    market.buyer.made(f"/deals/{deal['id']}/cancel", key="one")
    answer = market.buyer.post(f"/deals/{deal['id']}/confirm", key="one")
    assert answer.json()["code"] == "request.key_reused"


def test_two_callers_may_use_the_same_key(seller: Caller, buyer: Caller) -> None:
    ids = {caller.made("/listings", LISTING, "one")["id"] for caller in (seller, buyer)}
    assert len(ids) == 2


def test_a_repeated_refusal_stays_the_same_after_the_deal_moved_on(market: Market) -> None:
    deal = market.placed()
    path = f"/deals/{deal['id']}/seal"
    market.seller.made(path, CARD)
    first = market.seller.post(path, CARD, "late")
    assert first.status_code == 409
    market.seller.made(f"/deals/{deal['id']}/withdraw")
    again = market.seller.post(path, CARD, "late")
    assert again.status_code == 409
    assert again.json()["code"] == first.json()["code"]
    assert again.headers["idempotent-replayed"] == "true"


def test_a_repeated_opening_shows_the_secret_again_and_is_one_opening(market: Market) -> None:
    deal = market.sealed()
    path = f"/deals/{deal['id']}/open"
    first = market.buyer.post(path, key="one")
    again = market.buyer.post(path, key="one")
    assert first.json() == again.json()
    assert market.buyer.got(f"/deals/{deal['id']}")["secret"]["reads"] == 0


def test_an_answer_is_repeated_as_it_was_whatever_happened_since(market: Market) -> None:
    listing = market.listing()
    body = {"listing": listing["id"], "version": 1}
    first = market.buyer.post("/deals", body, "one")
    market.buyer.made(f"/deals/{first.json()['id']}/cancel")
    again = market.buyer.post("/deals", body, "one")
    assert again.json() == first.json()


def test_a_purchase_repeated_at_once_by_many_is_one_deal(market: Market) -> None:
    listing = market.listing()
    body = {"listing": listing["id"], "version": 1}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: market.buyer.post("/deals", body, "one"), range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1


def test_signing_up_again_with_the_same_key_shows_the_same_api_key(nobody: Caller) -> None:
    body = {"email": "li@example.com", "handle": "li", "password": PASSWORD}
    first = nobody.made("/accounts", body, "one")
    again = nobody.made("/accounts", body, "one")
    assert again == first
    assert nobody.post("/accounts", body, "two").json()["code"] == "account.email_taken"


def test_a_kept_answer_is_nowhere_readable_at_rest(nobody: Caller, services: Services) -> None:
    body = {"email": "li@example.com", "handle": "li", "password": PASSWORD}
    secret = nobody.made("/accounts", body, "one")["api_key"]["secret"]
    now = services.wall.now()
    rows = services.desk.store.shelf_list("reply", "", now)
    assert len(rows) == 1
    assert secret.encode() not in rows[0][1]
    assert b"fhk_test" not in rows[0][1]


def test_a_kept_answer_is_forgotten_after_the_published_period(
    seller: Caller, wall: TestClock
) -> None:
    first = seller.made("/api_keys", {"name": "one"}, "one")
    wall.advance(DAY - 1)
    assert seller.made("/api_keys", {"name": "one"}, "one") == first
    wall.advance(1)
    assert seller.made("/api_keys", {"name": "one"}, "one")["id"] != first["id"]


def test_a_request_still_at_work_is_not_begun_a_second_time(
    seller: Caller, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile: list[Response] = []
    shelf_put = services.desk.store.shelf_put

    def ask_again_then_put(
        space: str, key: str, value: bytes, expires: Instant | None = None
    ) -> None:
        if space == "api_key" and not meanwhile:
            meanwhile.append(seller.post("/api_keys", {"name": "x"}, "one"))
        shelf_put(space, key, value, expires)

    monkeypatch.setattr(services.desk.store, "shelf_put", ask_again_then_put)
    assert seller.post("/api_keys", {"name": "x"}, "one").status_code == 201
    assert meanwhile[0].status_code == 409
    assert meanwhile[0].json()["code"] == "request.in_flight"


def test_what_creates_or_moves_needs_a_key(seller: Caller) -> None:
    answer = seller.client.post("/v1/listings", json=LISTING, headers=seller.headers)
    assert answer.status_code == 400
    assert answer.json()["code"] == "request.key_missing"
    assert "help" in answer.headers["link"]


def test_a_key_has_at_most_255_characters(seller: Caller) -> None:
    assert seller.post("/listings", LISTING, "k" * 255).status_code == 201
    answer = seller.post("/listings", LISTING, "k" * 256)
    assert answer.json()["code"] == "request.key_too_long"


def test_a_rehearsal_uses_up_no_key(seller: Caller) -> None:
    rehearsed = seller.post("/listings?dry_run=1", LISTING, "one")
    assert rehearsed.status_code == 201
    assert "idempotent-replayed" not in seller.post("/listings", LISTING, "one").headers


def test_faults_of_form_use_up_no_key(seller: Caller) -> None:
    assert seller.post("/listings", {}, "one").status_code == 400
    assert seller.post("/listings", LISTING, "one").status_code == 201
