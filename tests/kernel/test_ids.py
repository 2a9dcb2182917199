"""Identifiers: they grow with time, route by their part, and survive the way to a page and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhold.kernel.ids import (
    COUNTER_MAX,
    EPOCH_MS,
    ID_MASK,
    PARTS_MAX,
    hashed_id,
    make_id,
    part_of,
    public_id,
    read_public_id,
)

INSTANTS = st.integers(EPOCH_MS, EPOCH_MS + (1 << 41) - 1)
PARTS = st.integers(0, PARTS_MAX - 1)
COUNTERS = st.integers(0, COUNTER_MAX - 1)
IDS = st.integers(0, ID_MASK)


@given(IDS)
def test_a_public_id_is_read_back(number: int) -> None:
    assert read_public_id("deal", public_id("deal", number)) == number


@given(IDS, IDS)
def test_two_ids_never_look_the_same(one: int, other: int) -> None:
    assert (public_id("d", one) == public_id("d", other)) is (one == other)


@given(INSTANTS, PARTS, COUNTERS)
def test_an_id_holds_its_part_and_fits(at: int, part: int, counter: int) -> None:
    number = make_id(at, part, counter)
    assert part_of(number) == part
    assert 0 <= number <= ID_MASK


@given(INSTANTS, INSTANTS, PARTS, PARTS, COUNTERS, COUNTERS)
def test_a_later_id_is_greater(
    at: int, later: int, part: int, other: int, counter: int, second: int
) -> None:
    if at < later:
        assert make_id(at, part, counter) < make_id(later, other, second)


@given(st.binary(min_size=8, max_size=32), PARTS)
def test_a_hashed_id_lies_in_its_part(digest: bytes, part: int) -> None:
    number = hashed_id(digest, part)
    assert part_of(number) == part
    assert 0 <= number <= ID_MASK


def test_neighbours_do_not_look_alike() -> None:
    first, second = public_id("deal", 1_000), public_id("deal", 1_001)
    assert sum(a != b for a, b in zip(first, second, strict=True)) > 5


@pytest.mark.parametrize(
    "text",
    [
        "",
        "deal",
        "deal_",
        "listing_" + "0" * 13,
        "deal_" + "0" * 12,
        "deal_" + "0" * 14,
        "deal_" + "z" * 13,
        "deal_" + "u" * 12 + "l",
        "deal_" + "0" * 12 + "é",
        "deal_0000000_00000",
    ],
)
def test_what_is_no_id_is_none(text: str) -> None:
    assert read_public_id("deal", text) is None


@pytest.mark.parametrize(
    ("at", "part", "counter"),
    [(EPOCH_MS - 1, 0, 0), (EPOCH_MS, PARTS_MAX, 0), (EPOCH_MS, -1, 0), (EPOCH_MS, 0, COUNTER_MAX)],
)
def test_an_id_outside_its_bounds_is_a_mistake(at: int, part: int, counter: int) -> None:
    with pytest.raises(AssertionError):
        make_id(at, part, counter)
