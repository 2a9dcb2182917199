"""The bench: durable deal commands a second, beside baselines measured in the same run.

Ours and the baseline take turns, so that a machine that gets slower gets slower for both; what
counts is the median of their ratios. Figures of one machine say little, ratios say more.
"""

import asyncio
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from fairhold.engine.clock import SystemClock
from fairhold.engine.engine import Engine
from fairhold.engine.ports import Store
from fairhold.lab import bench_client
from fairhold.lab.bench_door import Hello
from fairhold.lab.bench_servers import postgres
from fairhold.lab.bench_work import Slice, Traffic
from fairhold.stores.baseline import PGBENCH, NaiveSqlite, prepare_postgres
from fairhold.stores.postgres import PostgresStore
from fairhold.stores.sqlite import SqliteStore

CALLERS = (1, 8, 64, 256)
CONNECTIONS = 64
Advance = Callable[[str], None]


class Plan(Struct, frozen=True, kw_only=True):
    """How long to measure; ``deals`` are the two sizes whose cost of a command is compared."""

    rounds: int = 3
    seconds: float = 2.0
    deals: tuple[int, int] = (10_000, 100_000)
    callers: tuple[int, ...] = CALLERS
    with_postgres: bool = True
    with_http: bool = True


FULL = Plan(rounds=5, seconds=4.0, deals=(10_000, 1_000_000))


class Line(Struct, frozen=True, kw_only=True):
    """One measured thing. ``ratio`` is what its target speaks of; None where there is no target."""

    name: str
    ours: float
    baseline: float
    ratio: float
    unit: str
    target: str = ""
    met: bool | None = None
    note: str = ""


class Report(Struct, frozen=True, kw_only=True):
    """All lines, and the machine they were measured on."""

    lines: tuple[Line, ...]
    skipped: tuple[str, ...]
    cores: int
    python: str
    load_before: float
    seconds: float


# -- one after the other ---------------------------------------------------------------------------


def turns(
    ours: Callable[[], float], baseline: Callable[[], float], rounds: int
) -> Iterator[tuple[float, float]]:
    """Measure both in turns; who begins changes, so that neither always follows the other."""
    for number in range(rounds):
        if number % 2:
            mine = ours()
            yield mine, baseline()
        else:
            base = baseline()
            yield ours(), base


def compare(name: str, pairs: Sequence[tuple[float, float]], unit: str, least: float = 0) -> Line:
    """The median of each side and of their ratios; more is better."""
    ratio = statistics.median(ours / base for ours, base in pairs)
    return Line(
        name=name,
        ours=statistics.median(ours for ours, _ in pairs),
        baseline=statistics.median(base for _, base in pairs),
        ratio=ratio,
        unit=unit,
        target=f"≥ {least:.2f}" if least else "",
        met=ratio >= least if least else None,
    )


def percentile(took: Sequence[float], share: float) -> float:
    """The value that this share of all values does not exceed."""
    return sorted(took)[min(len(took) - 1, int(len(took) * share))]


@contextmanager
def engine_on(store: Store) -> Iterator[Engine]:
    """An engine on a store; both are closed when the block ends."""
    engine = Engine(store, SystemClock())
    try:
        yield engine
    finally:
        engine.stop()
        store.close()


def throughput(
    traffic: Traffic, baseline: Callable[[], float], plan: Plan, label: str, least: float
) -> Iterator[Line]:
    """Commands a second with ever more callers, each beside the baseline."""
    for callers in plan.callers:

        def ours(callers: int = callers) -> float:
            return asyncio.run(traffic.measure(callers, plan.seconds)).per_second

        pairs = list(turns(ours, baseline, plan.rounds))
        wanted = least if callers == CONNECTIONS else 0
        yield compare(f"{label}, {callers} callers", pairs, "commands/s", wanted)


# -- SQLite ----------------------------------------------------------------------------------------


def sqlite(folder: Path, plan: Plan, advance: Advance) -> Iterator[Line]:
    """The embedded default against naive one-row commits on the same disk."""
    naive = NaiveSqlite(folder / "naive.sqlite3")

    def baseline() -> float:
        return len(naive.run(plan.seconds)) / plan.seconds

    with engine_on(SqliteStore(folder / "ours.sqlite3")) as engine:
        traffic = Traffic(engine)
        asyncio.run(traffic.measure(8, plan.seconds / 2))
        for line in throughput(traffic, baseline, plan, "SQLite", 1.0):
            yield line
            advance(line.name)
        yield from _lone(traffic, naive, plan)
        advance("lone caller")
    naive.close()


def _lone(traffic: Traffic, naive: NaiveSqlite, plan: Plan) -> Iterator[Line]:
    """How long one caller waits, in naive commits."""
    halves: list[tuple[float, float]] = []
    tails: list[tuple[float, float]] = []
    for _ in range(plan.rounds):
        mine: Slice = asyncio.run(traffic.measure(1, plan.seconds))
        theirs = naive.run(plan.seconds)
        halves.append((percentile(mine.took, 0.5), percentile(theirs, 0.5)))
        tails.append((percentile(mine.took, 0.99), percentile(theirs, 0.99)))
    for name, pairs, most in (("p50", halves, 2.0), ("p99", tails, 0.0)):
        ratio = statistics.median(mine / base for mine, base in pairs)
        yield Line(
            name=f"SQLite, lone caller {name}",
            ours=statistics.median(mine for mine, _ in pairs) * 1_000_000,
            baseline=statistics.median(base for _, base in pairs) * 1_000_000,
            ratio=ratio,
            unit="µs",
            target=f"≤ {most:.2f}" if most else "",
            met=ratio <= most if most else None,
        )


def flatness(folder: Path, plan: Plan, advance: Advance) -> Iterator[Line]:
    """What a command costs with few and with many deals in the file."""
    few, many = plan.deals
    with (
        engine_on(SqliteStore(folder / "few.sqlite3")) as small,
        engine_on(SqliteStore(folder / "many.sqlite3")) as large,
    ):
        low, high = Traffic(small), Traffic(large)
        asyncio.run(low.fill(few))
        asyncio.run(high.fill(many))
        advance("filled")

        def cost(traffic: Traffic) -> float:
            return asyncio.run(traffic.measure(CONNECTIONS, plan.seconds)).cost * 1_000_000

        pairs = list(turns(lambda: cost(high), lambda: cost(low), plan.rounds + 2))
    ratio = statistics.median(ours / base for ours, base in pairs)
    yield Line(
        name=f"SQLite, cost at {many:,} deals against {few:,}",
        ours=statistics.median(ours for ours, _ in pairs),
        baseline=statistics.median(base for _, base in pairs),
        ratio=ratio,
        unit="µs/command",
        target="≤ 1.15",
        met=ratio <= 1.15,  # noqa: PLR2004 — the target itself
    )
    advance("flatness")


# -- PostgreSQL and HTTP ---------------------------------------------------------------------------


def on_postgres(plan: Plan, advance: Advance) -> Iterator[Line]:
    """A private server with flushes on, against pgbench's single-row insert on the same server."""
    with postgres() as server:
        if server is None:
            return
        prepare_postgres(server.url)
        seconds = max(1, round(plan.seconds))

        def baseline() -> float:
            return server.pgbench(PGBENCH, CONNECTIONS, seconds)

        with engine_on(PostgresStore(server.url)) as engine:
            traffic = Traffic(engine)
            asyncio.run(traffic.measure(8, plan.seconds / 2))
            for line in throughput(traffic, baseline, plan, "PostgreSQL", 0.5):
                yield line
                advance(line.name)


def over_http(folder: Path, plan: Plan, advance: Advance) -> Iterator[Line]:
    """The whole product behind its door, against a bare ASGI echo on the same server settings."""
    with (
        bench_client.server("echo") as bare,
        bench_client.server("fairhold", str(folder / "http")) as whole,
    ):
        first = iter(range(1_000_000))

        def rate(hello: Hello) -> float:
            work = bench_client.measure(hello, CONNECTIONS, plan.seconds, next(first))
            return asyncio.run(work).per_second

        rate(whole)
        pairs = list(turns(lambda: rate(whole), lambda: rate(bare), plan.rounds))
        yield compare(f"HTTP, {CONNECTIONS} connections", pairs, "requests/s", 0.10)
    advance("HTTP")


# -- all of it -------------------------------------------------------------------------------------


def run(plan: Plan, advance: Advance) -> Report:
    """Measure everything."""
    began, load = time.monotonic(), os.getloadavg()[0]
    lines: list[Line] = []
    skipped: list[str] = []
    with tempfile.TemporaryDirectory(prefix="fairhold-bench-") as name:
        folder = Path(name)
        lines += sqlite(folder, plan, advance)
        lines += flatness(folder, plan, advance)
        if plan.with_postgres:
            found = list(on_postgres(plan, advance))
            lines += found
            skipped += [] if found else ["PostgreSQL: its programs are not installed"]
        if plan.with_http:
            lines += over_http(folder, plan, advance)
    return Report(
        lines=tuple(lines),
        skipped=tuple(skipped),
        cores=os.cpu_count() or 1,
        python=platform.python_version(),
        load_before=load,
        seconds=time.monotonic() - began,
    )


def steps(plan: Plan) -> int:
    """How many times ``advance`` will be called."""
    postgres_steps = len(plan.callers) if plan.with_postgres else 0
    return len(plan.callers) + 3 + postgres_steps + int(plan.with_http)


def show(report: Report, console: Console) -> None:
    """Print a report for people."""
    table = Table("measured", box=None, pad_edge=False)
    for column in ("ours", "baseline", "unit", "ratio", "target"):
        table.add_column(column, justify="left" if column == "unit" else "right")
    table.add_column("")
    marks = {True: "[green]met[/]", False: "[bold red]missed[/]", None: ""}
    for line in report.lines:
        figures = (f"{line.ours:,.0f}", f"{line.baseline:,.0f}", line.unit, f"{line.ratio:.2f}")
        table.add_row(line.name, *figures, line.target, marks[line.met])
    console.print(table)
    for what in report.skipped:
        console.print(f"skipped: {what}", style="yellow")
    console.print(
        f"{report.cores} cores, Python {report.python}, load {report.load_before:.1f} before, "
        f"{report.seconds:.0f} s"
    )


def main(out: Path, *, full: bool = False, plan: Plan | None = None) -> int:
    """Measure, print the table and write ``out``; 0 also where a target was missed: it is shown."""
    plan = plan or (FULL if full else Plan())
    console = Console(highlight=False)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("measuring", total=steps(plan))
        report = run(plan, lambda done: bar.update(task, advance=1, description=done))
    show(report, console)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")
    return 0
