"""The hosted checkout page: what it shows, where it leads, and that it fits a phone."""

import asyncio
import re
import shutil
import threading
from collections.abc import Iterator

import httpx
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from fairhold.adapters.payment.sandbox import Answer, Choice, Request, answer, create_provider_app
from tests.adapters.payments import MINUTE, Stage, yuan

CHROMIUM = shutil.which("chromium")


@pytest.fixture
def stage() -> Stage:
    return Stage()


def path_of(stage: Stage, minor: int = 123_456, key: str = "open-1", back: str = "/deals/1") -> str:
    expires = stage.clock.now + 30 * MINUTE
    url = stage.port.open_checkout("deal_<1>", yuan(minor), back, expires, key).url
    return url.removeprefix("/sandbox/pay")


def get(stage: Stage, path: str, query: str = "", accept: str = "") -> tuple[Answer, str]:
    given = answer(stage.provider, Request("GET", path, query, {"accept-language": accept}))
    return given, given.body.decode()


def press(stage: Stage, path: str, choice: str) -> Answer:
    return answer(stage.provider, Request("POST", path, "", {}, f"choice={choice}".encode()))


def test_the_page_shows_what_is_paid_to_whom_and_that_it_is_a_sandbox(stage: Stage) -> None:
    given, text = get(stage, path_of(stage))
    assert given.status == 200
    assert "¥1,234.56" in text
    assert "Fairhold" in text
    assert "SANDBOX" in text
    assert "deal_&lt;1&gt;" in text
    assert "deal_<1>" not in text


@pytest.mark.parametrize(
    ("query", "accept", "lang"),
    [
        ("", "", "en"),
        ("", "zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("", "fr,en;q=0.5", "en"),
        ("lang=zh", "en", "zh-CN"),
        ("lang=en", "zh", "en"),
        ("lang=xx", "zh", "zh-CN"),
    ],
)
def test_the_page_speaks_the_buyers_language(
    stage: Stage, query: str, accept: str, lang: str
) -> None:
    _, text = get(stage, path_of(stage), query, accept)
    assert f'<html lang="{lang}">' in text


def test_the_page_runs_no_script_and_leads_to_the_shop_alone(stage: Stage) -> None:
    given, text = get(stage, path_of(stage, back="https://shop.example/deals/1"))
    policy = dict(given.headers)["content-security-policy"]
    assert "default-src 'none'" in policy
    assert policy.endswith("form-action 'self' https://shop.example")
    assert "<script" not in text
    assert "style=" not in text


def test_paying_leads_back_to_the_shop(stage: Stage) -> None:
    path = path_of(stage)
    given = press(stage, path, "pay")
    assert (given.status, dict(given.headers)["location"]) == (303, "/deals/1")
    assert "Paid." in get(stage, path)[1]
    assert "<form" not in get(stage, path)[1]


def test_pressing_twice_pays_once(stage: Stage) -> None:
    path = path_of(stage)
    press(stage, path, "pay")
    assert press(stage, path, "pay").status == 409
    assert stage.kinds() == ["authorised"]


def test_a_declined_card_leads_back_to_the_page(stage: Stage) -> None:
    path = path_of(stage)
    given = press(stage, path, "decline")
    place = dict(given.headers)["location"]
    assert place == "?declined=1&lang=en"
    _, text = get(stage, path, place[1:])
    assert "declined" in text
    assert "<form" in text


def test_every_button_of_the_page_is_understood(stage: Stage) -> None:
    _, text = get(stage, path_of(stage))
    buttons = re.findall(r'name="choice" value="(\w+)"', text)
    assert sorted(buttons) == sorted(Choice)
    for number, button in enumerate(buttons):
        assert press(stage, path_of(stage, key=f"o{number}"), button).status == 303


@pytest.mark.parametrize("tongue", ["en", "zh"])
def test_a_page_whose_time_is_over_takes_nothing(stage: Stage, tongue: str) -> None:
    path = path_of(stage)
    stage.clock.now += 31 * MINUTE
    assert press(stage, path, "pay").status == 409
    assert "<form" not in get(stage, path, f"lang={tongue}")[1]
    assert stage.kinds() == []


def test_a_page_that_does_not_exist_says_so(stage: Stage) -> None:
    for path in ("/checkout/", "/checkout/0", "/checkout/../v1/balances", "/checkout/付"):
        assert get(stage, path)[0].status == 404
    assert press(stage, path_of(stage), "steal").status == 422


# -- in a browser ---------------------------------------------------------------------------------


@pytest.fixture
def server(stage: Stage) -> Iterator[str]:
    config = uvicorn.Config(
        create_provider_app(stage.provider, mount="/sandbox/pay"), port=0, log_level="error"
    )
    server = uvicorn.Server(config)
    started = threading.Event()
    startup = server.startup

    async def tell(sockets: object = None) -> None:
        await startup(sockets=None)
        started.set()

    server.startup = tell  # type: ignore[method-assign]
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    assert started.wait(10)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def test_the_whole_provider_answers_over_a_socket(stage: Stage, server: str) -> None:
    path = path_of(stage)
    page = httpx.get(f"{server}/sandbox/pay{path}")
    assert page.status_code == 200
    paid = httpx.post(f"{server}/sandbox/pay{path}", data={"choice": "pay"})
    assert paid.headers["location"] == "/deals/1"


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium")
@pytest.mark.parametrize("tongue", ["en", "zh"])
def test_a_phone_pays_without_scrolling_sideways(stage: Stage, server: str, tongue: str) -> None:
    path = path_of(stage, back=f"{server}/sandbox/pay/checkout.css")
    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=options)
        page = browser.new_page(viewport={"width": 390, "height": 844})
        problems: list[str] = []
        page.on("console", lambda message: problems.append(message.text))
        page.goto(f"{server}/sandbox/pay{path}?lang={tongue}")
        page.locator("summary").click()
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width == 390
        assert page.locator("button.main").bounding_box()["height"] >= 44  # type: ignore[index]
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        page.locator("button[value=decline]").click()
        page.wait_for_url("**declined=1**")
        # Looked at before the way back: for a bare style sheet the browser asks for an icon.
        assert problems == []
        page.locator("button.main").click()
        page.wait_for_url("**/checkout.css")
        browser.close()
    assert stage.kinds() == ["authorised"]
