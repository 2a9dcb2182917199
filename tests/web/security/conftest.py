"""The doors without API and pages: a few handlers that show what the guards do."""

from typing import Any

import pytest
from litestar import Router, get, post
from litestar.datastructures import UploadFile

from fairhold.web.problems import AnyRequest
from fairhold.web.security.identity import (
    Who,
    csrf_token,
    operator_only,
    recently_confirmed,
    scope,
    signed_in,
)
from fairhold.web.server import Fairhold, create_app
from fairhold.web.services import Services


@get("/v1/open", sync_to_thread=False)
def read_open(identity: Who) -> dict[str, Any]:
    return {"account": identity.account if identity is not None else None}


@get("/v1/deals-read", guards=[scope("deals:read")], sync_to_thread=False)
def read_deals() -> dict[str, bool]:
    return {"read": True}


@post("/v1/deals-write", guards=[scope("deals:write")], status_code=200)
async def write_deals(request: AnyRequest) -> dict[str, int]:
    return {"bytes": len(await request.body())}


@post("/v1/open-write", status_code=200)
async def write_open(request: AnyRequest) -> dict[str, object]:
    return {"said": await request.json()}


@get("/v1/operators", guards=[operator_only], sync_to_thread=False)
def read_operators() -> dict[str, bool]:
    return {"operator": True}


@get("/v1/careful", guards=[recently_confirmed], sync_to_thread=False)
def read_careful() -> dict[str, bool]:
    return {"careful": True}


@get("/v1/broken", sync_to_thread=False)
def broken() -> None:
    message = "the password is swordfish"
    raise RuntimeError(message)


@get("/broken", sync_to_thread=False)
def broken_page() -> None:
    message = "the password is swordfish"
    raise RuntimeError(message)


@get("/private", guards=[signed_in], sync_to_thread=False)
def private_page(request: AnyRequest) -> str:
    return csrf_token(request)


@get("/form", sync_to_thread=False)
def form_page(request: AnyRequest) -> str:
    return csrf_token(request)


@post("/upload", status_code=200)
async def upload(request: AnyRequest) -> dict[str, object]:
    form = await request.form()
    picture = form.get("picture")
    size = len(await picture.read()) if isinstance(picture, UploadFile) else None
    return {"text": form.get("text"), "size": size}


HANDLERS = (
    read_open,
    read_deals,
    write_deals,
    write_open,
    read_operators,
    read_careful,
    broken,
    broken_page,
    private_page,
    form_page,
    upload,
)


@pytest.fixture
def app(services: Services) -> Fairhold:
    return create_app(services, routers=[Router("/", route_handlers=HANDLERS)])
