"""What every store checks and prepares before it writes a batch."""

from collections.abc import Iterable, Sequence

from fairhold.engine.ports import BalanceRow, Batch, RangeRow, StateRow
from fairhold.kernel.ids import part_of

BalanceKey = tuple[str, int, str]


def check(batch: Batch) -> None:
    """Assert that a batch is gapless and stays in its part.

    Routing and fencing rest on both, so a batch that breaks them is a bug of the engine and must
    not reach a disk.
    """
    seq = batch.head
    for event in batch.events:
        seq += 1
        assert event.seq == seq, "a batch continues its part without a gap"
        assert event.part == batch.part, "an event is written to its own part"
    for state in batch.states:
        assert part_of(state.id) == batch.part, "a stream lives in the part that its id names"


def summed(balances: Iterable[BalanceRow]) -> Sequence[tuple[str, int, str, int]]:
    """One difference per account, in key order: two writers then never wait crosswise."""
    sums: dict[BalanceKey, int] = {}
    for row in balances:
        key = (row.account, row.holder, row.currency)
        sums[key] = sums.get(key, 0) + row.minor
    return [(*key, sums[key]) for key in sorted(sums)]


def newest(states: Sequence[StateRow]) -> Sequence[StateRow]:
    """One state per stream, the last one given, in id order."""
    by_id = {row.id: row for row in states}
    return [by_id[id_] for id_ in sorted(by_id)]


def check_ranges(size: int, ranges: Iterable[RangeRow]) -> None:
    """Assert that ranges continue a tree of ``size`` leaves without a gap."""
    for row in ranges:
        assert row.first_index == size, "a range begins where the tree ends"
        assert row.count > 0, "a range holds at least one leaf"
        size += row.count
