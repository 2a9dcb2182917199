"""Fsck of the tree: altered entries, hashes, tiles, ranges and checkpoints are named."""

import pytest
from msgspec.structs import replace

from fairhold.engine.ports import CheckpointRow, RangeRow
from fairhold.evidence import tiles
from fairhold.evidence.checkpoint import Checkpoint, sign_checkpoint
from fairhold.evidence.note import Signer
from fairhold.evidence.tree import EMPTY_ROOT, event_leaf
from fairhold.stores.memory import MemoryStore
from tests.engine.ledger import (
    ORIGIN,
    SIGNER,
    START,
    alter,
    codes,
    commit,
    fill,
    findings,
    integrator,
    only,
    place,
    recorded,
)

# -- the tree -------------------------------------------------------------------------------------


def spoil(data: bytes, at: int) -> bytes:
    return data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]


def large() -> MemoryStore:
    store = MemoryStore(2)
    fill(store, batches=60, width=9)
    worker = integrator(store)
    while worker.integrate():
        worker.sign(START)
    assert store.tree_size() == 1080
    return store


@pytest.mark.parametrize("leaf", [0, 300, 1079])
def test_an_altered_leaf_hash_names_its_entry(leaf: int) -> None:
    store = large()
    index = leaf // 256
    store._tiles[0, index] = spoil(store._tiles[0, index], leaf % 256 * 32 + 5)
    found = findings(store)
    assert found[0].code == "tree.leaf"
    assert place(found[0]) == store.leaf_place(leaf)


def test_an_altered_hash_above_the_leaves_names_its_tile() -> None:
    store = large()
    store._tiles[1, 0] = spoil(store._tiles[1, 0], 2 * 32)
    finding = only(store)
    assert finding.code == "tree.tile"
    assert finding.detail == "tile/1/000.p/4 does not follow from the level below at hash 2"


def test_an_altered_hash_of_a_full_tile_above_the_leaves_names_its_tile() -> None:
    store = MemoryStore()
    for batch in range(17):
        commit(store, 0, range(4000), START + batch)
    integrator(store, batch=68_000).step(START)
    assert len(store._tiles[1, 0]) == 256 * 32
    store._tiles[1, 0] = spoil(store._tiles[1, 0], 200 * 32)
    finding = only(store)
    assert finding.detail == "tile/1/000 does not follow from the level below at hash 200"


@pytest.mark.parametrize(
    ("tile", "name"), [((0, 1), "tile/0/001"), ((0, 4), "tile/0/004.p/56"), ((1, 0), "tile/1/000")]
)
def test_a_lost_short_or_long_tile_is_named(tile: tuple[int, int], name: str) -> None:
    for spoiled in (None, b"", large()._tiles[tile][:-32], large()._tiles[tile] + bytes(32)):
        store = large()
        if spoiled is None:
            del store._tiles[tile]
        else:
            store._tiles[tile] = spoiled
        finding = only(store)
        assert finding.code == "tree.tile"
        assert finding.detail.startswith(name)


def test_an_entry_altered_together_with_all_its_tiles_breaks_the_signed_root() -> None:
    store = recorded()
    rows = list(store.checkpoints(-1, 10))
    part, seq = store.leaf_place(rows[0].size) or (0, 0)
    alter(store, part, seq, data=store._rows[part][seq - 1].data + b" ")
    leaves = []
    for index in range(store.tree_size()):
        row = store.event(*(store.leaf_place(index) or (0, 0)))
        assert row is not None
        leaves.append(event_leaf(row.data))
    for tile in tiles.grow(tiles.EMPTY_EDGE, leaves)[1]:
        store._tiles[tile.level, tile.index] = tile.data
    found = [each for each in findings(store) if each.code == "checkpoint.root"]
    assert len(found) == 2
    assert place(found[0]) == (part, seq)


def test_an_exchange_of_two_entries_is_named() -> None:
    store = recorded()
    rows = store._rows[0]
    one, two = rows[20], rows[21]
    rows[20], rows[21] = replace(one, data=two.data), replace(two, data=one.data)
    found = [each for each in findings(store) if each.code == "tree.leaf"]
    assert [place(each) for each in found] == [(0, 21), (0, 22)]


def test_ranges_that_repeat_or_skip_entries_are_named() -> None:
    store = recorded()
    row = store._ranges[2]
    store._ranges[2] = RangeRow(row.first_index, row.part, row.first_seq + 1, row.count)
    found = findings(store)
    assert found[0].code == "tree.place"
    assert place(found[0]) == (row.part, row.first_seq + 1)
    assert "tree.index" in {each.code for each in found}


def test_a_cursor_beyond_the_leaves_is_named() -> None:
    store = recorded()
    last = store._ranges_of[1][-1]
    store._ranges_of[1].append(RangeRow(10**6, 1, last.first_seq + last.count, 3))
    finding = only(store)
    assert finding.code == "tree.cursor"
    assert finding.part == 1
    assert int(finding.found) == int(finding.expected) + 3


def test_a_log_shorter_than_its_tree_is_named() -> None:
    store = recorded()
    lost = store._rows[1].pop()
    found = findings(store)
    assert "tree.entry" in {each.code for each in found}
    assert (1, lost.seq) in {place(each) for each in found if each.code == "tree.entry"}


# -- checkpoints ----------------------------------------------------------------------------------


def forge(store: MemoryStore, size: int, note: bytes) -> None:
    if size not in store._checkpoints:
        store.add_checkpoint(CheckpointRow(size, START, note))
    store._checkpoints[size] = CheckpointRow(size, START, note)


def test_a_checkpoint_with_an_altered_byte_is_named() -> None:
    store = recorded()
    size = store._checkpoint_sizes[1]
    note = store._checkpoints[size].note
    for at in (0, len(ORIGIN) + 2, len(note) - 4):
        forge(store, size, spoil(note, at))
        finding = only(store)
        assert finding.code == "checkpoint.note"
        assert f"of size {size} " in finding.detail


def test_a_checkpoint_by_an_unknown_key_or_of_another_log_is_named() -> None:
    store = recorded()
    size = store._checkpoint_sizes[1]
    root = tiles.root(size, store.tile)
    stranger = Signer(ORIGIN, b"\x03" * 32)
    for said, signer, reason in (
        (Checkpoint(ORIGIN, size, root), stranger, "note.unsigned"),
        (Checkpoint("other.example", size, root), SIGNER, "checkpoint.wrong_origin"),
    ):
        forge(store, size, sign_checkpoint(said, [signer]))
        finding = only(store)
        assert finding.code == "checkpoint.note"
        assert reason in finding.detail


def test_a_checkpoint_that_states_another_size_is_named() -> None:
    store = recorded()
    size = store._checkpoint_sizes[1]
    said = Checkpoint(ORIGIN, size - 1, tiles.root(size - 1, store.tile))
    forge(store, size, sign_checkpoint(said, [SIGNER]))
    assert codes(store) == ["checkpoint.size"]


def test_a_signed_fork_is_named() -> None:
    store = recorded()
    size = store._checkpoint_sizes[1]
    forge(store, size, sign_checkpoint(Checkpoint(ORIGIN, size, EMPTY_ROOT), [SIGNER]))
    finding = only(store)
    assert finding.code == "checkpoint.root"
    assert place(finding) == store.leaf_place(store._checkpoint_sizes[0])
    assert finding.expected == EMPTY_ROOT.hex()


def test_a_checkpoint_beyond_the_tree_is_named() -> None:
    store = recorded()
    size = store.tree_size() + 5
    forge(store, size, sign_checkpoint(Checkpoint(ORIGIN, size, EMPTY_ROOT), [SIGNER]))
    assert codes(store) == ["checkpoint.beyond"]


def test_leaves_that_no_range_holds_are_named() -> None:
    store = recorded()
    lost = store._ranges.pop(0)
    store._ranges_of[lost.part].pop(0)
    found = findings(store)
    assert [each.code for each in found[: lost.count]] == ["tree.place"] * lost.count
    assert found[0].detail == "no range holds leaf 0"


def test_a_checkpoint_beyond_the_tree_with_a_wrong_signature_is_named_for_both() -> None:
    store = recorded()
    forge(store, store.tree_size() + 5, b"no note")
    assert codes(store) == ["checkpoint.note", "checkpoint.beyond"]


def test_a_checkpoint_of_the_empty_tree_is_checked_like_any_other() -> None:
    store = recorded()
    forge(store, 0, sign_checkpoint(Checkpoint(ORIGIN, 0, EMPTY_ROOT), [SIGNER]))
    assert codes(store) == []
    forge(store, 0, sign_checkpoint(Checkpoint(ORIGIN, 0, bytes(32)), [SIGNER]))
    assert codes(store) == ["checkpoint.root"]
