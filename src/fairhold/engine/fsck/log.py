"""Fsck of one part of the log: order, links, times, what the bytes say, and the books."""

from collections.abc import Generator, Iterator, Sequence

import msgspec
from msgspec import Struct

from fairhold.engine.fsck.finding import PAGE, UNREADABLE, Decode, Finding
from fairhold.engine.ports import LogRow, ReadStore
from fairhold.kernel.ids import part_of
from fairhold.kernel.line import Line, balanced

_Key = tuple[str, int, str]
_CONTROL = 0
"""Balances are kept for control accounts; what one holder has is in its own stream."""
_LINES = msgspec.json.Decoder(tuple[Line, ...])


class Walked(Struct):
    """What the walk through a part leaves for the checks after it.

    ``reached`` has one bit for each seq, to be set when a stream's chain comes by. ``loops`` says
    that some link does not lead back, so that following links need not end.
    """

    head: int
    reached: bytearray
    loops: bool = False

    def reach(self, seq: int) -> None:
        """Note that a chain came by this entry."""
        self.reached[seq >> 3] |= 1 << (seq & 7)

    def is_reached(self, seq: int) -> bool:
        """Whether a chain came by this entry."""
        return bool(self.reached[seq >> 3] & 1 << (seq & 7))


def pages(store: ReadStore, part: int) -> Iterator[LogRow]:
    """Every row of a part in order, a page in memory at a time."""
    after = 0
    while rows := store.log(part, after, PAGE):
        yield from rows
        assert rows[-1].seq > after, "a page of the log moves on"
        after = rows[-1].seq


def check_log(store: ReadStore, part: int, decode: Decode) -> Generator[Finding, None, Walked]:
    """Walk one part; afterwards its balances must be the sum of the lines."""
    head = store.log_head(part)
    walked = Walked(head, bytearray((head >> 3) + 1))
    sums: dict[_Key, int] = {}
    before: LogRow | None = None
    for row in pages(store, part):
        yield from _order(row, before, part)
        if row.prev >= row.seq:
            walked.loops = True
        yield from _facts(row, decode)
        yield from _books(row, sums)
        before = row
    yield from _balances(store, part, sums)
    return walked


def _finding(code: str, detail: str, row: LogRow, expected: object, found: object) -> Finding:
    return Finding(code, detail, row.part, row.seq, row.stream, str(expected), str(found))


def _order(row: LogRow, before: LogRow | None, part: int) -> Iterator[Finding]:
    expected = before.seq + 1 if before else 1
    if row.seq != expected:
        missing = str(expected) if row.seq == expected + 1 else f"{expected} to {row.seq - 1}"
        detail = f"entries are missing: {missing}"
        yield Finding("log.gap", detail, part, expected, None, str(expected), str(row.seq))
    if row.part != part or part_of(row.stream) != part:
        yield _finding(
            "log.foreign", "the stream lives in another part", row, part, part_of(row.stream)
        )
    if before and row.at < before.at:
        yield _finding("log.time", "time goes back", row, f"at least {before.at}", row.at)
    if not 0 <= row.prev < row.seq or (row.prev == 0) != (row.version == 1):
        yield _finding(
            "log.link",
            "the link to the stream's previous entry leads nowhere",
            row,
            "0" if row.version == 1 else f"1 to {row.seq - 1}",
            row.prev,
        )


def _facts(row: LogRow, decode: Decode) -> Iterator[Finding]:
    """The columns beside the bytes are a copy: what the bytes say counts."""
    try:
        facts = decode(row)
    except UNREADABLE as error:
        detail = f"the bytes cannot be read: {error}"
        yield Finding("log.unreadable", detail, row.part, row.seq, row.stream)
        return
    for name, said, kept in (
        ("type", facts.type, row.type),
        ("instant", facts.at, row.at),
        ("stream", facts.stream, row.stream),
        ("version", facts.version, row.version),
        ("lines", facts.lines, row.lines),
    ):
        if said is not None and said != kept:
            yield _finding(
                "log.disagrees", f"the {name} is not the one in the bytes", row, said, kept
            )


def _books(row: LogRow, sums: dict[_Key, int]) -> Iterator[Finding]:
    if not row.lines:
        return
    try:
        lines: Sequence[Line] = _LINES.decode(row.lines)
    except UNREADABLE as error:
        detail = f"the lines cannot be read: {error}"
        yield Finding("log.unreadable", detail, row.part, row.seq, row.stream)
        return
    if not balanced(lines):
        total = sum(line.minor for line in lines)
        yield _finding("log.unbalanced", "debits and credits differ", row, 0, total)
    for line in lines:
        key = (line.account, _CONTROL, line.currency)
        sums[key] = sums.get(key, 0) + line.minor


def _balances(store: ReadStore, part: int, sums: dict[_Key, int]) -> Iterator[Finding]:
    kept = {(row.account, row.holder, row.currency): row.minor for row in store.balances(part)}
    for key in sorted(kept.keys() | sums.keys()):
        expected, found = sums.get(key, 0), kept.get(key, 0)
        if expected != found:
            account, holder, currency = key
            detail = f"the balance of {account} {holder} in {currency} is not the sum of its lines"
            yield Finding("books.balance", detail, part, expected=str(expected), found=str(found))
