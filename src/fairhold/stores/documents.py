"""What every store does to read-model changes before it applies them."""

from collections.abc import Iterable

from fairhold.engine.ports import Drop, Put

LAST_LETTER = 0x10FFFF
SURROGATES = range(0xD800, 0xE000)

Entry = tuple[str, str]
"""(index, value): the place of a document in an index."""


def last_changes(changes: Iterable[Put | Drop]) -> list[Put | Drop]:
    """The last change of each document, in key order, so that two writers never wait crosswise."""
    last = {(change.view, change.id): change for change in changes}
    return [last[key] for key in sorted(last)]


def entries_of(put: Put) -> dict[Entry, int]:
    """Where a document stands: (index, value) to its sort; of several the last one counts."""
    return {(index, value): sort for index, value, sort in put.index}


def after_prefix(prefix: str) -> str | None:
    """The smallest text greater than every text with this prefix; None when there is none.

    Texts are compared by code point, which is also the order of their UTF-8 bytes.
    """
    kept = prefix.rstrip(chr(LAST_LETTER))
    if not kept:
        return None
    following = ord(kept[-1]) + 1
    if following in SURROGATES:
        following = SURROGATES.stop
    return kept[:-1] + chr(following)
