"""The generated pages are what the tables say today, and a stale one is found."""

from pathlib import Path

import pytest

from fairhold.domain.deal import deal
from fairhold.domain.deal.clocks import CLOCKS
from fairhold.domain.delivery import Delivery
from fairhold.kernel.instant import DAY, HOUR, MINUTE
from fairhold.lab import docs
from fairhold.lab.prove_checks import Taken, phases
from fairhold.lab.prove_model import Model
from fairhold.lab.prove_walk import Walk, key_of


def test_the_pages_in_the_checkout_are_fresh(checkout: Path) -> None:
    for name, text in docs.pages().items():
        assert (checkout / "docs" / name).read_text("utf-8") == text, "run make docs"


def test_a_stale_page_is_named_and_written_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert docs.main(["--check"], tmp_path) == 1
    assert list(tmp_path.iterdir()) == []
    assert docs.main([], tmp_path) == 0
    assert docs.main(["--check"], tmp_path) == 0
    (tmp_path / "states.md").write_text("old", "utf-8")
    capsys.readouterr()
    assert docs.main(["--check"], tmp_path) == 1
    assert "states.md is stale" in capsys.readouterr().out


def test_the_page_of_states_shows_every_move_and_clock() -> None:
    text = docs.states()
    assert all(f"`{row.name}`" in text for row in deal.MOVES)
    assert all(f"`{row.name}`" in text and f"`{row.outcome}`" in text for row in CLOCKS)


def test_the_page_of_refusals_has_every_code_in_order() -> None:
    text = docs.refusals()
    places = [text.index(f"`{code}`") for _, codes in docs.AGGREGATES for code in codes]
    assert places == sorted(places)


def test_the_diagrams_show_every_change_that_the_proof_finds() -> None:
    changes: set[tuple[str, str]] = set()

    def heard(taken: Taken) -> None:
        pairs = zip(phases(taken.before), phases(taken.after), strict=True)
        changes.update((a, b) for a, b in pairs if a != b)

    Walk(Model(), Delivery.SECRET, key=key_of, heard=heard).run()
    drawn = {pair for part in docs.arrows() for pair in part}
    assert changes <= drawn


@pytest.mark.parametrize(
    ("span", "words"),
    [(5 * DAY, "5 d"), (36 * HOUR, "36 h"), (90 * MINUTE, "90 min"), (1_500, "1500 ms")],
)
def test_a_span_is_written_in_its_own_unit(span: int, words: str) -> None:
    assert docs.span_words(span) == words
