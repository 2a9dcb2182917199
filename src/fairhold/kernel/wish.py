"""Commands, events and refusals: a wish, a fact, and a reason why not.

Values that every command makes anew are frozen and hold only values that were there before them,
so they form no cycle: they are declared with ``gc=False``, or the collector of cycles would walk
through every remembered state again and again.
"""

from collections.abc import Mapping

from msgspec import Struct, field

from fairhold.kernel.actor import Actor
from fairhold.kernel.instant import Instant


class Command(Struct, frozen=True, gc=False, kw_only=True):
    """A wish. The engine stamps ``at`` (one clock reading a batch) before anybody decides on it."""

    at: Instant = 0
    by: Actor


class Event(Struct, frozen=True, gc=False, kw_only=True):
    """A fact. It holds references and salted hashes only: no personal data, no secret."""

    at: Instant


class Refusal(Struct, frozen=True):
    """Why a wish was not granted: a stable code ``subject.reason`` and values for its words.

    Codes are never reused; their words, in each language, stand in the catalogues.
    """

    code: str
    values: Mapping[str, str | int] = field(default_factory=dict)
