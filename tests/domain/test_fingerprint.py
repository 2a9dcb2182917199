"""A fingerprint has one holder: the same secret is not sold twice."""

from fairhold.domain import fingerprint
from fairhold.domain.fingerprint import (
    ATTEMPT_BITS,
    Hold,
    HoldGivenUp,
    HoldSpent,
    HoldTaken,
    LetGo,
    Spend,
    mark_of,
)
from fairhold.kernel.actor import PLATFORM
from tests.domain.spec import NOW, given

TAKEN = HoldTaken(at=NOW, fingerprint="f", holder=1, mark=0)


def hold(holder: int, name: str = "f") -> Hold:
    return Hold(at=NOW, by=PLATFORM, fingerprint=name, holder=holder)


def test_the_first_holds_it_and_asking_again_changes_nothing() -> None:
    given(fingerprint).when(hold(1)).then(TAKEN)
    given(fingerprint, TAKEN).when(hold(1)).nothing()


def test_a_second_holder_is_refused() -> None:
    given(fingerprint, TAKEN).when(hold(2)).refused("fingerprint.held")


def test_two_fingerprints_that_share_a_number_are_told_apart() -> None:
    other = HoldTaken(at=NOW, fingerprint="g", holder=2, mark=0)
    given(fingerprint, TAKEN).when(hold(2, "g")).then(other)
    both = given(fingerprint, TAKEN, other)
    both.when(LetGo(at=NOW, by=PLATFORM, holder=2)).then(
        HoldGivenUp(at=NOW, fingerprint="g", marks=(0,))
    )
    both.when(hold(2)).refused("fingerprint.held")


def test_what_was_given_up_can_be_held_by_another() -> None:
    given(fingerprint, TAKEN).when(LetGo(at=NOW, by=PLATFORM, holder=1)).then(
        HoldGivenUp(at=NOW, fingerprint="f", marks=(0,))
    )
    free = given(fingerprint, TAKEN, HoldGivenUp(at=NOW, fingerprint="f", marks=(0,)))
    free.when(hold(2)).then(HoldTaken(at=NOW, fingerprint="f", holder=2, mark=0))


def test_nobody_gives_up_what_another_holds() -> None:
    given(fingerprint, TAKEN).when(LetGo(at=NOW, by=PLATFORM, holder=2)).nothing()
    given(fingerprint).when(LetGo(at=NOW, by=PLATFORM, holder=2)).nothing()


def test_what_was_revealed_is_never_held_again() -> None:
    given(fingerprint, TAKEN).when(Spend(at=NOW, by=PLATFORM, holder=1)).then(
        HoldSpent(at=NOW, fingerprint="f")
    )
    spent = given(fingerprint, TAKEN, HoldSpent(at=NOW, fingerprint="f"))
    for holder in (1, 2):
        spent.when(hold(holder)).refused("fingerprint.held")
    spent.when(LetGo(at=NOW, by=PLATFORM, holder=1)).nothing()
    spent.when(Spend(at=NOW, by=PLATFORM, holder=1)).nothing()


def test_a_fingerprint_waits_for_nothing() -> None:
    assert fingerprint.wake(given(fingerprint, TAKEN).state) is None


def marked(mark: int) -> HoldTaken:
    return HoldTaken(at=NOW, fingerprint="f", holder=1, mark=mark)


def given_up(*marks: int) -> HoldGivenUp:
    return HoldGivenUp(at=NOW, fingerprint="f", marks=marks)


def let_go(**which: int) -> LetGo:
    return LetGo(at=NOW, by=PLATFORM, holder=1, **which)


def test_an_old_reason_to_let_go_leaves_a_newer_hold_alone() -> None:
    again = Hold(at=NOW, by=PLATFORM, fingerprint="f", holder=1, mark=5)
    given(fingerprint, TAKEN).when(again).then(marked(5))
    held = given(fingerprint, TAKEN, marked(5))
    held.when(hold(1)).nothing()
    held.when(let_go(before=5)).then(given_up(0))
    held.when(let_go(before=6)).then(given_up(0, 5))
    left = given(fingerprint, TAKEN, marked(5), given_up(0))
    left.when(hold(2)).refused("fingerprint.held")
    left.when(let_go(before=5)).nothing()


def test_an_attempt_takes_back_its_own_mark_and_no_other() -> None:
    both = given(fingerprint, marked(7), marked(9))
    both.when(let_go(only=9)).then(given_up(9))
    both.when(let_go(only=8)).nothing()
    one = given(fingerprint, marked(7), marked(9), given_up(9))
    one.when(hold(2)).refused("fingerprint.held")
    one.when(let_go(only=7)).then(given_up(7))
    given(fingerprint, marked(7), given_up(7)).when(hold(2)).then(
        HoldTaken(at=NOW, fingerprint="f", holder=2, mark=0)
    )


def test_the_marks_of_a_later_version_are_greater_whatever_the_attempt() -> None:
    most = (1 << ATTEMPT_BITS) - 1
    assert mark_of(4, most) < mark_of(5) <= mark_of(5, 1) < mark_of(6)


def test_what_was_revealed_stays_spent_whatever_is_let_go() -> None:
    spent = given(fingerprint, marked(7), HoldSpent(at=NOW, fingerprint="f"))
    spent.when(let_go()).nothing()
    spent.when(let_go(only=7)).nothing()
