"""The ordered feed of the caller's own events, to catch up with: complete, and in order."""

from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct

from fairhold.engine import feed
from fairhold.engine.feed import FeedEntry
from fairhold.kernel.instant import rfc3339
from fairhold.kernel.wish import Refusal
from fairhold.web.api.facts import POSITION
from fairhold.web.api.operation import Answer, Call, Operation
from fairhold.web.api.shapes import LIMIT_DEFAULT, LIMIT_MAX, ListOf, Time


class After(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to go on reading: the sequence of the last event that was read, 0 at the beginning."""

    after: Annotated[int, Meta(ge=0, le=2**53)] = 0
    limit: Annotated[int, Meta(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT


class FeedEvent(Struct, frozen=True, kw_only=True):
    """One event: what happened and where to read it. ``sequence`` strictly increases."""

    sequence: int
    id: Annotated[str, POSITION]
    stream: str
    version: int
    type: str
    at: Time
    by: str
    livemode: bool
    object: Literal["event_notice"] = "event_notice"


def _show(call: Call, entry: FeedEntry) -> FeedEvent:
    return FeedEvent(
        sequence=entry.sequence,
        id=f"{entry.part}-{entry.seq}",
        stream=entry.stream,
        version=entry.version,
        type=entry.type,
        at=rfc3339(entry.at),
        by=entry.by,
        livemode=call.livemode,
    )


def _read(call: Call) -> Answer | Refusal:
    asked: After = call.query
    found = feed.read(call.desk.store, call.actor.account, asked.after, asked.limit)
    if found is None:
        return Refusal("request.cursor_unknown", {"field": "after"})
    rows, more = found
    shown: Sequence[FeedEvent] = [_show(call, entry) for entry in rows]
    return Answer(body=ListOf(data=shown, has_more=more), private=True)


OPERATIONS = (
    Operation(
        id="listEvents",
        method="GET",
        path="/v1/events",
        tag="Events",
        summary="What happened in my streams, oldest first, in one order for everybody",
        call=_read,
        query=After,
        answers=ListOf[FeedEvent],
        scope="deals:read",
        refusals=("request.cursor_unknown",),
    ),
)
