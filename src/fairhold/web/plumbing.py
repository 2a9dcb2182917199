"""What is neither a page nor the API: files, health, and the notices of payment and carriers."""

import hashlib
import mimetypes
import posixpath
from pathlib import Path

from anyio import to_thread
from litestar import Response, Router, get, post
from litestar.params import FromPath
from msgspec import Struct

from fairhold.kernel.wish import Refusal
from fairhold.web.failures import refusal_page
from fairhold.web.pages.render import STATIC, STATIC_FILES
from fairhold.web.problems import AnyRequest, Refused
from fairhold.web.security.identity import NOTHING_AMBIENT
from fairhold.web.services import DeliverNotice, Services, Serving

FOR_EVER = "public, max-age=31536000, immutable"
FOR_A_WHILE = "public, max-age=300"


class File(Struct, frozen=True):
    """A static file, read once."""

    data: bytes
    media: str
    mark: str


_files: dict[str, File] = {}


def file_of(name: str) -> File | None:
    """A file that pages may ask for, by its name below ``/static``.

    Only what is there is remembered: names that strangers make up have no end.
    """
    known = _files.get(name)
    if known is not None or name != posixpath.normpath(name):
        return known
    try:
        found = _read(name)
    except (OSError, ValueError):  # a name that no file can have
        return None
    if found is not None:
        _files[name] = found
    return found


def _read(name: str) -> File | None:
    elsewhere = STATIC_FILES.get(name)
    path = elsewhere() if elsewhere is not None else STATIC / name
    if elsewhere is None and not _is_below(path, STATIC):
        return None
    if not path.is_file():
        return None
    data = path.read_bytes()
    media = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    mark = hashlib.sha256(data).hexdigest()[:12]
    return File(data, media, mark)


def _is_below(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


@get("/static/{name:path}", sync_to_thread=True)
def static_file(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """A file; an address with the mark of its content never changes."""
    file = file_of(name.lstrip("/"))
    if file is None:
        raise Refused(Refusal("request.not_found"))
    marked = request.query_params.get("v") == file.mark
    headers = {
        "ETag": f'"{file.mark}"',
        "Cache-Control": FOR_EVER if marked else FOR_A_WHILE,
        "Vary": "Accept-Encoding",
    }
    if f'"{file.mark}"' in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, media_type=file.media, headers=headers)
    return Response(file.data, media_type=file.media, headers=headers)


@get("/health", sync_to_thread=False)
def health(services: Serving) -> dict[str, str]:
    """The process lives."""
    return {"status": "ok", "version": services.settings.version}


@get("/ready", sync_to_thread=True)
def ready(services: Serving) -> dict[str, str]:
    """The process can do its work: it is not stopping, and the record answers."""
    if services.stopping.is_set():
        raise Refused(Refusal("request.overloaded"))
    services.desk.store.ping()
    return {"status": "ready", "version": services.settings.version}


@get("/problems/{code:str}", sync_to_thread=False)
def explain(request: AnyRequest, code: FromPath[str]) -> Response[str]:
    """What a problem type means: where its URI leads."""
    return refusal_page(request, Refusal(code), status=200)


@post("/sandbox/notices/payment", status_code=200, opt={NOTHING_AMBIENT: True})
async def payment_notice(request: AnyRequest, services: Serving) -> dict[str, bool]:
    """The payment provider tells us what happened; its signature covers the raw bytes."""
    return await _hear(request, services, services.deliver_payment_notice)


@post("/sandbox/notices/carrier", status_code=200, opt={NOTHING_AMBIENT: True})
async def carrier_notice(request: AnyRequest, services: Serving) -> dict[str, bool]:
    """A carrier tells us what it saw."""
    return await _hear(request, services, services.deliver_scan)


async def _hear(request: AnyRequest, services: Services, deliver: DeliverNotice) -> dict[str, bool]:
    """Hand a notice in. One that was heard before is heard again without effect.

    A refused one is answered as refused, so that its sender tries again later: notices come out of
    order.
    """
    if not services.settings.sandbox:
        raise Refused(Refusal("request.not_found"))
    body = await request.body()
    headers = dict(request.headers.items())
    outcome = await to_thread.run_sync(deliver, headers, body)
    if isinstance(outcome, Refusal):
        raise Refused(outcome)
    return {"heard": True}


def plumbing() -> Router:
    """All of these routes."""
    return Router(
        "/",
        route_handlers=[static_file, health, ready, explain, payment_notice, carrier_notice],
        include_in_schema=False,
    )
