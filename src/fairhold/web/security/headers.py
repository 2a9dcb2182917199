"""Headers that every answer carries, so that no page has to think of them."""

from collections.abc import Mapping, Sequence

HeaderPair = tuple[bytes, bytes]

PERMISSIONS = (
    "accelerometer=(), autoplay=(), browsing-topics=(), camera=(self), display-capture=(), "
    "geolocation=(), gyroscope=(), hid=(), microphone=(), midi=(), payment=(), serial=(), usb=()"
)
TWO_YEARS_S = 63_072_000
PERSONAL = "no-store"
"""What somebody sees who is signed in, or holds a form, is kept nowhere."""
PUBLIC = "no-cache"
"""What anybody may see is kept, but asked for again before it is shown."""


def content_policy(payment_origins: Sequence[str]) -> str:
    """Nothing from elsewhere, nothing inline, in nobody's frame (CSP level 3).

    A form may lead to the hosted payment page, which is why its origin stands here.
    """
    forms = " ".join(("'self'", *payment_origins))
    return (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        f"object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action {forms}"
    )


class Hardening:
    """The headers of one server, made once."""

    def __init__(self, *, payment_origins: Sequence[str], secure: bool) -> None:
        """``secure`` when the server is only reached over HTTPS."""
        fixed: Mapping[str, str] = {
            "content-security-policy": content_policy(payment_origins),
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "same-origin",
            "permissions-policy": PERMISSIONS,
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
        }
        self._fixed = [(name.encode(), value.encode()) for name, value in fixed.items()]
        if secure:
            value = f"max-age={TWO_YEARS_S}; includeSubDomains"
            self._fixed.append((b"strict-transport-security", value.encode()))

    def complete(
        self,
        headers: Sequence[HeaderPair],
        *,
        cookies: Sequence[str],
        request_id: str,
        personal: bool,
    ) -> list[HeaderPair]:
        """The headers of an answer with those it lacks; what a handler chose stays."""
        there = {name.lower() for name, _ in headers}
        missing = [(name, value) for name, value in self._fixed if name not in there]
        complete = [*headers, *missing, (b"x-request-id", request_id.encode())]
        complete += [(b"set-cookie", cookie.encode()) for cookie in cookies]
        if b"cache-control" not in there:
            keep = PERSONAL if personal or cookies or b"set-cookie" in there else PUBLIC
            complete.append((b"cache-control", keep.encode()))
        if b"vary" not in there:
            complete.append((b"vary", b"Cookie, Authorization, Accept-Language"))
        return complete
