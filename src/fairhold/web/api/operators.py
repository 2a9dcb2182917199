"""What operators look at: what keeps failing, and whether the provider's books agree with ours."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from fairhold.engine.kinds import decode_state
from fairhold.engine.ports import RetryRow
from fairhold.engine.reconcile import Difference, reconcile
from fairhold.kernel.ids import public_id
from fairhold.kernel.instant import rfc3339
from fairhold.kernel.wish import Refusal
from fairhold.web.api.operation import Access, Answer, Call, Operation
from fairhold.web.api.record import place_of
from fairhold.web.api.shapes import LIMIT_DEFAULT, LIMIT_MAX, ListOf, Nothing, Time, time_of

SCAN = 1_000


class First(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many."""

    limit: Annotated[int, Meta(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT


class DeadLetter(Struct, frozen=True, kw_only=True):
    """An event that a follower gave up on: what it was about, and the last error."""

    consumer: str
    event: str
    stream: str
    tries: int
    error: str
    object: Literal["dead_letter"] = "dead_letter"


class Retried(Struct, frozen=True, kw_only=True):
    """A dead letter that lives again."""

    consumer: str
    event: str
    due_at: Time
    object: Literal["retry"] = "retry"


class TotalShown(Struct, frozen=True, kw_only=True):
    """All movements of one kind in one currency, in minor units."""

    fact: str
    currency: str
    ours: int
    theirs: int


class DifferenceShown(Struct, frozen=True, kw_only=True):
    """One movement on which the two sides differ; ``in_flight`` ones may only be on their way."""

    cause: str
    payment: str
    fact: str
    account: str
    currency: str
    ours: int
    theirs: int
    newest_at: Time | None


class ReconciliationShown(Struct, frozen=True, kw_only=True):
    """Whether the provider's statement and our record tell the same story."""

    at: Time
    lines_here: int
    lines_there: int
    agrees: bool
    totals: Sequence[TotalShown]
    differences: Sequence[DifferenceShown]
    object: Literal["reconciliation"] = "reconciliation"


def _letters(call: Call) -> Answer | Refusal:
    limit = call.query.limit
    rows = call.desk.store.dead_letters(None, limit + 1)
    shown = [_letter(call, row) for row in rows[:limit]]
    return Answer(body=ListOf(data=shown, has_more=len(rows) > limit), private=True)


def _letter(call: Call, row: RetryRow) -> DeadLetter:
    return DeadLetter(
        consumer=row.consumer,
        event=f"{row.part}-{row.seq}",
        stream=_stream(call, row.stream),
        tries=row.tries,
        error=row.error,
    )


def _stream(call: Call, stream: int) -> str:
    row = call.desk.store.state(stream)
    if row is None:
        return ""
    kind, _ = decode_state(row.data)
    return public_id(kind.prefix, stream)


def _retry(call: Call) -> Answer | Refusal:
    place = place_of(call.path["event"])
    rows = call.desk.store.dead_letters(call.path["consumer"], SCAN)
    row = next((each for each in rows if (each.part, each.seq) == place), None)
    if row is None:
        return Refusal("dead_letter.unknown")
    # Followers keep to the engine's clock; an instant long past is due by every clock.
    again = replace(row, dead=False, tries=0, due=0)
    call.desk.store.settle(row.consumer, row.part, row.seq, again)
    now = rfc3339(call.desk.engine.now())
    return Answer(body=Retried(consumer=row.consumer, event=f"{row.part}-{row.seq}", due_at=now))


def _reconcile(call: Call) -> Answer | Refusal:
    report = reconcile(call.desk)
    body = ReconciliationShown(
        at=rfc3339(report.at),
        lines_here=report.lines_here,
        lines_there=report.lines_there,
        agrees=report.agrees,
        totals=[
            TotalShown(
                fact=total.fact, currency=total.currency, ours=total.ours, theirs=total.theirs
            )
            for total in report.totals
        ],
        differences=[_difference(each) for each in report.differences],
    )
    return Answer(body=body, private=True)


def _difference(difference: Difference) -> DifferenceShown:
    movement = difference.movement
    return DifferenceShown(
        cause=difference.cause.value,
        payment=movement.payment,
        fact=movement.fact.value,
        account=movement.account,
        currency=movement.currency,
        ours=difference.ours,
        theirs=difference.theirs,
        newest_at=time_of(difference.newest),
    )


def _operator(**row: Any) -> Operation:  # noqa: ANN401 — the fields of an operation
    return Operation(tag="Operators", access=Access.OPERATOR, scope="operator", **row)


OPERATIONS = (
    _operator(
        id="listDeadLetters",
        method="GET",
        path="/v1/dead_letters",
        summary="Events that a follower gave up on, oldest first",
        call=_letters,
        query=First,
        answers=ListOf[DeadLetter],
    ),
    _operator(
        id="retryDeadLetter",
        method="POST",
        path="/v1/dead_letters/{consumer}/{event}/retry",
        summary="Let a follower try an event again",
        call=_retry,
        body=Nothing,
        answers=Retried,
        status=202,
        refusals=("dead_letter.unknown",),
        example={},
    ),
    _operator(
        id="getReconciliation",
        method="GET",
        path="/v1/reconciliation",
        summary="Compare the payment provider's statement with our record",
        call=_reconcile,
        answers=ReconciliationShown,
    ),
)
