"""A fingerprint has one holder: the same secret is not sold twice."""

from fairhold.domain import fingerprint
from fairhold.domain.fingerprint import Hold, HoldGivenUp, HoldSpent, HoldTaken, LetGo, Spend
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
    both.when(LetGo(at=NOW, by=PLATFORM, holder=2)).then(HoldGivenUp(at=NOW, fingerprint="g"))
    both.when(hold(2)).refused("fingerprint.held")


def test_what_was_given_up_can_be_held_by_another() -> None:
    given(fingerprint, TAKEN).when(LetGo(at=NOW, by=PLATFORM, holder=1)).then(
        HoldGivenUp(at=NOW, fingerprint="f")
    )
    free = given(fingerprint, TAKEN, HoldGivenUp(at=NOW, fingerprint="f"))
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


def test_an_old_reason_to_let_go_leaves_a_newer_hold_alone() -> None:
    again = Hold(at=NOW, by=PLATFORM, fingerprint="f", holder=1, mark=5)
    newer = HoldTaken(at=NOW, fingerprint="f", holder=1, mark=5)
    given(fingerprint, TAKEN).when(again).then(newer)
    held = given(fingerprint, TAKEN, newer)
    held.when(hold(1)).nothing()
    held.when(LetGo(at=NOW, by=PLATFORM, holder=1, before=5)).nothing()
    held.when(LetGo(at=NOW, by=PLATFORM, holder=1, before=6)).then(
        HoldGivenUp(at=NOW, fingerprint="f")
    )
