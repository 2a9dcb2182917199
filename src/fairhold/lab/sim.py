"""Simulation: seeded random people on the real engine, with a store and a provider that fail.

``fairhold sim`` runs seeds one after another. Each seed is one small world: people who trade in
every way there is, a fraudster, an operator, outages, restarts, time that jumps. After each step
the invariants of the domain are checked; a failure is one line that names the seed, the step, the
invariant and the deal, and the same seed fails in the same way again.
"""

import hashlib
import logging
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from fairhold.engine.kinds import DEAL
from fairhold.kernel.ids import public_id
from fairhold.lab import sim_people as people
from fairhold.lab import sim_trouble as trouble
from fairhold.lab.sim_audit import Broken
from fairhold.lab.sim_rest import check_at_rest, check_record, come_to_rest
from fairhold.lab.sim_world import World
from fairhold.stores.memory import MemoryStore

STEPS = 260
SEEDS = 100
Deed = Callable[[World], None]

DEEDS: tuple[tuple[Deed, int], ...] = (
    (people.publish, 5),
    (people.change_listing, 2),
    (people.take, 2),
    (people.pay, 4),
    (people.take_and_pay, 9),
    (people.move, 70),
    (people.say, 2),
    (people.redeem, 2),
    (people.bank, 6),
    (trouble.wait, 10),
    (trouble.jump, 2),
    (trouble.half_a_turn, 8),
    (trouble.rest, 12),
    (trouble.restart, 1),
    (trouble.break_store, 7),
    (trouble.spoil_calls, 3),
    (trouble.spoil_notices, 3),
    (trouble.deliver_all, 2),
    (trouble.repeat_notice, 2),
    (trouble.issuer_down, 1),
    (trouble.script_carrier, 5),
    (trouble.fail_payout, 1),
    (trouble.charge_back, 1),
    (trouble.crowd, 4),
)
"""What can happen in a step, and how often it does."""


class Failure(Struct, frozen=True):
    """One seed that broke an invariant. ``deal`` is a public id, empty when none is concerned."""

    seed: int
    step: int
    invariant: str
    deal: str
    detail: str = ""

    def __str__(self) -> str:
        """The one line that brings it back."""
        return (
            f"seed={self.seed} step={self.step} invariant={self.invariant} deal={self.deal or '-'}"
        )


class Run(Struct, frozen=True):
    """What one seed came to. ``trace`` is equal for equal decisions; ids are not part of it."""

    seed: int
    failure: Failure | None
    steps: int
    deals: int
    events: int
    faults: int
    trace: str


def run(seed: int, steps: int = STEPS) -> Run:
    """Live through one seed."""
    with tempfile.TemporaryDirectory(prefix="fairhold-sim-") as folder, _quiet():
        world = World(seed, Path(folder))
        failure, step = None, -1
        try:
            for lived in _live(world, steps):
                step = lived
                world.audit.look()
        except Broken as broken:
            failure = _failure(world, seed, step, broken)
        except Exception as error:  # noqa: BLE001 — whatever escapes is the finding
            detail = f"{type(error).__name__}: {error}"
            failure = _failure(world, seed, step, Broken(0, "exception", detail))
        finally:
            world.close()
        return Run(
            seed=seed,
            failure=failure,
            steps=step,
            deals=len(world.deals),
            events=world.audit.events,
            faults=world.store.failed,
            trace=_trace(world),
        )


def _live(world: World, steps: int) -> Iterator[int]:
    """Step by step through one world, to its rest."""
    people.move_in(world)
    yield 0
    deeds = [deed for deed, _ in DEEDS]
    weights = [weight for _, weight in DEEDS]
    for step in range(1, steps + 1):
        (deed,) = world.chance.choices(deeds, weights)
        deed(world)
        yield step
        if step == steps // 2 and world.maybe(0.3):
            come_to_rest(world)
            check_at_rest(world)
    come_to_rest(world)
    check_at_rest(world)
    check_record(world)
    yield steps + 1


def _failure(world: World, seed: int, step: int, broken: Broken) -> Failure:
    """The step that broke is the one after the last that was whole."""
    deal = public_id(DEAL.prefix, broken.deal) if broken.deal else ""
    number = world.deals.index(broken.deal) + 1 if broken.deal in world.deals else 0
    detail = f"{broken.detail} (deal number {number})" if number else broken.detail
    return Failure(seed, max(step + 1, 0), broken.invariant, deal, detail)


def _trace(world: World) -> str:
    """A digest over what was decided when, in the order of the record."""
    digest = hashlib.sha256()
    for part in world.store.parts():
        for row in MemoryStore.log(world.store, part, 0, 1 << 30):
            digest.update(f"{part} {row.type} {row.version} {row.at}\n".encode())
    return digest.hexdigest()


@contextmanager
def _quiet() -> Iterator[None]:
    """Outages that were asked for need no lines in a log."""
    logger = logging.getLogger("fairhold")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


def main(*, seed: int | None = None, seeds: int = SEEDS, steps: int = STEPS) -> int:
    """Run one seed, or the first ``seeds``; print each failure as one line, answer 1 if any."""
    console = Console(highlight=False)
    numbers = range(seeds) if seed is None else range(seed, seed + 1)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    runs: list[Run] = []
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("seeds", total=len(numbers))
        for number in numbers:
            done = run(number, steps)
            runs.append(done)
            if done.failure is not None:
                sys.stdout.write(f"{done.failure}\n")
                sys.stderr.write(f"  {done.failure.detail}\n")
            bar.advance(task)
    failed = sum(done.failure is not None for done in runs)
    console.print(
        f"{len(runs)} seeds, {sum(r.deals for r in runs):,} deals, "
        f"{sum(r.events for r in runs):,} events, {sum(r.faults for r in runs):,} outages of the "
        f"store: {f'{failed} failed' if failed else 'every invariant held'}"
    )
    return 1 if failed else 0
