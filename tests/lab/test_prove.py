"""The proof finds nothing in the deal as it is, and names every fault that is planted in it."""

from collections.abc import Callable

import msgspec
import pytest
from msgspec import structs
from rich.console import Console

from fairhold.domain.deal import case, deal, money, order, parcel, secret
from fairhold.domain.deal.actions import NextActions, next_actions
from fairhold.domain.deal.clocks import CLOCKS
from fairhold.domain.deal.endings import release
from fairhold.domain.deal.moves import move, when
from fairhold.domain.deal.phases import CasePhase, OrderPhase, SecretPhase
from fairhold.domain.deal.state import Case, Deal, role_of
from fairhold.domain.delivery import Delivery
from fairhold.kernel.actor import Actor, Role
from fairhold.kernel.instant import DAY
from fairhold.kernel.money import Money
from fairhold.kernel.wish import Command, Refusal
from fairhold.lab import prove as proof
from fairhold.lab.prove import Fault, Model, Report, prove
from fairhold.rulebook import EDITIONS

RULES = EDITIONS[-1]
Decide = Callable[[Deal | None, Command], deal.Decision]
Plant = Callable[[Deal, Command], deal.Decision | None]


def planted(plant: Plant) -> Decide:
    """The real decision, except where ``plant`` answers something else than None."""

    def decide(state: Deal | None, command: Command) -> deal.Decision:
        other = plant(state, command) if state is not None else None
        return deal.decide(state, command) if other is None else other

    return decide


def of_codes(model: Model) -> Report:
    """The proof of deals about a code, the smallest of the three."""
    return prove(model, deliveries=(Delivery.SECRET,))


def named(report: Report, name: str) -> Fault:
    found = [fault for fault in report.faults if fault.name == name]
    assert found, f"{name} is not among {sorted({fault.name for fault in report.faults})}"
    return found[0]


@pytest.fixture(scope="module")
def sound() -> Report:
    return of_codes(Model())


def test_a_deal_about_a_code_has_no_fault(sound: Report) -> None:
    assert sound.faults == ()


def test_the_longest_way_is_made_of_its_steps(sound: Report) -> None:
    assert sound.longest_ms == sum(step.waited_ms for step in sound.longest_path)
    assert 0 < sound.held_ms < sound.longest_ms


def test_a_paid_deal_ends_before_the_provider_lets_go(sound: Report) -> None:
    assert sound.held_ms < RULES.provider_hold_ms


def test_a_phase_without_a_clock_is_a_dead_end() -> None:
    real = deal.decide

    def forgetful(state: Deal | None, command: Command) -> deal.Decision:
        decision = real(state, command)
        if isinstance(decision, Refusal) or not decision:
            return decision
        last = decision[-1]
        if last.clock is None or last.clock.name != "test":
            return decision
        return (*decision[:-1], structs.replace(last, clock=None))

    rows = tuple(row for row in CLOCKS if row.name != "test")
    fault = named(of_codes(Model(decide=forgetful, clocks=rows)), "dead_end")
    assert "opened" in fault.what
    assert fault.path[-1].startswith("buyer open")


def test_money_released_before_delivery_is_an_early_release() -> None:
    def confirm_while_paid(state: Deal, command: Command) -> deal.Decision | None:
        early = isinstance(command, order.Confirm) and state.order.phase is OrderPhase.PAID
        if early and role_of(state, command.by) is Role.BUYER:
            return release(state, command.at, "confirmed")
        return None

    report = of_codes(Model(decide=planted(confirm_while_paid)))
    fault = named(report, "early_release")
    assert fault.path == (
        "provider note_authorised (p1, the price)",
        "provider note_captured (p1, the price)",
        "buyer confirm",
    )
    # Sealed counts as delivered, but nobody may be made to confirm what was never opened.
    assert named(report, "groundless_release").path[-1] == "buyer confirm"
    named(report, "granted_not_offered")


def test_a_clock_whose_owner_can_do_nothing_is_named() -> None:
    rows = tuple(
        structs.replace(row, turn=Role.OPERATOR) if row.name == "deliver" else row for row in CLOCKS
    )
    assert "deliver waits for operator" in named(of_codes(Model(clocks=rows)), "clock_unowned").what


def test_a_clock_that_waits_for_a_machine_nobody_knows_is_named() -> None:
    moves = tuple(row for row in deal.MOVES if Role.CARRIER not in row.who)
    rows = tuple(
        structs.replace(row, turn=Role.CARRIER) if row.name == "deliver" else row for row in CLOCKS
    )
    fault = named(of_codes(Model(moves=moves, clocks=rows)), "clock_unowned")
    assert "whom no move knows" in fault.what


def test_a_clock_that_does_nothing_is_named() -> None:
    def shrug(state: Deal, command: Command) -> deal.Decision | None:
        clock = state.clock
        due = clock is not None and clock.name == "test" and command.at >= clock.due
        return () if due and isinstance(command, order.Elapse) else None

    fault = named(of_codes(Model(decide=planted(shrug))), "silent_clock")
    assert "when test runs out" in fault.what
    assert fault.path[-1] == "silence: test ends"


def test_a_clock_that_acts_before_its_time_is_named() -> None:
    def hasty(state: Deal, command: Command) -> deal.Decision | None:
        if not isinstance(command, order.Elapse) or state.clock is None or state.ended:
            return None
        late = structs.replace(command, at=state.clock.due)
        return deal.decide(state, late) if command.by.machine is Role.CLOCK else None

    named(of_codes(Model(decide=planted(hasty))), "early_clock")


def test_two_clocks_in_one_phase_are_named() -> None:
    twin = structs.replace(CLOCKS[0], name="pay_again")
    assert "pay and pay_again" in named(of_codes(Model(clocks=(*CLOCKS, twin))), "two_clocks").what


def test_money_created_by_an_award_is_named() -> None:
    def generous(state: Deal, command: Command) -> deal.Decision | None:
        decision = deal.decide(state, command)
        if not isinstance(command, case.DecideCase) or isinstance(decision, Refusal):
            return None
        return tuple(
            structs.replace(event, amount=event.amount + Money(1, "CNY"))
            if isinstance(event, money.Released)
            else event
            for event in decision
        )

    fault = named(of_codes(Model(decide=planted(generous))), "money")
    assert fault.path[-1].startswith("operator decide_case")


def test_postings_that_do_not_balance_are_named() -> None:
    report = of_codes(Model(postings=lambda event, stream: money.postings(event, stream)[:1]))
    assert "do not sum to zero" in named(report, "money").what


def test_a_second_opening_is_named() -> None:
    def once_more(state: Deal, command: Command) -> deal.Decision | None:
        again = isinstance(command, secret.Open) and state.secret.phase is SecretPhase.OPENED
        if again and role_of(state, command.by) is Role.BUYER:
            return (secret.Opened(at=command.at, issuer=secret.IssuerWord()),)
        return None

    report = of_codes(Model(decide=planted(once_more)))
    assert "secret: the secret is opened a second time" in {f.what for f in report.faults}


@pytest.mark.parametrize("missing", [{"body": 0}, {"digest": ""}, {"fingerprints": ()}])
def test_an_empty_vault_that_counts_as_sealed_is_named(missing: dict[str, object]) -> None:
    def blank(state: Deal, command: Command) -> deal.Decision | None:
        if not isinstance(command, secret.Seal) or state.secret.phase is SecretPhase.SEALED:
            return None
        decision = deal.decide(state, command)
        if isinstance(decision, Refusal):
            return None
        return tuple(
            structs.replace(event, **missing) if isinstance(event, secret.Sealed) else event
            for event in decision
        )

    fault = named(of_codes(Model(decide=planted(blank))), "sealed_nothing")
    assert fault.path[-1].startswith("seller seal")


def test_a_parcel_that_counts_as_booked_without_a_label_is_named() -> None:
    def blank(state: Deal, command: Command) -> deal.Decision | None:
        decision = deal.decide(state, command)
        if not isinstance(command, parcel.BookParcel) or isinstance(decision, Refusal):
            return None
        return tuple(structs.replace(event, tracking="") for event in decision)

    report = prove(Model(decide=planted(blank)), deliveries=(Delivery.PARCEL,))
    assert named(report, "booked_nothing").path[-1].startswith("seller book_parcel")


def test_an_opening_by_the_seller_is_named() -> None:
    def curious(state: Deal, command: Command) -> deal.Decision | None:
        sealed = isinstance(command, secret.Open) and state.secret.phase is SecretPhase.SEALED
        if sealed and role_of(state, command.by) is Role.SELLER:
            return (secret.Opened(at=command.at, issuer=secret.IssuerWord()),)
        return None

    report = of_codes(Model(decide=planted(curious)))
    sentences = {fault.what for fault in report.faults}
    assert "secret: seller opens the secret" in sentences
    assert "secret: the secret is opened while the money is none" in sentences


def test_a_case_that_can_be_opened_for_ever_is_endless() -> None:
    def forgiving(state: Deal, command: Command) -> deal.Decision | None:
        if not isinstance(command, case.OpenCase) or state.case.phase is CasePhase.NONE:
            return None
        fresh = structs.replace(state, case=Case(state.case.phase))
        return deal.decide(fresh, command)

    fault = named(of_codes(Model(decide=planted(forgiving))), "endless")
    assert any("open_case" in label for label in fault.path)


def test_a_deal_that_can_outlast_the_providers_hold_is_named() -> None:
    rules = structs.replace(RULES, provider_hold_ms=10 * DAY)
    named(of_codes(Model(rules=rules)), "longer_than_hold")


def test_a_button_that_would_be_refused_is_named() -> None:
    def eager(state: Deal, viewer: Actor) -> NextActions:
        real = next_actions(state, viewer)
        return structs.replace(real, moves=(*real.moves, "confirm"))

    report = of_codes(Model(next_actions=eager))
    assert "offered confirm, which is refused" in named(report, "offered_not_granted").what


def test_a_move_that_nobody_is_told_about_is_named() -> None:
    def shy(state: Deal, viewer: Actor) -> NextActions:
        return structs.replace(next_actions(state, viewer), moves=())

    named(of_codes(Model(next_actions=shy)), "granted_not_offered")


def test_a_move_after_the_end_is_named() -> None:
    def regret(state: Deal, command: Command) -> deal.Decision | None:
        if isinstance(command, order.Cancel) and state.order.phase is OrderPhase.COMPLETED:
            return (order.Voided(at=command.at, reason="regret"),)
        return None

    report = of_codes(Model(decide=planted(regret)))
    assert "moves a deal that has ended" in named(report, "end_not_final").what


def test_a_notice_that_is_heard_twice_is_named() -> None:
    def deaf(state: Deal, command: Command) -> deal.Decision | None:
        if isinstance(command, money.NoteExecuted) and command.payment == state.money.payment:
            return (money.Executed(at=command.at, operation=command.operation),)
        return None

    assert "NoteExecuted" in named(of_codes(Model(decide=planted(deaf))), "heard_twice").what


def test_a_row_that_lands_elsewhere_is_named() -> None:
    moves = tuple(
        structs.replace(row, to=when(OrderPhase.VOID)) if row.name == "confirm" else row
        for row in deal.MOVES
    )
    fault = named(of_codes(Model(moves=moves)), "row_misses")
    assert "confirm by buyer lands on completed" in fault.what


def test_a_walk_that_was_cut_short_says_so_and_names_the_rows_it_never_took() -> None:
    report = prove(Model(states_max=20))
    named(report, "too_many_states")
    named(report, "row_never_reached")


def test_a_command_that_nobody_tries_is_named() -> None:
    class Shout(Command, frozen=True, kw_only=True):
        """A wish that the proof does not know."""

    row = move("order", "shout", Shout, Role.BUYER, when())
    report = of_codes(Model(moves=(*deal.MOVES, row), states_max=20))
    assert named(report, "not_tried").what == "nobody tries shout"


def test_progress_is_told_and_ends_with_everything_done() -> None:
    heard: list[tuple[str, int, int]] = []
    report = prove(Model(), lambda *told: heard.append(told), deliveries=(Delivery.SECRET,))
    assert heard[-1] == ("secret", report.states, report.states)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line, with a walk that is cut short after a few states."""
    monkeypatch.setattr(
        proof, "prove", lambda *_, **__: prove(Model(states_max=20), deliveries=(Delivery.SECRET,))
    )


@pytest.mark.usefixtures("short")
def test_the_command_line_prints_each_fault_with_its_path(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert proof.main() == 1
    printed = capsys.readouterr().out
    assert "FAULT too_many_states" in printed
    assert "  1. " in printed


@pytest.mark.usefixtures("short")
def test_a_program_reads_the_same_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert proof.main(json=True) == 1
    report = msgspec.json.decode(capsys.readouterr().out, type=Report)
    assert report.faults[0].name == "too_many_states"


def test_a_sound_report_is_printed_with_its_figures(sound: Report) -> None:
    console = Console(record=True, width=120)
    proof.show(sound, console)
    text = console.export_text()
    assert f"{sound.states:,}" in text
    assert "No fault." in text


@pytest.mark.usefixtures("short")
def test_a_terminal_sees_how_far_the_walk_is(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[object] = []

    def told(progress: Callable[[str, int, int], None]) -> Report:
        progress("secret", 1, 2)
        heard.append(progress)
        return prove(Model(states_max=20), deliveries=(Delivery.SECRET,))

    monkeypatch.setattr(proof, "prove", told)
    monkeypatch.setattr(
        proof, "Console", lambda **_: Console(force_terminal=True, record=True, width=100)
    )
    assert proof.main() == 1
    assert heard
