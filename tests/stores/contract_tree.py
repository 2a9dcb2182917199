"""The Merkle tree's tiles, ranges and checkpoints."""

import pytest

from fairhold.engine.ports import CheckpointRow, Fenced, RangeRow, Store, TileRow
from tests.stores.rows import NOT_UTF8, at_once


def grow(store: Store) -> None:
    """Ten leaves: seven of part 0 in two steps, with three of part 2 between them."""
    store.extend(0, [TileRow(0, 0, b"a" * 32)], [RangeRow(0, 0, 1, 4), RangeRow(4, 2, 1, 3)])
    store.extend(7, [TileRow(0, 0, NOT_UTF8), TileRow(1, 0, b"b")], [RangeRow(7, 0, 5, 3)])


class TreeContract:
    """The integrated tree."""

    def test_an_empty_tree_has_nothing(self, store: Store) -> None:
        assert store.tree_size() == 0
        assert store.tree_cursor(0) == 0
        assert store.tile(0, 0) is None
        assert store.leaf_index(0, 1) is None
        assert store.leaf_place(0) is None
        assert store.checkpoint() is None
        assert store.checkpoint(0) is None
        assert list(store.checkpoints(0, 9)) == []

    def test_a_tree_grows_by_ranges_and_tiles(self, store: Store) -> None:
        grow(store)
        assert store.tree_size() == 10
        assert [store.tree_cursor(part) for part in range(3)] == [7, 0, 3]
        assert store.tile(0, 0) == NOT_UTF8
        assert store.tile(1, 0) == b"b"
        assert store.tile(0, 1) is None

    def test_every_leaf_is_found_from_its_event_and_back(self, store: Store) -> None:
        grow(store)
        places = [(0, 1), (0, 2), (0, 3), (0, 4), (2, 1), (2, 2), (2, 3), (0, 5), (0, 6), (0, 7)]
        assert [store.leaf_place(index) for index in range(10)] == places
        assert [store.leaf_index(*place) for place in places] == list(range(10))
        assert store.leaf_index(0, 8) is None
        assert store.leaf_index(0, 0) is None
        assert store.leaf_index(1, 1) is None
        assert store.leaf_index(2, 4) is None
        assert store.leaf_place(10) is None
        assert store.leaf_place(-1) is None

    @pytest.mark.parametrize("size", [0, 7, 11])
    def test_a_tree_that_moved_on_fences_and_writes_nothing(self, store: Store, size: int) -> None:
        grow(store)
        with pytest.raises(Fenced):
            store.extend(size, [TileRow(0, 0, b"late")], [RangeRow(size, 1, 1, 1)])
        assert store.tile(0, 0) == NOT_UTF8
        assert store.tree_size() == 10
        assert store.tree_cursor(1) == 0

    def test_of_those_who_extend_at_once_one_succeeds(self, store: Store) -> None:
        def extend(number: int) -> bool:
            try:
                store.extend(
                    0, [TileRow(0, 0, b"%d" % number)], [RangeRow(0, number % 4, 1, number + 1)]
                )
            except Fenced:
                return False
            return True

        won = at_once(6, extend)
        assert sum(won) == 1
        winner = won.index(True)
        assert store.tree_size() == winner + 1
        assert store.tile(0, 0) == b"%d" % winner

    @pytest.mark.parametrize("ranges", [[RangeRow(1, 0, 1, 1)], [RangeRow(0, 0, 1, 0)]])
    def test_ranges_with_a_gap_are_a_bug(self, store: Store, ranges: list[RangeRow]) -> None:
        with pytest.raises(AssertionError):
            store.extend(0, (), ranges)
        assert store.tree_size() == 0

    def test_the_newest_checkpoint_and_one_by_size_are_found(self, store: Store) -> None:
        rows = [CheckpointRow(size, size * 10, b"note %d" % size) for size in (5, 2, 9)]
        for row in rows:
            store.add_checkpoint(row)
        assert store.checkpoint() == rows[2]
        assert store.checkpoint(5) == rows[0]
        assert store.checkpoint(6) is None
        assert list(store.checkpoints(0, 9)) == [rows[1], rows[0], rows[2]]
        assert list(store.checkpoints(2, 1)) == [rows[0]]
        assert list(store.checkpoints(9, 9)) == []

    def test_an_older_checkpoint_of_the_same_size_stays(self, store: Store) -> None:
        store.add_checkpoint(CheckpointRow(5, 1, b"first"))
        store.add_checkpoint(CheckpointRow(5, 2, b"second"))
        assert store.checkpoint(5) == CheckpointRow(5, 1, b"first")
