"""The golden grid: who is granted what in each situation, and the code of every refusal.

A changed cell is a changed promise: read the difference before you commit it. ``make golden``
(or FAIRHOLD_GOLDEN=write) writes the grid anew.
"""

import os
from pathlib import Path

from fairhold.domain.deal import deal
from fairhold.kernel.actor import PEOPLE, Role
from fairhold.kernel.wish import Refusal
from fairhold.lab.prove_wishes import Wish, alphabet
from tests.domain.situations import SITUATIONS
from tests.domain.spec import Deed

GRID = Path(__file__).resolve().parent.parent / "golden" / "moves.txt"
GRANTED, HEARD = "granted", "nothing new"

ARGUMENTS = {
    "case.OpenCase": "half",
    "case.DecideCase": "half to the buyer",
    "returns.AskReturn": "changed_mind",
    "meeting.PresentCode": "right",
    "secret.Seal": "issuer not asked",
    "secret.Open": "issuer not asked",
}
"""For a command with a choice of arguments, the one that is in order."""


def cell(deed: Deed, wish: Wish) -> str:
    decision = deal.decide(deed.deal, wish.make(deed.deal, deed.at))
    if isinstance(decision, Refusal):
        return decision.code
    return GRANTED if decision else HEARD


def persons_wishes() -> dict[str, Wish]:
    """One wish for each command that a person may ever make, for each party and the operator."""
    regular, foreign = alphabet(deal.MOVES)
    commands = {row.command for row in deal.MOVES if row.who & PEOPLE}
    chosen: dict[str, Wish] = {}
    for wish in (*regular, *foreign):
        module = wish.command.__module__.rpartition(".")[2]
        wanted = ARGUMENTS.get(f"{module}.{wish.command.__name__}", wish.variant.words)
        ours = wish.role in {Role.BUYER, Role.SELLER, Role.OPERATOR}
        named = wish in regular
        if ours and wish.command in commands and (wish.variant.words == wanted or not named):
            name = wish.label.partition(" (")[0]
            chosen.setdefault(name, wish)
    return chosen


def grid() -> str:
    wishes = persons_wishes()
    lines = ["# What each may do in each situation. Written by FAIRHOLD_GOLDEN=write."]
    for name, make in SITUATIONS.items():
        deed = make()
        lines += ["", f"[{name}]  {' / '.join(deed.phases)}  clock: {deed.clock or 'none'}"]
        answers: dict[str, list[str]] = {}
        for label, wish in wishes.items():
            answers.setdefault(cell(deed, wish), []).append(label)
        for answer in sorted(answers, key=lambda code: (code != GRANTED, code)):
            if answer != "deal.not_for_your_role":
                lines.append(f"  {answer}: {', '.join(sorted(answers[answer]))}")
    return "\n".join(lines) + "\n"


def test_the_grid_of_moves_is_as_it_was_agreed() -> None:
    fresh = grid()
    if os.environ.get("FAIRHOLD_GOLDEN") == "write":
        GRID.write_text(fresh, "utf-8")
    assert fresh == GRID.read_text("utf-8")


def test_every_command_of_a_person_is_in_the_grid_for_everybody() -> None:
    commands = {row.command for row in deal.MOVES if row.who & PEOPLE}
    assert len(persons_wishes()) == 3 * len(commands)
    text = GRID.read_text("utf-8")
    granted = {f"{role} {row.name}" for row in deal.MOVES for role in row.who & PEOPLE}
    assert all(f"{label}" in text for label in granted)


def test_who_no_row_names_is_refused_in_every_situation() -> None:
    _, foreign = alphabet(deal.MOVES)
    for make in SITUATIONS.values():
        deed = make()
        for wish in foreign:
            code = cell(deed, wish)
            assert code in {"deal.not_for_your_role", "deal.not_yours", "deal.exists"}, wish.label
