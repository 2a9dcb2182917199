"""Tiles of the tree, numbered and cut as in C2SP tlog-tiles: 256 hashes wide, 8 levels high.

Tile ``(level, index)`` holds the roots of 256 neighbouring subtrees of ``256**level`` leaves. A
full tile never changes again; only those at the right edge of the tree are partial, so the edge
is all that appending needs to know.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from fairhold.evidence import tree
from fairhold.evidence.tree import HASH_SIZE, NodeReader, node_hash, perfect_root

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT
TILE_BYTES: Final = TILE_WIDTH * HASH_SIZE
LEVEL_MAX: Final = 63
INDEX_MAX: Final = (1 << 55) - 1
"""The last tile of level 0 in the largest tree."""

TileReader: TypeAlias = Callable[[int, int], bytes | None]
"""``read(level, index)``: the hashes of a tile so far, None when there is no such tile."""


class TileMissing(Exception):
    """A tile that the tree must have is absent or too short: the store lost part of the record."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile, or as much of it as there is: ``data`` is 1 to 256 hashes in a row."""

    level: int
    index: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Address:
    """Where a tile stands and how many of its hashes are meant."""

    level: int
    index: int
    width: int


@dataclass(frozen=True, slots=True)
class Edge:
    """The right edge of a tree of ``size`` leaves: the partial tile of each level, from level 0.

    A level whose last tile is full holds no bytes; together they determine the root.
    """

    size: int
    partial: tuple[bytes, ...]


EMPTY_EDGE: Final = Edge(0, ())


# -- paths ----------------------------------------------------------------------------------------

_PATH: Final = re.compile(
    r"tile/(0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII
)


def tile_path(address: Address) -> str:
    """The path that C2SP tlog-tiles gives a tile, for example ``tile/0/x001/x234/067.p/17``."""
    groups = [f"{address.index % 1000:03d}"]
    rest = address.index // 1000
    while rest:
        groups.append(f"x{rest % 1000:03d}")
        rest //= 1000
    suffix = f".p/{address.width}" if address.width < TILE_WIDTH else ""
    return f"tile/{address.level}/{'/'.join(reversed(groups))}{suffix}"


def read_tile_path(path: str) -> Address | None:
    """The address behind a path, or None when it is not the one way to write it."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    level = int(match[1])
    index = int(match[2].replace("x", "").replace("/", ""))
    width = int(match[3]) if match[3] else TILE_WIDTH
    address = Address(level, index, width)
    if level > LEVEL_MAX or index > INDEX_MAX or (match[3] and width >= TILE_WIDTH):
        return None
    # Superfluous leading groups (x000/…) would give one tile several names.
    return address if tile_path(address) == path else None


# -- the shape of a tree --------------------------------------------------------------------------


def tile_width(level: int, index: int, size: int) -> int:
    """How many hashes a tile holds in a tree of ``size`` leaves; 0 when it does not exist."""
    count = (size >> (TILE_HEIGHT * level)) - index * TILE_WIDTH
    return max(0, min(TILE_WIDTH, count))


def edge_tiles(size: int) -> tuple[Address, ...]:
    """The partial tiles of a tree of ``size`` leaves, from level 0 up."""
    found = []
    level = 0
    while size >> (TILE_HEIGHT * level):
        count = size >> (TILE_HEIGHT * level)
        if count % TILE_WIDTH:
            found.append(Address(level, count // TILE_WIDTH, count % TILE_WIDTH))
        level += 1
    return tuple(found)


def _hashes(read: TileReader, address: Address) -> bytes:
    """The first ``width`` hashes of a tile; it may hold more by now."""
    data = read(address.level, address.index)
    if data is None or len(data) < address.width * HASH_SIZE:
        message = f"{tile_path(address)} is needed and not there"
        raise TileMissing(message)
    return data[: address.width * HASH_SIZE]


# -- appending ------------------------------------------------------------------------------------


def edge_at(size: int, read: TileReader) -> Edge:
    """Recover the state for appending from the right-edge tiles alone.

    Raises TileMissing when one is absent or shorter than a tree of ``size`` leaves needs.
    """
    partial: list[bytes] = []
    for address in edge_tiles(size):
        partial.extend(b"" for _ in range(address.level - len(partial)))
        partial.append(_hashes(read, address))
    return Edge(size, tuple(partial))


def grow(edge: Edge, leaves: Sequence[bytes]) -> tuple[Edge, list[Tile]]:
    """Append leaf hashes; return the new edge and every tile that is new or has grown.

    Tiles come level by level, in order, each whole as it now stands.
    """
    size = edge.size + len(leaves)
    changed: list[Tile] = []
    partial: list[bytes] = []
    added = b"".join(leaves)
    assert len(added) == len(leaves) * HASH_SIZE, "leaf hashes are 32 bytes"
    level = 0
    while added or level < len(edge.partial):
        before = edge.partial[level] if level < len(edge.partial) else b""
        index = edge.size >> (TILE_HEIGHT * (level + 1))
        data = before + added
        parents = []
        for start in range(0, len(data), TILE_BYTES) if added else ():
            tile = Tile(level, index + start // TILE_BYTES, data[start : start + TILE_BYTES])
            changed.append(tile)
            if len(tile.data) == TILE_BYTES:
                parents.append(perfect_root(tile.data))
        partial.append(data[len(data) - len(data) % TILE_BYTES :])
        added = b"".join(parents)
        level += 1
    return Edge(size, tuple(partial)), changed


def edge_root(edge: Edge) -> bytes:
    """The root of the tree whose right edge this is."""
    found: bytes | None = None
    for data in edge.partial:
        end = len(data) // HASH_SIZE
        while end:
            width = end & -end
            left = perfect_root(data[(end - width) * HASH_SIZE : end * HASH_SIZE])
            found = left if found is None else node_hash(left, found)
            end -= width
    return tree.EMPTY_ROOT if found is None else found


# -- proofs ---------------------------------------------------------------------------------------


def tile_nodes(read: TileReader) -> NodeReader:
    """Read the nodes of the tree from its tiles; every tile is read at most once.

    The reader raises TileMissing when a tile that a proof needs is absent.
    """
    seen: dict[tuple[int, int], bytes | None] = {}

    def cached(level: int, index: int) -> bytes | None:
        if (level, index) not in seen:
            seen[level, index] = read(level, index)
        return seen[level, index]

    def node(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, TILE_HEIGHT)
        first = index << height
        start = first % TILE_WIDTH
        end = start + (1 << height)
        data = _hashes(cached, Address(tile_level, first // TILE_WIDTH, end))
        return perfect_root(data[start * HASH_SIZE :])

    return node


def root(size: int, read: TileReader) -> bytes:
    """The root over the first ``size`` leaves."""
    return tree.root(size, tile_nodes(read))


def inclusion_proof(index: int, size: int, read: TileReader) -> tuple[bytes, ...]:
    """The audit path of a leaf in the tree of ``size`` leaves, in O(log size) tile reads."""
    return tree.inclusion_proof(index, size, tile_nodes(read))


def consistency_proof(old: int, new: int, read: TileReader) -> tuple[bytes, ...]:
    """Proof that the tree of ``new`` leaves begins with that of ``old``, in O(log new) reads."""
    return tree.consistency_proof(old, new, tile_nodes(read))
