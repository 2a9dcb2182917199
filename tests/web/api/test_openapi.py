"""The document that programs are written from: true, whole, and valid."""

from typing import Any

import msgspec
import pytest

from fairhold.kernel.wish import Refusal
from fairhold.web.api.operation import Operation
from fairhold.web.api.reading import read_json
from fairhold.web.api.routes import operations
from fairhold.web.api.wording import WORDS
from fairhold.web.problems import status_of, words_of
from fairhold.web.services import Services
from tests.web.api.conftest import Caller, Json


@pytest.fixture
def document(nobody: Caller) -> Json:
    return nobody.got("/openapi.json")


@pytest.fixture
def table(services: Services) -> tuple[Operation, ...]:
    return operations(services)


def _references(value: Any) -> list[str]:  # noqa: ANN401 — any JSON
    if isinstance(value, dict):
        found = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return found + [ref for each in value.values() for ref in _references(each)]
    if isinstance(value, list):
        return [ref for each in value for ref in _references(each)]
    return []


def test_every_operation_is_documented_under_its_own_name(
    document: Json, table: tuple[Operation, ...]
) -> None:
    named = [row["operationId"] for path in document["paths"].values() for row in path.values()]
    assert sorted(named) == sorted({row.id for row in table} - {"getOpenApi"})
    assert document["openapi"] == "3.1.0"


def test_no_reference_leads_nowhere(document: Json) -> None:
    for reference in _references(document):
        name = reference.removeprefix("#/components/schemas/")
        assert name in document["components"]["schemas"], reference


def test_every_example_is_one_that_the_api_would_take(table: tuple[Operation, ...]) -> None:
    for row in table:
        if row.body is not None:
            assert row.example is not None, row.id
            _, faults = read_json(msgspec.json.encode(row.example), row.body)
            assert faults == [], row.id


def test_every_refusal_that_is_documented_has_words_of_its_own(
    table: tuple[Operation, ...],
) -> None:
    strange = words_of(Refusal("no.such_code"), "en")
    codes = {code for row in table for code in row.refusals} | set(WORDS)
    for code in codes:
        assert words_of(Refusal(code, {"seconds": 1}), "en") != strange, code


def test_every_problem_carries_an_example_with_its_status(document: Json) -> None:
    for path in document["paths"].values():
        for row in path.values():
            for status, answer in row["responses"].items():
                content = answer.get("content", {}).get("application/problem+json", {})
                for code, example in content.get("examples", {}).items():
                    assert str(example["value"]["status"]) == status == str(status_of(code))


def test_every_keyed_operation_says_so(document: Json, table: tuple[Operation, ...]) -> None:
    for row in table:
        if row.id == "getOpenApi":
            continue
        shown = document["paths"][row.path][row.method.lower()]
        names = [parameter["name"] for parameter in shown.get("parameters", ())]
        assert ("Idempotency-Key" in names) == row.keyed


def test_a_page_lists_every_operation(nobody: Caller, table: tuple[Operation, ...]) -> None:
    page = nobody.client.get("/docs/api")
    assert page.status_code == 200
    for row in table:
        assert f"{row.method} {row.path}" in page.text


def test_the_type_of_a_problem_leads_to_its_page(nobody: Caller) -> None:
    problem = nobody.get("/deals/nonsense").json()
    page = nobody.client.get(problem["type"])
    assert page.status_code == 200
    for code in WORDS:
        assert nobody.client.get(f"/problems/{code}").status_code == 200
