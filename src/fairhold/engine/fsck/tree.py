"""Fsck of the tree: leaves against the log, tiles level by level, checkpoints against both."""

from collections.abc import Generator, Iterator, Sequence

from fairhold.engine.fsck.finding import PAGE, Finding
from fairhold.engine.ports import CheckpointRow, LogRow, Store
from fairhold.evidence import tiles
from fairhold.evidence.checkpoint import Checkpoint, open_checkpoint
from fairhold.evidence.fault import Fault
from fairhold.evidence.note import VerifierKey
from fairhold.evidence.tiles import EMPTY_EDGE, TILE_BYTES, TILE_WIDTH, Edge, Tile
from fairhold.evidence.tree import HASH_SIZE, event_leaf


def check_tree(store: Store, origin: str, verifiers: Sequence[VerifierKey]) -> Iterator[Finding]:
    """Build the tree again, leaf by leaf in its own order.

    Each level is checked against the stored level below it, so that one altered entry or hash is
    reported where it stands and not once more on every level above.
    """
    size = store.tree_size()
    leaves = _Leaves(store)
    signed = _Signed(store, origin, verifiers)
    edge = EMPTY_EDGE
    stored: bytes | None = None
    yield from signed.check(edge)
    while edge.size < size:
        index, at = divmod(edge.size, TILE_WIDTH)
        if at == 0:
            stored = yield from _level0(store, index, size)
        end = min((index + 1) * TILE_WIDTH, signed.next_size(edge.size), size)
        hashes = yield from leaves.check(edge.size, end, stored)
        edge, changed = tiles.grow(edge, hashes)
        yield from _above(store, changed)
        yield from signed.check(edge)
    yield from _unfinished(store, edge)
    yield from leaves.finish()
    yield from signed.beyond(size)


# -- tiles ----------------------------------------------------------------------------------------


def _level0(store: Store, index: int, size: int) -> Generator[Finding, None, bytes | None]:
    """The stored leaf hashes of one tile, if it holds as many as it should."""
    data = store.tile(0, index)
    width = tiles.tile_width(0, index, size)
    if data is None or len(data) != width * HASH_SIZE:
        yield _tile_finding(Tile(0, index, bytes(width * HASH_SIZE)), data)
        return None
    return data


def _above(store: Store, changed: Sequence[Tile]) -> Iterator[Finding]:
    """Full tiles above the leaves against those stored; partial ones wait until they are full."""
    for tile in changed:
        if tile.level > 0 and len(tile.data) == TILE_BYTES:
            yield from _compare(store, tile)


def _unfinished(store: Store, edge: Edge) -> Iterator[Finding]:
    for address in tiles.edge_tiles(edge.size):
        if address.level > 0:
            yield from _compare(
                store, Tile(address.level, address.index, edge.partial[address.level])
            )


def _compare(store: Store, tile: Tile) -> Iterator[Finding]:
    data = store.tile(tile.level, tile.index)
    if data != tile.data:
        yield _tile_finding(tile, data)


def _tile_finding(tile: Tile, data: bytes | None) -> Finding:
    width = len(tile.data) // HASH_SIZE
    path = tiles.tile_path(tiles.Address(tile.level, tile.index, width))
    if data is None or len(data) != len(tile.data):
        found = "no tile" if data is None else f"{len(data)} bytes"
        detail = f"{path} does not have its size"
        return Finding("tree.tile", detail, expected=f"{len(tile.data)} bytes", found=found)
    pairs = [
        (tile.data[at : at + HASH_SIZE], data[at : at + HASH_SIZE])
        for at in range(0, len(data), HASH_SIZE)
    ]
    place = next(place for place, (one, other) in enumerate(pairs) if one != other)
    expected, found_hash = pairs[place]
    detail = f"{path} does not follow from the level below at hash {place}"
    return Finding("tree.tile", detail, expected=expected.hex(), found=found_hash.hex())


# -- leaves ---------------------------------------------------------------------------------------


class _Leaves:
    """The entries in the order of the tree, and how far each part has been seen."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._next: dict[int, int] = {}
        self._pages: dict[int, list[LogRow]] = {}

    def check(
        self, start: int, end: int, stored: bytes | None
    ) -> Generator[Finding, None, list[bytes]]:
        """Compare leaves ``start`` to ``end - 1``; return the hashes to go on with."""
        hashes = []
        for index in range(start, end):
            place = self._store.leaf_place(index)
            at = index % TILE_WIDTH * HASH_SIZE
            kept = stored[at : at + HASH_SIZE] if stored else None
            if place is None:
                yield Finding("tree.place", f"no range holds leaf {index}")
                hashes.append(kept or event_leaf(b""))
                continue
            yield from self._placed(index, *place)
            row = self._row(*place)
            if row is None:
                detail = f"leaf {index} names an entry that is not in the log"
                yield Finding("tree.entry", detail, *place)
                hashes.append(kept or event_leaf(b""))
                continue
            leaf = event_leaf(row.data)
            if kept and kept != leaf:
                detail = f"the bytes of the entry are not those of leaf {index}"
                yield Finding(
                    "tree.leaf", detail, row.part, row.seq, row.stream, kept.hex(), leaf.hex()
                )
            hashes.append(kept or leaf)
        return hashes

    def _placed(self, index: int, part: int, seq: int) -> Iterator[Finding]:
        expected = self._next.get(part, 1)
        self._next[part] = seq + 1
        if seq != expected:
            detail = f"leaf {index} is not the next entry of its part"
            yield Finding("tree.place", detail, part, seq, None, str(expected), str(seq))
        back = self._store.leaf_index(part, seq)
        if back != index:
            detail = "the entry is looked up at another leaf"
            yield Finding("tree.index", detail, part, seq, None, str(index), str(back))

    def _row(self, part: int, seq: int) -> LogRow | None:
        page = self._pages.get(part, [])
        if not page or not page[0].seq <= seq <= page[-1].seq:
            page = list(self._store.log(part, seq - 1, PAGE))
            self._pages[part] = page
        place = seq - page[0].seq if page else 0
        if place < len(page) and page[place].seq == seq:
            return page[place]
        return next((row for row in page if row.seq == seq), None)

    def finish(self) -> Iterator[Finding]:
        """The ranges of each part must end where the part's cursor stands."""
        parts = {*self._store.parts(), *self._next}
        for part in sorted(parts):
            expected, found = self._next.get(part, 1) - 1, self._store.tree_cursor(part)
            if expected != found:
                detail = "the cursor of the part is not where its leaves end"
                yield Finding("tree.cursor", detail, part, None, None, str(expected), str(found))


# -- checkpoints ----------------------------------------------------------------------------------


class _Signed:
    """The stored checkpoints in ascending order, checked as the tree reaches their size."""

    def __init__(self, store: Store, origin: str, verifiers: Sequence[VerifierKey]) -> None:
        self._store = store
        self._origin = origin
        self._verifiers = tuple(verifiers)
        self._rows = self._read()
        self._row = next(self._rows, None)
        self._held = 0

    def _read(self) -> Iterator[CheckpointRow]:
        after = -1
        while rows := self._store.checkpoints(after, PAGE):
            yield from rows
            after = rows[-1].size

    def next_size(self, size: int) -> int:
        """The next size above ``size`` that was signed, or a very large one."""
        return self._row.size if self._row and self._row.size > size else 1 << 63

    def check(self, edge: Edge) -> Iterator[Finding]:
        """Check what was signed at the size that the tree now has; the walk stops at each."""
        while self._row and self._row.size <= edge.size:
            said = self._said(self._row)
            if isinstance(said, Finding):
                yield said
            elif said.root != (found := tiles.edge_root(edge)):
                yield self._forked(said, found)
            else:
                self._held = said.size
            self._row = next(self._rows, None)

    def _forked(self, said: Checkpoint, found: bytes) -> Finding:
        """Everything up to the last good checkpoint stands; the first wrong entry is after it."""
        part, seq = self._store.leaf_place(self._held) or (None, None)
        detail = (
            f"the tree of {said.size} leaves is not the one that was signed; "
            f"an entry from leaf {self._held} on was altered"
        )
        return Finding("checkpoint.root", detail, part, seq, None, said.root.hex(), found.hex())

    def beyond(self, size: int) -> Iterator[Finding]:
        """No checkpoint may be larger than the tree."""
        while self._row:
            said = self._said(self._row)
            if isinstance(said, Finding):
                yield said
            detail = f"a tree of {self._row.size} leaves was signed, but it has {size}"
            yield Finding(
                "checkpoint.beyond", detail, expected=str(self._row.size), found=str(size)
            )
            self._row = next(self._rows, None)

    def _said(self, row: CheckpointRow) -> Checkpoint | Finding:
        """What a checkpoint states, once its signature holds."""
        found = open_checkpoint(row.note, self._origin, self._verifiers)
        where = f"the checkpoint of size {row.size}"
        if isinstance(found, Fault):
            detail = f"{where} does not hold: {found.code}, {found.detail}"
            return Finding("checkpoint.note", detail)
        if found.size != row.size:
            detail = f"{where} states another size"
            return Finding("checkpoint.size", detail, expected=str(row.size), found=str(found.size))
        return found
