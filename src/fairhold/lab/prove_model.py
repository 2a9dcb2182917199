"""What is walked and what is reported: the model of a deal, a fault, the report."""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from fairhold.domain.deal import deal as deals
from fairhold.domain.deal.actions import NextActions, next_actions
from fairhold.domain.deal.clocks import CLOCKS, ClockRow
from fairhold.domain.deal.money import postings
from fairhold.domain.deal.moves import Move
from fairhold.domain.deal.state import Deal, DealEvent
from fairhold.kernel.actor import Actor
from fairhold.kernel.instant import Span
from fairhold.kernel.line import Line
from fairhold.kernel.wish import Command
from fairhold.rulebook import EDITIONS, Rulebook


class Model(Struct, frozen=True, kw_only=True):
    """A deal as the proof sees it. Everything can be replaced, so that tests plant faults."""

    decide: Callable[[Deal | None, Command], deals.Decision] = deals.decide
    evolve: Callable[[Deal | None, Any], Deal] = deals.evolve
    moves: tuple[Move, ...] = deals.MOVES
    clocks: tuple[ClockRow, ...] = CLOCKS
    next_actions: Callable[[Deal, Actor], NextActions] = next_actions
    postings: Callable[[DealEvent, int], tuple[Line, ...]] = postings
    rules: Rulebook = EDITIONS[-1]
    states_max: int = 200_000

    def fold(self, deal: Deal | None, events: Sequence[DealEvent]) -> Deal:
        """The state after some facts."""
        for event in events:
            deal = self.evolve(deal, event)
        assert deal is not None, "a deal begins with a fact"
        return deal


class Finding(Struct, frozen=True):
    """What a check objects to: ``name`` is a stable word, ``what`` the sentence."""

    name: str
    what: str


class Fault(Struct, frozen=True, kw_only=True):
    """A finding with the shortest list of steps that leads to it from the beginning."""

    name: str
    what: str
    path: tuple[str, ...] = ()


class Step(Struct, frozen=True):
    """One step of a path: how long nothing happened before it, and what was done."""

    waited_ms: Span
    label: str


class Report(Struct, frozen=True, kw_only=True):
    """The outcome. ``longest_ms`` counts from taking the offer, ``held_ms`` from the payment.

    ``moves`` counts the steps that were granted and changed something or were put on record.
    """

    states: int
    moves: int
    wishes: int
    longest_path: tuple[Step, ...]
    longest_ms: Span
    held_ms: Span
    hold_limit_ms: Span
    by_delivery: tuple[tuple[str, int, int, Span], ...]
    """For each way of delivery: its name, states, moves, and longest path in milliseconds."""
    faults: tuple[Fault, ...]
