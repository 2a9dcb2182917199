"""Encode a fact once, hash those bytes for ever, decode them as often as anybody likes."""

from typing import Any

import msgspec
from msgspec import Struct

from fairhold.codec.names import EVENTS, NAME_OF
from fairhold.codec.upcasts import UPCASTS
from fairhold.kernel.instant import Instant
from fairhold.kernel.line import Line
from fairhold.kernel.wish import Event


class Envelope(Struct, frozen=True):
    """What stands around a stored fact: its name, its place in its stream, when, and by whom.

    ``stream`` and ``by`` are public ids (or the name of a machine), so that the bytes can be read
    without us.
    """

    type: str
    v: int
    stream: str
    version: int
    at: Instant
    by: str
    data: msgspec.Raw


class UnknownEvent(Exception):
    """Stored bytes that no class of ours reads: the code is older than the record."""


class _Outgoing(Struct):
    type: str
    v: int
    stream: str
    version: int
    at: Instant
    by: str
    data: Event


_encoder = msgspec.json.Encoder()
_envelopes = msgspec.json.Decoder(Envelope)
_decoders = {name: msgspec.json.Decoder(cls) for name, (_, cls) in EVENTS.items()}
_lines = msgspec.json.Decoder(tuple[Line, ...])


def encode(event: Event, stream: str, version: int, by: str) -> tuple[str, bytes]:
    """The stored name and the exact bytes of one fact."""
    name, v = NAME_OF[type(event)]
    data = _encoder.encode(_Outgoing(name, v, stream, version, event.at, by, event))
    return name, data


def envelope(data: bytes) -> Envelope:
    """Read what stands around a stored fact."""
    return _envelopes.decode(data)


def decode(data: bytes) -> Event:
    """Read a stored fact as the newest version of its class; UnknownEvent if it has none."""
    outer = _envelopes.decode(data)
    known = EVENTS.get(outer.type)
    if known is None or not 1 <= outer.v <= known[0]:
        message = f"{outer.type} v{outer.v}"
        raise UnknownEvent(message)
    newest, cls = known
    if outer.v == newest:
        event: Event = _decoders[outer.type].decode(outer.data)
        return event
    body: dict[str, Any] = msgspec.json.decode(outer.data)
    for v in range(outer.v, newest):
        body = UPCASTS[outer.type, v](body)
    return msgspec.convert(body, cls)


def encode_lines(lines: tuple[Line, ...]) -> bytes:
    """The stored form of an event's postings; empty when it has none."""
    return _encoder.encode(lines) if lines else b""


def decode_lines(data: bytes) -> tuple[Line, ...]:
    """Read stored postings."""
    return _lines.decode(data) if data else ()
