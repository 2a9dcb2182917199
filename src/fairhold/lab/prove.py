"""The proof by exhaustion: every state that a deal can reach, and the invariants in each (R-08).

``fairhold prove`` really runs ``decide`` and ``evolve``; nothing is modelled beside them. It
prints how many states and moves there are, the longest a deal can take, and each fault with the
shortest list of steps that leads to it.
"""

import sys
from collections.abc import Callable

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from fairhold.domain.delivery import Delivery
from fairhold.kernel.instant import DAY, Span
from fairhold.lab.prove_model import Fault, Finding, Model, Report, Step
from fairhold.lab.prove_time import Longest, components, endless, longest
from fairhold.lab.prove_walk import Walk
from fairhold.lab.prove_wishes import variants

__all__ = ["Fault", "Model", "Report", "Step", "main", "prove"]

Tell = Callable[[str, int, int], None]
"""Hears how far the walk is: way of delivery, states done, states known."""


def prove(
    model: Model | None = None,
    progress: Tell | None = None,
    deliveries: tuple[Delivery, ...] = tuple(Delivery),
) -> Report:
    """Walk every way of delivery and check everything; the report names each fault."""
    model = model or Model()
    walks, times = [], []
    for delivery in deliveries:
        walk = Walk(model, delivery, _named(progress, delivery)).run()
        walks.append(walk)
        times.append(_time(walk))
    reached = frozenset[object]().union(*(walk.reached for walk in walks))
    slowest = max(range(len(walks)), key=lambda index: times[index].from_state(0))
    held = max(_held(walk, time) for walk, time in zip(walks, times, strict=True))
    faults = [fault for walk in walks for fault in walk.faults.values()]
    if len(deliveries) == len(Delivery):
        faults += _unreached(model, reached)
    faults += _unheard(model)
    if held >= model.rules.provider_hold_ms:
        days = f"{_days(held)} days; the provider holds for {_days(model.rules.provider_hold_ms)}"
        faults.append(Fault(name="longer_than_hold", what=f"a paid deal can take {days}"))
    return Report(
        states=sum(len(walk.deals) for walk in walks),
        moves=sum(walk.moves for walk in walks),
        wishes=sum(walk.wishes for walk in walks),
        longest_path=times[slowest].path(0),
        longest_ms=times[slowest].from_state(0),
        held_ms=held,
        hold_limit_ms=model.rules.provider_hold_ms,
        by_delivery=tuple(
            (walk.delivery.value, len(walk.deals), walk.moves, time.from_state(0))
            for walk, time in zip(walks, times, strict=True)
        ),
        faults=tuple(faults),
    )


def _named(progress: Tell | None, delivery: Delivery) -> Callable[[int, int], None] | None:
    if progress is None:
        return None
    return lambda done, known: progress(delivery.value, done, known)


def _time(walk: Walk) -> Longest:
    """The longest ways of one walk; ways round that take time are noted as faults."""
    component = components(walk.edges)
    for source, target in endless(walk.edges, component):
        step = walk.edges[source][target]
        days = f"{_days(step.waited_ms)} days"
        found = Finding("endless", f"one can come back to before: {step.label} ({days})")
        walk.note(source, step, (found,))
    return longest(walk.edges, component)


def _held(walk: Walk, time: Longest) -> Span:
    """The longest that money is held, from the payment to the end."""
    return max(
        (time.from_state(state) for state, deal in enumerate(walk.deals) if deal.money.held),
        default=0,
    )


def _unreached(model: Model, reached: frozenset[object]) -> list[Fault]:
    """The rows of the table that no walk ever took."""
    return [
        Fault(
            name="row_never_reached",
            what=f"{row.part}: {row.name} by {'/'.join(sorted(row.who))} never happens",
        )
        for row in model.moves
        if row not in reached
    ]


def _unheard(model: Model) -> list[Fault]:
    """The commands of the table that nobody tries: the proof would be silent about them."""
    tried = {variant.command for variant in variants()}
    names = {row.name for row in model.moves if row.command not in tried}
    return [Fault(name="not_tried", what=f"nobody tries {name}") for name in sorted(names)]


def _days(span: Span) -> str:
    return f"{span / DAY:.2f}"


# -- the command line ------------------------------------------------------------------------------


def main(*, json: bool = False) -> int:
    """Prove and print; answer with 1 when there is any fault."""
    if json:
        report = prove()
        sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
        return 1 if report.faults else 0
    console = Console(highlight=False)
    report = prove(progress=None) if not console.is_terminal else _with_bar(console)
    show(report, console)
    return 1 if report.faults else 0


def _with_bar(console: Console) -> Report:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        tasks = {way.value: bars.add_task(way.value, total=None) for way in Delivery}

        def tell(delivery: str, done: int, known: int) -> None:
            bars.update(tasks[delivery], completed=done, total=known)

        return prove(progress=tell)


def show(report: Report, console: Console) -> None:
    """Print a report for people."""
    table = Table("delivery", box=None, pad_edge=False)
    for column in ("states", "moves", "longest, days"):
        table.add_column(column, justify="right")
    for name, states, moves, span in report.by_delivery:
        table.add_row(name, f"{states:,}", f"{moves:,}", _days(span))
    table.add_row("all", f"{report.states:,}", f"{report.moves:,}", _days(report.longest_ms))
    console.print(table)
    console.print(f"\n{report.wishes:,} wishes tried, by everybody in every state")
    console.print("\nThe longest that a deal can take:")
    for step in report.longest_path:
        waited = f"+{step.waited_ms / DAY:.2f} d" if step.waited_ms else ""
        console.print(f"  {waited:>9}  {step.label}", markup=False)
    console.print(
        f"  = {_days(report.longest_ms)} days from taking the offer;"
        f" money is held for at most {_days(report.held_ms)} days,"
        f" the provider holds it for {_days(report.hold_limit_ms)}"
    )
    for fault in report.faults:
        console.print(f"\n[bold red]FAULT[/] {fault.name}", end=" ")
        console.print(fault.what, markup=False)
        for number, label in enumerate(fault.path, 1):
            console.print(f"  {number:>3}. {label}", markup=False)
    verdict = f"{len(report.faults)} faults" if report.faults else "No fault."
    console.print(f"\n{verdict}", style="bold red" if report.faults else "bold green")
