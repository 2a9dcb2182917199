"""The operator's page: cases to decide, what could not be delivered, clocks that are late."""

from typing import Any, Final

from litestar import get
from msgspec import Struct

from fairhold.engine.kinds import decode_state
from fairhold.kernel.ids import public_id
from fairhold.kernel.instant import MINUTE, Span
from fairhold.web.pages.answer import Page
from fairhold.web.pages.deal_list import row
from fairhold.web.pages.render import page
from fairhold.web.pages.visitor import AnyRequest, Serving, Visitor, visitor
from fairhold.web.present import moment_text, span_text
from fairhold.web.security.identity import operator_only

MOST: Final = 50
LATE: Final[Span] = MINUTE
"""A clock that was due this long ago and has not been looked at is late."""


class LateClock(Struct, frozen=True):
    """A clock that should have been looked at."""

    name: str
    due: str
    late: str


class DeadLetter(Struct, frozen=True):
    """A fact that a follower gave up on."""

    consumer: str
    position: str
    stream: str
    tries: int
    error: str


@get("/operator", guards=[operator_only], sync_to_thread=True)
def operator_page(request: AnyRequest, services: Serving) -> Page:
    """Everything that waits for a person of the platform."""
    who = visitor(services, request)
    store = services.desk.store
    cases = [
        row(int(number), who) for number, _ in store.find("deal", "case", "open", limit=MOST).rows
    ]
    return page(
        request,
        "operator.html",
        cases=sorted(cases, key=lambda case: (not case.mine, case.due)),
        letters=[
            DeadLetter(
                letter.consumer,
                f"{letter.part}-{letter.seq}",
                _name(who, letter.stream),
                letter.tries,
                letter.error,
            )
            for letter in store.dead_letters(None, MOST)
        ],
        clocks=[
            LateClock(
                _name(who, timer.id),
                moment_text(timer.due, who.language),
                span_text(who.now - timer.due, who.language),
            )
            for timer in store.timers(who.now - LATE, MOST)
        ],
    )


def _name(who: Visitor, stream: int) -> str:
    state = who.desk.store.state(stream)
    if state is None:
        return str(stream)
    kind, _ = decode_state(state.data)
    return public_id(kind.prefix, stream)


HANDLERS: Final[tuple[Any, ...]] = (operator_page,)
