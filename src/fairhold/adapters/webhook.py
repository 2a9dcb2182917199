"""Signed notices after Standard Webhooks 1.0, and the guard on where notices may be sent.

The signed text is ``id.timestamp.body`` over the raw bytes; the signature is HMAC-SHA256 under a
secret written ``whsec_`` and base64. Several secrets may be in force at once while one replaces
another, and a signature header may list several signatures.
"""

import base64
import binascii
import hashlib
import hmac
import ipaddress
import secrets as chance
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from msgspec import Struct

from fairhold.kernel.instant import MINUTE, SECOND, Instant, Span
from fairhold.kernel.wish import Refusal

SECRET_PREFIX: Final = "whsec_"
SECRET_BYTES_MIN: Final = 24
SECRET_BYTES_MAX: Final = 64
TOLERANCE: Final[Span] = 5 * MINUTE
SIGNATURES_MAX: Final = 16
"""More signatures than this in one header are noise, not a rotation of secrets."""

WRONG_SIGNATURE: Final = "notice.wrong_signature"
OLD_TIMESTAMP: Final = "notice.old_timestamp"
MALFORMED: Final = "notice.malformed"

_DIGITS_MAX: Final = 12


def new_secret() -> str:
    """Make a fresh signing secret of 32 random bytes."""
    return SECRET_PREFIX + base64.b64encode(chance.token_bytes(32)).decode()


def sign(secret: str, notice_id: str, timestamp_s: int, body: bytes) -> str:
    """Sign one attempt; return one ``v1,…`` value for the ``webhook-signature`` header.

    Raises ValueError when the secret is no ``whsec_`` secret of 24 to 64 bytes.
    """
    return "v1," + base64.b64encode(_digest(secret, notice_id, timestamp_s, body)).decode()


def signed_headers(
    secrets: Sequence[str], notice_id: str, timestamp_s: int, body: bytes
) -> dict[str, str]:
    """The headers of one attempt, signed with every secret that is in force."""
    signatures = [sign(secret, notice_id, timestamp_s, body) for secret in secrets]
    return {
        "content-type": "application/json",
        "webhook-id": notice_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": " ".join(signatures),
    }


def verify(
    secrets: Sequence[str],
    headers: Mapping[str, str],
    body: bytes,
    now: Instant,
    tolerance: Span = TOLERANCE,
) -> str | Refusal:
    """Check one received notice; return its id, or why it must not be believed.

    The signature is judged before the age, so that nobody learns anything about an unsigned
    notice. Comparison takes the same time wherever the bytes differ.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    notice_id = lowered.get("webhook-id", "")
    stamp = lowered.get("webhook-timestamp", "")
    given = lowered.get("webhook-signature", "").split(" ")
    if not notice_id or not given[0] or len(given) > SIGNATURES_MAX:
        return Refusal(MALFORMED)
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= _DIGITS_MAX):
        return Refusal(MALFORMED)
    digests = [_digest(secret, notice_id, int(stamp), body) for secret in secrets]
    if not _any_matches(digests, given):
        return Refusal(WRONG_SIGNATURE)
    if abs(now - int(stamp) * SECOND) > tolerance:
        return Refusal(OLD_TIMESTAMP)
    return notice_id


def _any_matches(digests: Sequence[bytes], given: Sequence[str]) -> bool:
    found = False
    for value in given:
        version, _, text = value.partition(",")
        if version != "v1":
            continue
        try:
            signature = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            continue
        for digest in digests:
            found |= hmac.compare_digest(digest, signature)
    return found


def _digest(secret: str, notice_id: str, timestamp_s: int, body: bytes) -> bytes:
    text = f"{notice_id}.{timestamp_s}.".encode() + body
    return hmac.new(_key(secret), text, hashlib.sha256).digest()


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(SECRET_PREFIX) or not SECRET_BYTES_MIN <= len(key) <= SECRET_BYTES_MAX:
        message = "a signing secret is whsec_ and 24 to 64 bytes in base64"
        raise ValueError(message)
    return key


# -- where notices may go -------------------------------------------------------------------------

Resolver: TypeAlias = Callable[[str, int], Sequence[str]]
"""Look a host name up; return its addresses as text, or raise OSError."""


class Target(Struct, frozen=True):
    """A checked address for notices.

    Connect to one of ``addresses`` (with ``host`` as server name), or a name that answers
    differently the second time slips past the check.
    """

    url: str
    host: str
    port: int
    addresses: Sequence[str]


def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver; raise OSError when it does not know the name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(row[4][0]) for row in found]


def check_target(
    url: str, *, allow_loopback: bool = False, resolver: Resolver = resolve
) -> Target | Refusal:
    """Decide whether notices may be sent to an address that somebody else chose.

    Refused with ``target.malformed``, ``target.not_https``, ``target.unknown_host`` or
    ``target.private_address``: without this, a notice could be aimed at machines that only we
    can reach. ``allow_loopback`` is for development and admits plain HTTP to this machine alone.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return Refusal("target.malformed")
    if parts.scheme not in {"http", "https"} or not host or parts.username is not None:
        return Refusal("target.malformed")
    if parts.scheme == "http" and not allow_loopback:
        return Refusal("target.not_https")
    try:
        addresses = resolver(host, port)
    except (OSError, UnicodeError):
        return Refusal("target.unknown_host")
    if not addresses:
        return Refusal("target.unknown_host")
    for text in addresses:
        loopback = _loopback(text)
        if loopback and allow_loopback:
            continue
        if loopback or not _public(text):
            return Refusal("target.private_address")
        if parts.scheme == "http":
            return Refusal("target.not_https")
    return Target(url, host, port, tuple(addresses))


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        # An IPv4 address in IPv6 clothes reaches the same machine as the naked one.
        return address.ipv4_mapped or address.sixtofour or address
    return address


def _loopback(text: str) -> bool:
    return _address(text).is_loopback


def _public(text: str) -> bool:
    address = _address(text)
    if address.is_multicast or address.is_reserved or address.is_unspecified:
        return False
    if isinstance(address, ipaddress.IPv6Address) and (address.teredo or _translated(address)):
        return False
    return address.is_global


def _translated(address: ipaddress.IPv6Address) -> bool:
    return address in ipaddress.ip_network("64:ff9b::/96")
