"""Forms that only our own pages can send.

Every page carries a token that is bound to the secret in its reader's own cookie: the session, or
for somebody who is not signed in, a cookie that means nothing else. A token of one session is
worthless in another and dies with it. As a second line, a browser that says that another site sent
the form is believed.
"""

import hashlib
import hmac
import secrets

FIELD = "csrf_token"
HEADER = "x-csrf-token"
_SALT_BYTES = 12


def make_token(secret: str) -> str:
    """A new token for the holder of a cookie; each differs, all of them hold."""
    salt = secrets.token_hex(_SALT_BYTES)
    return f"{salt}.{_tag(secret, salt)}"


def is_token(secret: str, token: str) -> bool:
    """Whether a token was made for the holder of this cookie."""
    salt, _, tag = token.partition(".")
    return hmac.compare_digest(tag.encode(), _tag(secret, salt).encode())


def comes_from_elsewhere(site: str | None, origin: str | None, host: str) -> bool:
    """Whether the browser says that another site sent this (Fetch Metadata; RFC 6454 Origin)."""
    if site is not None and site not in {"same-origin", "none"}:
        return True
    return origin is not None and origin.partition("://")[2].lower() != host.lower()


def _tag(secret: str, salt: str) -> str:
    return hmac.digest(secret.encode(), f"form {salt}".encode(), hashlib.sha256).hex()
