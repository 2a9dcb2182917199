"""The two ways to Fairhold from outside: a program with an API key, and a browser with forms.

Answers and refusals are values. A program's request that changes something carries a key of its
own, and is sent again under the same key when the line broke or the server asked for patience, so
that nothing is done twice.
"""

import secrets
import time
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import httpx
import msgspec
from msgspec import Struct

TIMEOUT_S = 20.0
TRIES = 4
PAUSE_S = 0.2
PAUSE_MAX_S = 2.0
PATIENCE = frozenset({429, 503})
"""Statuses that ask to come back later; a limit that is a minute away is told to the caller."""

Path = str
Query = Mapping[str, str | int]


class Unreachable(Exception):
    """Nobody answers at this address, however often it is tried."""


class Answer(Struct, frozen=True, kw_only=True):
    """What the server did or shows; ``replayed`` when it had answered this request before."""

    status: int
    body: object
    replayed: bool = False

    def __getitem__(self, path: str) -> Any:  # noqa: ANN401 — whatever the document holds there
        """A value by its dotted path, such as ``order.phase`` or ``data.0.id``; None if absent."""
        return look(self.body, path)


class Problem(Struct, frozen=True, kw_only=True):
    """Why the server did not: the members of RFC 9457 that a person or a program acts on."""

    status: int
    code: str
    title: str = ""
    detail: str = ""
    values: Mapping[str, str | int] = {}
    replayed: bool = False


Reply = Answer | Problem


class _Problem(Struct):
    code: str = ""
    title: str = ""
    detail: str = ""
    values: Mapping[str, str | int] = {}


def look(body: object, path: str) -> Any:  # noqa: ANN401 — see Answer
    """Walk a decoded document by a dotted path; None where it does not lead on."""
    for step in path.split("."):
        if isinstance(body, Mapping):
            body = body.get(step)
        elif isinstance(body, Sequence) and not isinstance(body, str) and step.isdecimal():
            body = body[int(step)] if int(step) < len(body) else None
        else:
            return None
    return body


class Client:
    """A program that acts for one person (or, without a key, for nobody)."""

    def __init__(
        self,
        base: str,
        key: str = "",
        *,
        language: str = "en",
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """``base`` is the server's address, ``key`` an API key; ``transport`` replaces the line."""
        headers = {"accept": "application/json", "accept-language": language}
        if key:
            headers["authorization"] = f"Bearer {key}"
        self._http = httpx.Client(
            base_url=base, headers=headers, timeout=TIMEOUT_S, transport=transport
        )

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def __enter__(self) -> Self:
        """Be closed at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up."""
        self.close()

    def get(self, path: Path, query: Query | None = None) -> Reply:
        """Read something."""
        return self._send("GET", path, query, b"", {})

    def post(
        self, path: Path, body: object = None, *, key: str = "", query: Query | None = None
    ) -> Reply:
        """Change something, once; ``key`` is made up unless the caller wants to repeat itself."""
        headers = {
            "idempotency-key": key or new_key(),
            "content-type": "application/json",
        }
        raw = msgspec.json.encode({} if body is None else body)
        return self._send("POST", path, query, raw, headers)

    def post_raw(self, path: Path, raw: bytes, headers: Mapping[str, str]) -> Reply:
        """Send exactly these bytes under exactly these headers, as a webhook does."""
        return self._send("POST", path, None, raw, headers)

    def delete(self, path: Path) -> Reply:
        """Take something away."""
        return self._send("DELETE", path, None, b"", {})

    def text(self, path: Path, query: Query | None = None) -> str | Problem:
        """Read something that is no JSON, such as a signed checkpoint."""
        response = self._try("GET", path, query, b"", {"accept": "*/*"})
        return response.text if response.is_success else _problem(response)

    def _send(
        self, method: str, path: Path, query: Query | None, raw: bytes, headers: Mapping[str, str]
    ) -> Reply:
        response = self._try(method, path, query, raw, headers)
        if not response.is_success:
            return _problem(response)
        return Answer(
            status=response.status_code,
            body=_decode(response.content),
            replayed=_is_replay(response),
        )

    def _try(
        self, method: str, path: Path, query: Query | None, raw: bytes, headers: Mapping[str, str]
    ) -> httpx.Response:
        params = dict(query) if query else None
        for tried in range(TRIES):
            last = tried == TRIES - 1
            try:
                response = self._http.request(
                    method, path, params=params, content=raw or None, headers=dict(headers)
                )
            except httpx.TransportError as error:
                if last:
                    raise Unreachable(str(error)) from error
                time.sleep(PAUSE_S * 2**tried)
                continue
            wait = _seconds(response.headers.get("retry-after", ""))
            if last or response.status_code not in PATIENCE or wait > PAUSE_MAX_S:
                return response
            time.sleep(wait)
        message = "the last try returns or raises"
        raise AssertionError(message)


def answers(url: str) -> bool:
    """Whether somebody answers well at an address, tried once."""
    try:
        return httpx.get(url, timeout=PAUSE_MAX_S).is_success
    except httpx.TransportError:
        return False


def new_key() -> str:
    """Make up an idempotency key."""
    return secrets.token_hex(16)


def _decode(content: bytes) -> object:
    return msgspec.json.decode(content) if content else None


def _problem(response: httpx.Response) -> Problem:
    try:
        told = msgspec.json.decode(response.content, type=_Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        told = _Problem(title=response.reason_phrase)
    return Problem(
        status=response.status_code,
        code=told.code or f"http.{response.status_code}",
        title=told.title,
        detail=told.detail,
        values=told.values,
        replayed=_is_replay(response),
    )


def _is_replay(response: httpx.Response) -> bool:
    return str(response.headers.get("idempotent-replayed", "")) == "true"


def _seconds(text: str) -> float:
    return float(text) if text.isdecimal() else PAUSE_S


# -- the browser ----------------------------------------------------------------------------------


class Form(Struct, frozen=True, kw_only=True):
    """A form as it stands on a page: where it goes, and what it already holds."""

    action: str
    method: str
    fields: Mapping[str, str]
    buttons: tuple[tuple[str, str], ...]


class Page(Struct, frozen=True, kw_only=True):
    """A page as a person sees it: its words without the markup, and its forms."""

    url: str
    status: int
    html: str
    text: str
    forms: tuple[Form, ...]

    def form_with(self, *names: str) -> Form | None:
        """The first form that has fields (or a button) of these names."""
        for form in self.forms:
            known = {*form.fields, *(name for name, _ in form.buttons)}
            if known.issuperset(names):
                return form
        return None


class Browser:
    """A browser without JavaScript: pages, forms, cookies, redirects."""

    def __init__(self, base: str, *, language: str = "en") -> None:
        """``base`` is where relative addresses begin."""
        self._base = base
        self._http = httpx.Client(
            base_url=base,
            headers={"accept": "text/html", "accept-language": language},
            timeout=TIMEOUT_S,
            follow_redirects=True,
        )

    def close(self) -> None:
        """Close the window."""
        self._http.close()

    def open(self, url: str) -> Page:
        """Go to an address."""
        return self._load("GET", urljoin(self._base, url), {})

    def submit(self, page: Page, form: Form, **fields: str) -> Page:
        """Send a form off with what was typed into it."""
        url = urljoin(page.url, form.action) if form.action else page.url
        typed = {**form.fields, **fields}
        if form.method == "get":
            return self._load("GET", url, {}, params=typed)
        parts = urlsplit(url)
        headers = {"origin": f"{parts.scheme}://{parts.netloc}", "referer": page.url}
        return self._load("POST", url, headers, data=typed)

    def _load(self, method: str, url: str, headers: Mapping[str, str], **more: Any) -> Page:  # noqa: ANN401 — for httpx
        try:
            return _page(self._http.request(method, url, headers=dict(headers), **more))
        except httpx.TransportError as error:
            raise Unreachable(str(error)) from error


class _Reader(HTMLParser):
    _SILENT = frozenset({"script", "style", "template"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.forms: list[Form] = []
        self._form: tuple[str, str, dict[str, str], list[tuple[str, str]]] | None = None
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._silent += tag in self._SILENT
        if tag == "form":
            self._form = (given.get("action", ""), given.get("method", "get").lower(), {}, [])
        elif self._form is not None and given.get("name"):
            _, _, fields, buttons = self._form
            if tag == "button" or given.get("type") == "submit":
                buttons.append((given["name"], given.get("value", "")))
            elif tag == "textarea" or (
                tag == "input" and (given.get("type") not in {"checkbox", "radio"})
            ):
                fields[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in self._SILENT
        if tag == "form" and self._form is not None:
            action, method, fields, buttons = self._form
            form = Form(action=action, method=method, fields=fields, buttons=tuple(buttons))
            self.forms.append(form)
            self._form = None

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)


def _page(response: httpx.Response) -> Page:
    reader = _Reader()
    reader.feed(response.text)
    return Page(
        url=str(response.url),
        status=response.status_code,
        html=response.text,
        text=" ".join(" ".join(reader.words).split()),
        forms=tuple(reader.forms),
    )
