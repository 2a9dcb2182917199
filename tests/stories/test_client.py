"""The client repeats itself safely, and the browser fills forms in as a person does."""

from collections.abc import Callable

import httpx
import pytest

from fairhold.lab import client as lab
from fairhold.lab.client import Answer, Client, Page, Problem, Unreachable

Handler = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairhold.lab.client.time.sleep", lambda _seconds: None)


def client(handler: Handler, key: str = "") -> Client:
    return Client("http://fairhold.test", key, transport=httpx.MockTransport(handler))


def test_every_change_carries_a_key_of_its_own() -> None:
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["idempotency-key"])
        return httpx.Response(200, json={"id": "x"})

    with client(handler) as someone:
        someone.post("/v1/deals", {})
        someone.post("/v1/deals", {})
        someone.post("/v1/deals", {}, key="mine")
    assert len(set(seen)) == 3
    assert seen[2] == "mine"


def test_a_broken_line_and_a_busy_server_are_tried_again_under_the_same_key() -> None:
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["idempotency-key"])
        if len(seen) == 1:
            message = "gone"
            raise httpx.ReadError(message)
        if len(seen) == 2:
            return httpx.Response(503, headers={"retry-after": "1"})
        return httpx.Response(201, json={"id": "x"}, headers={"idempotent-replayed": "true"})

    with client(handler) as someone:
        reply = someone.post("/v1/deals", {})
    assert isinstance(reply, Answer)
    assert (reply["id"], reply.replayed, len(set(seen)), len(seen)) == ("x", True, 1, 3)


def test_a_line_that_stays_broken_is_told() -> None:
    def handler(_request: httpx.Request) -> httpx.Response:
        message = "gone"
        raise httpx.ConnectError(message)

    with client(handler) as someone, pytest.raises(Unreachable, match="gone"):
        someone.get("/v1/me")


def test_a_limit_that_is_far_away_is_told_at_once() -> None:
    seen: list[int] = []

    def handler(_request: httpx.Request) -> httpx.Response:
        seen.append(1)
        return httpx.Response(
            429, headers={"retry-after": "60"}, json={"code": "request.rate_limited"}
        )

    with client(handler) as someone:
        reply = someone.get("/v1/me")
    assert isinstance(reply, Problem)
    assert (reply.code, len(seen)) == ("request.rate_limited", 1)


def test_a_refusal_keeps_its_code_and_words_and_an_odd_one_gets_a_code() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/deals":
            told = {"code": "deal.unknown", "title": "No such deal", "values": {"n": 1}, "new": 1}
            return httpx.Response(404, json=told)
        return httpx.Response(502, text="<html>")

    with client(handler, key="fhk_test_x") as someone:
        known, odd = someone.get("/v1/deals"), someone.get("/v1/else")
        words = someone.text("/v1/deals")
    assert known == Problem(status=404, code="deal.unknown", title="No such deal", values={"n": 1})
    assert isinstance(odd, Problem)
    assert odd.code == "http.502"
    assert words == known


def test_a_page_is_read_with_its_forms_and_without_its_scripts() -> None:
    html = """
    <title>Pay</title><script>var secret = 1</script>
    <form method="post" action="?lang=en"><input type="hidden" name="csrf_token" value="t">
    <input name="email" value="a&amp;b"><textarea name="text"></textarea>
    <input type="checkbox" name="agree" value="1">
    <button name="choice" value="pay">Pay</button><button name="choice" value="no">No</button>
    </form> NOT PAID &ndash; SEND NOTHING"""
    page = lab._page(httpx.Response(200, html=html, request=httpx.Request("GET", "http://x/p")))
    assert isinstance(page, Page)
    form = page.form_with("choice", "email")
    assert form is not None
    assert form.fields == {"csrf_token": "t", "email": "a&b", "text": ""}
    assert form.buttons == (("choice", "pay"), ("choice", "no"))
    assert "NOT PAID – SEND NOTHING" in page.text
    assert "secret" not in page.text
    assert page.form_with("nothing") is None
