"""A keyed fingerprint that only one holder may have: a card's secret, or a sign-in name.

The fingerprint is an HMAC under a key of the vault: it tells equal from different and nothing
else. Its stream's number comes from the fingerprint; two that share a number are told apart here.
"""

from msgspec import Struct

from fairhold.kernel.instant import Instant
from fairhold.kernel.wish import Command, Event, Refusal


class Holding(Struct, frozen=True):
    """Who holds a fingerprint, since which mark; ``spent`` once no other can ever hold it."""

    holder: int
    mark: int = 0
    spent: bool = False


class Fingerprint(Struct, frozen=True):
    """The folded past of the (nearly always one) fingerprints that share a number."""

    held: dict[str, Holding]


class Hold(Command, frozen=True, kw_only=True):
    """Be the only one who has it.

    ``mark`` counts in the holder's own stream (its version): holding again later raises it.
    """

    fingerprint: str
    holder: int
    mark: int = 0


class LetGo(Command, frozen=True, kw_only=True):
    """Give up what ``holder`` has held since before a mark, so that another may have it.

    Whoever lets go because of an old fact thereby leaves a newer hold of the same holder alone.
    """

    holder: int
    before: int = 1 << 62


class Spend(Command, frozen=True, kw_only=True):
    """What ``holder`` holds here was revealed: nobody else may ever hold it."""

    holder: int


class HoldTaken(Event, frozen=True, kw_only=True):
    """Somebody holds it."""

    fingerprint: str
    holder: int
    mark: int


class HoldGivenUp(Event, frozen=True, kw_only=True):
    """Nobody holds it."""

    fingerprint: str


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
    before = command.before if isinstance(command, LetGo) else 1 << 62
    unspent = [
        fingerprint
        for fingerprint, holding in held.items()
        if holding.holder == command.holder and not holding.spent and holding.mark < before
    ]
    fact = HoldGivenUp if isinstance(command, LetGo) else HoldSpent
    return tuple(fact(at=at, fingerprint=fingerprint) for fingerprint in unspent)


def _hold(holding: Holding | None, command: Hold) -> Decision:
    if holding is not None:
        if holding.holder != command.holder or holding.spent:
            return Refusal("fingerprint.held")
        if holding.mark >= command.mark:
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
            held[fingerprint] = Holding(holder, mark)
        case HoldGivenUp(fingerprint=fingerprint):
            del held[fingerprint]
        case HoldSpent(fingerprint=fingerprint):
            before = held[fingerprint]
            held[fingerprint] = Holding(before.holder, before.mark, spent=True)
    return Fingerprint(held)


def wake(_state: Fingerprint) -> Instant | None:
    """A fingerprint waits for nothing."""
    return None
