"""The simulation is worth something only if it sees what is broken: faults are planted in it."""

from collections.abc import Mapping, Sequence

import pytest
from msgspec import structs

from fairhold.domain import reactions
from fairhold.domain.deal import deal as deal_domain
from fairhold.domain.deal import order
from fairhold.domain.deal.state import Deal
from fairhold.engine import views
from fairhold.engine.batching import Work
from fairhold.engine.effects import Payments
from fairhold.engine.lane import Lane
from fairhold.engine.ports import Batch, LogRow, ReceiptRow, Store
from fairhold.kernel.wish import Command, Event, Refusal
from fairhold.lab import sim
from fairhold.lab.sim_audit import Broken
from fairhold.lab.sim_store import FailingLane

SEEDS = range(60)


def first_failure() -> sim.Failure:
    for seed in SEEDS:
        failure = sim.run(seed).failure
        if failure is not None:
            return failure
    pytest.fail(f"no seed of {len(SEEDS)} saw the fault")


def test_a_confirmation_before_delivery_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    real = deal_domain.why_not

    def gullible(deal: Deal, command: Command) -> Refusal | None:
        urged = isinstance(command, order.Confirm) and deal.money.remaining and not deal.ended
        return None if urged else real(deal, command)

    monkeypatch.setattr(deal_domain, "why_not", gullible)
    assert first_failure().invariant in {
        "granted_not_offered",
        "release_before_delivery",
        "release_without_ground",
    }


def test_an_acknowledgement_of_what_was_never_written_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Lane, "_is_written", lambda *_: True)
    assert first_failure().invariant in {"acknowledged_and_lost", "exception"}


def test_a_forgotten_idempotency_key_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def forget(_lane: FailingLane, _keys: Sequence[bytes]) -> Mapping[bytes, ReceiptRow]:
        return {}

    monkeypatch.setattr(FailingLane, "recall", forget)
    assert first_failure().invariant in {"repetition_differs", "repeated_twice"}


def test_a_clock_that_nobody_will_hear_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Work.batch

    def without_timers(work: Work) -> Batch:
        return structs.replace(real(work), timers=())

    monkeypatch.setattr(Work, "batch", without_timers)
    assert first_failure().invariant == "clock_without_timer"


def test_a_unit_that_never_comes_back_into_stock_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    real = reactions.of_deal

    def stingy(
        deal_id: int, deal: Deal, event: Event, version: int
    ) -> Sequence[reactions.Reaction]:
        return () if isinstance(event, order.Voided) else real(deal_id, deal, event, version)

    monkeypatch.setattr(reactions, "of_deal", stingy)
    assert first_failure().invariant == "stock"


def test_a_refund_that_is_decided_and_never_made_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Payments.wants
    monkeypatch.setattr(
        Payments, "wants", staticmethod(lambda type_: type_ != "money.refunded" and real(type_))
    )
    assert first_failure().invariant == "reconciliation"


def test_a_read_model_that_misses_an_entry_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    real = views.project

    def careless(store: Store, rows: Sequence[LogRow]) -> object:
        return real(store, rows[:-1]) if len(rows) > 1 else ()

    monkeypatch.setattr(views, "project", careless)
    assert first_failure().invariant in {"views_differ", "exception"}


def test_a_failure_is_one_line_that_names_seed_step_invariant_and_deal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def burn(_world: object) -> None:
        message = "planted"
        raise Broken(7, "planted", message)

    monkeypatch.setattr(sim, "DEEDS", ((burn, 1),))
    assert sim.main(seed=5) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("seed=5 step=1 invariant=planted deal=deal_")
    assert "1 failed" in lines[-1]


def test_seeds_that_pass_say_what_they_lived_through(capsys: pytest.CaptureFixture[str]) -> None:
    assert sim.main(seeds=2, steps=20) == 0
    assert "2 seeds" in capsys.readouterr().out
