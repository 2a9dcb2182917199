"""What an event says, as those who take part in its stream may read it.

A table of fields: what stands in it is shown, under that name and in that form; everything else
(numbers of stored bodies, keyed fingerprints, the rulebook's text) stays inside.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, structs

from fairhold.codec.events import decode, envelope
from fairhold.engine.ports import LogRow
from fairhold.kernel.ids import public_id
from fairhold.kernel.instant import rfc3339
from fairhold.kernel.money import Money
from fairhold.web.api import shapes
from fairhold.web.api.shapes import Time, amount

Show = Callable[[Any], object]

POSITION = Meta(pattern=r"^(0|[1-9][0-9]{0,2})-[1-9][0-9]{0,17}$", examples=["3-141"])
"""Where an event is on record: its part of the log and its number there."""


def _plain(value: Any) -> object:  # noqa: ANN401 — any plain value
    return value.value if isinstance(value, Enum) else value


def _money(value: Any) -> object:  # noqa: ANN401 — Money
    assert isinstance(value, Money)
    return amount(value)


def _time(value: Any) -> object:  # noqa: ANN401 — an instant
    return rfc3339(value) if value else None


def _id(prefix: str) -> Show:
    return lambda number: public_id(prefix, number) if number else None


def _people(numbers: Any) -> object:  # noqa: ANN401 — account numbers
    return [public_id(shapes.ACCOUNT, number) for number in numbers]


_account = _id(shapes.ACCOUNT)

SHOWN: Mapping[str, Show] = MappingProxyType(
    {
        **dict.fromkeys(("buyer", "seller", "owner", "author", "reader"), _account),
        **dict.fromkeys(("granted_by", "officer"), _account),
        "people": _people,
        "deal": _id(shapes.DEAL),
        **dict.fromkeys(
            ("amount", "fee", "asked", "to_buyer", "from_hold", "from_seller", "from_buyer"),
            _money,
        ),
        **dict.fromkeys(("from_available", "from_deposit"), _money),
        **dict.fromkeys(("used_at", "scanned_at", "first_opened_at"), _time),
        **dict.fromkeys(
            ("delivery", "basis", "reason", "name", "payment", "operation", "carrier", "tracking"),
            _plain,
        ),
        **dict.fromkeys(("kind", "phase", "accepted", "claim", "digest", "stock"), _plain),
        **dict.fromkeys(
            ("jurisdiction", "number", "signals", "about", "consent", "scan", "notice"), _plain
        ),
    }
)
"""Fields of events that are shown, by name: a name means the same in every event."""

HIDDEN = frozenset(
    {
        "body",  # where the encrypted words are
        "profile",  # the same
        "fingerprint",  # keyed, of a secret
        "fingerprints",
        "holder",  # of a fingerprint
        "mark",  # of an attempt to hold one
        "marks",
        "cause",  # tells acts apart, by numbers that are nobody's to see
        "terms",  # the deal itself shows them
        "rules",  # the same, by edition
        "came_from",  # the buyer's own affair
        "offer",  # the listing itself shows it
        "issuer",  # shown by what followed from it
        "code",  # the number of a meeting code, for the seller to guess with
        "left_ms",  # shown by the clock that it feeds
        "subject",  # the stream that a conversation is about; its resource shows it
        "by",  # shown beside the facts, for every event alike
    }
)


class EventShown(Struct, frozen=True, kw_only=True):
    """One event of a stream: what happened, when, by whom, and where it is on record."""

    id: Annotated[str, POSITION]
    stream: str
    type: str
    version: int
    at: Time
    by: str
    details: Mapping[str, Any]
    due_at: Time | None = None
    due: str | None = None
    object: Literal["event"] = "event"


def event_shown(row: LogRow) -> EventShown:
    """An event as a resource."""
    outer = envelope(row.data)
    event = decode(row.data)
    clock = getattr(event, "clock", None)
    details = {
        name: SHOWN[name](value)
        for name, value in structs.asdict(event).items()
        if name in SHOWN and value is not None
    }
    return EventShown(
        id=f"{row.part}-{row.seq}",
        stream=outer.stream,
        type=row.type,
        version=row.version,
        at=rfc3339(row.at),
        by=outer.by,
        details=details,
        due_at=rfc3339(clock.due) if clock else None,
        due=clock.name if clock else None,
    )
