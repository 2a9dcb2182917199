"""A whole server on this machine, and people who sit before Chromium."""

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from fairhold.app import services_of
from fairhold.house import House
from fairhold.settings import Settings
from fairhold.stores import open_store
from fairhold.web.server import create_app

playwright = pytest.importorskip("playwright.sync_api", reason="no playwright")

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PASSWORD = "three quiet herons"
PATIENCE_S = 30.0


class Served:
    """A house, its address, and the thread that serves it."""

    def __init__(self, house: House, address: str) -> None:
        self.house = house
        self.address = address


def chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    pytest.skip("NO CHROMIUM: this test drives a browser")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of its own for each module, in memory."""
    chromium()
    folder: Path = tmp_path_factory.mktemp("house")
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    settings = Settings(var=folder, database_url="memory:", port=port)
    house = House(settings, store=open_store("memory:", folder))
    house.start()
    app = create_app(services_of(house))
    config = uvicorn.Config(
        app, log_level="error", timeout_graceful_shutdown=2, loop="asyncio", lifespan="on"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    end = time.monotonic() + PATIENCE_S
    while not server.started and thread.is_alive() and time.monotonic() < end:
        thread.join(0.01)
    assert server.started
    yield Served(house, f"http://127.0.0.1:{port}")
    server.should_exit = True
    thread.join(PATIENCE_S)
    listener.close()
    house.stop()


@pytest.fixture(scope="module")
def browser(served: Served) -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield opened
        opened.close()


class Sitter:
    """Somebody with a browser window of their own."""

    def __init__(self, page: Any, served: Served) -> None:  # noqa: ANN401 — no types without it
        self.page = page
        self.served = served
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", self._hear)

    def _hear(self, message: Any) -> None:  # noqa: ANN401 — as above
        if message.type == "error" and "status of 4" not in message.text:
            self.faults.append(message.text)

    def go(self, path: str) -> None:
        self.page.goto(f"{self.served.address}{path}")

    def sign_up(self, handle: str) -> None:
        self.go("/sign-up")
        self.page.fill("[name=handle]", handle)
        self.page.fill("[name=email]", f"{handle}@example.com")
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("main form button[type=submit]")
        self.page.wait_for_url(lambda url: "/sign-up" not in url)

    def press(self, words: str) -> None:
        """Press the button, or open the fold, that says this."""
        self.page.locator("main").get_by_text(words, exact=True).first.click()

    def path(self) -> str:
        return str(self.page.url).removeprefix(self.served.address)


NewSitter = Callable[..., Sitter]


@pytest.fixture
def sit(browser: Any, served: Served) -> Iterator[NewSitter]:  # noqa: ANN401 — as above
    """Open a window: ``sit("lin", javascript=False, width=390, language="zh-CN")``."""
    windows = []

    def open_window(
        handle: str = "",
        *,
        javascript: bool = True,
        width: int = 1280,
        language: str = "en-GB",
        dark: bool = False,
    ) -> Sitter:
        window = browser.new_context(
            java_script_enabled=javascript,
            viewport={"width": width, "height": 844},
            locale=language,
            color_scheme="dark" if dark else "light",
        )
        window.set_default_timeout(PATIENCE_S * 1000)
        windows.append(window)
        sitter = Sitter(window.new_page(), served)
        if handle:
            sitter.sign_up(handle)
        return sitter

    yield open_window
    for window in windows:
        window.close()
