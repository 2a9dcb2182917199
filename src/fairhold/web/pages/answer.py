"""From a posted form to an answer: read, act away from the event loop, show what came of it."""

from collections.abc import Callable
from typing import Any

from litestar import Response

from fairhold.engine.batching import Outcome
from fairhold.engine.outside import Declined, OutsideUnavailable
from fairhold.kernel.wish import Refusal
from fairhold.web.pages.forms import Form, in_thread, read_form
from fairhold.web.pages.visitor import AnyRequest, Visitor, visitor
from fairhold.web.problems import words_of
from fairhold.web.services import Services

Page = Response[Any]
Work = Callable[[Visitor, Form], Page]


async def posted(request: AnyRequest, services: Services, work: Work) -> Page:
    """Read the form and let ``work`` answer it in a thread."""
    form = await read_form(request)
    return await in_thread(lambda: work(visitor(services, request), form))


def outcome_of(ask: Callable[[], Outcome]) -> Outcome:
    """What came of asking; a silent world outside is a refusal that says so."""
    try:
        return ask()
    except (OutsideUnavailable, Declined):
        return Refusal("outside.unavailable")


def said(refusal: Refusal | None, visitor: Visitor) -> dict[str, str] | None:
    """A refusal for a template: what happened, what to do, the stable code."""
    if refusal is None:
        return None
    title, advice = words_of(refusal, visitor.language)
    return {"title": title, "advice": advice, "code": refusal.code}
