"""What a person can do now, until when, what silence does, and for whose benefit.

The heart of the product: what a person sees is what the machine will do. Pages, the API and the
docs ask here and decide nothing themselves.
"""

from msgspec import Struct

from fairhold.domain.deal.clocks import CLOCK_ROW, ClockRow
from fairhold.domain.deal.deal import MOVES
from fairhold.domain.deal.order import may_step_back
from fairhold.domain.deal.phases import MeetingPhase, MoneyPhase, OrderPhase
from fairhold.domain.deal.state import Deal, role_of
from fairhold.kernel.actor import PEOPLE, Actor, Role
from fairhold.kernel.instant import Instant

SAFE_FIRST = (
    "open",
    "seal",
    "book_parcel",
    "present_code",
    "book_return",
    "accept_return",
    "agree_return",
    "read_again",
    "confirm",
    "extend",
    "ask_return",
    "open_case",
    "contest_claim",
    "dispute_return",
    "decline_return",
    "decide_case",
    "renew_code",
    "withdraw",
    "withdraw_case",
    "accept_claim",
    "cancel",
)
"""In which order a page offers moves: the one that goes on first, the one that ends it last."""


class Deadline(Struct, frozen=True, kw_only=True):
    """The clock that runs: whose turn it is, and what happens when nobody does anything."""

    name: str
    due: Instant
    turn: Role
    outcome: str
    benefits: Role
    basis: str


class NextActions(Struct, frozen=True, kw_only=True):
    """Everything one viewer may do in a deal now.

    ``places`` are where one may go without anything happening to the deal: the provider's
    ``checkout``, the ``meeting_code``.
    """

    role: Role
    moves: tuple[str, ...]
    places: tuple[str, ...] = ()
    deadline: Deadline | None
    your_turn: bool


def next_actions(deal: Deal, viewer: Actor) -> NextActions:
    """Answer for one viewer; a stranger gets nothing."""
    role = role_of(deal, viewer)
    if role is Role.STRANGER:
        return NextActions(role=role, moves=(), deadline=None, your_turn=False)
    names = {
        row.name
        for row in MOVES
        if role in row.who
        and role in PEOPLE
        and row.when.fits(deal)
        and _sensible(row.name, deal, role)
    }
    deadline = _deadline(deal)
    return NextActions(
        role=role,
        moves=tuple(name for name in SAFE_FIRST if name in names),
        deadline=deadline,
        places=tuple(name for name in PLACES if is_open(name, deal, role)),
        your_turn=deadline is not None and deadline.turn is role,
    )


PLACES = ("checkout", "meeting_code")


def is_open(place: str, deal: Deal, role: Role) -> bool:
    """Whether somebody may go to a place of a deal; asked by pages, API and desk alike."""
    if role is not Role.BUYER:
        return False
    if place == "checkout":
        return deal.order.phase is OrderPhase.PLACED and deal.money.phase is MoneyPhase.NONE
    return deal.order.phase is OrderPhase.PAID and deal.meeting.phase is MeetingPhase.ARRANGED


def _sensible(name: str, deal: Deal, role: Role) -> bool:
    """Whether a move that the phases allow would also be granted."""
    if name == "cancel":
        return may_step_back(deal, role)
    if name == "extend":
        return deal.order.extensions < deal.rules.extensions
    if name == "open_case":
        return deal.case.openings < deal.rules.case_openings
    if name == "present_code":
        return deal.meeting.mistakes < deal.rules.code_tries
    if name == "seal":
        return deal.order.phase in {OrderPhase.PLACED, OrderPhase.PAID}
    return True


def _deadline(deal: Deal) -> Deadline | None:
    if deal.ended or deal.clock is None:
        return None
    row: ClockRow = CLOCK_ROW[deal.clock.name]
    return Deadline(
        name=row.name,
        due=deal.clock.due,
        turn=row.turn,
        outcome=row.outcome,
        benefits=row.benefits,
        basis=deal.clock.basis,
    )
