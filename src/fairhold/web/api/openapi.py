"""The OpenAPI 3.1 document, made from the table of operations and nothing else."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from fairhold.web.api.operation import JSON, Access, Operation
from fairhold.web.api.reading import read_json
from fairhold.web.api.wording import WORDS
from fairhold.web.problems import MEDIA_TYPE, Problem, status_of, type_of
from fairhold.web.security.wording import WORDS as DOOR_WORDS
from fairhold.web.services import Services
from fairhold.web.wording.refusals import REFUSALS, UNKNOWN

KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "Chosen by the caller, at most 255 characters; the same key and body get the "
    "same answer again (marked Idempotent-Replayed: true) for at least 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "example": "5f0e6a2c-7d0b-4a34-9c43-2f7f6a1d9b10",
}
_PLACE = re.compile(r"%\((\w+)\)s")
_PARAMETER = re.compile(r"{(\w+)}")
_LETTERS = "[0-9a-hjkmnp-tv-z]{13}"
_PATTERNS: Mapping[str, str] = {
    "listing": f"^lst_{_LETTERS}$",
    "deal": f"^deal_{_LETTERS}$",
    "conversation": f"^conv_{_LETTERS}$",
    "picture": f"^pic_{_LETTERS}$",
    "endpoint": f"^whe_{_LETTERS}$",
    "api_key": "^key_[0-9a-f]{16}$",
    "delivery": "^dlv_[0-9]{15}-[0-9]{1,3}-[0-9]{1,19}$",
    "event": "^[0-9]{1,3}-[0-9]{1,18}$",
    "consumer": "^[a-z][a-z-]{0,39}$",
    "address": "^[0-9]{1,2}/[x0-9/]{3,30}([.]p/[0-9]{1,3})?$",
}
_REF = "#/components/schemas/{name}"
ALWAYS = ("request.malformed", "request.rate_limited")


def document(services: Services, table: Sequence[Operation]) -> dict[str, Any]:
    """The whole document as plain values."""
    shown = [row for row in table if not row.sandbox or services.settings.sandbox]
    schemas, components = _schemas(shown)
    paths: dict[str, dict[str, Any]] = {}
    for operation in shown:
        entry = paths.setdefault(operation.path, {})
        entry[operation.method.lower()] = _operation(operation, schemas, components)
    tags = list(dict.fromkeys(operation.tag for operation in shown))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Fairhold",
            "version": services.settings.version,
            "description": "Trade protection: holds the money, the secret and the record of a "
            "second-hand deal. Every deal says in next_actions what you can do now, until when, "
            "and what happens if nobody does anything.",
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in tags],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key (fhk_…)."}
            },
        },
    }


def _schemas(table: Sequence[Operation]) -> tuple[dict[Any, Any], dict[str, Any]]:
    types: list[Any] = [Problem]
    for operation in table:
        types += [operation.body, operation.query, operation.answers]
    known = list(dict.fromkeys(each for each in types if each not in {None, bytes, str, dict}))
    found, components = msgspec.json.schema_components(known, ref_template=_REF)
    return dict(zip(known, found, strict=True)), dict(components)


def _operation(
    operation: Operation, schemas: Mapping[Any, Any], components: Mapping[str, Any]
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "responses": _responses(operation, schemas),
        "security": [] if operation.access is Access.PUBLIC else [{"key": []}],
    }
    if operation.scope:
        row["x-scope"] = operation.scope
    parameters = [*_path_parameters(operation), *_query_parameters(operation, components)]
    if operation.keyed:
        parameters.append(KEY)
    if parameters:
        row["parameters"] = parameters
    if operation.takes:
        file = {"schema": {"type": "string", "format": "binary"}}
        files = dict.fromkeys(operation.takes.split(", "), file)
        row["requestBody"] = {"required": True, "content": files}
    elif operation.body is not None:
        content: dict[str, Any] = {"schema": schemas[operation.body]}
        if operation.example is not None:
            content["example"] = operation.example
        needed = bool(read_json(b"{}", operation.body)[1])
        row["requestBody"] = {"required": needed, "content": {JSON: content}}
    return row


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "pattern": _PATTERNS[name]},
        }
        for name in _PARAMETER.findall(operation.path)
    ]


def _query_parameters(operation: Operation, components: Mapping[str, Any]) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    properties = components[operation.query.__name__]["properties"]
    rows = []
    for field in msgspec.structs.fields(operation.query):
        schema = dict(properties[field.encode_name])
        # "Absent" is how a query says null.
        choices = [each for each in schema.pop("anyOf", ()) if each != {"type": "null"}]
        schema = {**schema, **(choices[0] if choices else {})}
        if schema.get("default", "") is None:
            del schema["default"]
        rows.append(
            {
                "name": field.encode_name,
                "in": "query",
                "required": field.required,
                "schema": schema,
            }
        )
    return rows


def _responses(operation: Operation, schemas: Mapping[Any, Any]) -> dict[str, Any]:
    good: dict[str, Any] = {"description": operation.summary}
    if operation.answers in {bytes, str}:
        good["content"] = {operation.gives: {"schema": {"type": "string"}}}
    elif operation.answers is dict:
        good["content"] = {JSON: {"schema": {"type": "object"}}}
    elif operation.answers is not None:
        good["content"] = {JSON: {"schema": schemas[operation.answers]}}
    if operation.keyed:
        flag = {"type": "string", "enum": ["true"]}
        good["headers"] = {"Idempotent-Replayed": {"schema": flag, "required": False}}
    rows: dict[str, Any] = {str(operation.status): good}
    for status, codes in sorted(_refusals(operation).items()):
        examples = {code: {"value": _example(code, status)} for code in codes}
        content = {"schema": schemas[Problem], "examples": examples}
        rows[str(status)] = {"description": ", ".join(codes), "content": {MEDIA_TYPE: content}}
    rows["default"] = {
        "description": "Any other problem",
        "content": {MEDIA_TYPE: {"schema": schemas[Problem]}},
    }
    return rows


def _refusals(operation: Operation) -> dict[int, list[str]]:
    codes = [*operation.refusals, *ALWAYS]
    if operation.access is not Access.PUBLIC:
        codes.append("account.not_signed_in")
    if operation.scope:
        codes.append("request.scope_missing")
    if operation.keyed:
        codes += ["request.key_missing", "request.key_reused"]
    rows: dict[int, list[str]] = {}
    for code in dict.fromkeys(codes):
        rows.setdefault(status_of(code), []).append(code)
    return rows


def title_of(code: str) -> str:
    """The title of a problem in English, with its places open."""
    return (WORDS.get(code) or DOOR_WORDS.get(code) or REFUSALS.get(code, UNKNOWN))[0]


def _example(code: str, status: int) -> dict[str, Any]:
    return {
        "type": type_of(code),
        "title": _PLACE.sub(r"<\1>", title_of(code)),
        "status": status,
        "code": code,
    }
