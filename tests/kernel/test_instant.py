"""Instants: milliseconds, written and read as RFC 3339."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhold.kernel.instant import DAY, HOUR, MINUTE, SECOND, from_rfc3339, rfc3339


@given(st.integers(0, 4_000_000_000_000))
def test_an_instant_is_read_back_to_the_millisecond(at: int) -> None:
    assert from_rfc3339(rfc3339(at)) == at


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (999, "1970-01-01T00:00:00.999Z"),
        (1_795_284_000_001, "2026-11-21T18:00:00.001Z"),
    ],
)
def test_an_instant_is_written_in_utc(at: int, text: str) -> None:
    assert rfc3339(at) == text


def test_an_offset_is_counted() -> None:
    assert from_rfc3339("2026-11-22T02:00:00+08:00") == from_rfc3339("2026-11-21T18:00:00Z")


@pytest.mark.parametrize("text", ["2026-11-21T18:00:00", "2026-11-21", "soon", ""])
def test_without_an_offset_there_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        from_rfc3339(text)


def test_spans_are_made_of_each_other() -> None:
    assert (SECOND, MINUTE, HOUR, DAY) == (1_000, 60_000, 3_600_000, 86_400_000)
