"""The table of moves, the clocks and the refusals, each compared with what really happens."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fairhold.domain import account, conversation, fingerprint, listing, wallet
from fairhold.domain.deal import deal
from fairhold.domain.deal.actions import SAFE_FIRST, next_actions
from fairhold.domain.deal.clocks import CLOCKS, clock_row
from fairhold.domain.deal.moves import Move
from fairhold.domain.deal.phases import ENDS
from fairhold.domain.deal.state import Deal
from fairhold.domain.delivery import Delivery
from fairhold.kernel.actor import PEOPLE, Actor, Role
from fairhold.kernel.wish import Refusal
from fairhold.lab.prove_wishes import ACTORS, alphabet
from fairhold.rulebook import EDITIONS
from fairhold.rulebook.values import RANGES
from tests.domain.situations import SITUATIONS
from tests.domain.spec import BUYER, SELLER, STRANGER, Deed

ROWS = [pytest.param(row, id=f"{row.name}-{'-'.join(sorted(row.who))}-{number}")
        for number, row in enumerate(deal.MOVES)]  # fmt: skip


def taken(row: Move) -> Iterator[tuple[Deed, Deal]]:
    """Every situation in which a row is taken, with what it leads to."""
    wishes, _ = alphabet(deal.MOVES)
    for make in SITUATIONS.values():
        deed = make()
        for wish in wishes:
            if wish.command is not row.command or wish.role not in row.who:
                continue
            decision = deal.decide(deed.deal, wish.make(deed.deal, deed.at))
            if row.when.fits(deed.deal) and not isinstance(decision, Refusal) and decision:
                yield deed, deal.fold(deed.deal, decision)


@pytest.mark.parametrize("row", ROWS)
def test_every_row_is_taken_and_lands_where_it_says(row: Move) -> None:
    landed = [row.to.fits(after) for _, after in taken(row)]
    assert any(landed), "no situation takes this row"
    if not row.who <= PEOPLE:
        return  # a machine's other row answers notices that nobody waits for
    assert all(landed)


@pytest.mark.parametrize("row", CLOCKS, ids=lambda row: row.name)
def test_every_clock_runs_in_some_situation_and_leads_out_of_it(row: object) -> None:
    name = getattr(row, "name", "")
    deeds = [deed for deed in (make() for make in SITUATIONS.values()) if deed.clock == name]
    assert deeds, "no situation has this clock"
    for deed in deeds:
        before = deed.deal
        after = deed.silence().deal
        assert (after.order, after.back, after.case) != (before.order, before.back, before.case)


@pytest.mark.parametrize("name", SITUATIONS)
def test_exactly_one_clock_runs_until_the_end(name: str) -> None:
    state = SITUATIONS[name]().deal
    fitting = [row.name for row in CLOCKS if row.when.fits(state)]
    if state.order.phase in ENDS:
        assert state.clock is None
        assert clock_row(state) is None
    else:
        assert [state.clock.name if state.clock else ""] == fitting


@pytest.mark.parametrize("name", SITUATIONS)
def test_what_is_offered_is_granted_and_what_is_granted_is_offered(name: str) -> None:
    deed = SITUATIONS[name]()
    wishes, _ = alphabet(deal.MOVES)
    names = {row.command: row.name for row in deal.MOVES}
    for role in (Role.BUYER, Role.SELLER, Role.OPERATOR):
        granted = {
            names[wish.command]
            for wish in wishes
            if wish.role is role
            and not isinstance(deal.decide(deed.deal, wish.make(deed.deal, deed.at)), Refusal)
        }
        assert set(deed.may(ACTORS[role])) == granted


@pytest.mark.parametrize("name", SITUATIONS)
def test_a_stranger_sees_nothing(name: str) -> None:
    seen = next_actions(SITUATIONS[name]().deal, STRANGER)
    assert (seen.moves, seen.deadline, seen.your_turn) == ((), None, False)


@pytest.mark.parametrize("viewer", [BUYER, SELLER])
def test_the_deadline_is_the_same_for_both_parties(viewer: Actor) -> None:
    for make in SITUATIONS.values():
        deed = make()
        seen = next_actions(deed.deal, viewer)
        if deed.deal.ended:
            assert seen.deadline is None
            continue
        assert seen.deadline is not None
        assert (seen.deadline.name, seen.deadline.due) == (deed.clock, deed.due)
        assert seen.deadline.outcome == deed.outcome
        assert seen.your_turn is (seen.deadline.turn is seen.role)
        assert seen.deadline.benefits in {Role.BUYER, Role.SELLER}


def test_every_move_of_a_person_has_its_place_on_the_page() -> None:
    names = {row.name for row in deal.MOVES if row.who & PEOPLE}
    assert names == set(SAFE_FIRST)


def test_a_command_has_one_name_and_a_name_one_command() -> None:
    pairs = {(row.command, row.name) for row in deal.MOVES}
    assert len(pairs) == len({command for command, _ in pairs}) == len({name for _, name in pairs})


def test_every_clock_takes_its_span_from_the_rulebook() -> None:
    for row in CLOCKS:
        assert row.span in RANGES
        assert isinstance(getattr(EDITIONS[-1], row.span), int)


def test_every_way_of_delivery_is_among_the_situations() -> None:
    assert {make().deal.delivery for make in SITUATIONS.values()} == set(Delivery)


AGGREGATES = (deal, listing, account, conversation, fingerprint, wallet)


@pytest.mark.parametrize("code", [code for aggregate in AGGREGATES for code in aggregate.REFUSALS])
def test_every_refusal_has_a_test(code: str) -> None:
    sources = Path(__file__).parent.glob("test_*.py")
    texts = [path.read_text("utf-8") for path in sources if path.name != Path(__file__).name]
    assert any(f'"{code}"' in text for text in texts)


def test_no_refusal_is_listed_twice() -> None:
    codes = [code for aggregate in AGGREGATES for code in aggregate.REFUSALS]
    assert len(codes) == len(set(codes))
