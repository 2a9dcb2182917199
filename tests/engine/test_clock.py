"""Clocks never go back; the test clock stands until it is moved."""

import time

import pytest

from fairhold.engine.clock import SystemClock, TestClock
from tests.engine.desks import NOW


def test_the_test_clock_stands_still_until_it_is_moved() -> None:
    clock = TestClock(NOW)
    assert clock.now() == clock.now() == NOW
    assert clock.advance(250) == clock.now() == NOW + 250
    assert clock.advance(0) == NOW + 250


def test_no_clock_is_moved_back() -> None:
    with pytest.raises(ValueError, match="only moves forward"):
        TestClock(NOW).advance(-1)


def test_a_test_clock_that_runs_goes_on_from_where_it_was_put(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passed = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: passed[0])
    clock = TestClock(NOW, runs=True)
    passed[0] = 1.5
    assert clock.now() == NOW + 1_500
    assert clock.advance(10_000) == NOW + 11_500
    passed[0] = 2.0
    assert clock.now() == NOW + 12_000


def test_the_machine_s_clock_is_held_still_where_it_would_go_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    readings = iter([NOW, NOW - 60_000, NOW + 1])
    monkeypatch.setattr(time, "time_ns", lambda: next(readings) * 1_000_000)
    clock = SystemClock()
    assert [clock.now() for _ in range(3)] == [NOW, NOW, NOW + 1]
