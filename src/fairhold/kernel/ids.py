"""Identifiers: 63 bits of time, part and counter, shown as an opaque prefixed word.

``milliseconds (41 bits) | part (8) | counter (14)``: ids grow with time, so rows append, and the
part inside an id routes it to its log without a look-up.
"""

from typing import Final

PART_BITS: Final = 8
COUNTER_BITS: Final = 14
PART_SHIFT: Final = COUNTER_BITS
TIME_SHIFT: Final = PART_BITS + COUNTER_BITS
ID_BITS: Final = 63
ID_MASK: Final = (1 << ID_BITS) - 1
PARTS_MAX: Final = 1 << PART_BITS
COUNTER_MAX: Final = 1 << COUNTER_BITS

EPOCH_MS: Final = 1_577_836_800_000
"""2020-01-01T00:00:00Z: 41 bits of milliseconds reach from here to 2089."""

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS: Final = tuple(high + low for high in _ALPHABET for low in _ALPHABET)
"""Two letters at once: ten bits."""
_LETTERS: Final = 13
_MULTIPLIER: Final = 0x5851F42D4C957F2D
_INVERSE: Final = pow(_MULTIPLIER, -1, 1 << ID_BITS)
_HALF: Final = 32


def make_id(at_ms: int, part: int, counter: int) -> int:
    """Compose an id; ``at_ms`` is an Instant not before 2020."""
    assert at_ms >= EPOCH_MS, "ids begin in 2020"
    assert 0 <= part < PARTS_MAX
    assert 0 <= counter < COUNTER_MAX
    return ((at_ms - EPOCH_MS) << TIME_SHIFT) | (part << PART_SHIFT) | counter


def hashed_id(digest: bytes, part: int) -> int:
    """An id for a stream that is named by a keyed hash instead of by the time it began."""
    number = int.from_bytes(digest[:8], "big") & ID_MASK
    return (number & ~((PARTS_MAX - 1) << PART_SHIFT)) | (part << PART_SHIFT)


def part_of(number: int) -> int:
    """Which part of the log an id lives in."""
    return (number >> PART_SHIFT) & (PARTS_MAX - 1)


def public_id(prefix: str, number: int) -> str:
    """Show an id as ``prefix_`` and 13 letters that do not reveal the order of ids.

    This hides how busy the market is; it is no secret and grants nothing.
    """
    assert 0 <= number <= ID_MASK
    mixed = number ^ (number >> _HALF)
    mixed = (mixed * _MULTIPLIER) & ID_MASK
    mixed ^= mixed >> _HALF
    return (
        f"{prefix}_{_ALPHABET[mixed >> 60]}{_PAIRS[mixed >> 50 & 1023]}{_PAIRS[mixed >> 40 & 1023]}"
        f"{_PAIRS[mixed >> 30 & 1023]}{_PAIRS[mixed >> 20 & 1023]}{_PAIRS[mixed >> 10 & 1023]}"
        f"{_PAIRS[mixed & 1023]}"
    )


def read_public_id(prefix: str, text: str) -> int | None:
    """The number behind a public id, or None when the text is no id with this prefix."""
    head, _, tail = text.partition("_")
    if head != prefix or len(tail) != _LETTERS:
        return None
    mixed = 0
    for letter in tail:
        value = _ALPHABET.find(letter)
        if value < 0:
            return None
        mixed = (mixed << 5) | value
    if mixed > ID_MASK:
        return None
    mixed ^= mixed >> _HALF
    number = (mixed * _INVERSE) & ID_MASK
    return number ^ (number >> _HALF)
