"""The walk: from the taking of an offer through everything that anybody can do, to every end.

A state is kept once. Two deals are the same state when no decision can tell them apart, so the key
holds every phase and amount, instants as distances from now, and of histories (scans, operations,
readings) nothing: each walk step uses a fresh scan or operation, and that a repeated one changes
nothing is a check of its own. What may grow without end is cut where decisions stop looking
(openings of a case, mistaken codes), and the number of a meeting's code is dropped. The two
payments are interchangeable until one of them is the deal's. So the space is finite.

In each state everybody acts at once, and just before the running clock ends; or nobody does, and
the clock announces its end or ends. Those whom no row of the table names for a command try it once
for every combination of phases: what refuses them is who they are.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator

from fairhold.domain.deal import order
from fairhold.domain.deal.moves import Move
from fairhold.domain.deal.phases import (
    CasePhase,
    MeetingPhase,
    MoneyPhase,
    OrderPhase,
    ReturnPhase,
)
from fairhold.domain.deal.state import Deal
from fairhold.domain.delivery import Delivery
from fairhold.kernel.actor import PEOPLE, Role
from fairhold.kernel.instant import Instant
from fairhold.kernel.wish import Command, Refusal
from fairhold.lab import prove_checks as checks
from fairhold.lab.prove_model import Fault, Finding, Model, Step
from fairhold.lab.prove_wishes import ACTORS, PAYMENTS, START, Wish, alphabet, place

Key = tuple[object, ...]

_GOING_BACK = frozenset({ReturnPhase.AGREED, ReturnPhase.MOVING_BACK})
_OPEN_CASE = frozenset({CasePhase.OPENED, CasePhase.WITH_OFFICER})


def key_of(deal: Deal, now: Instant) -> Key:
    """All that a later decision can depend on."""
    ended = deal.ended
    clock = deal.clock
    looking = () if ended else _key_of_progress(deal, now)
    return (
        *checks.phases(deal),
        *(deal.money.held, deal.money.released, deal.money.refunded, deal.money.charged_back),
        _key_of_payments(deal),
        looking,
        clock and (clock.name, clock.due - now, tuple(r - now for r in clock.remind)),
    )


def _key_of_progress(deal: Deal, now: Instant) -> Key:
    """The counters and deadlines of a deal that goes on."""
    rules, back, case = deal.rules, deal.back, deal.case
    paid = deal.order.phase is OrderPhase.PAID
    sending = paid and deal.delivery is Delivery.SECRET
    meeting = paid and deal.meeting.phase is MeetingPhase.ARRANGED
    return (
        deal.order.extensions,
        deal.money.stock_confirmed and deal.money.phase is MoneyPhase.AUTHORISED,
        max(0, deal.order.paid_at + rules.deliver_secret_ms - now) if sending else 0,
        paid and deal.parcel.tracking,
        min(deal.meeting.mistakes, rules.code_tries) if meeting else 0,
        back.tracking if back.phase in _GOING_BACK else "",
        min(case.openings, rules.case_openings),
        case.asked if case.phase in _OPEN_CASE else 0,
        case.left_ms,
    )


def _key_of_payments(deal: Deal) -> Key:
    """Which of two interchangeable payments the deal has, and which went astray or were declined.

    Whether stray money is back already matters to nothing but its own return, which is checked
    where it happens. A declined payment matters only as long as the order waits for one.
    """
    money = deal.money
    waiting = deal.order.phase is OrderPhase.PLACED and money.phase is MoneyPhase.NONE
    told = {
        payment: (
            any(stray.payment == payment for stray in money.astray),
            waiting and payment in money.declined,
        )
        for payment in PAYMENTS
    }
    if money.payment:
        return (True, told.pop(money.payment), *told.values())
    return (False, *sorted(told.values(), key=repr))


class Walk:
    """One way of delivery, walked to the end. Findings become faults with their shortest path.

    ``key`` tells states apart; a coarser one than :func:`key_of` makes a map instead of a proof.
    ``heard`` is told of each step.
    """

    def __init__(
        self,
        model: Model,
        delivery: Delivery,
        progress: Callable[[int, int], None] | None = None,
        key: Callable[[Deal, Instant], Key] = key_of,
        heard: Callable[[checks.Taken], None] | None = None,
    ) -> None:
        self.model = model
        self.delivery = delivery
        self.edges: list[dict[int, Step]] = []
        self.deals: list[Deal] = []
        self.nows: list[Instant] = []
        self.moves = 0
        self.wishes = 0
        self.reached: set[Move] = set()
        self.faults: dict[Finding, Fault] = {}
        self._seen: set[tuple[str, ...]] = set()
        self._known: dict[Key, int] = {}
        self._came: list[tuple[int, Step] | None] = []
        self._queue: deque[int] = deque()
        self._progress = progress
        self._key = key
        self._heard = heard
        self._regular, self._foreign = alphabet(model.moves)
        self._rows: dict[tuple[type[Command], Role], list[Move]] = {}
        for row in model.moves:
            for role in row.who:
                self._rows.setdefault((row.command, role), []).append(row)
        self._names = {row.command: row.name for row in model.moves}

    def run(self) -> "Walk":
        """Walk until no new state is found, or there are more than a deal can have."""
        placed = self.model.decide(None, place(self.delivery, self.model.rules))
        assert not isinstance(placed, Refusal), "an offer can be taken"
        self._add(self.model.fold(None, placed), START, None)
        while self._queue and len(self.deals) <= self.model.states_max:
            self._expand(self._queue.popleft())
            if self._progress is not None:
                self._progress(len(self.deals) - len(self._queue), len(self.deals))
        if self._queue:
            many = Finding("too_many_states", f"more than {self.model.states_max} states")
            self.note(self._queue[-1], None, (many,))
        return self

    def path(self, state: int) -> tuple[Step, ...]:
        """The fewest steps from the taking of the offer to a state."""
        steps: list[Step] = []
        came = self._came[state]
        while came is not None:
            state, step = came
            steps.append(step)
            came = self._came[state]
        return tuple(reversed(steps))

    def note(self, state: int, step: Step | None, findings: Iterable[Finding]) -> None:
        """Keep each finding once, with the first path to it: the walk goes breadth first."""
        for finding in findings:
            if finding not in self.faults:
                steps = self.path(state) + ((step,) if step else ())
                self.faults[finding] = Fault(
                    name=finding.name,
                    what=f"{self.delivery.value}: {finding.what}",
                    path=tuple(s.label for s in steps),
                )

    def _add(self, deal: Deal, now: Instant, came: tuple[int, Step] | None) -> int:
        key = self._key(deal, now)
        state = self._known.get(key)
        if state is None:
            state = self._known[key] = len(self.deals)
            self.deals.append(deal)
            self.nows.append(now)
            self.edges.append({})
            self._came.append(came)
            self._queue.append(state)
        return state

    def _expand(self, state: int) -> None:
        model, deal, now = self.model, self.deals[state], self.nows[state]
        self.note(state, None, checks.check_clock(model, deal, now))
        granted: dict[Role, set[str]] = {}
        able: set[Role] = set()
        for wish in self._everybody(checks.phases(deal)):
            outcome = self._try(state, wish, now)
            if outcome is None:
                continue
            if wish.role in PEOPLE:
                granted.setdefault(wish.role, set()).add(
                    self._names.get(wish.command, wish.command.__name__)
                )
            able.add(wish.role)
        self.note(state, None, checks.check_actions(model, deal, granted))
        self.note(state, None, checks.check_owner(model, deal, frozenset(able)))
        if deal.clock is not None and deal.clock.due > now:
            self._let_time_pass(state)

    def _everybody(self, phases: tuple[str, ...]) -> tuple[Wish, ...]:
        if phases in self._seen:
            return self._regular
        self._seen.add(phases)
        return self._regular + self._foreign

    def _let_time_pass(self, state: int) -> None:
        model, deal, now = self.model, self.deals[state], self.nows[state]
        clock = deal.clock
        assert clock is not None
        for early in {now, clock.due - 1}:
            self.note(state, None, checks.check_early(model, deal, early))
        if clock.remind:
            self._elapse(state, clock.remind[0], f"{clock.name} is announced")
        elif clock.due - 1 > now:
            for wish in self._regular:
                self._try(state, wish, clock.due - 1)
        self._elapse(state, clock.due, f"silence: {clock.name} ends", ends=True)

    def _elapse(self, state: int, at: Instant, label: str, *, ends: bool = False) -> None:
        deal = self.deals[state]
        assert deal.clock is not None
        command = order.Elapse(at=at, by=ACTORS[Role.CLOCK])
        step = Step(at - self.nows[state], label)
        decision = self.model.decide(deal, command)
        events = () if isinstance(decision, Refusal) else decision
        after = self.model.fold(deal, events)
        name = deal.clock.name if ends else ""
        taken = checks.Taken(deal, command, Role.CLOCK, events, after, name)
        if ends:
            self.note(state, step, checks.check_silence(taken))
        self._step(state, step, taken)

    def _try(self, state: int, wish: Wish, at: Instant) -> int | None:
        """One wish in one state; answers with the state that it leads to, None when refused."""
        self.wishes += 1
        deal = self.deals[state]
        command = wish.make(deal, at)
        decision = self.model.decide(deal, command)
        if isinstance(decision, Refusal):
            return None
        if not decision:
            return state
        after = self.model.fold(deal, decision)
        taken = checks.Taken(deal, command, wish.role, decision, after)
        waited = at - self.nows[state]
        moment = f"just before {deal.clock.name} ends: " if waited and deal.clock else ""
        step = Step(waited, moment + wish.label)
        fitting = [
            row for row in self._rows.get((wish.command, wish.role), ()) if row.when.fits(deal)
        ]
        self.reached.update(row for row in fitting if row.to.fits(after))
        self.note(state, step, checks.check_row(fitting, taken))
        self.note(state, step, checks.check_repeat(self.model, taken))
        return self._step(state, step, taken)

    def _step(self, state: int, step: Step, taken: checks.Taken) -> int:
        self.moves += 1
        if self._heard is not None:
            self._heard(taken)
        self.note(state, step, _check_step(self.model, taken))
        target = self._add(taken.after, taken.command.at, (state, step))
        known = self.edges[state].get(target)
        if known is None or known.waited_ms < step.waited_ms:
            self.edges[state][target] = step
        return target


def _check_step(model: Model, taken: checks.Taken) -> Iterator[Finding]:
    yield from checks.check_money(model, taken)
    yield from checks.check_release(taken)
    yield from checks.check_secret(taken)
    yield from checks.check_sealed(taken)
    yield from checks.check_end(taken)
