"""A keyed fingerprint that only one holder may have: a card's secret, or a sign-in name.

The fingerprint is an HMAC under a key of the vault: it tells equal from different and nothing
else. Its stream's number comes from the fingerprint; two that share a number are told apart here.
"""

from msgspec import Struct

from fairhold.kernel.instant import Instant
from fairhold.kernel.wish import Command, Event, Refusal


class Holding(Struct, frozen=True):
    """Who holds a fingerprint; ``spent`` once it can never be held by another."""

    holder: int
    spent: bool = False


class Fingerprint(Struct, frozen=True):
    """The folded past of the (nearly always one) fingerprints that share a number."""

    held: dict[str, Holding]


class Hold(Command, frozen=True, kw_only=True):
    """Be the only one who has it."""

    fingerprint: str
    holder: int


class LetGo(Command, frozen=True, kw_only=True):
    """Give up what ``holder`` holds here, so that another may have it."""

    holder: int


class Spend(Command, frozen=True, kw_only=True):
    """What ``holder`` holds here was revealed: nobody else may ever hold it."""

    holder: int


class HoldTaken(Event, frozen=True, kw_only=True):
    """Somebody holds it."""

    fingerprint: str
    holder: int


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
        holding = held.get(command.fingerprint)
        if holding is None:
            return (HoldTaken(at=at, fingerprint=command.fingerprint, holder=command.holder),)
        mine = holding.holder == command.holder and not holding.spent
        return () if mine else Refusal("fingerprint.held")
    unspent = [
        fingerprint
        for fingerprint, holding in held.items()
        if holding.holder == command.holder and not holding.spent
    ]
    fact = HoldGivenUp if isinstance(command, LetGo) else HoldSpent
    return tuple(fact(at=at, fingerprint=fingerprint) for fingerprint in unspent)


def evolve(state: Fingerprint | None, event: FingerprintEvent) -> Fingerprint:
    """Fold one fact about a fingerprint."""
    held = dict(state.held) if state else {}
    match event:
        case HoldTaken(fingerprint=fingerprint, holder=holder):
            held[fingerprint] = Holding(holder)
        case HoldGivenUp(fingerprint=fingerprint):
            del held[fingerprint]
        case HoldSpent(fingerprint=fingerprint):
            held[fingerprint] = Holding(held[fingerprint].holder, spent=True)
    return Fingerprint(held)


def wake(_state: Fingerprint) -> Instant | None:
    """A fingerprint waits for nothing."""
    return None
