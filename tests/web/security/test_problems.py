"""Every refusal has a status, and words in problem details and on a page."""

import pytest

from fairhold.engine.desk import asked
from fairhold.web.failures import read_failure
from fairhold.web.problems import status_of
from fairhold.web.security import api_keys, passwords, wording
from tests.web.conftest import Client


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("deal.unknown", 404),
        ("deal.not_yours", 404),
        ("listing.not_yours", 404),
        ("deal.not_for_your_role", 403),
        ("deal.not_now", 409),
        ("listing.changed", 409),
        ("listing.sold_out", 409),
        ("listing.title_missing", 422),
        ("listing.text_too_long", 422),
        ("listing.price_out_of_range", 422),
        ("listing.category_unknown", 422),
        ("secret.empty", 422),
        ("picture.too_large", 413),
        ("picture.not_a_picture", 422),
        ("account.email_taken", 409),
        ("account.has_open_deals", 409),
        ("request.key_reused", 422),
        ("request.malformed", 400),
        ("account.not_signed_in", 401),
        ("request.scope_missing", 403),
        ("request.rate_limited", 429),
        ("outside.unavailable", 503),
        ("notice.wrong_signature", 401),
        ("notice.old_timestamp", 400),
    ],
)
def test_a_refusal_has_the_status_that_clients_expect(code: str, status: int) -> None:
    assert status_of(code) == status


def test_every_code_of_the_doors_has_words() -> None:
    codes = {*api_keys.REFUSALS, *passwords.REFUSALS, *wording.REFUSALS}
    assert codes <= set(wording.WORDS)
    assert all(status_of(code) >= 400 for code in (*codes, *asked.REFUSALS))


def test_an_exception_that_nobody_foresaw_says_nothing_of_itself() -> None:
    failure = read_failure(ValueError("swordfish"), 1)
    assert failure.refusal.code == "request.failed"
    assert not failure.refusal.values


def test_a_problem_tells_what_happened_what_to_do_and_who_may_be_asked(client: Client) -> None:
    answer = client.get("/v1/deals-read", headers={"accept-language": "zh"})
    body = answer.json()
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert body["status"] == answer.status_code == 401
    assert body["code"] == "account.not_signed_in"
    assert body["instance"] == "/v1/deals-read"
    assert body["request_id"] == answer.headers["x-request-id"]
    assert body["title"]
    assert body["detail"]
    page = client.get(body["type"])
    assert page.status_code == 200
    assert body["code"] in page.text


@pytest.mark.parametrize("code", ["nothing.known", "<script>alert(1)</script>", "%2e%2e"])
def test_the_page_of_a_problem_that_is_none_is_harmless(client: Client, code: str) -> None:
    answer = client.get(f"/problems/{code}")
    assert answer.status_code in {200, 404}
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("code", sorted(wording.WORDS))
def test_every_problem_is_explained_without_its_values_too(client: Client, code: str) -> None:
    page = client.get(f"/problems/{code}").text
    assert "%(" not in page
    assert code in page
