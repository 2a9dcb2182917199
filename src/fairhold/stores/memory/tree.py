"""The Merkle tree's tiles, ranges and checkpoints, in memory."""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Sequence

from fairhold.engine.ports import CheckpointRow, Fenced, RangeRow, TileRow
from fairhold.stores.batch import check_ranges
from fairhold.stores.memory.base import MemoryBase


class MemoryTree(MemoryBase):
    """The integrated tree."""

    def __init__(self) -> None:
        """Begin with an empty tree."""
        super().__init__()
        self._tiles: dict[tuple[int, int], bytes] = {}
        self._ranges: list[RangeRow] = []
        self._ranges_of: defaultdict[int, list[RangeRow]] = defaultdict(list)
        self._checkpoints: dict[int, CheckpointRow] = {}
        self._checkpoint_sizes: list[int] = []

    def tree_size(self) -> int:
        """How many leaves are integrated."""
        with self._lock:
            last = self._ranges[-1] if self._ranges else None
            return last.first_index + last.count if last else 0

    def tree_cursor(self, part: int) -> int:
        """The last seq of a part that is integrated."""
        with self._lock:
            rows = self._ranges_of[part]
            return rows[-1].first_seq + rows[-1].count - 1 if rows else 0

    def extend(
        self, expected_size: int, tiles: Sequence[TileRow], ranges: Sequence[RangeRow]
    ) -> None:
        """Replace or add tiles, append ranges; raise Fenced when the size has moved on."""
        check_ranges(expected_size, ranges)
        with self._lock:
            size = self.tree_size()
            if size != expected_size:
                message = f"the tree has {size} leaves, not {expected_size}"
                raise Fenced(message)
            for tile in tiles:
                self._tiles[tile.level, tile.index] = tile.data
            for row in ranges:
                self._ranges.append(row)
                self._ranges_of[row.part].append(row)

    def add_checkpoint(self, row: CheckpointRow) -> None:
        """Keep a checkpoint; an older one of the same size stays as it is."""
        with self._lock:
            if row.size not in self._checkpoints:
                self._checkpoints[row.size] = row
                insort(self._checkpoint_sizes, row.size)

    def tile(self, level: int, index: int) -> bytes | None:
        """The hashes of a tile so far."""
        with self._lock:
            return self._tiles.get((level, index))

    def leaf_index(self, part: int, seq: int) -> int | None:
        """Where an event stands in the tree; None while it is not integrated."""
        with self._lock:
            rows = self._ranges_of[part]
            place = bisect_right(rows, seq, key=lambda row: row.first_seq) - 1
            if place < 0 or seq >= rows[place].first_seq + rows[place].count:
                return None
            return rows[place].first_index + seq - rows[place].first_seq

    def leaf_place(self, index: int) -> tuple[int, int] | None:
        """Which (part, seq) a leaf is."""
        with self._lock:
            place = bisect_right(self._ranges, index, key=lambda row: row.first_index) - 1
            if place < 0 or index >= self.tree_size():
                return None
            row = self._ranges[place]
            return row.part, row.first_seq + index - row.first_index

    def checkpoint(self, size: int | None = None) -> CheckpointRow | None:
        """The newest checkpoint, or the one of a given size."""
        with self._lock:
            if size is not None:
                return self._checkpoints.get(size)
            return self._checkpoints[self._checkpoint_sizes[-1]] if self._checkpoints else None

    def checkpoints(self, after_size: int, limit: int) -> Sequence[CheckpointRow]:
        """Checkpoints with size > after_size, ascending."""
        with self._lock:
            start = bisect_right(self._checkpoint_sizes, after_size)
            sizes = self._checkpoint_sizes[start : start + limit]
            return [self._checkpoints[size] for size in sizes]
