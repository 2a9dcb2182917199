"""The ordered feed: what happened in each person's own streams, in the order of the Merkle tree.

The tree gives every event one place among all parts, so its index (from 1) is a sequence that
strictly increases for everybody. The feed follows the tree and not the parts: an event shows up
only after everything before it has, so a reader who remembers one number never misses anything.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from fairhold.codec.events import envelope
from fairhold.engine.audience import people_of
from fairhold.engine.followers import QUIET_PACE_S
from fairhold.engine.ports import Fenced, LogRow, Put, Store
from fairhold.kernel.instant import Instant

NAME: Final = "feed"
VIEW: Final = "feed"
BATCH: Final = 500


class FeedEntry(Struct, frozen=True, kw_only=True):
    """One event in the feed: where it is on record and what it is called, not what it says."""

    sequence: int
    part: int
    seq: int
    stream: str
    version: int
    type: str
    at: Instant
    by: str
    people: tuple[int, ...]


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(FeedEntry)


class Feed:
    """Keeps the feed; a step of a background thread. Two at once do no harm: the cursor fences."""

    name = NAME
    pace_s = QUIET_PACE_S

    def __init__(self, store: Store) -> None:
        """Read from and write to one store."""
        self._store = store

    def step(self) -> int:
        """Take in what the tree has grown by, at most one batch; return how many leaves."""
        store = self._store
        done = store.cursor(NAME, 0)
        end = min(store.tree_size(), done + BATCH)
        if end <= done:
            return 0
        people: dict[int, tuple[int, ...]] = {}
        changes: list[Put] = []
        for index, row in _leaves(store, done, end):
            if row.stream not in people:
                people[row.stream] = people_of(store, row.stream)[1]
            if people[row.stream]:
                changes.append(_put(index + 1, row, people[row.stream]))
        try:
            store.advance(NAME, 0, done, end, changes)
        except Fenced:
            return 0
        return end - done


def read(
    store: Store, account: int, after: int, limit: int
) -> tuple[Sequence[FeedEntry], bool] | None:
    """Entries of one person after a sequence (0: from the first), oldest first, and if more follow.

    None when the sequence is not one of this person's own.
    """
    if after:
        known = store.document(VIEW, str(after))
        if known is None or account not in _decoder.decode(known).people:
            return None
    found = store.find(
        VIEW, "person", str(account), limit=limit, after=str(after) if after else None
    )
    return [_decoder.decode(data) for _, data in found.rows], found.more


def _put(sequence: int, row: LogRow, people: tuple[int, ...]) -> Put:
    outer = envelope(row.data)
    entry = FeedEntry(
        sequence=sequence,
        part=row.part,
        seq=row.seq,
        stream=outer.stream,
        version=row.version,
        type=row.type,
        at=row.at,
        by=outer.by,
        people=people,
    )
    # A store shows the largest first; the feed is read from its beginning.
    index = tuple(("person", str(person), -sequence) for person in sorted(set(people)))
    return Put(VIEW, str(sequence), _encoder.encode(entry), index)


def _leaves(store: Store, start: int, end: int) -> Iterator[tuple[int, LogRow]]:
    """The events behind the leaves from ``start`` to before ``end``, in few reads."""
    index = start
    while index < end:
        place = store.leaf_place(index)
        assert place is not None, "every leaf of the tree is an event"
        part, seq = place
        count = _run(store, index, end, part, seq)
        rows = store.log(part, seq - 1, count)
        assert len(rows) == count, "the log keeps what the tree holds"
        yield from enumerate(rows, index)
        index += count


def _run(store: Store, index: int, end: int, part: int, seq: int) -> int:
    """How many leaves from here on are certainly neighbours in one part, halving until it fits.

    Within a part leaves keep the order of the log, so equal distances mean nothing in between.
    """
    count = end - index
    while count > 1 and store.leaf_place(index + count - 1) != (part, seq + count - 1):
        count = (count + 1) // 2
    return count
