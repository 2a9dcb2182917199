"""Programs at the door: accounts with keys, and a house whose followers run when told to."""

import itertools
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from httpx import Response
from litestar.testing import TestClient

from fairhold.house import House
from fairhold.kernel.ids import read_public_id
from fairhold.web.services import Services
from tests.web.conftest import BASE_URL, PASSWORD

Json: TypeAlias = Any
"""What an answer holds: a test knows what it expects."""

_KEYS = itertools.count(1)


class Caller:
    """A program that acts for one account (or for nobody)."""

    def __init__(self, client: TestClient[Any], name: str, secret: str = "", id_: str = "") -> None:
        self.client = client
        self.name = name
        self.secret = secret
        self.id = id_
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    @property
    def account(self) -> int:
        number = read_public_id("acct", self.id)
        assert number is not None
        return number

    def get(self, path: str, **query: str | int) -> Response:
        return self.client.get(f"/v1{path}", params=query or None, headers=self.headers)

    def delete(self, path: str) -> Response:
        return self.client.delete(f"/v1{path}", headers=self.headers)

    def post(self, path: str, body: object = None, key: str = "", **headers: str) -> Response:
        sent = {"Idempotency-Key": key or f"key-{next(_KEYS)}", **self.headers, **headers}
        return self.client.post(f"/v1{path}", json={} if body is None else body, headers=sent)

    def made(self, path: str, body: object = None, key: str = "") -> Json:
        """Post, and expect it to come true."""
        answer = self.post(path, body, key)
        assert answer.is_success, answer.text
        return answer.json()

    def got(self, path: str, **query: str | int) -> Json:
        answer = self.get(path, **query)
        assert answer.is_success, answer.text
        return answer.json()


Enter = Callable[[str], Caller]


@pytest.fixture
def house(house: House) -> House:
    """The same house without its webhooks, which keep to real time: tests run their own."""
    house.steps = [step for step in house.steps if not step.name.startswith("webhook")]
    return house


@pytest.fixture
def nobody(client: TestClient[Any]) -> Caller:
    return Caller(client, "nobody")


@pytest.fixture
def enter(nobody: Caller) -> Enter:
    """Signs somebody up."""

    def enter(name: str) -> Caller:
        body = {"email": f"{name}@example.com", "handle": name, "password": PASSWORD}
        account = nobody.made("/accounts", body)
        return Caller(nobody.client, name, account["api_key"]["secret"], account["id"])

    return enter


@pytest.fixture
def seller(enter: Enter) -> Caller:
    return enter("liu")


@pytest.fixture
def buyer(enter: Enter) -> Caller:
    return enter("wang")


@pytest.fixture
def stranger(enter: Enter) -> Caller:
    return enter("zhao")


@pytest.fixture
def operator(enter: Enter, services: Services) -> Caller:
    from fairhold.engine.desk import people  # noqa: PLC0415 — beside its only use

    caller = enter("officer")
    people.grant_operator(services.desk, caller.account)
    issued = services.keeper.api_keys.issue(
        caller.account, "officer", frozenset({"operator", "deals:read", "deals:write"})
    )
    return Caller(caller.client, "officer", issued.secret, caller.id)  # type: ignore[union-attr]


CARD = {"number": "6222 0000 1234 5678", "password": "ab12cd", "card_kind": "card"}


class Market:
    """A seller and a buyer, and how far their deal has come."""

    def __init__(self, house: House, seller: Caller, buyer: Caller) -> None:
        self.house = house
        self.seller = seller
        self.buyer = buyer

    def listing(self, delivery: str = "secret", **more: object) -> Json:
        body = {
            "title": "Gift card, 500 yuan",
            "price": {"amount": 45_000, "currency": "CNY"},
            "delivery": delivery,
            "category": "cards",
            **more,
        }
        made = self.seller.made("/listings", body)
        self.house.settle()
        return made

    def placed(self, delivery: str = "secret") -> Json:
        listing = self.listing(delivery)
        deal = self.buyer.made("/deals", {"listing": listing["id"], "version": 1})
        self.house.settle()
        return deal

    def paid(self, delivery: str = "secret") -> Json:
        deal = self.placed(delivery)
        checkout = self.buyer.made(f"/deals/{deal['id']}/checkout")
        assert self.house.provider is not None
        self.house.provider.pay(checkout["payment"])
        self.house.settle()
        return self.buyer.got(f"/deals/{deal['id']}")

    def sealed(self) -> Json:
        deal = self.paid()
        return self.seller.made(f"/deals/{deal['id']}/seal", CARD)

    def opened(self) -> Json:
        deal = self.sealed()
        return self.buyer.made(f"/deals/{deal['id']}/open")

    def completed(self) -> Json:
        deal = self.opened()
        done = self.buyer.made(f"/deals/{deal['id']}/confirm")
        self.house.settle()
        return done


@pytest.fixture
def market(house: House, seller: Caller, buyer: Caller) -> Market:
    return Market(house, seller, buyer)


@pytest.fixture
def base_url() -> str:
    return BASE_URL
