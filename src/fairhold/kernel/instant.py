"""Instants and spans of time, in whole milliseconds.

An :data:`Instant` counts milliseconds since 1970-01-01T00:00:00Z. It enters the system once per
command, as ``command.at``; nothing in the pure folders reads a clock.
"""

from datetime import UTC, datetime
from typing import TypeAlias

Instant: TypeAlias = int
"""Milliseconds since the Unix epoch, UTC."""

Span: TypeAlias = int
"""A length of time in milliseconds."""

SECOND: Span = 1_000
MINUTE: Span = 60 * SECOND
HOUR: Span = 60 * MINUTE
DAY: Span = 24 * HOUR


def rfc3339(at: Instant) -> str:
    """Write an instant as RFC 3339 UTC with milliseconds, for example 2026-11-21T18:00:00.000Z."""
    moment = datetime.fromtimestamp(at / SECOND, tz=UTC)
    return f"{moment.isoformat()[:19]}.{at % SECOND:03d}Z"


def from_rfc3339(text: str) -> Instant:
    """Read RFC 3339 text with an offset; raise ValueError when it has none or is no instant."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        message = "an instant needs an offset such as Z"
        raise ValueError(message)
    return round(moment.timestamp() * SECOND)
