"""The integrator: every stored event becomes a leaf of one Merkle tree, and the tree is signed.

It follows each part of the log with the tree's own cursor. The size of the tree fences: of two
integrators at one size only one can extend it, so leaves are neither lost nor repeated, and the
order across parts, once written, is the order for ever.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from fairhold.engine.ports import CheckpointRow, Fenced, LogRow, RangeRow, Store, TileRow, TreeStore
from fairhold.evidence import tiles
from fairhold.evidence.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from fairhold.evidence.fault import Fault
from fairhold.evidence.note import Signer, VerifierKey
from fairhold.evidence.tiles import Edge
from fairhold.evidence.tree import event_leaf, verify_consistency
from fairhold.kernel.instant import SECOND, Instant, Span

SIGN_LEAVES: Final = 1000
"""As many unsigned leaves are signed at once, however young the last checkpoint is."""
SIGN_SPAN: Final[Span] = SECOND
"""As long may a leaf wait for its checkpoint."""
_TRIES: Final = 4


class RecordBroken(Exception):
    """The stored record contradicts itself or an earlier checkpoint. Sign nothing, wake somebody.

    Signing on would publish a fork: two histories under one name.
    """


class Inclusion(Struct, frozen=True):
    """Where an event stands in the tree of ``size`` leaves, and the audit path that proves it."""

    index: int
    size: int
    proof: tuple[bytes, ...]


class _Gathered(Struct):
    """Leaves on their way into the tree, and where they come from."""

    leaves: list[bytes]
    ranges: list[RangeRow]


class Integrator:
    """Extends and signs the tree of one store. One thread at a time may use it.

    ``keys`` are earlier verifier keys of this log, for checkpoints signed before a key rotation.
    """

    def __init__(
        self,
        store: Store,
        signer: Signer,
        origin: str,
        batch: int = 1000,
        *,
        keys: Iterable[VerifierKey] = (),
    ) -> None:
        """Integrate at most ``batch`` events a step, sign as ``origin``."""
        assert batch > 0, "a step integrates something"
        self._store = store
        self._signer = signer
        self._origin = origin
        self._batch = batch
        self._keys = (signer.verifier, *keys)
        self._turn = 0
        self._edge: Edge | None = None
        self._cursors: dict[int, int] = {}
        self._signed: Checkpoint | None = None
        self._signed_at: Instant | None = None

    def step(self, now: Instant) -> int:
        """Integrate what is new and sign when it is time; return how many leaves were added.

        Raises RecordBroken, and TileMissing when the store lost a tile.
        """
        count = self.integrate()
        if self._due(now):
            self.sign(now)
        return count

    # -- extending -------------------------------------------------------------------------------

    def integrate(self) -> int:
        """Append one batch of events to the tree; return how many.

        When another process was first it begins again from what is there now; when that happens
        over and over it leaves the work to the other, who is evidently doing it.
        """
        for _ in range(_TRIES):
            try:
                return self._integrate()
            except Fenced:
                self._edge = None
        return 0

    def _integrate(self) -> int:
        edge = self._load()
        gathered = self._gather(edge.size)
        if not gathered.leaves:
            return 0
        grown, changed = tiles.grow(edge, gathered.leaves)
        rows = [TileRow(tile.level, tile.index, tile.data) for tile in changed]
        self._store.extend(edge.size, rows, gathered.ranges)
        self._edge = grown
        for row in gathered.ranges:
            self._cursors[row.part] = row.first_seq + row.count - 1
        self._turn += 1
        return len(gathered.leaves)

    def _load(self) -> Edge:
        """The right edge as this process last saw it; ``extend`` notices when it is outdated."""
        if self._edge is None:
            self._cursors = {}
            size = self._store.tree_size()
            self._edge = tiles.edge_at(size, self._store.tile)
            for part in sorted({*self._store.parts(), *range(self._store.part_count)}):
                self._assert_kept(part)
        return self._edge

    def _assert_kept(self, part: int) -> None:
        cursor, head = self._cursor(part), self._store.log_head(part)
        if cursor > head:
            message = f"part {part} ends at {head}, but entries up to {cursor} are in the tree"
            raise RecordBroken(message)

    def _cursor(self, part: int) -> int:
        if part not in self._cursors:
            self._cursors[part] = self._store.tree_cursor(part)
        return self._cursors[part]

    def _gather(self, size: int) -> _Gathered:
        """Up to one batch of new events, each step beginning with another part."""
        found = _Gathered([], [])
        parts = self._store.parts()
        first = self._turn % len(parts) if parts else 0
        for part in (*parts[first:], *parts[:first]):
            room = self._batch - len(found.leaves)
            if room == 0:
                break
            rows = self._rows(part, room)
            if rows:
                start = size + len(found.leaves)
                found.ranges.append(RangeRow(start, part, rows[0].seq, len(rows)))
                found.leaves.extend(event_leaf(row.data) for row in rows)
        return found

    def _rows(self, part: int, limit: int) -> list[LogRow]:
        cursor = self._cursor(part)
        rows = list(self._store.log(part, cursor, limit))
        for expected, row in enumerate(rows, cursor + 1):
            if row.seq != expected:
                message = f"part {part} has a gap: {expected} is missing before {row.seq}"
                raise RecordBroken(message)
        return rows

    # -- signing ---------------------------------------------------------------------------------

    def _due(self, now: Instant) -> bool:
        size = self._load().size
        waiting = size - (self._signed.size if self._signed else 0)
        if waiting <= 0:
            return False
        return (
            waiting >= SIGN_LEAVES
            or self._signed_at is None
            or not 0 <= now - self._signed_at < SIGN_SPAN
        )

    def sign(self, now: Instant) -> CheckpointRow | None:
        """Sign the tree when it has grown since the last checkpoint; return what was signed.

        Raises RecordBroken, and signs nothing, unless the tree is proven to begin with the one
        in the newest stored checkpoint, and with the one that this process signed last.
        """
        # The checkpoint is read before the size: another process may extend and sign in between.
        newest = self._store.checkpoint()
        if self._store.tree_size() != self._load().size:
            self._edge = None
        edge = self._load()
        fresh = Checkpoint(self._origin, edge.size, tiles.edge_root(edge))
        for old in (self._own(newest) if newest else None, self._signed):
            if old is not None:
                self._assert_extends(old, fresh)
        self._signed = fresh
        if edge.size == (newest.size if newest else 0):
            self._signed_at = newest.at if newest else None
            return None
        row = CheckpointRow(edge.size, now, sign_checkpoint(fresh, (self._signer,)))
        self._store.add_checkpoint(row)
        self._signed_at = now
        return row

    def _own(self, row: CheckpointRow) -> Checkpoint:
        """The stored checkpoint, if it is ours and says what its row says."""
        found = open_checkpoint(row.note, self._origin, self._keys)
        if isinstance(found, Fault):
            message = f"the checkpoint of size {row.size} is not ours: {found.code}"
            raise RecordBroken(message)
        if found.size != row.size:
            message = f"the checkpoint of size {row.size} states a size of {found.size}"
            raise RecordBroken(message)
        return found

    def _assert_extends(self, old: Checkpoint, new: Checkpoint) -> None:
        if new.size < old.size:
            message = f"{old.size} entries were signed, but the tree has {new.size}"
            raise RecordBroken(message)
        proof = tiles.consistency_proof(old.size, new.size, self._store.tile)
        if not verify_consistency(old.size, new.size, proof, old.root, new.root):
            message = f"the tree of {new.size} entries does not begin with the {old.size} signed"
            raise RecordBroken(message)


# -- proofs ---------------------------------------------------------------------------------------


def inclusion(store: TreeStore, part: int, seq: int, size: int) -> Inclusion | None:
    """Proof that an event is in the tree of ``size`` leaves; None while it is not in there."""
    index = store.leaf_index(part, seq)
    if index is None or not index < size <= store.tree_size():
        return None
    return Inclusion(index, size, tiles.inclusion_proof(index, size, store.tile))


def consistency(store: TreeStore, old: int, new: int) -> tuple[bytes, ...] | None:
    """Proof that the tree of ``new`` leaves begins with that of ``old``; None for no such sizes."""
    if not 0 <= old <= new <= store.tree_size():
        return None
    return tiles.consistency_proof(old, new, store.tile)


def root(store: TreeStore, size: int) -> bytes | None:
    """The root over the first ``size`` leaves; None while there are fewer."""
    return tiles.root(size, store.tile) if 0 <= size <= store.tree_size() else None
