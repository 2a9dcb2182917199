"""A whole Fairhold in memory behind its doors. Nothing runs by itself: ``house.settle()`` does."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from litestar.testing import TestClient

from fairhold.app import services_of
from fairhold.engine.clock import TestClock
from fairhold.house import House
from fairhold.kernel.instant import from_rfc3339
from fairhold.settings import Settings
from fairhold.stores import open_store
from fairhold.web.server import Fairhold, create_app
from fairhold.web.services import Services

START = from_rfc3339("2026-11-21T10:00:00Z")
PASSWORD = "three quiet herons"
BASE_URL = "http://fairhold.test"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')

Client = TestClient[Any]
NewClient = Callable[[], Client]


class CheapHasher:
    """As one-way as a test needs, and counted."""

    def __init__(self) -> None:
        self.verified = 0

    def hash(self, password: str) -> str:
        return f"cheap:{password[::-1]}"

    def verify(self, stored: str, password: str) -> bool:
        self.verified += 1
        return stored == self.hash(password)

    def is_old(self, stored: str) -> bool:
        return not stored.startswith("cheap:")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    settings = Settings(
        var=tmp_path, database_url="memory:", base_url=BASE_URL, local_webhooks=True
    )
    house = House(settings, clock=TestClock(START), store=open_store("memory:", tmp_path))
    yield house
    house.stop()


@pytest.fixture
def wall() -> TestClock:
    """The machine's time, to which sessions and limits keep."""
    return TestClock(START)


@pytest.fixture
def services(house: House, wall: TestClock) -> Services:
    services = services_of(house)
    services.wall = wall
    services.hasher = CheapHasher()
    return services


@pytest.fixture
def app(services: Services) -> Fairhold:
    return create_app(services)


@pytest.fixture
def new_client(app: Fairhold) -> Iterator[NewClient]:
    """Makes browsers, each with its own cookies; the first one keeps the server running."""

    def browser() -> Client:
        client: Client = TestClient(app, base_url=BASE_URL, raise_server_exceptions=False)
        client.follow_redirects = False
        return client

    with browser() as server:

        def make() -> Client:
            client = browser()
            client.blocking_portal = server.blocking_portal
            return client

        yield make


@pytest.fixture
def client(new_client: NewClient) -> Client:
    """A browser that has never been here."""
    return new_client()


def token_on(page: Response) -> str:
    """The form token of a page."""
    found = _TOKEN.search(page.text)
    assert found is not None, f"no form on {page.url}: {page.status_code}"
    return found.group(1)


def form_token(client: Client) -> str:
    """A form token for whoever this browser is now."""
    page = client.get("/sign-in")
    return token_on(page if page.status_code == 200 else client.get("/me"))


def post_form(client: Client, path: str, **fields: str) -> Response:
    """Send a form with a good token, as a browser does."""
    fields = {"csrf_token": form_token(client), **fields}
    return client.post(path, data=fields, headers={"origin": BASE_URL})


def sign_up(client: Client, handle: str) -> int:
    """Open an account by the page and be signed in; the account's number."""
    answer = post_form(
        client, "/sign-up", handle=handle, email=f"{handle}@example.com", password=PASSWORD
    )
    assert answer.status_code == 303, answer.text
    return account_of(client, handle)


def account_of(client: Client, handle: str) -> int:
    """The number of the account that signed up under a name."""
    from fairhold.engine.desk import people  # noqa: PLC0415 — beside its only use

    services: Services = client.app.state.services
    account = people.find_by_email(services.desk, f"{handle}@example.com")
    assert account is not None
    return account


def sign_in(client: Client, handle: str, password: str = PASSWORD, **more: str) -> Response:
    """Send the sign-in form."""
    return post_form(client, "/sign-in", email=f"{handle}@example.com", password=password, **more)


def api_key(services: Services, account: int, *scopes: str) -> dict[str, str]:
    """The headers of a program that acts for an account."""
    chosen = {"scopes": frozenset(scopes)} if scopes else {}
    issued = services.keeper.api_keys.issue(account, "test", **chosen)
    return {"Authorization": f"Bearer {issued.secret}"}  # type: ignore[union-attr]
