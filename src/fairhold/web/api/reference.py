"""The API for readers: one page of all operations."""

from collections.abc import Sequence

from litestar import Response
from litestar.handlers import HTTPRouteHandler, get
from msgspec import Struct

from fairhold.web.api.operation import Access, Operation
from fairhold.web.pages.render import page
from fairhold.web.problems import AnyRequest


class Row(Struct, frozen=True):
    """One operation as a line of the page."""

    method: str
    path: str
    summary: str
    needs: str


def handlers(table: Sequence[Operation]) -> tuple[HTTPRouteHandler, ...]:
    """The pages about these operations."""
    tags: dict[str, list[Row]] = {}
    for operation in table:
        row = Row(operation.method, operation.path, operation.summary, _needs(operation))
        tags.setdefault(operation.tag, []).append(row)

    @get("/docs/api", sync_to_thread=False)
    def reference(request: AnyRequest) -> Response[str]:
        return page(request, "api/reference.html", tags=tags)

    return (reference,)


def _needs(operation: Operation) -> str:
    needs = [] if operation.access is Access.PUBLIC else [operation.scope or "signed in"]
    if operation.keyed:
        needs.append("key")
    if operation.query is not None:
        names = operation.query.__struct_fields__
        needs.append("?" + " ".join(names))
    return ", ".join(needs)
