"""Tiles: numbering, growth in any batches, recovery from the right edge, proofs in few reads."""

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhold.evidence import tiles, tree
from fairhold.evidence.tiles import EMPTY_EDGE, Address, Edge, TileMissing
from fairhold.evidence.tree import event_leaf, leaf_nodes
from tests.evidence import vectors

LEAVES = [event_leaf(bytes((index & 0xFF, index >> 8))) for index in range(65_536)]


class Shelf:
    """Tiles as a store keeps them, counting what is read."""

    def __init__(self) -> None:
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.reads: list[tuple[int, int]] = []

    def read(self, level: int, index: int) -> bytes | None:
        self.reads.append((level, index))
        return self.tiles.get((level, index))

    def grow(self, edge: Edge, leaves: list[bytes]) -> Edge:
        edge, changed = tiles.grow(edge, leaves)
        for tile in changed:
            kept = self.tiles.get((tile.level, tile.index), b"")
            assert tile.data.startswith(kept), "a tile only grows"
            assert len(tile.data) > len(kept), "an unchanged tile is not written again"
            self.tiles[tile.level, tile.index] = tile.data
        return edge


def filled(size: int, batch: int = 1000) -> Shelf:
    shelf = Shelf()
    edge = EMPTY_EDGE
    for start in range(0, size, batch):
        edge = shelf.grow(edge, LEAVES[start : min(size, start + batch)])
    assert edge.size == size
    return shelf


FULL = filled(65_536)


def test_every_published_root_of_the_counted_tree_is_reached() -> None:
    for size, expected in vectors.COUNTED_ROOTS.items():
        assert tiles.root(size, FULL.read) == expected
        assert tiles.edge_root(tiles.edge_at(size, FULL.read)) == expected


@pytest.mark.parametrize("size", range(9))
def test_the_reference_tree_has_the_published_roots(size: int) -> None:
    edge, _ = tiles.grow(EMPTY_EDGE, [event_leaf(data) for data in vectors.INPUTS[:size]])
    assert tiles.edge_root(edge).hex() == vectors.ROOTS[size]


@pytest.mark.parametrize(
    ("address", "path"),
    [
        (Address(0, 0, 256), "tile/0/000"),
        (Address(0, 7, 1), "tile/0/007.p/1"),
        (Address(2, 999, 255), "tile/2/999.p/255"),
        (Address(1, 1000, 256), "tile/1/x001/000"),
        (Address(0, 1234067, 256), "tile/0/x001/x234/067"),
        (Address(0, 1234067, 112), "tile/0/x001/x234/067.p/112"),
        (Address(63, 0, 256), "tile/63/000"),
    ],
)
def test_paths_are_written_and_read_as_specified(address: Address, path: str) -> None:
    assert tiles.tile_path(address) == path
    assert tiles.read_tile_path(path) == address


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/000",
        "tile/0/x01/000",
        "tile/0/001/000",
        "tile/0/x001",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/1000",
        "tile/0/000.p/",
        "tile/0/000.p",
        "/tile/0/000",
        "tile/0/000/",
        "tile/0/000\n",
        "tile/0/٠٠٠",
        "tile/entries/000",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
    ],
)
def test_a_path_has_one_spelling(path: str) -> None:
    assert tiles.read_tile_path(path) is None


@given(st.integers(0, 63), st.integers(0, tiles.INDEX_MAX), st.integers(1, 256))
def test_any_address_survives_its_path(level: int, index: int, width: int) -> None:
    address = Address(level, index, width)
    assert tiles.read_tile_path(tiles.tile_path(address)) == address


def test_a_tree_of_70000_has_the_partial_tiles_of_the_specification() -> None:
    assert tiles.edge_tiles(70_000) == (
        Address(0, 273, 112),
        Address(1, 1, 17),
        Address(2, 0, 1),
    )
    assert tiles.tile_width(0, 272, 70_000) == 256
    assert tiles.tile_width(0, 273, 70_000) == 112
    assert tiles.tile_width(0, 274, 70_000) == 0


def test_a_tree_of_256_has_one_full_tile_and_its_parent() -> None:
    assert tiles.edge_tiles(256) == (Address(1, 0, 1),)
    assert set(filled(256).tiles) == {(0, 0), (1, 0)}


@pytest.mark.parametrize("size", [0, 1, 2, 3, 70, 255, 256, 257, 511, 512, 700, 65_536])
def test_the_tiles_of_a_tree_are_those_of_its_size_and_no_others(size: int) -> None:
    shelf = filled(size)
    for (level, index), data in shelf.tiles.items():
        assert len(data) == 32 * tiles.tile_width(level, index, size)
    counted = sum(-(-(size >> (8 * level)) // 256) for level in range(8) if size >> (8 * level))
    assert len(shelf.tiles) == counted


@given(st.lists(st.integers(0, 700), max_size=8))
def test_batches_of_any_size_make_the_same_tiles(batches: list[int]) -> None:
    shelf, edge = Shelf(), EMPTY_EDGE
    for batch in batches:
        edge = shelf.grow(edge, LEAVES[edge.size : edge.size + batch])
    whole = filled(edge.size, batch=10_000)
    assert shelf.tiles == whole.tiles
    assert tiles.edge_root(edge) == tree.root(edge.size, leaf_nodes(LEAVES))


@given(st.integers(0, 65_000), st.integers(0, 600))
def test_appending_goes_on_from_the_right_edge_tiles_alone(size: int, more: int) -> None:
    edge = tiles.edge_at(size, FULL.read)
    grown, _ = tiles.grow(edge, LEAVES[size : size + more])
    after = tiles.edge_at(size + more, FULL.read)
    assert tiles.edge_root(grown) == tiles.edge_root(after)
    assert tuple(filter(None, grown.partial)) == tuple(filter(None, after.partial))


def test_recovery_reads_one_tile_a_level() -> None:
    FULL.reads.clear()
    tiles.edge_at(65_535, FULL.read)
    assert FULL.reads == [(0, 255), (1, 0)]


def test_a_lost_or_short_edge_tile_is_an_outage_and_names_itself() -> None:
    shelf = filled(300)
    shelf.tiles[0, 1] = shelf.tiles[0, 1][:-32]
    with pytest.raises(TileMissing, match=r"tile/0/001.p/44"):
        tiles.edge_at(300, shelf.read)
    del shelf.tiles[1, 0]
    with pytest.raises(TileMissing, match=r"tile/1/000.p/1 "):
        tiles.root(256, shelf.read)


@given(st.data())
def test_proofs_from_tiles_equal_proofs_from_leaves(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 1500))
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(0, size))
    node = leaf_nodes(LEAVES)
    assert tiles.root(size, FULL.read) == tree.root(size, node)
    assert tiles.inclusion_proof(index, size, FULL.read) == tree.inclusion_proof(index, size, node)
    assert tiles.consistency_proof(old, size, FULL.read) == tree.consistency_proof(old, size, node)


@given(st.integers(1, 65_536), st.integers(0, 65_535))
def test_a_proof_reads_few_tiles_and_each_once(size: int, number: int) -> None:
    index = number % size
    most = 4 + 2 * int(log(size, 256))
    FULL.reads.clear()
    proof = tiles.inclusion_proof(index, size, FULL.read)
    assert len(FULL.reads) == len(set(FULL.reads)) <= most
    assert tree.verify_inclusion(LEAVES[index], index, size, proof, tiles.root(size, FULL.read))
    FULL.reads.clear()
    tiles.consistency_proof(index, size, FULL.read)
    assert len(FULL.reads) == len(set(FULL.reads)) <= 2 * most
