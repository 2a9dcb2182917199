"""What deciding says about the state it leads to is what folding its facts says."""

from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from fairhold.domain.deal import deal, order
from fairhold.domain.deal.clocks import CLOCKS, clock_row
from fairhold.domain.delivery import Delivery
from fairhold.kernel.actor import CLOCK
from fairhold.kernel.instant import DAY
from fairhold.kernel.wish import Refusal
from tests.domain.test_properties import STEPS, Told

ONE_BY_ONE = (*CLOCKS[:1], *CLOCKS[1:])


@forall(st.sampled_from(Delivery), STEPS)
@settings(max_examples=200)
def test_a_settled_wish_leads_to_the_state_that_its_facts_fold_to(
    delivery: Delivery, steps: list[tuple[object, int]]
) -> None:
    told = Told(delivery).play(steps)
    late = order.Elapse(at=told.at + 30 * DAY, by=CLOCK)
    for before, command in [*told.commands, (told.deal, late)]:
        settled = deal.settle(before, command)
        assert not isinstance(settled, Refusal)
        events, after = settled
        assert events == deal.decide(before, command)
        assert after == (deal.fold(before, events) if events else before)


@forall(st.sampled_from(Delivery), STEPS)
@settings(max_examples=100)
def test_the_clock_that_runs_is_the_first_row_that_fits(
    delivery: Delivery, steps: list[tuple[object, int]]
) -> None:
    told = Told(delivery).play(steps)
    for before, _ in told.commands:
        assert clock_row(before) is clock_row(before, ONE_BY_ONE)
