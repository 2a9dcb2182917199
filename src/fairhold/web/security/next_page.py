"""Where to go after signing in: a page of our own, and nothing else."""

from typing import Any
from urllib.parse import quote, urlsplit

from litestar import Request

HOME = "/deals"
LONGEST = 500


def safe_path(text: str) -> str:
    """The path, if it leads nowhere but to a page of ours; else the page to begin with.

    Browsers read two slashes, a backslash or control characters as the way to another host, so all
    of these are refused.
    """
    plain = text.startswith("/") and not text.startswith(("//", "/\\"))
    if not plain or len(text) > LONGEST or "\\" in text or not text.isprintable() or " " in text:
        return HOME
    try:
        parts = urlsplit(text)
    except ValueError:
        return HOME
    if parts.scheme or parts.netloc or parts.path.startswith(("/sign-", "/v1/", "//")):
        return HOME
    return text


def sign_in_first(path: str) -> str:
    """The address of the sign-in page that leads back to a path."""
    return "/sign-in?next=" + quote(safe_path(path), safe="/")


def path_with_query(request: Request[Any, Any, Any]) -> str:
    """What was asked for, so that it can be asked for again."""
    query = request.scope["query_string"].decode("latin-1")
    path = quote(request.scope["path"])
    return f"{path}?{query}" if query else path
