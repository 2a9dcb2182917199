"""The published policy: in range, by date, and with its whole description in the docs."""

from pathlib import Path

import pytest
from msgspec import structs

from fairhold.kernel.instant import DAY
from fairhold.rulebook import EDITIONS, Rulebook, in_force
from fairhold.rulebook.values import RANGES, faults

FIRST = EDITIONS[0]


@pytest.mark.parametrize("edition", EDITIONS, ids=lambda edition: edition.edition)
def test_every_published_edition_is_within_its_ranges(edition: Rulebook) -> None:
    assert faults(edition) == ()


@pytest.mark.parametrize("name", RANGES)
def test_a_value_outside_its_range_is_named(name: str) -> None:
    low, high = RANGES[name]
    for value in (low - 1, high + 1):
        assert faults(structs.replace(FIRST, **{name: value})) == (name,)
    for value in (low, high):
        assert faults(structs.replace(FIRST, **{name: value})) == ()


def test_every_span_and_limit_has_a_range() -> None:
    free = {"edition", "since", "open_remind_ms"}
    assert {field.name for field in structs.fields(Rulebook)} - free == set(RANGES)


def test_an_edition_is_in_force_from_its_first_millisecond() -> None:
    assert in_force(FIRST.since) is FIRST
    assert in_force(FIRST.since - 1) is FIRST
    assert in_force(EDITIONS[-1].since + DAY) is EDITIONS[-1]


def test_editions_follow_each_other_under_names_of_their_own() -> None:
    assert [edition.since for edition in EDITIONS] == sorted(e.since for e in EDITIONS)
    assert len({edition.edition for edition in EDITIONS}) == len(EDITIONS)


def test_reminders_come_before_what_they_remind_of() -> None:
    for edition in EDITIONS:
        assert all(0 < span < edition.open_ms for span in edition.open_remind_ms)
        assert edition.dispatch_remind_ms < edition.dispatch_ms
        assert list(edition.open_remind_ms) == sorted(edition.open_remind_ms)


def test_every_value_is_explained_in_the_docs(checkout: Path) -> None:
    text = (checkout / "docs" / "rulebook.md").read_text("utf-8")
    for field in structs.fields(Rulebook):
        if field.name not in {"edition", "since"}:
            assert f"`{field.name}`" in text
