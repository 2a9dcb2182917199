"""Seeded worlds keep every invariant; those that ever failed are lived through again each time."""

import os
from pathlib import Path

import pytest

from fairhold.lab.sim import run

SEEDS = 500 if os.environ.get("CI") else 40
CHUNK = 10
KEPT = tuple(
    int(line.split()[0])
    for line in Path(__file__).with_name("seeds.txt").read_text("utf-8").splitlines()
    if line.strip() and not line.startswith("#")
)


def live_through(seed: int) -> None:
    failure = run(seed).failure
    assert failure is None, f"{failure} {failure.detail}"


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_a_seeded_world_keeps_every_invariant(first: int) -> None:
    for seed in range(first, first + CHUNK):
        live_through(seed)


@pytest.mark.parametrize("seed", KEPT)
def test_a_seed_that_once_failed_passes(seed: int) -> None:
    live_through(seed)


def test_the_same_seed_decides_the_same() -> None:
    assert [run(seed).trace for seed in range(3)] == [run(seed).trace for seed in range(3)]
