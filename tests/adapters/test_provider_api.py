"""The sandbox provider's HTTP interface: what it refuses, and how its answers go wrong."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from fairhold.adapters.payment.sandbox import (
    ApiFault,
    Request,
    answer,
    create_provider_app,
)
from fairhold.engine.outside import Declined, OutsideUnavailable, Split
from fairhold.kernel.money import Money
from tests.adapters.payments import START, Stage, yuan

KEY = {"authorization": "Bearer key-of-the-shop", "idempotency-key": "k1"}
CONTROL = {"authorization": "Bearer key-of-the-stage"}
TERMS: dict[str, object] = {
    "deal": "deal_1",
    "amount": 5_000,
    "currency": "CNY",
    "return_url": "/deals/1",
    "expires": START + 60_000,
}


@pytest.fixture
def stage() -> Stage:
    return Stage()


def ask(
    stage: Stage,
    path: str,
    body: object = None,
    *,
    method: str = "POST",
    headers: dict[str, str] | None = None,
    query: str = "",
) -> tuple[int, dict[str, Any]]:
    raw = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    given = answer(
        stage.provider,
        Request(method, path, query, KEY if headers is None else headers, raw),
    )
    kind = dict(given.headers)["content-type"]
    assert kind == ("application/json" if given.status == 200 else "application/problem+json")
    value = json.loads(given.body)
    assert given.status == 200 or value["status"] == given.status
    return given.status, value


def code(stage: Stage, path: str, body: object = None, **rest: Any) -> tuple[int, str]:  # noqa: ANN401
    status, value = ask(stage, path, body, **rest)
    return status, value.get("code", "")


@pytest.mark.parametrize(
    ("change", "status", "expected"),
    [
        ({"amount": 0}, 422, "amount.not_positive"),
        ({"amount": -1}, 422, "amount.not_positive"),
        ({"amount": 10**12 + 1}, 422, "amount.too_large"),
        ({"amount": 10**40}, 422, "amount.too_large"),
        ({"amount": 12.5}, 422, "amount.not_whole"),
        ({"amount": 1e300}, 422, "amount.not_whole"),
        ({"amount": "12"}, 422, "amount.not_whole"),
        ({"amount": True}, 422, "amount.not_whole"),
        ({"amount": None}, 422, "field.missing"),
        ({"currency": "XAU"}, 422, "currency.unknown"),
        ({"currency": 5}, 422, "field.wrong_type"),
        ({"deal": ""}, 422, "field.wrong_length"),
        ({"deal": "x" * 201}, 422, "field.wrong_length"),
        ({"return_url": "javascript:alert(1)"}, 422, "return_url.wrong"),
        ({"return_url": "//evil.example"}, 422, "return_url.wrong"),
        ({"return_url": "/\\evil.example"}, 422, "return_url.wrong"),
        ({"return_url": "/a\r\nset-cookie: b"}, 422, "return_url.wrong"),
        ({"return_url": "/交易"}, 422, "return_url.wrong"),
        ({"return_url": "https://a;script-src *"}, 422, "return_url.wrong"),
        ({"return_url": "https://a;script-src"}, 422, "return_url.wrong"),
        ({"return_url": "https://user@shop.example/"}, 422, "return_url.wrong"),
        ({"return_url": "http://[broken"}, 422, "return_url.wrong"),
        ({"expires": START}, 422, "checkout.expired"),
        ({"expires": 10**18}, 422, "field.out_of_bounds"),
        ({"expires": 1.5}, 422, "field.wrong_type"),
    ],
)
def test_wrong_terms_are_refused(
    stage: Stage, change: dict[str, object], status: int, expected: str
) -> None:
    assert code(stage, "/v1/checkouts", {**TERMS, **change}) == (status, expected)
    assert ask(stage, "/v1/checkouts", TERMS)[0] == 200


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        (b"{", 400, "body.not_json"),
        (b"\xff\xfe", 400, "body.not_json"),
        (b'{"deal": "\xff"}', 400, "body.not_json"),
        (b"[" * 30_000, 400, "body.not_json"),
        (b"NaN", 400, "body.not_json"),
        (b'{"deal": "\\ud800"}', 400, "body.not_json"),
        (b'{"amount": ' + b"9" * 20_000 + b"}", 400, "body.not_json"),
        (b"[]", 400, "body.not_object"),
        (b'"x"', 400, "body.not_object"),
        (b"", 422, "field.missing"),
        (b" " * 70_000, 413, "body.too_large"),
    ],
)
def test_a_broken_body_is_refused(stage: Stage, body: bytes, status: int, expected: str) -> None:
    assert code(stage, "/v1/checkouts", body) == (status, expected)


@pytest.mark.parametrize("path", ["/v1/checkouts", "/v1/balances", "/control/check", "/v1/x"])
@pytest.mark.parametrize("key", ["", "Bearer ", "Bearer wrong", "key-of-the-shop", "Bearer 钥匙"])
def test_nobody_gets_in_without_the_key(stage: Stage, path: str, key: str) -> None:
    headers = {"authorization": key, "idempotency-key": "k1"}
    assert code(stage, path, TERMS, headers=headers) == (401, "key.wrong")


def test_the_shop_does_not_hold_the_key_of_the_stage(stage: Stage) -> None:
    assert code(stage, "/control/check") == (401, "key.wrong")
    assert code(stage, "/v1/checkouts", TERMS, headers=CONTROL) == (401, "key.wrong")


@pytest.mark.parametrize(
    ("key", "expected"),
    [("", "key.missing"), ("x" * 256, "key.malformed"), ("a b", "key.malformed")],
)
def test_a_call_needs_a_decent_idempotency_key(stage: Stage, key: str, expected: str) -> None:
    headers = {**KEY, "idempotency-key": key}
    assert code(stage, "/v1/checkouts", TERMS, headers=headers) == (400, expected)


def test_strange_routes_and_methods_are_refused(stage: Stage) -> None:
    assert code(stage, "/") == (404, "route.unknown")
    assert code(stage, "/v1/payments/p/explode") == (404, "route.unknown")
    assert code(stage, "/v1/checkouts", method="GET") == (404, "route.unknown")
    assert code(stage, "/v1/checkouts", method="DELETE") == (405, "method.not_allowed")
    assert code(stage, "/control/x", headers=CONTROL) == (404, "route.unknown")
    for limit in ("0", "501", "x", "-1", "9" * 5_000, "²"):
        query = f"limit={limit}"
        found = code(stage, "/v1/statement", method="GET", query=query)
        assert found == (422, "field.out_of_bounds")


@pytest.mark.parametrize(
    ("splits", "expected"),
    [
        ([], "field.wrong_length"),
        ([{"to": "a", "amount": 1}] * 21, "field.wrong_length"),
        ("x", "field.wrong_type"),
        ([1], "field.wrong_type"),
        ([{"to": "", "amount": 1}], "field.wrong_length"),
        ([{"to": "a", "amount": -1}], "amount.not_positive"),
        ([{"to": "a", "amount": 2}, {"to": "b", "amount": -1}], "amount.not_positive"),
        ([{"to": "a", "amount": 10**12}], "hold.too_small"),
    ],
)
def test_wrong_splits_are_refused_and_nothing_moves(
    stage: Stage, splits: object, expected: str
) -> None:
    payment = stage.hold()
    body = {"currency": "CNY", "splits": splits}
    assert code(stage, f"/v1/payments/{payment}/release", body)[1] == expected
    assert ask(stage, f"/v1/payments/{payment}", method="GET")[1]["held"] == 5_000


def test_the_stage_is_moved_over_http(stage: Stage) -> None:
    payment = stage.open()

    def move(name: str, body: object, *, method: str = "POST") -> dict[str, Any]:
        status, value = ask(stage, f"/control/{name}", body, headers=CONTROL, method=method)
        assert status == 200, value
        return value

    move("spoil_notices", {"fault": "never", "count": 1, "kind": "payment.authorised"})
    assert move("pay", {"payment": payment, "choice": "pay"}) == {"paid": True}
    stage.port.capture(payment, "c1")
    assert move("chargeback", {"payment": payment, "amount": 100})["held"] == 4_900
    move("fail_payout", {"account": "a"})
    move("spoil_calls", {"fault": "unavailable", "count": 1, "op": "refund"})
    assert code(stage, f"/v1/payments/{payment}/refund", {"amount": 1, "currency": "CNY"}) == (
        503,
        "provider.unavailable",
    )
    assert move("deliver", {}) == {"count": 3}
    told = move("notices", {}, method="GET")["notices"]
    assert [row["kind"] for row in told] == [
        "payment.charged_back",
        "payment.captured",
        "payment.authorised",
    ]
    move("repeat", {"notice": told[0]["id"]})
    assert move("advance", {"span": 1_000}) == {"now": START + 1_000}
    assert move("check", {}) == {"exact": True}
    for name, body in [
        ("pay", {"payment": payment, "choice": "steal"}),
        ("spoil_calls", {"fault": "x", "count": 1, "op": "y"}),
        ("advance", {"span": -1}),
        ("chargeback", {"payment": payment, "amount": 10_000}),
        ("repeat", {"notice": "ntc_x"}),
    ]:
        assert ask(stage, f"/control/{name}", body, headers=CONTROL)[0] in {404, 409, 422}


@pytest.mark.parametrize("fault", [ApiFault.FAIL_AFTER, ApiFault.TIMEOUT_AFTER])
def test_a_call_that_was_done_but_not_answered_is_safe_to_repeat(
    stage: Stage, fault: ApiFault
) -> None:
    payment = stage.hold()
    stage.provider.spoil_calls(fault, 2, "refund")
    stage.port.refund(payment, yuan(1_000), "f1")
    assert stage.kinds().count("refunded") == 1
    assert stage.pauses == [0.1, 0.2]
    stage.provider.spoil_calls(fault, 3, "refund")
    with pytest.raises(OutsideUnavailable):
        stage.port.refund(payment, yuan(1_000), "f2")
    stage.port.refund(payment, yuan(1_000), "f2")
    assert stage.kinds().count("refunded") == 2


@pytest.mark.parametrize("fault", [ApiFault.UNAVAILABLE, ApiFault.TIMEOUT_BEFORE])
def test_a_call_that_was_not_done_is_done_by_its_repetition(stage: Stage, fault: ApiFault) -> None:
    payment = stage.hold()
    stage.provider.spoil_calls(fault, 1)
    stage.port.refund(payment, yuan(1_000), "f1")
    assert stage.kinds().count("refunded") == 1


def test_a_bank_that_says_no_is_asked_once(stage: Stage) -> None:
    payment = stage.hold()
    stage.provider.spoil_calls(ApiFault.DECLINED, 1)
    with pytest.raises(Declined) as no:
        stage.port.refund(payment, yuan(1_000), "f1")
    assert no.value.code == "bank.declined"
    assert stage.pauses == []


def test_magic_amounts_spoil_the_first_call_only(stage: Stage) -> None:
    payment = stage.hold(66_621)
    assert stage.pauses == [0.1]
    stage.port.release(payment, [Split("a", yuan(66_621))], "r1")
    stage.port.payout("a", yuan(66_621), "p1")
    assert stage.pauses == [0.1, 0.1]
    with pytest.raises(Declined):
        stage.hold(66_623, "open-2")


def test_a_wrong_key_of_our_own_is_an_outage_and_not_a_no(stage: Stage) -> None:
    stage.port._authorization = "Bearer wrong"
    with pytest.raises(OutsideUnavailable):
        stage.port.payout("a", yuan(1), "p1")


def test_an_answer_in_another_language_is_an_outage(stage: Stage) -> None:
    def babble(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"<html>welcome to the hotel network</html>")

    stage.port._client = httpx.Client(transport=httpx.MockTransport(babble))
    with pytest.raises(OutsideUnavailable):
        stage.open()
    stage.port.close()


def test_mounted_below_a_path_it_answers_the_same(stage: Stage) -> None:
    async def visit() -> list[int]:
        statuses = []
        for mount, prefix in (("", ""), ("/sandbox/pay", "/sandbox/pay"), ("/sandbox/pay", "")):
            app = create_provider_app(stage.provider, mount=mount)
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
                statuses.append(
                    (await client.get(f"{prefix}/v1/balances", headers=KEY)).status_code
                )
                statuses.append((await client.get(f"{prefix}/checkout.css")).status_code)
                big = await client.post(f"{prefix}/v1/checkouts", content=b"x" * 70_000)
                statuses.append(big.status_code)
        stage.provider.spoil_calls(ApiFault.TIMEOUT_AFTER, 1)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            statuses.append((await client.get("/v1/balances", headers=KEY)).status_code)
        return statuses

    assert asyncio.run(visit()) == [200, 200, 413] * 3 + [504]


def test_currencies_are_kept_apart(stage: Stage) -> None:
    payment = stage.hold()
    stage.port.release(payment, [Split("a", yuan(5_000))], "r1")
    with pytest.raises(Declined) as no:
        stage.port.payout("a", Money(5_000, "EUR"), "p1")
    assert no.value.code == "balance.too_small"
