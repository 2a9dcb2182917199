"""The bench measures what it says: real commands, in turns with its baselines."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from fairhold.engine.clock import SystemClock
from fairhold.engine.engine import Engine
from fairhold.lab import bench, bench_client
from fairhold.lab.bench import Line, Plan, Report
from fairhold.lab.bench_work import COMMANDS_OF_A_DEAL, Traffic
from fairhold.stores.memory import MemoryStore

SHORT = Plan(
    rounds=1, seconds=0.05, deals=(20, 40), callers=(1, 64), with_postgres=False, with_http=False
)


def test_every_counted_command_is_on_record() -> None:
    store = MemoryStore()
    with bench.engine_on(store) as engine:
        done = asyncio.run(Traffic(engine).measure(8, 0.05))
        completed = [row.type for row in store.log(0, 0, 1_000_000)].count("order.completed")
    assert done.commands == completed * COMMANDS_OF_A_DEAL > 0
    assert len(done.took) == done.commands


def test_a_store_is_filled_with_as_many_deals_as_asked() -> None:
    store = MemoryStore()
    engine = Engine(store, SystemClock())
    asyncio.run(Traffic(engine).fill(50, callers=8))
    engine.stop()
    assert [row.type for row in store.log(0, 0, 1_000)] == ["order.placed"] * 50


def test_who_begins_changes_and_the_median_of_the_ratios_counts() -> None:
    asked: list[str] = []

    def side(name: str, values: list[float]) -> float:
        asked.append(name)
        return values.pop(0)

    ours, theirs = [2.0, 9.0, 3.0], [1.0, 3.0, 3.0]
    pairs = list(bench.turns(lambda: side("ours", ours), lambda: side("theirs", theirs), 3))
    assert asked == ["theirs", "ours", "ours", "theirs", "theirs", "ours"]
    line = bench.compare("it", pairs, "a second", 2.0)
    assert (line.ratio, line.met, line.target) == (2.0, True, "≥ 2.00")
    assert bench.compare("it", pairs, "a second", 2.5).met is False
    assert bench.compare("it", pairs, "a second").met is None


def test_a_short_run_writes_every_line_and_says_which_targets_it_met(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "deep" / "bench.json"
    assert bench.main(out, plan=SHORT) == 0
    report = msgspec.json.decode(out.read_bytes(), type=Report)
    names = [line.name for line in report.lines]
    assert names[:2] == ["SQLite, 1 callers", "SQLite, 64 callers"]
    assert {line.name for line in report.lines if line.target} == {
        "SQLite, 64 callers",
        "SQLite, lone caller p50",
        "SQLite, cost at 40 deals against 20",
    }
    assert all(line.ours > 0 and line.baseline > 0 for line in report.lines)
    assert "cores" in capsys.readouterr().out


def test_a_missed_target_is_shown_as_missed() -> None:
    line = Line(
        name="it", ours=1, baseline=2, ratio=0.5, unit="a second", target="≥ 1.00", met=False
    )
    report = Report(
        lines=(line,), skipped=("that",), cores=2, python="3", load_before=0.0, seconds=1.0
    )
    console = Console(record=True, width=100)
    bench.show(report, console)
    text = console.export_text()
    assert "missed" in text
    assert "skipped: that" in text


def test_requests_of_the_bench_are_real_moves(tmp_path: Path) -> None:
    with bench_client.server("fairhold", str(tmp_path)) as hello:
        first = asyncio.run(bench_client.measure(hello, 4, 0.2, 1))
        assert first.commands > 0
    with bench_client.server("echo") as hello:
        assert asyncio.run(bench_client.measure(hello, 4, 0.1, 1)).commands > 0
