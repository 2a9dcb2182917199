"""Postings: the double-entry lines that an event carries into the books."""

from collections.abc import Sequence

from msgspec import Struct


class Line(Struct, frozen=True, gc=False, array_like=True):
    """One side of an entry: ``minor`` is positive for a debit, negative for a credit.

    ``account`` is a name from the chart in ``domain/books.py``; ``holder`` narrows it to one
    deal or account (0 for a control account).
    """

    account: str
    holder: int
    minor: int
    currency: str


def balanced(lines: Sequence[Line]) -> bool:
    """Whether the lines sum to zero in each currency."""
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.currency] = sums.get(line.currency, 0) + line.minor
    return not any(sums.values())
