"""The gate: what comes in, what goes out, how often, and what is written down about it."""

import json
import logging
from collections.abc import Iterator

import pytest
from litestar import Router
from msgspec.structs import replace

from fairhold.engine.clock import TestClock
from fairhold.engine.ports import Unavailable
from fairhold.kernel.instant import MINUTE
from fairhold.web import plumbing
from fairhold.web.security.limits import Limits, Quota
from fairhold.web.server import Fairhold, create_app
from fairhold.web.services import Services
from tests.web.conftest import PASSWORD, Client, NewClient, api_key, post_form, sign_up
from tests.web.security.conftest import HANDLERS

SMALL = Limits(
    nobody=Quota(queries=5, commands=2),
    person=Quota(queries=8, commands=3),
    key=Quota(queries=12, commands=4),
)


@pytest.fixture
def whole_app(services: Services) -> Fairhold:
    return create_app(services)


def paths(app: Fairhold) -> list[str]:
    return sorted({route.path.split("{")[0] + "x" * ("{" in route.path) for route in app.routes})


# -- headers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("member", [False, True], ids=["nobody", "somebody"])
def test_every_route_answers_with_all_the_headers_and_without_a_bug(
    new_client: NewClient, whole_app: Fairhold, *, member: bool
) -> None:
    client = new_client()
    client.app = whole_app
    if member:
        sign_up(client, "ann")
    bare = []
    for path in [*paths(whole_app), "/nothing/here", "/v1/nothing"]:
        if path.startswith("/sandbox/pay"):
            continue
        answer = client.get(path)
        headers = answer.headers
        policy = headers.get("content-security-policy", "")
        good = (
            answer.status_code < 500
            and headers.get("x-content-type-options") == "nosniff"
            and headers.get("referrer-policy") == "same-origin"
            and "frame-ancestors 'none'" in policy
            and "unsafe" not in policy
            and headers.get("x-request-id", "").startswith("req_")
            and "cache-control" in headers
            and "vary" in headers
            and "permissions-policy" in headers
            and "strict-transport-security" not in headers
            and "server" not in headers
        )
        if not good:
            bare.append((path, answer.status_code, dict(headers)))
    assert bare == []


def test_what_somebody_sees_who_is_signed_in_is_kept_nowhere(client: Client) -> None:
    assert client.get("/v1/open").headers["cache-control"] == "no-cache"
    sign_up(client, "ann")
    for path in ("/v1/open", "/me", "/form", "/nothing", "/private"):
        answer = client.get(path)
        assert answer.headers["cache-control"] == "no-store", path
        assert "Cookie" in answer.headers["vary"]


def test_a_form_for_nobody_is_kept_nowhere_either(client: Client) -> None:
    assert client.get("/form").headers["cache-control"] == "no-store"


def test_files_with_the_mark_of_their_content_are_kept_for_ever(client: Client) -> None:
    first = client.get("/static/htmx.js")
    assert first.headers["content-type"].startswith("text/javascript")
    mark = first.headers["etag"].strip('"')
    marked = client.get("/static/htmx.js", params={"v": mark})
    assert "immutable" in marked.headers["cache-control"]
    assert "immutable" not in client.get("/static/htmx.js?v=older").headers["cache-control"]
    again = client.get("/static/htmx.js", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "set-cookie" not in marked.headers


@pytest.mark.parametrize(
    "name",
    ["nothing.js", "../services.py", "%2e%2e/services.py", "..%2fservices.py", "/etc/passwd"],
)
def test_only_the_files_of_pages_are_served(client: Client, name: str) -> None:
    assert client.get(f"/static/{name}").status_code == 404


def test_over_https_cookies_are_bound_to_the_host_and_https_is_asked_for(
    services: Services, new_client: NewClient
) -> None:
    services.settings = replace(
        services.settings, secure_cookies=True, payment_origins=("https://pay.example",)
    )
    app = create_app(services, routers=[Router("/", route_handlers=HANDLERS)])
    client = new_client()
    client.app = app
    answer = client.get("/sign-up")
    assert answer.headers["strict-transport-security"].startswith("max-age=63072000")
    assert "form-action 'self' https://pay.example" in answer.headers["content-security-policy"]
    (cookie,) = answer.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-fairhold-visit=")
    assert cookie.endswith("; Secure")


# -- what comes in --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    ["evil.example", "fairhold.test.evil.example", "", "fairhold.test@evil.example", "[::2]"],
)
def test_another_name_of_this_server_is_refused(client: Client, host: str) -> None:
    answer = client.get("/v1/open", headers={"host": host})
    assert answer.status_code == 400
    assert answer.json()["code"] == "request.wrong_host"


@pytest.mark.parametrize(
    "host", ["fairhold.test", "fairhold.test:8000", "localhost", "127.0.0.1:1", "[::1]:8000"]
)
def test_our_own_names_are_known(client: Client, host: str) -> None:
    assert client.get("/v1/open", headers={"host": host}).status_code == 200


def test_a_host_that_is_refused_is_refused_on_pages_too(client: Client) -> None:
    answer = client.get("/sign-in", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "evil.example" not in answer.text


@pytest.mark.parametrize("path", ["/v1/%ff", "/v1/open?a=%ff", "/v1/open?a=%00", "/v1/%00"])
def test_bytes_that_are_no_text_are_refused(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 400
    assert answer.json()["code"] == "request.broken_text"


def test_a_form_that_is_no_text_is_refused(client: Client) -> None:
    token = client.get("/form").text
    media = {"content-type": "application/x-www-form-urlencoded"}
    for text in ("%ff", "%00"):
        body = f"csrf_token={token}&text={text}"
        assert client.post("/upload", content=body, headers=media).status_code == 400
    for part in (b"\xff", b"\x00"):
        body_ = b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n' + part + b"\r\n--b--"
        media = {"content-type": "multipart/form-data; boundary=b"}
        answer = client.post("/upload", content=body_, headers=media)
        assert answer.status_code in {400, 403}


def test_json_that_is_none_is_the_callers_fault(client: Client) -> None:
    for body in (b"{", b"\xff", b'"\\ud800"'):
        answer = client.post(
            "/v1/open-write", content=body, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 400, body
        assert answer.json()["code"] == "request.malformed"


def test_a_body_over_the_limit_is_refused_before_it_is_read(client: Client) -> None:
    answer = client.post("/v1/open-write", content=b"x" * 1_000_001)
    assert answer.status_code == 413
    assert answer.json()["values"] == {"most": 1_000_000}


def test_a_body_that_hides_its_length_is_stopped_on_the_way(client: Client) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(11):
            yield b"x" * 100_000

    answer = client.post("/v1/open-write", content=pieces())
    assert answer.status_code == 413
    assert answer.json()["code"] == "request.too_large"


def test_a_length_that_is_none_is_refused(client: Client) -> None:
    answer = client.post("/v1/open-write", content=b"{}", headers={"content-length": "-1"})
    assert answer.status_code == 400


def test_pictures_may_be_larger_than_words(client: Client, services: Services) -> None:
    token = client.get("/form").text
    files = {"picture": ("a.png", b"x" * 2_000_000, "image/png")}
    taken = client.post("/upload", data={"csrf_token": token}, files=files)
    assert taken.json()["size"] == 2_000_000
    services_max = services.settings.upload_max
    huge = client.post(
        "/upload",
        content=b"",
        headers={
            "content-type": "multipart/form-data; boundary=x",
            "content-length": str(services_max + 1),
        },
    )
    assert huge.status_code == 413


@pytest.mark.parametrize("path", ["/sign-in", "/v1/open", "/health", "/static/htmx.js", "/nothing"])
def test_whatever_can_be_fetched_can_be_asked_about(client: Client, path: str) -> None:
    asked, fetched = client.head(path), client.get(path)
    assert asked.status_code == fetched.status_code
    assert asked.content == b""
    assert asked.headers["content-type"] == fetched.headers["content-type"]
    assert int(asked.headers["content-length"]) > 0


def test_a_method_that_an_address_does_not_know_is_told_which_it_knows(client: Client) -> None:
    answer = client.delete("/v1/open")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert answer.json()["code"] == "request.wrong_method"


# -- how often ------------------------------------------------------------------------------------


@pytest.fixture
def limited(services: Services) -> Services:
    services.settings = replace(services.settings, limits=SMALL)
    return services


def count_until_refused(client: Client, headers: dict[str, str], most: int = 50) -> int:
    for number in range(most):
        if client.get("/v1/open", headers=headers).status_code == 429:
            return number
    return most


def test_nobody_is_counted_by_address_and_told_when_to_come_back(
    limited: Services, client: Client, wall: TestClock
) -> None:
    del limited
    assert count_until_refused(client, {}) == 5
    answer = client.get("/v1/open")
    assert answer.status_code == 429
    body = answer.json()
    assert body["code"] == "request.rate_limited"
    assert 1 <= body["retry_after"] == int(answer.headers["retry-after"]) <= 60
    wall.advance(MINUTE)
    assert client.get("/v1/open").status_code == 200


def test_queries_and_commands_are_counted_apart(limited: Services, client: Client) -> None:
    del limited
    statuses = [client.post("/v1/open-write", json={}).status_code for _ in range(4)]
    assert statuses == [200, 200, 429, 429]
    assert client.get("/v1/open").status_code == 200


def test_each_key_has_a_quota_of_its_own(limited: Services, client: Client) -> None:
    first, second = api_key(limited, 1), api_key(limited, 1)
    # Nobody is an account here, so that the keys are of nobody: they are counted as such.
    assert client.get("/v1/open", headers=first).status_code == 401
    services = limited
    services.settings = replace(services.settings, limits=None)
    account = sign_up(client, "ann")
    client.cookies.clear()
    services.settings = replace(services.settings, limits=SMALL)
    first, second = api_key(services, account), api_key(services, account)
    client.app.gate._settings = services.settings
    assert count_until_refused(client, first) == 12
    assert count_until_refused(client, second) == 12


def test_guessing_keys_is_counted_too(limited: Services, client: Client) -> None:
    del limited
    headers = {"authorization": "Bearer fhk_test_" + "0" * 77}
    assert count_until_refused(client, headers) == 5


def test_health_and_files_are_not_counted(limited: Services, client: Client) -> None:
    del limited
    for _ in range(30):
        assert client.get("/health").status_code == 200
        assert client.get("/static/htmx.js").status_code == 200


# -- outages and bugs -----------------------------------------------------------------------------


def test_a_bug_tells_its_number_and_nothing_else(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    for path in ("/v1/broken", "/broken"):
        answer = client.get(path)
        assert answer.status_code == 500
        assert "swordfish" not in answer.text
        assert "Traceback" not in answer.text
        assert answer.headers["x-request-id"] in answer.text
    entries = [json.loads(line.message) for line in caplog.records if "failed" in line.message]
    assert [entry["failure"] for entry in entries] == ["builtins.RuntimeError"] * 2
    assert "swordfish" not in caplog.text


def test_when_the_record_is_away_everybody_is_asked_to_come_back(
    services: Services, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_args: object, **_more: object) -> None:
        raise Unavailable

    for name in ("shelf_count", "ping"):
        monkeypatch.setattr(services.desk.store, name, gone)
    for path in ("/v1/open", "/form", "/ready"):
        answer = client.get(path)
        assert answer.status_code == 503, path
        assert answer.headers["retry-after"] == "1"
    assert client.get("/health").status_code == 200


def test_a_server_that_stops_is_not_ready_but_alive(services: Services, client: Client) -> None:
    assert client.get("/ready").json()["status"] == "ready"
    services.stopping.set()
    assert client.get("/ready").status_code == 503
    assert client.get("/health").status_code == 200


# -- what is written down -------------------------------------------------------------------------


def test_no_secret_reaches_the_log(
    client: Client, services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    account = sign_up(client, "ann")
    key = api_key(services, account)["Authorization"].partition(" ")[2]
    client.get("/v1/open?code=123456", headers={"authorization": f"Bearer {key}"})
    fields = {"name": "shop", "password": PASSWORD, "scope:deals:read": "1"}
    made = post_form(client, "/me/keys", **fields)
    shown = made.text.partition("fhk_test_")[2][:77]
    post_form(client, "/me/password", password=PASSWORD, new_password="quite another one")
    secrets = (
        *(PASSWORD, "quite another one", key, shown, "123456", "ann@example.com"),
        *(value for name, value in client.cookies.items() if name.startswith("fairhold")),
    )
    assert len(shown) == 77
    ours = [line.message for line in caplog.records if line.name != "httpx"]
    for secret in secrets:
        assert not any(secret in line for line in ours)
    lines = [json.loads(line.message) for line in caplog.records if line.name == "fairhold.access"]
    assert {"method", "path", "status", "ms", "request_id", "account"} <= set(lines[-1])
    assert any(line["path"] == "/v1/open" for line in lines)


def test_each_request_has_a_number_of_its_own(client: Client) -> None:
    numbers = {client.get("/health").headers["x-request-id"] for _ in range(5)}
    assert len(numbers) == 5
    told = client.get("/health", headers={"x-request-id": "mine"})
    assert told.headers["x-request-id"] != "mine"


@pytest.mark.parametrize("name", ["x" * 300, "a/" * 2_000, "a//b"])
def test_a_name_that_no_file_can_have_is_not_found_and_not_remembered(
    client: Client, name: str
) -> None:
    assert client.get(f"/static/{name}").status_code == 404
    assert name not in plumbing._files


def test_a_file_has_one_name(client: Client) -> None:
    assert plumbing.file_of("htmx.js") is not None
    assert plumbing.file_of("./htmx.js") is None
    assert "./htmx.js" not in plumbing._files


def test_the_log_holds_no_payment_token_and_no_path_without_end(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="fairhold.access")
    client.get("/sandbox/pay/checkout/cs_opens-the-page")
    client.get("/v1/" + "x" * 5_000)
    lines = [json.loads(line.message) for line in caplog.records if line.name == "fairhold.access"]
    assert [line["path"] for line in lines] == ["/sandbox/pay/…", "/v1/" + "x" * 196 + "…"]
