"""What fsck says, and what it asks of those who know the meaning of events."""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from msgspec import MsgspecError, Struct

from fairhold.engine.ports import LogRow
from fairhold.kernel.instant import Instant

PAGE: Final = 500
"""How many rows are read at a time."""

UNREADABLE: Final = (
    MsgspecError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
)
"""What decoding or folding raises over bytes that are not what they should be."""


class Facts(Struct, frozen=True):
    """What the bytes of an event say about their own row; None where they are silent."""

    type: str | None = None
    at: Instant | None = None
    stream: int | None = None
    version: int | None = None
    lines: bytes | None = None


Decode: TypeAlias = Callable[[LogRow], Facts]
Refold: TypeAlias = Callable[[Sequence[LogRow]], bytes | None]


class Finding(Struct, frozen=True):
    """One thing that is wrong: what, where, and what should have been there.

    Codes: ``log.gap``, ``log.foreign``, ``log.link``, ``log.time``, ``log.unreadable``,
    ``log.disagrees``, ``log.unbalanced``, ``books.balance``, ``stream.head``, ``stream.chain``,
    ``stream.version``, ``stream.state``, ``stream.unfoldable``, ``stream.orphan``,
    ``tree.place``, ``tree.index``, ``tree.entry``, ``tree.leaf``, ``tree.tile``,
    ``tree.cursor``, ``checkpoint.note``, ``checkpoint.size``, ``checkpoint.beyond``,
    ``checkpoint.root``.
    """

    code: str
    detail: str
    part: int | None = None
    seq: int | None = None
    stream: int | None = None
    expected: str = ""
    found: str = ""

    def __str__(self) -> str:
        """One line for a person."""
        places = (("part", self.part), ("seq", self.seq), ("stream", self.stream))
        where = ", ".join(f"{name} {value}" for name, value in places if value is not None)
        told = f"; expected {self.expected}, found {self.found}" if self.expected else ""
        return f"{self.code}: {self.detail}{told}" + (f" ({where})" if where else "")
