"""The application: both doors, the gate before them, and what stands between."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from litestar import Litestar, Request, Response, asgi
from litestar.datastructures import State
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.handlers import ASGIRouteHandler
from litestar.types import (
    ASGIApp,
    ControllerRouterHandler,
    HTTPScope,
    LifeSpanReceive,
    LifeSpanScope,
    LifeSpanSend,
    Receive,
    Scope,
    Send,
)

from fairhold.kernel.wish import Refusal
from fairhold.web.api import moves
from fairhold.web.api.fast import FastWay
from fairhold.web.api.routes import api_router
from fairhold.web.failures import Failure, answer_failure, answer_refusal
from fairhold.web.pages.me import people_router
from fairhold.web.pages.routes import page_routers
from fairhold.web.plumbing import plumbing
from fairhold.web.security.gate import GUEST, Gate
from fairhold.web.security.identity import NOTHING_AMBIENT, Identity, identity_of, our_own_form
from fairhold.web.services import Services

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[Any]]


class Fairhold(Litestar):
    """The application with its gate in front of the router."""

    gate: Gate
    fast_way: FastWay | None = None

    async def __call__(
        self,
        scope: Scope | LifeSpanScope,
        receive: Receive | LifeSpanReceive,
        send: Send | LifeSpanSend,
    ) -> None:
        """Every HTTP request goes through the gate first."""
        if scope["type"] == ScopeType.HTTP:
            await self.gate(scope, receive, send, self._passed)  # type: ignore[arg-type]
        else:
            await super().__call__(scope, receive, send)

    async def _passed(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        if self.fast_way is None or not await self.fast_way.serve(scope, receive, send):
            await super().__call__(scope, receive, send)


def create_app(
    services: Services,
    *,
    lifespan: Sequence[Lifespan] = (),
    routers: Sequence[ControllerRouterHandler] | None = None,
) -> Fairhold:
    """Everything that is served. ``routers`` replaces API and pages (tests of single parts)."""
    doors = list(routers) if routers is not None else _doors(services)
    if services.provider_app is not None and services.settings.sandbox:
        doors.append(_guest(services.provider_app))
    app = Fairhold(
        route_handlers=[*doors, people_router(), plumbing()],
        dependencies={
            "services": Provide(lambda: services, sync_to_thread=False),
            "identity": Provide(_identity, sync_to_thread=False),
        },
        guards=[our_own_form],
        exception_handlers={Exception: answer_failure},
        request_max_body_size=services.settings.upload_max,
        lifespan=list(lifespan),
        on_shutdown=[services.stopping.set],
        openapi_config=None,
        logging_config=None,
        state=State({"services": services, "upload_max": services.settings.upload_max}),
        debug=False,
    )

    async def refuse(scope: HTTPScope, receive: Receive, send: Send, refusal: Refusal) -> None:
        request = _request(app, scope, receive, send)
        await answer(scope, receive, send, answer_refusal(request, Failure(refusal)))

    async def excuse(scope: HTTPScope, receive: Receive, send: Send, failure: Exception) -> None:
        request = _request(app, scope, receive, send)
        await answer(scope, receive, send, answer_failure(request, failure))

    async def answer(
        scope: HTTPScope, receive: Receive, send: Send, response: Response[Any]
    ) -> None:
        request = _request(app, scope, receive, send)
        await response.to_asgi_response(request=request, app=None)(scope, receive, send)

    app.gate = Gate(services, refuse)
    if routers is None:
        app.fast_way = FastWay(services, moves.OPERATIONS, answer, excuse)
    return app


def _request(
    app: Fairhold, scope: HTTPScope, receive: Receive, send: Send
) -> Request[Any, Any, Any]:
    """A request in the framework's form, for what is answered outside its router."""
    scope["app"] = scope["litestar_app"] = app
    return Request(scope, receive, send)


def _doors(services: Services) -> list[ControllerRouterHandler]:
    return [api_router(services), *page_routers(services)]


def _identity(request: Request[Any, Any, Any]) -> Identity | None:
    return identity_of(request)


def _guest(guest: ASGIApp) -> ASGIRouteHandler:
    """Mount another application; it looks after its own callers."""

    @asgi(GUEST, is_mount=True, opt={NOTHING_AMBIENT: True}, copy_scope=True)
    async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
        await guest(scope, receive, send)

    return mounted
