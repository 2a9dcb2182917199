"""The table of all operations, and the routes that serve it."""

from collections.abc import Mapping, Sequence
from typing import Final

from litestar import Response, Router
from litestar.handlers import HTTPRouteHandler
from litestar.types import Method

from fairhold.web.api import (
    accounts,
    deals,
    feed,
    hooks,
    listings,
    moves,
    operators,
    pictures,
    record,
    sandbox,
    talk,
    wallet,
)
from fairhold.web.api.openapi import document
from fairhold.web.api.operation import Access, Answer, Operation
from fairhold.web.api.reference import handlers as handlers_of_pages
from fairhold.web.api.serve import serve
from fairhold.web.problems import AnyRequest
from fairhold.web.services import Services

METHODS: Final[tuple[Method, ...]] = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SLASHES = frozenset({"address"})
"""Parameters of paths that hold slashes themselves."""


def operations(services: Services) -> tuple[Operation, ...]:
    """Everything that the API does here; sandbox operations answer 404 in live mode."""
    table: tuple[Operation, ...] = (
        *accounts.OPERATIONS,
        *listings.OPERATIONS,
        *pictures.OPERATIONS,
        *deals.OPERATIONS,
        *moves.OPERATIONS,
        *talk.OPERATIONS,
        *wallet.OPERATIONS,
        *record.OPERATIONS,
        *feed.OPERATIONS,
        *hooks.OPERATIONS,
        *sandbox.operations(services),
        *operators.OPERATIONS,
    )
    text = document(services, table)
    return (
        *table,
        Operation(
            id="getOpenApi",
            method="GET",
            path="/v1/openapi.json",
            tag="About",
            summary="This document",
            call=lambda _call: Answer(body=text),
            answers=dict,
            access=Access.PUBLIC,
        ),
    )


def by_path(table: Sequence[Operation]) -> Mapping[str, Mapping[str, Operation]]:
    """The operations of each path, by method."""
    paths: dict[str, dict[str, Operation]] = {}
    for operation in table:
        assert operation.method not in paths.get(operation.path, {}), operation.id
        paths.setdefault(operation.path, {})[operation.method] = operation
    return paths


def api_router(services: Services) -> Router:
    """The API as routes: one a path, which knows all methods so that it can refuse the others."""
    table = operations(services)
    paths = by_path(table)
    handlers = [_handler(path, table, services) for path, table in paths.items()]
    pages = handlers_of_pages(table)
    return Router("/", route_handlers=[*handlers, *pages], include_in_schema=False)


def _handler(path: str, table: Mapping[str, Operation], services: Services) -> HTTPRouteHandler:
    async def handle(request: AnyRequest) -> Response[bytes]:
        return await serve(table, services, request)

    takes_files = any(operation.takes for operation in table.values())
    limit = services.settings.upload_max if takes_files else services.settings.body_max
    return HTTPRouteHandler(
        _typed(path), http_method=METHODS, status_code=200, request_max_body_size=limit
    )(handle)


def _typed(path: str) -> str:
    """A path with its parameters in the words of the framework."""
    parts = []
    for part in path.split("/"):
        name = part[1:-1]
        if not part.startswith("{"):
            parts.append(part)
        else:
            parts.append(f"{{{name}:path}}" if name in SLASHES else f"{{{name}:str}}")
    return "/".join(parts)
