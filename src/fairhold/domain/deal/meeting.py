"""Goods handed over in person: the buyer holds a one-time code and gives it only for the goods.

The code is derived in the vault and compared there; the deal learns only whether it matched.
"""

from msgspec.structs import replace

from fairhold.domain.deal.moves import Move, move, when
from fairhold.domain.deal.order import Fulfilled
from fairhold.domain.deal.phases import MeetingPhase, OrderPhase
from fairhold.domain.deal.state import Deal, DealEvent, Meeting
from fairhold.domain.delivery import Delivery
from fairhold.kernel.actor import Role
from fairhold.kernel.wish import Command, Refusal


class PresentCode(Command, frozen=True, kw_only=True):
    """The seller types the buyer's code; ``code`` is the number of the code compared."""

    code: int
    matches: bool


class RenewCode(Command, frozen=True, kw_only=True):
    """The buyer makes a new code: the old one was seen by somebody, or mistaken too often."""


class Met(DealEvent, frozen=True, kw_only=True):
    """The code matched: the goods are in the buyer's hand."""


class CodeMistaken(DealEvent, frozen=True, kw_only=True):
    """A code that did not match was typed."""


class CodeRenewed(DealEvent, frozen=True, kw_only=True):
    """Another code is in force."""

    code: int


MeetingEvent = Met | CodeMistaken | CodeRenewed

_ARRANGED = when(OrderPhase.PAID, MeetingPhase.ARRANGED)

MOVES: tuple[Move, ...] = (
    move(
        "meeting",
        "present_code",
        PresentCode,
        Role.SELLER,
        _ARRANGED,
        when(OrderPhase.PAID, OrderPhase.FULFILLED, MeetingPhase.ARRANGED, MeetingPhase.MET),
    ),
    move("meeting", "renew_code", RenewCode, Role.BUYER, _ARRANGED, _ARRANGED),
)

REFUSALS = ("meeting.not_paid", "meeting.too_many_mistakes", "meeting.code_is_old")


def why_not(deal: Deal, command: Command) -> Refusal | None:
    """The reason that helps most about a meeting."""
    if deal.delivery is not Delivery.MEETING:
        return None
    if isinstance(command, (PresentCode, RenewCode)) and deal.order.phase is OrderPhase.PLACED:
        return Refusal("meeting.not_paid")
    return None


def decide_meeting(deal: Deal, command: PresentCode | RenewCode) -> Refusal | tuple[DealEvent, ...]:
    """Answer a wish at the meeting."""
    at, meeting = command.at, deal.meeting
    if isinstance(command, RenewCode):
        return (CodeRenewed(at=at, code=meeting.code + 1),)
    if meeting.mistakes >= deal.rules.code_tries:
        return Refusal("meeting.too_many_mistakes", {"tries": deal.rules.code_tries})
    if command.code != meeting.code:
        return Refusal("meeting.code_is_old")
    if not command.matches:
        return (CodeMistaken(at=at),)
    return (Met(at=at), Fulfilled(at=at, basis="met"))


def evolve_meeting(meeting: Meeting, event: MeetingEvent) -> Meeting:
    """Fold one fact about the meeting."""
    match event:
        case Met():
            return replace(meeting, phase=MeetingPhase.MET)
        case CodeMistaken():
            return replace(meeting, mistakes=meeting.mistakes + 1)
        case CodeRenewed(code=code):
            return replace(meeting, code=code, mistakes=0)
