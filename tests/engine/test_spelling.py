"""Two spellings of one secret agree, wherever its characters stand; two secrets do not."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhold.engine.spelling import PARTS_MAX, normalise, numbers_in, parts_of, tells, whole

CODES = st.text("0123456789abcdefXYZ-", min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("AB-12 34", "ab1234"),
        ("\uff21\uff22\uff11\uff12", "ab12"),
        ("\u0430\u0412\u03a1", "abp"),
        ("\u0661\u0662\u06f3", "123"),
        ("O0 Il1", "00111"),
        ("\u00e1\u00e9", "ae"),
        ("\u2460\u00b2", "12"),
        ("a\u200bb\u00adc", "abc"),
        ("----", ""),
    ],
)
def test_a_spelling_is_seen_through(typed: str, plain: str) -> None:
    assert normalise(typed) == plain


def test_every_character_is_settled_after_once() -> None:
    every = (chr(code) for code in range(sys.maxunicode + 1))
    assert [c for c in every if normalise(normalise(c)) != normalise(c)] == []


def test_every_digit_of_every_script_is_the_digit_it_means() -> None:
    every = (chr(code) for code in range(sys.maxunicode + 1))
    meant = [(c, unicodedata.decimal(c)) for c in every if unicodedata.decimal(c, None) is not None]
    assert len(meant) > 600
    assert [c for c, digit in meant if normalise(c) != str(digit)] == []


@given(CODES, CODES, st.integers(0, 60))
def test_the_whole_is_one_wherever_the_border_lies(one: str, other: str, border: int) -> None:
    both = one + other
    same = whole([both[:border], both[border:]])
    assert whole([one, other]) == whole([other, one]) == same == whole(["", both])


def test_the_whole_of_another_secret_is_another() -> None:
    assert whole(["AB12", "34"]) != whole(["AB12", "35"])
    assert whole(["", "- -"]) == ""


@pytest.mark.parametrize("plain", ["ab12cd", "12345678", "abcdefghijkl"])
def test_what_is_long_enough_is_a_secret_by_itself(plain: str) -> None:
    assert tells(plain)


@pytest.mark.parametrize("plain", ["", "1234567", "ab12c", "password", "123456"])
def test_what_honest_people_share_is_not(plain: str) -> None:
    assert not tells(plain)


def test_a_long_number_is_found_among_words() -> None:
    card = ("6222000012345678",)
    for text in ("No 6222 0000 1234 5678", "card:6222-0000-1234-5678.", "oil 6222OOOO12345678"):
        assert numbers_in(text) == card
    assert numbers_in("until 2027-12-31, call 400 812 3123") == ()


def test_the_likeliest_parts_come_first_and_are_few() -> None:
    assert "fh1234567890123456" in parts_of(["the card FH1234 5678 9012 3456 please"])
    assert len(parts_of([" ".join(map(str, range(90)))])) == PARTS_MAX
