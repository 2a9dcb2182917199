"""Fsck of the streams of one part: each state is the fold of exactly its own chain of events."""

from collections.abc import Iterator, Sequence

from fairhold.engine.fsck.finding import PAGE, UNREADABLE, Finding, Refold
from fairhold.engine.fsck.log import Walked, pages
from fairhold.engine.ports import LogRow, ReadStore, StateRow


def check_streams(
    store: ReadStore, part: int, walked: Walked, refold: Refold | None
) -> Iterator[Finding]:
    """Follow every stream from its state's head; afterwards no entry may be left over."""
    count = 0
    for state in _states(store, part):
        rows = _chain(store, part, state, loops=walked.loops)
        own = [row for row in rows if row.stream == state.id and row.seq <= walked.head]
        for row in own:
            count += not walked.is_reached(row.seq)
            walked.reach(row.seq)
        broken = _broken(part, state, rows)
        if broken:
            yield broken
        elif refold:
            yield from _folded(part, state, rows, refold)
    if count < walked.head:
        yield from _orphans(store, part, walked)


def _states(store: ReadStore, part: int) -> Iterator[StateRow]:
    after = -1
    while rows := store.states(part, after, PAGE):
        yield from rows
        after = rows[-1].id


def _chain(store: ReadStore, part: int, state: StateRow, *, loops: bool) -> Sequence[LogRow]:
    """The stream's entries, oldest first, as far as the links lead back."""
    if not loops:
        return store.history(state.id)
    rows: list[LogRow] = []
    seq = state.head
    while row := store.event(part, seq):
        rows.append(row)
        if not 0 < row.prev < row.seq:
            break
        seq = row.prev
    return rows[::-1]


def _broken(part: int, state: StateRow, rows: Sequence[LogRow]) -> Finding | None:
    """The first thing that is wrong with a chain."""
    if not rows or rows[-1].seq != state.head or rows[-1].stream != state.id:
        detail = "the state names a head that is not an entry of its stream"
        found = f"{rows[-1].seq} of stream {rows[-1].stream}" if rows else "nothing"
        return Finding(
            "stream.head", detail, part, state.head, state.id, f"seq {state.head}", found
        )
    for version, row in enumerate(rows, rows[-1].version - len(rows) + 1):
        if row.stream != state.id:
            detail = "the chain leads to an entry of another stream"
            expected, found = str(state.id), str(row.stream)
            return Finding("stream.chain", detail, part, row.seq, state.id, expected, found)
        if row.version != version:
            detail = "versions do not follow one another"
            expected, found = str(version), str(row.version)
            return Finding("stream.version", detail, part, row.seq, state.id, expected, found)
    if rows[0].version != 1 or rows[0].prev != 0:
        detail = "the chain does not reach the stream's first entry"
        return Finding(
            "stream.chain",
            detail,
            part,
            rows[0].seq,
            state.id,
            "version 1",
            f"version {rows[0].version}",
        )
    if state.version != rows[-1].version:
        detail = "the state does not have the version of its last entry"
        expected, found = str(rows[-1].version), str(state.version)
        return Finding("stream.version", detail, part, state.head, state.id, expected, found)
    return None


def _folded(
    part: int, state: StateRow, rows: Sequence[LogRow], refold: Refold
) -> Iterator[Finding]:
    try:
        data = refold(rows)
    except UNREADABLE as error:
        detail = f"the events cannot be folded: {error}"
        yield Finding("stream.unfoldable", detail, part, state.head, state.id)
        return
    if data is not None and data != state.data:
        detail = "the state is not the fold of its events"
        expected, found = _first_difference(data, state.data)
        yield Finding("stream.state", detail, part, state.head, state.id, expected, found)


_AROUND = 24


def _first_difference(expected: bytes, found: bytes) -> tuple[str, str]:
    """Both texts around the first byte in which they differ."""
    pairs = zip(expected, found, strict=False)
    place = next(
        (place for place, (one, other) in enumerate(pairs) if one != other),
        min(len(expected), len(found)),
    )
    cut = slice(max(0, place - _AROUND), place + _AROUND)
    return repr(expected[cut]), repr(found[cut])


def _orphans(store: ReadStore, part: int, walked: Walked) -> Iterator[Finding]:
    for row in pages(store, part):
        if row.seq <= walked.head and not walked.is_reached(row.seq):
            detail = "no chain of any stream comes by this entry"
            yield Finding("stream.orphan", detail, part, row.seq, row.stream)
