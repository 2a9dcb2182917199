"""How one secret can be spelled: what makes two spellings the same, and what is looked for in them.

Whoever sells a card twice writes it differently the second time: in another width or case, with
letters of another script that look alike, with a word before it, or with its characters moved
from one field to the other. The functions here see through that. What they return is the secret
itself in another form: it is hashed or asked about at once, and never kept.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

CODE_MIN: Final = 6
"""Letters and digits mixed: from this length on they are a code by themselves."""
NUMBER_MIN: Final = 8
"""Digits alone; six are a PIN, and two honest cards may share it."""
WORD_MIN: Final = 12
"""Letters alone; shorter ones are words such as "none" or "password"."""
RUN_MIN: Final = 12
"""A number inside a longer text: shorter ones are dates and the telephone numbers of issuers."""
ASK_MIN: Final = 8
ASK_MAX: Final = 40
"""How long a part may be that is looked up or asked about."""
PARTS_MAX: Final = 24
"""How many parts of a secret are looked up or asked about, those with most digits first."""

_LOOKS_LIKE: Final = {
    "3": "\u0417\u0437",
    "a": "\u0391\u03b1\u0410\u0430",
    "b": "\u0392\u03b2\u0412\u0432",
    "c": "\u0421\u0441",
    "d": "\u0110\u0111\u0501",
    "e": "\u0395\u03b5\u0415\u0435",
    "g": "\u0261",
    "h": "\u0126\u0127\u0397\u041d\u043d\u04bb",
    "i": "\u0131\u0399\u03b9\u0406\u0456",
    "j": "\u0237\u0408\u0458",
    "k": "\u039a\u03ba\u041a\u043a",
    "l": "\u0141\u0142\u04c0\u04cf",
    "m": "\u039c\u041c\u043c",
    "n": "\u039d",
    "o": "\u00d8\u00f8\u039f\u03bf\u041e\u043e",
    "p": "\u03a1\u03c1\u0420\u0440",
    "q": "\u051b",
    "s": "\u0405\u0455",
    "t": "\u03a4\u03c4\u0422\u0442",
    "u": "\u03c5",
    "v": "\u03bd",
    "w": "\u051d",
    "x": "\u03a7\u03c7\u0425\u0445",
    "y": "\u03a5\u0423\u0443",
    "z": "\u0396",
}
"""Letters that look like a Latin one: Cyrillic, Greek, and Latin ones with a stroke."""
_ALIKE: Final = str.maketrans(
    {other: latin for latin, others in _LOOKS_LIKE.items() for other in others}
)
_AS_DIGITS: Final = str.maketrans("oil", "011")
_DIGITS: Final = re.compile(r"\d(?: ?\d)*")


def normalise(text: str) -> str:
    """Letters and digits only, in one script, width and case: two spellings of one secret agree.

    Marks over letters fall away, digits of any script are 0 to 9, and letters that look like a
    digit are that digit.
    """
    return _plain(text).replace(" ", "").translate(_AS_DIGITS)


def tells(plain: str) -> bool:
    """Whether a field, normalised, can be a secret by itself, so that only one deal may have it."""
    digits = sum(letter.isdecimal() for letter in plain)
    if digits == len(plain):
        return digits >= NUMBER_MIN
    return len(plain) >= (CODE_MIN if digits else WORD_MIN)


def whole(fields: Iterable[str]) -> str:
    """All fields as one: the same wherever one ends and the next begins, and in either order.

    Both orders, and every shift of the border, are turns of one ring of characters: of all its
    beginnings the least one stands for it.
    """
    ring = "".join(map(normalise, fields))
    return min((ring[start:] + ring[:start] for start in range(len(ring))), default="")


def numbers_in(text: str) -> tuple[str, ...]:
    """The long numbers inside a field, whatever is written around them."""
    plain = _plain(text)
    words = plain.split()
    typed = " ".join(
        word.translate(_AS_DIGITS) if any(letter.isdecimal() for letter in word) else word
        for word in words
    )
    runs = (found.replace(" ", "") for way in (plain, typed) for found in _DIGITS.findall(way))
    return tuple(dict.fromkeys(run for run in runs if len(run) >= RUN_MIN))


def parts_of(fields: Sequence[str]) -> tuple[str, ...]:
    """What inside the fields may be a card: neighbouring words, joined; likeliest first.

    Letters stay letters here: an issuer may tell O from 0.
    """
    found = {part: None for field in fields for part in _neighbours(_plain(field).split())}
    found |= {part.translate(_AS_DIGITS): None for part in list(found)}
    ranked = sorted(found, key=lambda part: (-sum(map(str.isdecimal, part)), -len(part)))
    return tuple(ranked[:PARTS_MAX])


def _neighbours(words: Sequence[str]) -> Iterator[str]:
    for first in range(len(words)):
        joined = ""
        for word in words[first:]:
            joined += word
            if len(joined) > ASK_MAX:
                break
            if len(joined) >= ASK_MIN:
                yield joined


def _plain(text: str) -> str:
    """Small Latin letters, digits 0 to 9, and one space for whatever stood between them."""
    letters: list[str] = []
    for letter in unicodedata.normalize("NFKD", text).translate(_ALIKE).casefold():
        # Folding the case of a letter may bring new marks along.
        for one in unicodedata.normalize("NFKD", letter).translate(_ALIKE).casefold():
            if unicodedata.category(one) in {"Mn", "Me", "Cf"}:
                continue
            digit = unicodedata.digit(one, None)
            if digit is not None:
                letters.append(str(digit))
            else:
                letters.append(one if one.isalnum() else " ")
    return " ".join("".join(letters).split())
