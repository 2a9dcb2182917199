"""A keyed fingerprint that only one holder may have: a card's secret, or a sign-in name.

The fingerprint is an HMAC under a key of the vault: it tells equal from different and nothing
else. Its stream's number comes from the fingerprint; two that share a number are told apart here.
"""

from msgspec import Struct

from fairhold.kernel.instant import Instant
from fairhold.kernel.wish import Command, Event, Refusal

ATTEMPT_BITS = 20
"""How much of a mark tells apart who tried at the same version."""


def mark_of(version: int, attempt: int = 0) -> int:
    """The mark of one attempt to hold; marks of a later version are greater."""
    return (version << ATTEMPT_BITS) | attempt


class Holding(Struct, frozen=True):
    """Who holds a fingerprint, by which marks; ``spent`` once no other can ever hold it.

    Each attempt of the holder leaves a mark of its own and takes back no other one's: it is held
    as long as one is left.
    """

    holder: int
    marks: tuple[int, ...] = ()
    spent: bool = False


class Fingerprint(Struct, frozen=True):
    """The folded past of the (nearly always one) fingerprints that share a number."""

    held: dict[str, Holding]


class Hold(Command, frozen=True, kw_only=True):
    """Be the only one who has it.

    ``mark`` is :func:`mark_of` the version of the holder's own stream and of this attempt.
    """

    fingerprint: str
    holder: int
    mark: int = 0


class LetGo(Command, frozen=True, kw_only=True):
    """Give up the marks of ``holder`` before a mark, or ``only`` one; without any another has it.

    Whoever lets go because of an old fact thereby leaves a newer hold of the same holder alone,
    and an attempt that was refused leaves alone what another attempt relies on.
    """

    holder: int
    before: int = 1 << 62
    only: int | None = None


class Spend(Command, frozen=True, kw_only=True):
    """What ``holder`` holds here was revealed: nobody else may ever hold it."""

    holder: int


class HoldTaken(Event, frozen=True, kw_only=True):
    """Somebody holds it; each attempt by a mark of its own."""

    fingerprint: str
    holder: int
    mark: int


class HoldGivenUp(Event, frozen=True, kw_only=True):
    """These marks hold it no longer; when none is left, nobody does."""

    fingerprint: str
    marks: tuple[int, ...]


class HoldSpent(Event, frozen=True, kw_only=True):
    """It can never be held again."""

    fingerprint: str


FingerprintEvent = HoldTaken | HoldGivenUp | HoldSpent
EVENTS = (HoldTaken, HoldGivenUp, HoldSpent)
REFUSALS = ("fingerprint.held",)

Decision = Refusal | tuple[FingerprintEvent, ...]


def decide(state: Fingerprint | None, command: Command) -> Decision:
    """Answer one wish about a fingerprint."""
    assert isinstance(command, (Hold, LetGo, Spend))
    held = state.held if state else {}
    at = command.at
    if isinstance(command, Hold):
        return _hold(held.get(command.fingerprint), command)
    unspent = {
        fingerprint: holding.marks
        for fingerprint, holding in held.items()
        if holding.holder == command.holder and not holding.spent
    }
    if isinstance(command, Spend):
        return tuple(HoldSpent(at=at, fingerprint=fingerprint) for fingerprint in unspent)
    gone = {name: _given_up(marks, command) for name, marks in unspent.items()}
    return tuple(
        HoldGivenUp(at=at, fingerprint=name, marks=marks) for name, marks in gone.items() if marks
    )


def _given_up(marks: tuple[int, ...], command: LetGo) -> tuple[int, ...]:
    if command.only is not None:
        return (command.only,) if command.only in marks else ()
    return tuple(mark for mark in marks if mark < command.before)


def _hold(holding: Holding | None, command: Hold) -> Decision:
    if holding is not None:
        if holding.holder != command.holder or holding.spent:
            return Refusal("fingerprint.held")
        if command.mark in holding.marks:
            return ()
    return (
        HoldTaken(
            at=command.at,
            fingerprint=command.fingerprint,
            holder=command.holder,
            mark=command.mark,
        ),
    )


def evolve(state: Fingerprint | None, event: FingerprintEvent) -> Fingerprint:
    """Fold one fact about a fingerprint."""
    held = dict(state.held) if state else {}
    match event:
        case HoldTaken(fingerprint=fingerprint, holder=holder, mark=mark):
            marks = held[fingerprint].marks if fingerprint in held else ()
            held[fingerprint] = Holding(holder, (*marks, mark))
        case HoldGivenUp(fingerprint=fingerprint, marks=gone):
            left = tuple(mark for mark in held[fingerprint].marks if mark not in gone)
            if left:
                held[fingerprint] = Holding(held[fingerprint].holder, left)
            else:
                del held[fingerprint]
        case HoldSpent(fingerprint=fingerprint):
            before = held[fingerprint]
            held[fingerprint] = Holding(before.holder, before.marks, spent=True)
    return Fingerprint(held)


def wake(_state: Fingerprint) -> Instant | None:
    """A fingerprint waits for nothing."""
    return None
