"""How a table of moves reads: who may do what, from which phases, and where it leads.

The tables stand in the modules of the parts. The same rows feed ``decide``, ``next_actions``, the
pages' buttons, the diagrams in the docs, the exhaustive check and the golden grid in the tests.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from fairhold.domain.deal.phases import (
    CasePhase,
    MeetingPhase,
    MoneyPhase,
    OrderPhase,
    ParcelPhase,
    ReturnPhase,
    SecretPhase,
)
from fairhold.domain.deal.state import Deal
from fairhold.kernel.actor import Role
from fairhold.kernel.wish import Command

CHANGED = "deal.changed"
"""Refuses a wish that was prepared for another state: whoever prepared it prepares it again."""


class When(Struct, frozen=True, kw_only=True):
    """A pattern over the phases of a deal; an empty set stands for "any"."""

    order: frozenset[OrderPhase] = frozenset()
    money: frozenset[MoneyPhase] = frozenset()
    secret: frozenset[SecretPhase] = frozenset()
    parcel: frozenset[ParcelPhase] = frozenset()
    meeting: frozenset[MeetingPhase] = frozenset()
    back: frozenset[ReturnPhase] = frozenset()
    case: frozenset[CasePhase] = frozenset()

    def fits(self, deal: Deal) -> bool:
        """Whether the deal's phases match."""
        return (
            (not self.order or deal.order.phase in self.order)
            and (not self.money or deal.money.phase in self.money)
            and (not self.secret or deal.secret.phase in self.secret)
            and (not self.parcel or deal.parcel.phase in self.parcel)
            and (not self.meeting or deal.meeting.phase in self.meeting)
            and (not self.back or deal.back.phase in self.back)
            and (not self.case or deal.case.phase in self.case)
        )


def when(
    *phases: OrderPhase
    | MoneyPhase
    | SecretPhase
    | ParcelPhase
    | MeetingPhase
    | ReturnPhase
    | CasePhase,
) -> When:
    """Gather phases of any parts into a pattern: phases of one part are alternatives."""
    return When(
        order=frozenset(p for p in phases if isinstance(p, OrderPhase)),
        money=frozenset(p for p in phases if isinstance(p, MoneyPhase)),
        secret=frozenset(p for p in phases if isinstance(p, SecretPhase)),
        parcel=frozenset(p for p in phases if isinstance(p, ParcelPhase)),
        meeting=frozenset(p for p in phases if isinstance(p, MeetingPhase)),
        back=frozenset(p for p in phases if isinstance(p, ReturnPhase)),
        case=frozenset(p for p in phases if isinstance(p, CasePhase)),
    )


class Move(Struct, frozen=True):
    """One row: ``name`` is what the API and the pages call it, ``to`` what holds afterwards."""

    name: str
    part: str
    command: type[Command]
    who: frozenset[Role]
    when: When
    to: When = When()


def move(
    part: str, name: str, command: type[Command], who: Role, given: When, to: When | None = None
) -> Move:
    """Write a row."""
    return Move(name, part, command, frozenset({who}), given, to or When())


def by_command(moves: Iterable[Move]) -> Mapping[type[Command], Sequence[Move]]:
    """Index a table by command, in the order of its rows."""
    index: dict[type[Command], list[Move]] = {}
    for row in moves:
        index.setdefault(row.command, []).append(row)
    return index
