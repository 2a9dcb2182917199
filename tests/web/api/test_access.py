"""Every operation, as nobody and as the wrong party. What is not yours looks as if it were not."""

import re
from collections.abc import Sequence
from types import SimpleNamespace

import pytest
from httpx import Response
from litestar.handlers import HTTPRouteHandler

from fairhold.engine.desk.moves import MOVES
from fairhold.house import House
from fairhold.web.api.moves import EXAMPLES
from fairhold.web.api.operation import Access, Operation
from fairhold.web.api.routes import operations
from fairhold.web.server import Fairhold
from fairhold.web.services import Services
from tests.web.api.access import ROWS, WRONG_ROLE, Row
from tests.web.api.conftest import Caller, Market
from tests.web.api.test_talk_and_wallet import upload


@pytest.fixture
def table(services: Services) -> Sequence[Operation]:
    return operations(services)


@pytest.fixture
def things(market: Market, house: House) -> dict[str, str]:
    """One of everything, none of it the stranger's."""
    deal = market.placed()
    picture = upload(market.seller)
    endpoint = market.buyer.made("/webhook_endpoints", {"url": "http://127.0.0.1:9/"})
    event = market.buyer.got(f"/deals/{deal['id']}/events")["data"][0]["id"]
    house.settle()
    house.integrator.sign(house.clock.now())
    return {
        "deal": deal["id"],
        "listing": deal["listing"],
        "conversation": deal["conversation"],
        "picture": picture,
        "endpoint": endpoint["id"],
        "event": event,
        "delivery": "dlv_000000000000001-0-1",
        "api_key": market.buyer.got("/api_keys")["data"][0]["id"],
        "consumer": "payments",
        "address": "0/000.p/1",
    }


def ask(caller: Caller, operation: Operation, row: Row, things: dict[str, str]) -> Response:
    path = re.sub(r"{(\w+)}", lambda match: things[match[1]], operation.path).removeprefix("/v1")
    if operation.method == "GET":
        return caller.get(path, **row.query)
    if operation.method == "DELETE":
        return caller.delete(path)
    return caller.post(path, row.body)


def test_every_operation_has_a_row_and_every_row_an_operation(
    table: Sequence[Operation],
) -> None:
    assert {operation.id for operation in table} == set(ROWS)
    assert len({operation.id for operation in table}) == len(table)


def test_nothing_is_served_below_v1_but_the_operations(
    app: Fairhold, table: Sequence[Operation]
) -> None:
    documented = {re.sub(r"{\w+}", "{}", operation.path) for operation in table}
    served = set()
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if isinstance(handler, HTTPRouteHandler) and route.path.startswith("/v1"):
                served.add(re.sub(r"{\w+:\w+}", "{}", route.path))
    assert served == documented


def test_nobody_gets_as_far_as_the_table_says(
    table: Sequence[Operation], things: dict[str, str], nobody: Caller
) -> None:
    got = {row.id: ask(nobody, row, ROWS[row.id], things).status_code for row in table}
    assert got == {name: row.nobody for name, row in ROWS.items()}


def test_only_what_is_public_lets_nobody_in(table: Sequence[Operation]) -> None:
    for operation in table:
        assert (operation.access is Access.PUBLIC) == (ROWS[operation.id].nobody != 401)


def test_the_wrong_party_gets_as_far_as_the_table_says(
    table: Sequence[Operation], things: dict[str, str], stranger: Caller
) -> None:
    expected = {name: row.wrong for name, row in ROWS.items() if row.wrong is not None}
    got = {
        operation.id: ask(stranger, operation, ROWS[operation.id], things).status_code
        for operation in table
        if operation.id in expected
    }
    assert got == expected


def test_what_is_anothers_looks_exactly_like_what_is_not_there(
    things: dict[str, str], stranger: Caller
) -> None:
    nowhere = {"deal": "deal_0000000000000", "conversation": "conv_0000000000000"}
    for path in ("/deals/{deal}", "/deals/{deal}/events", "/conversations/{conversation}/messages"):
        hidden = stranger.get(path.format(**things)).json()
        absent = stranger.get(path.format(**nowhere)).json()
        for answer in (hidden, absent):
            answer["instance"] = answer["request_id"] = answer["code"] = answer["type"] = ""
        assert hidden == absent


@pytest.mark.parametrize(("role", "move", "status"), WRONG_ROLE)
def test_a_move_belongs_to_its_role(
    market: Market, operator: Caller, role: str, move: str, status: int
) -> None:
    deal = market.opened()
    callers = SimpleNamespace(seller=market.seller, buyer=market.buyer, operator=operator)
    answer = getattr(callers, role).post(f"/deals/{deal['id']}/{move}", EXAMPLES.get(move))
    assert answer.status_code == status
    assert answer.json()["code"] == "deal.not_for_your_role"
    assert market.buyer.got(f"/deals/{deal['id']}")["version"] == deal["version"]


def test_each_move_is_some_other_roles_not() -> None:
    shared = {"cancel", "accept_claim", "contest_claim", "withdraw_case"}
    assert {move for _, move, _ in WRONG_ROLE} | shared == set(MOVES)


def test_a_key_reaches_as_far_as_its_scopes(
    table: Sequence[Operation], things: dict[str, str], seller: Caller
) -> None:
    made = seller.made("/api_keys", {"name": "hooks", "scopes": ["webhooks:write"]})
    narrow = Caller(seller.client, "narrow", made["secret"], seller.id)
    for operation in table:
        if operation.scope and operation.scope not in {"webhooks:write", "operator"}:
            answer = ask(narrow, operation, ROWS[operation.id], things)
            assert answer.status_code == 403, operation.id
            assert answer.json()["code"] == "request.scope_missing", operation.id


def test_a_key_without_the_operators_scope_is_no_operators(
    operator: Caller, services: Services
) -> None:
    issued = services.keeper.api_keys.issue(operator.account, "plain")
    plain = Caller(operator.client, "plain", issued.secret, operator.id)  # type: ignore[union-attr]
    assert operator.get("/dead_letters").status_code == 200
    assert plain.get("/dead_letters").status_code == 403
