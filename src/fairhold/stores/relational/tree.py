"""The Merkle tree's tiles, ranges and checkpoints."""

# ruff: noqa: S608 - statements are joined from constants; every value is a parameter

from collections.abc import Sequence

from fairhold.engine.ports import CheckpointRow, Fenced, RangeRow, TileRow
from fairhold.stores.batch import check_ranges
from fairhold.stores.relational.database import Database, Session

SIZE = "SELECT first_index + count FROM leaf_range ORDER BY first_index DESC LIMIT 1"
APPEND = (
    "INSERT INTO leaf_range (first_index, part, first_seq, count) VALUES (?, ?, ?, ?) "
    "ON CONFLICT DO NOTHING"
)
PUT_TILE = (
    "INSERT INTO tile (level, place, data) VALUES (?, ?, ?) "
    "ON CONFLICT (level, place) DO UPDATE SET data = excluded.data"
)


def _append(session: Session, size: int, ranges: Sequence[RangeRow]) -> bool:
    rows = session.rows(SIZE)
    stored = int(rows[0][0]) if rows else 0
    return stored == size and all(
        session.run(APPEND, (row.first_index, row.part, row.first_seq, row.count)) for row in ranges
    )


class Tree(Database):
    """The integrated tree."""

    def tree_size(self) -> int:
        """How many leaves are integrated."""
        rows = self._read(SIZE)
        return int(rows[0][0]) if rows else 0

    def tree_cursor(self, part: int) -> int:
        """The last seq of a part that is integrated."""
        rows = self._read(
            "SELECT first_seq + count - 1 FROM leaf_range WHERE part = ? "
            "ORDER BY first_seq DESC LIMIT 1",
            (part,),
        )
        return int(rows[0][0]) if rows else 0

    def extend(
        self, expected_size: int, tiles: Sequence[TileRow], ranges: Sequence[RangeRow]
    ) -> None:
        """Replace or add tiles, append ranges; raise Fenced when the size has moved on.

        The ranges go in first: of two writers at one size the key lets only one continue.
        """
        check_ranges(expected_size, ranges)
        with self._write() as session:
            if not _append(session, expected_size, ranges):
                message = f"the tree is no longer at {expected_size} leaves"
                raise Fenced(message)
            if tiles:
                last = {(tile.level, tile.index): tile.data for tile in tiles}
                session.run_each(PUT_TILE, [(*place, last[place]) for place in sorted(last)])

    def add_checkpoint(self, row: CheckpointRow) -> None:
        """Keep a checkpoint; an older one of the same size stays as it is."""
        self._change(
            "INSERT INTO checkpoint (size, at, note) VALUES (?, ?, ?) "
            "ON CONFLICT (size) DO NOTHING",
            (row.size, row.at, row.note),
        )

    def tile(self, level: int, index: int) -> bytes | None:
        """The hashes of a tile so far (it grows until it holds 256)."""
        rows = self._read("SELECT data FROM tile WHERE level = ? AND place = ?", (level, index))
        return rows[0][0] if rows else None

    def leaf_index(self, part: int, seq: int) -> int | None:
        """Where an event stands in the tree; None while it is not integrated."""
        rows = self._read(
            "SELECT first_index, first_seq, count FROM leaf_range "
            "WHERE part = ? AND first_seq <= ? ORDER BY first_seq DESC LIMIT 1",
            (part, seq),
        )
        for first_index, first_seq, count in rows:
            if seq < first_seq + count:
                return int(first_index + seq - first_seq)
        return None

    def leaf_place(self, index: int) -> tuple[int, int] | None:
        """Which (part, seq) a leaf is."""
        rows = self._read(
            "SELECT first_index, part, first_seq, count FROM leaf_range "
            "WHERE first_index <= ? ORDER BY first_index DESC LIMIT 1",
            (index,),
        )
        for first_index, part, first_seq, count in rows:
            if index < first_index + count:
                return part, first_seq + index - first_index
        return None

    def checkpoint(self, size: int | None = None) -> CheckpointRow | None:
        """The newest checkpoint, or the one of a given size."""
        one, chosen = ("", ()) if size is None else ("WHERE size = ? ", (size,))
        rows = self._read(
            f"SELECT size, at, note FROM checkpoint {one}ORDER BY size DESC LIMIT 1", chosen
        )
        return CheckpointRow(*rows[0]) if rows else None

    def checkpoints(self, after_size: int, limit: int) -> Sequence[CheckpointRow]:
        """Checkpoints with size > after_size, ascending."""
        rows = self._read(
            "SELECT size, at, note FROM checkpoint WHERE size > ? ORDER BY size LIMIT ?",
            (after_size, limit),
        )
        return [CheckpointRow(*row) for row in rows]
