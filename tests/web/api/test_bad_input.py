"""Bad input at the door for programs: a clear refusal, and nothing half-done."""

from typing import Any

import pytest
from httpx import Response

from fairhold.house import House
from tests.web.api.conftest import Caller, Market

GOOD: dict[str, Any] = {
    "title": "Book",
    "price": {"amount": 900, "currency": "CNY"},
    "delivery": "meeting",
}


def pointers(answer: Response) -> list[str]:
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == "request.malformed"
    return sorted(fault["pointer"] for fault in answer.json()["errors"])


def test_every_fault_is_told_at_once_with_its_pointer(seller: Caller) -> None:
    body = {
        "title": "",
        "price": {"amount": 1.5, "currency": "DOGE", "extra": 1},
        "pictures": ["pic_0000000000000", "nonsense"],
        "colour/of~it": "red",
    }
    assert pointers(seller.post("/listings", body)) == [
        "/colour~1of~0it",
        "/delivery",
        "/pictures/1",
        "/price/amount",
        "/price/currency",
        "/price/extra",
        "/title",
    ]


@pytest.mark.parametrize("amount", [0, -1, 10**12 + 1, 10**30, 0.5, "900", None, True, [], {}])
def test_amounts_are_whole_positive_and_bounded(seller: Caller, amount: object) -> None:
    body = {**GOOD, "price": {"amount": amount, "currency": "CNY"}}
    assert pointers(seller.post("/listings", body)) == ["/price/amount"]


@pytest.mark.parametrize("price", [None, 5, "5 CNY", [], [900, "CNY"]])
def test_a_price_is_an_amount_and_a_currency(seller: Caller, price: object) -> None:
    assert pointers(seller.post("/listings", {**GOOD, "price": price})) == ["/price"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"nonsense",
        b"[]",
        b"null",
        b'{"title": NaN}',
        b'{"title": "\xff\xfe"}',
        b'{"title": "\\ud800"}',
        b"[" * 100_000,
        b"\x00",
    ],
)
def test_what_is_no_json_object_is_refused(seller: Caller, raw: bytes) -> None:
    headers = {**seller.headers, "Idempotency-Key": "k", "Content-Type": "application/json"}
    answer = seller.client.post("/v1/listings", content=raw, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["code"] in {"request.malformed", "request.broken_text"}


@pytest.mark.parametrize("title", ["x" * 81, "two\nlines", "nul\x00", " ", "\t"])
def test_a_title_is_one_short_line(seller: Caller, title: str) -> None:
    assert pointers(seller.post("/listings", {**GOOD, "title": title})) == ["/title"]


def test_a_body_in_another_media_type_is_refused(seller: Caller) -> None:
    headers = {**seller.headers, "Idempotency-Key": "k", "Content-Type": "text/plain"}
    answer = seller.client.post("/v1/listings", content=b"{}", headers=headers)
    assert answer.status_code == 415


def test_a_body_beyond_the_limit_is_refused(seller: Caller) -> None:
    answer = seller.post("/listings", {**GOOD, "description": "x" * 1_100_000})
    assert answer.status_code == 413
    assert answer.json()["code"] == "request.too_large"


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/limit"),
        ("limit=101", "/limit"),
        ("limit=ten", "/limit"),
        ("limit=1&limit=2", "/limit"),
        ("colour=red", "/colour"),
        ("category=weapons", "/category"),
    ],
)
def test_a_query_is_checked_like_a_body(nobody: Caller, query: str, pointer: str) -> None:
    assert pointers(nobody.get(f"/listings?{query}")) == [pointer]


def test_a_page_has_one_cursor_of_its_own_kind(market: Market) -> None:
    listing, deal = market.listing()["id"], market.placed()["id"]
    both = market.buyer.get("/listings", starting_after=listing, ending_before=listing)
    assert (both.status_code, both.json()["code"]) == (422, "request.cursor_conflict")
    foreign = market.buyer.get("/listings", starting_after=deal)
    assert (foreign.status_code, foreign.json()["code"]) == (422, "request.cursor_unknown")


@pytest.mark.parametrize(
    "name", ["nonsense", "deal_", "lst_0000000000000", "deal_000000000000", "deal_zzzzzzzzzzzzz"]
)
def test_ids_that_are_none_are_not_found(seller: Caller, name: str) -> None:
    answer = seller.get(f"/deals/{name}")
    assert (answer.status_code, answer.json()["code"]) == (404, "deal.unknown")


def test_an_id_of_another_kind_is_not_found(market: Market) -> None:
    deal = market.placed()
    name = deal["id"].replace("deal_", "lst_")
    assert market.buyer.get(f"/listings/{name}").status_code == 404
    name = deal["listing"].replace("lst_", "deal_")
    assert market.buyer.get(f"/deals/{name}").status_code == 404
    assert market.buyer.post(f"/deals/{name}/cancel").status_code == 404


@pytest.mark.parametrize("size", [0, 201, 100_000])
def test_a_secret_has_a_size(market: Market, size: int) -> None:
    deal = market.paid()
    answer = market.seller.post(f"/deals/{deal['id']}/seal", {"number": "7" * size})
    assert answer.status_code in {400, 422}
    assert "777" not in answer.text
    assert market.buyer.got(f"/deals/{deal['id']}")["secret"]["phase"] == "awaited"


def test_a_secret_is_never_repeated_in_a_refusal(market: Market) -> None:
    deal = market.paid()
    body = {"number": "6222-SECRET", "password": ["6222-SECRET"], "6222-SECRET": 1}
    answer = market.seller.post(f"/deals/{deal['id']}/seal", body)
    assert answer.status_code == 400
    assert "SECRET" not in answer.text.replace("/6222-SECRET", "")


def test_a_case_cannot_ask_for_more_than_is_held(market: Market) -> None:
    deal = market.opened()
    body = {"claim": "code_already_used", "amount": 45_001}
    answer = market.buyer.post(f"/deals/{deal['id']}/open_case", body)
    assert answer.status_code == 422
    assert answer.json()["code"] == "case.amount_out_of_range"
    assert market.buyer.got(f"/deals/{deal['id']}")["money"]["phase"] == "held"


def test_nobody_pays_out_what_is_not_there(market: Market) -> None:
    for amount, currency in ((1, "EUR"), (44_551, "CNY")):
        body = {"amount": amount, "currency": currency}
        assert market.seller.post("/wallet/payouts", body).json()["code"] == "wallet.not_enough"
    market.completed()
    body = {"amount": 44_551, "currency": "CNY"}
    assert market.seller.post("/wallet/payouts", body).json()["code"] == "wallet.not_enough"
    assert market.seller.got("/wallet")["available"][0]["amount"] == 44_550


def test_the_books_balance_after_a_storm_of_nonsense(market: Market, house: House) -> None:
    deal = market.opened()
    for name in ("cancel", "seal", "withdraw", "open", "present_code", "ask_return", "decide_case"):
        for caller in (market.buyer, market.seller):
            assert caller.post(f"/deals/{deal['id']}/{name}", {"amount": -1}).is_client_error
    house.settle()
    balances = house.store.balances(0)
    assert sum(row.minor for row in balances) == 0
    assert market.buyer.got(f"/deals/{deal['id']}")["money"]["remaining"] == 45_000


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"0" * 100, b"<svg/>"])
def test_pictures_that_are_none_are_refused(seller: Caller, data: bytes) -> None:
    headers = {**seller.headers, "Idempotency-Key": "k", "Content-Type": "image/png"}
    answer = seller.client.post("/v1/pictures", content=data, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["code"] == "picture.not_a_picture"


def test_a_picture_comes_as_a_picture(seller: Caller) -> None:
    headers = {**seller.headers, "Idempotency-Key": "k", "Content-Type": "application/json"}
    answer = seller.client.post("/v1/pictures", content=b"{}", headers=headers)
    assert answer.status_code == 415


def test_methods_that_an_address_does_not_know_are_named(seller: Caller) -> None:
    for method in ("PUT", "PATCH", "DELETE"):
        answer = seller.client.request(method, "/v1/listings", headers=seller.headers)
        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    options = seller.client.options("/v1/listings")
    assert options.status_code == 204
    assert options.headers["allow"] == "GET, HEAD, OPTIONS, POST"


def test_an_address_that_is_none_is_a_problem_document(nobody: Caller) -> None:
    answer = nobody.get("/nonsense")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_whole_number_may_be_written_with_a_point(seller: Caller) -> None:
    made = seller.made("/listings", {**GOOD, "price": {"amount": 5.0, "currency": "CNY"}})
    assert made["price"]["amount"] == 5


@pytest.mark.parametrize("key", ["two words", "tab\there", "caf\u00e9", "\x7f"])
def test_a_key_is_plain(seller: Caller, key: str) -> None:
    headers = {name.encode(): value.encode() for name, value in seller.headers.items()}
    headers[b"Idempotency-Key"] = key.encode("latin-1")
    answer = seller.client.post("/v1/listings", json=GOOD, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "request.malformed")


def test_null_is_no_value_of_a_query(market: Market) -> None:
    listing = market.listing()
    assert pointers(market.buyer.get(f"/listings/{listing['id']}?version=null")) == ["/version"]


@pytest.mark.parametrize("came_from", ["[", "//[x", "http://[::1", "http://[v1.x"])
def test_where_a_buyer_came_from_is_no_reason_to_fail(market: Market, came_from: str) -> None:
    listing = market.listing()
    asked = {"listing": listing["id"], "version": 1, "came_from": came_from}
    assert market.buyer.made("/deals", asked)["came_from"] == ""


@pytest.mark.parametrize("position", ["0-" + "9" * 5_000, "9" * 5_000 + "-1", "0-" + "0" * 5_000])
def test_a_position_without_end_is_the_position_of_nothing(seller: Caller, position: str) -> None:
    assert seller.get(f"/record/events/{position}").status_code == 404
    assert seller.get("/record/proofs/inclusion", event=position).status_code in {400, 404, 422}
