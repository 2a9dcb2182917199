"""Whatever anybody does in whatever order: the money adds up and the past can be told again."""

from collections.abc import Sequence

from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from fairhold.domain.deal import deal, money, order
from fairhold.domain.deal.clocks import clock_row
from fairhold.domain.deal.state import Deal, DealEvent
from fairhold.domain.delivery import Delivery
from fairhold.kernel.actor import CLOCK, PROVIDER, Role
from fairhold.kernel.instant import DAY, HOUR
from fairhold.kernel.line import balanced
from fairhold.kernel.wish import Command, Refusal
from fairhold.lab.prove_wishes import alphabet
from fairhold.lab.prove_wishes import place as offer
from tests.domain.spec import NOW, RULES

WISHES, _FOREIGN = alphabet(deal.MOVES)
PAYING = [w for w in WISHES if w.label.endswith("(p1, the price)")]
STEPS = st.lists(
    st.tuples(
        st.one_of(st.sampled_from(WISHES), st.sampled_from(PAYING), st.none()),
        st.sampled_from([0, 1, HOUR, DAY, 3 * DAY, 11 * DAY]),
    ),
    max_size=60,
)


class Told:
    """One deal as told by random people, with everything that was decided."""

    def __init__(self, delivery: Delivery) -> None:
        self.at = NOW
        self.events: list[DealEvent] = []
        self.state: Deal | None = None
        self.commands: list[tuple[Deal, Command]] = []
        self.hear(offer(delivery, RULES))

    @property
    def deal(self) -> Deal:
        assert self.state is not None
        return self.state

    def hear(self, command: Command) -> Sequence[DealEvent]:
        decision = deal.decide(self.state, command)
        if isinstance(decision, Refusal):
            return ()
        if self.state is not None:
            self.commands.append((self.state, command))
        for event in decision:
            self.state = deal.evolve(self.state, event)
        self.events += decision
        return decision

    def play(self, steps: Sequence[tuple[object, int]]) -> "Told":
        """A wish of somebody, or the clock's look when there is none; time passes before it."""
        for wish, span in steps:
            self.at += span
            if wish is None:
                self.hear(order.Elapse(at=self.at, by=CLOCK))
            else:
                self.hear(wish.make(self.deal, self.at))  # type: ignore[attr-defined]
        return self


@forall(st.sampled_from(Delivery), STEPS)
@settings(max_examples=200)
def test_the_money_adds_up_after_anything(
    delivery: Delivery, steps: list[tuple[object, int]]
) -> None:
    told = Told(delivery).play(steps)
    part = told.deal.money
    assert part.held in {0, told.deal.price.minor}
    assert part.held == part.released + part.refunded + part.remaining
    assert min(part.released, part.refunded, part.remaining) >= 0
    assert not told.deal.ended or part.remaining == 0
    hold = 0
    for event in told.events:
        lines = money.postings(event, 7)
        assert balanced(lines)
        hold += sum(line.minor for line in lines if line.account == "hold")
        assert hold <= 0
    assert hold == -part.remaining


@forall(st.sampled_from(Delivery), STEPS)
def test_the_state_is_the_fold_of_the_facts(
    delivery: Delivery, steps: list[tuple[object, int]]
) -> None:
    told = Told(delivery).play(steps)
    assert deal.fold(None, told.events) == told.deal


@forall(st.sampled_from(Delivery), STEPS)
def test_a_deal_that_goes_on_has_its_clock(
    delivery: Delivery, steps: list[tuple[object, int]]
) -> None:
    state = Told(delivery).play(steps).deal
    row = clock_row(state)
    if state.ended:
        assert (row, state.clock, deal.wake(state)) == (None, None, None)
    else:
        assert row is not None
        assert state.clock is not None
        assert state.clock.name == row.name
        wake = deal.wake(state)
        assert wake is not None
        assert wake <= state.clock.due


@forall(st.sampled_from(Delivery), STEPS, st.floats(0, 1, exclude_max=True))
def test_the_clock_does_nothing_before_it_is_due(
    delivery: Delivery, steps: list[tuple[object, int]], share: float
) -> None:
    told = Told(delivery).play(steps)
    clock = told.deal.clock
    if clock is None or clock.due <= told.at:
        return
    early = told.at + int((clock.due - told.at) * share)
    decision = deal.decide(told.deal, order.Elapse(at=early, by=CLOCK))
    assert not isinstance(decision, Refusal)
    assert all(isinstance(event, order.Reminded) for event in decision)
    assert bool(decision) is any(moment <= early for moment in clock.remind)


@forall(st.sampled_from(Delivery), STEPS)
def test_what_a_machine_says_again_is_nothing_new(
    delivery: Delivery, steps: list[tuple[object, int]]
) -> None:
    told = Told(delivery)
    machines = {Role.PROVIDER, Role.CARRIER, Role.PLATFORM}
    for wish, span in steps:
        before = len(told.commands)
        told.play([(wish, span)])
        for _, command in told.commands[before:]:
            if command.by.machine in machines:
                assert deal.decide(told.deal, command) == ()


@forall(st.sampled_from(Delivery), STEPS)
def test_silence_alone_always_ends_a_deal(
    delivery: Delivery, steps: list[tuple[object, int]]
) -> None:
    told = Told(delivery).play(steps)
    waits = 0
    while not told.deal.ended:
        wake = deal.wake(told.deal)
        assert wake is not None
        told.at = max(told.at, wake)
        assert told.hear(order.Elapse(at=told.at, by=CLOCK))
        waits += 1
        assert waits < 20


@forall(st.sampled_from(Delivery), STEPS)
def test_what_has_ended_stays_ended(delivery: Delivery, steps: list[tuple[object, int]]) -> None:
    told = Told(delivery)
    for step in steps:
        before = told.deal
        told.play([step])
        if before.ended:
            assert told.deal.order == before.order
            assert told.deal.money.released == before.money.released
            assert told.deal.money.refunded == before.money.refunded


@forall(st.permutations([w for w in PAYING for _ in range(3)]))
def test_notices_of_one_payment_in_any_order_hold_it_once_or_send_it_back(
    notices: list[object],
) -> None:
    told = Told(Delivery.PARCEL).play([(notice, 0) for notice in notices])
    captured = [event for event in told.events if isinstance(event, money.Held)]
    astray = [event for event in told.events if isinstance(event, money.CapturedAstray)]
    assert len(captured) <= 1
    assert len(astray) <= 1
    # Whoever was charged is either holding a paid order or has the money on its way back.
    assert len(captured) + len(astray) >= 1
    assert PAYING[0].actor == PROVIDER
