"""Fsck: a healthy store has nothing to report, and each planted fault is named where it stands."""

import pytest
from msgspec.structs import replace

from fairhold.engine.fsck import Facts, Finding, fsck
from fairhold.engine.ports import CheckpointRow, LogRow, RangeRow
from fairhold.evidence import tiles
from fairhold.evidence.checkpoint import Checkpoint, sign_checkpoint
from fairhold.evidence.note import Signer
from fairhold.evidence.tree import EMPTY_ROOT, event_leaf
from fairhold.kernel.ids import make_id
from fairhold.stores.memory import MemoryStore
from tests.engine.ledger import (
    ORIGIN,
    SIGNER,
    START,
    codes,
    commit,
    decode,
    fill,
    findings,
    folded,
    integrator,
    recorded,
    stream_id,
)


def alter(store: MemoryStore, part: int, seq: int, **changes: object) -> LogRow:
    """Change a stored entry behind everybody's back; return it as it was."""
    row = store._rows[part][seq - 1]
    store._rows[part][seq - 1] = replace(row, **changes)
    return row


def only(store: MemoryStore) -> Finding:
    (finding,) = findings(store)
    return finding


def place(finding: Finding) -> tuple[int | None, int | None]:
    return finding.part, finding.seq


# -- health ---------------------------------------------------------------------------------------


def test_an_empty_store_has_nothing_to_report() -> None:
    assert findings(MemoryStore(3)) == []


def test_a_healthy_store_has_nothing_to_report() -> None:
    assert findings(recorded()) == []


def test_a_store_of_several_pages_and_tile_levels_has_nothing_to_report() -> None:
    store = MemoryStore(2)
    fill(store, batches=80, width=9)
    worker = integrator(store, batch=173)
    for now in range(20):
        worker.integrate()
        worker.sign(START + now)
    assert store.tree_size() == 1440
    assert len(store.checkpoints(-1, 100)) == 9
    assert findings(store) == []


def test_events_that_are_not_integrated_yet_are_no_fault() -> None:
    store = recorded()
    commit(store, 1, range(4), START + 10**6)
    assert findings(store) == []


def test_integrated_leaves_that_are_not_signed_yet_are_no_fault() -> None:
    store = recorded()
    commit(store, 1, range(4), START + 10**6)
    integrator(store).integrate()
    assert findings(store) == []


def test_a_store_without_money_states_or_fold_is_checked_too() -> None:
    store = recorded()
    assert list(fsck(store, ORIGIN, [SIGNER.verifier], lambda _: Facts())) == []
    assert list(fsck(store, ORIGIN, [SIGNER.verifier], decode, lambda _: None)) == []


# -- the log --------------------------------------------------------------------------------------


def test_a_removed_entry_is_named() -> None:
    store = recorded()
    del store._rows[0][11]
    found = findings(store)
    assert found[0].code == "log.gap"
    assert place(found[0]) == (0, 12)
    assert {"books.balance", "stream.head", "tree.entry"} & {each.code for each in found}


def test_changed_bytes_are_named_and_nothing_above_them() -> None:
    store = recorded()
    row = store._rows[1][16]
    alter(store, 1, 17, data=row.data.replace(b"deal.counted", b"deal.counter"))
    finding = next(each for each in findings(store) if each.code == "tree.leaf")
    assert place(finding) == (1, 17)
    assert finding.expected == event_leaf(row.data).hex()
    assert codes(store) == ["log.disagrees", "stream.state", "tree.leaf"]


def test_bytes_that_cannot_be_read_are_named() -> None:
    store = recorded()
    alter(store, 0, 3, data=b"\xff\x00 not json")
    found = findings(store)
    assert found[0].code == "log.unreadable"
    assert place(found[0]) == (0, 3)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"type": "deal.other"}, "log.disagrees"),
        ({"at": START + 20 + 1}, "log.disagrees"),
        ({"prev": 14}, "log.link"),
        ({"prev": 99}, "log.link"),
        ({"prev": -1}, "log.link"),
        ({"prev": 0}, "log.link"),
        ({"stream": make_id(START, 1, 3)}, "log.foreign"),
    ],
)
def test_a_changed_column_is_named(changes: dict[str, object], code: str) -> None:
    store = recorded()
    alter(store, 0, 14, **changes)
    finding = findings(store)[0]
    assert finding.code == code
    assert place(finding) == (0, 14)


def test_time_that_goes_back_is_named() -> None:
    store = recorded()
    before = store._rows[0][12].at
    row = store._rows[0][13]
    earlier = before - 1
    alter(store, 0, 14, at=earlier, data=row.data.replace(b"%d" % row.at, b"%d" % earlier, 1))
    finding = findings(store)[0]
    assert finding.code == "log.time"
    assert place(finding) == (0, 14)
    assert finding.expected == f"at least {before}"


# -- the books ------------------------------------------------------------------------------------


def test_an_unbalanced_entry_is_named() -> None:
    store = recorded()
    row = store._rows[0][8]
    alter(store, 0, 9, lines=row.lines.replace(b"-100", b"-99"))
    found = findings(store)
    assert found[0].code == "log.unbalanced"
    assert place(found[0]) == (0, 9)
    assert found[1].code == "books.balance"


def test_lines_that_cannot_be_read_are_named() -> None:
    store = recorded()
    alter(store, 0, 9, lines=b'[["clearing",0]]')
    found = findings(store)
    assert found[0].code == "log.unreadable"
    assert place(found[0]) == (0, 9)


def test_lines_that_the_bytes_contradict_are_named() -> None:
    store = recorded()
    alter(store, 0, 9, lines=b"[]")

    def strict(row: LogRow) -> Facts:
        return Facts(lines=b"[]" if row.seq != 9 else b"[1]")

    found = [
        each
        for each in fsck(store, ORIGIN, [SIGNER.verifier], strict)
        if each.code == "log.disagrees" and place(each) == (0, 9)
    ]
    assert (found[0].expected, found[0].found) == ("b'[1]'", "b'[]'")


def test_a_balance_that_is_not_the_sum_of_its_lines_is_named() -> None:
    store = recorded()
    store._balances[1]["clearing", 0, "CNY"] += 1
    finding = only(store)
    assert finding.code == "books.balance"
    assert finding.part == 1
    assert "clearing 0 in CNY" in finding.detail
    assert int(finding.found) == int(finding.expected) + 1


def test_a_balance_without_lines_and_lines_without_a_balance_are_named() -> None:
    store = recorded()
    store._balances[0]["fee", 0, "CNY"] = 7
    del store._balances[0]["hold", stream_id(0, 1), "CNY"]
    assert codes(store) == ["books.balance", "books.balance"]


# -- the streams ----------------------------------------------------------------------------------


def state_of(store: MemoryStore, number: int) -> int:
    return stream_id(0, number)


def test_a_state_that_is_not_the_fold_of_its_events_is_named() -> None:
    store = recorded()
    id_ = state_of(store, 2)
    state = store._states[id_]
    store._states[id_] = replace(state, data=state.data.replace(b"counted", b"cOunted", 1))
    finding = only(store)
    assert finding.code == "stream.state"
    assert (finding.stream, finding.seq) == (id_, state.head)
    assert "counted" in finding.expected
    assert "cOunted" in finding.found


def test_a_state_of_a_wrong_version_is_named() -> None:
    store = recorded()
    id_ = state_of(store, 2)
    state = store._states[id_]
    store._states[id_] = replace(state, version=state.version + 1)
    finding = only(store)
    assert finding.code == "stream.version"
    assert finding.stream == id_


@pytest.mark.parametrize("head", [0, 1, 10**6])
def test_a_state_with_a_wrong_head_is_named(head: int) -> None:
    store = recorded()
    id_ = state_of(store, 2)
    store._states[id_] = replace(store._states[id_], head=head)
    finding = findings(store)[0]
    assert finding.code == "stream.head"
    assert (finding.stream, finding.seq) == (id_, head)


def test_a_state_set_back_leaves_an_entry_that_no_chain_reaches() -> None:
    store = recorded()
    id_ = state_of(store, 2)
    rows = store.history(id_)
    data = folded(rows[:-1])
    store._states[id_] = replace(
        store._states[id_], version=len(rows) - 1, head=rows[-2].seq, data=data
    )
    finding = only(store)
    assert finding.code == "stream.orphan"
    assert place(finding) == (0, rows[-1].seq)


def test_a_lost_state_leaves_its_entries_behind() -> None:
    store = recorded()
    id_ = state_of(store, 2)
    count = len(store.history(id_))
    del store._states[id_]
    found = findings(store)
    assert [each.code for each in found] == ["stream.orphan"] * count
    assert {each.stream for each in found} == {id_}


def test_a_link_into_another_stream_is_named() -> None:
    store = recorded()
    rows = store.history(state_of(store, 2))
    other = store.history(state_of(store, 3))[0]
    alter(store, 0, rows[3].seq, prev=other.seq)
    found = findings(store)
    assert found[0].code == "stream.chain"
    assert found[0].stream == state_of(store, 2)


def test_a_link_that_skips_an_entry_is_named() -> None:
    store = recorded()
    rows = store.history(state_of(store, 2))
    alter(store, 0, rows[3].seq, prev=rows[1].seq)
    found = findings(store)
    assert [each.code for each in found] == ["stream.version", "stream.orphan"]
    assert place(found[1]) == (0, rows[2].seq)


def test_links_that_run_in_a_circle_end() -> None:
    store = recorded()
    rows = store.history(state_of(store, 2))
    alter(store, 0, rows[1].seq, prev=rows[4].seq)
    found = findings(store)
    assert found[0].code == "log.link"
    assert place(found[0]) == (0, rows[1].seq)
    assert "stream.chain" in {each.code for each in found}


def test_events_that_cannot_be_folded_are_named() -> None:
    def refuse(_: object) -> bytes:
        message = "no such transition"
        raise ValueError(message)

    found = list(fsck(recorded(), ORIGIN, [SIGNER.verifier], decode, refuse))
    assert {each.code for each in found} == {"stream.unfoldable"}
    assert "no such transition" in found[0].detail


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


# -- words ----------------------------------------------------------------------------------------


def test_a_finding_reads_as_one_line() -> None:
    store = recorded()
    row = alter(store, 1, 4, type="deal.other")
    finding = findings(store)[0]
    assert str(finding) == (
        "log.disagrees: the type is not the one in the bytes; "
        f"expected deal.counted, found deal.other (part 1, seq 4, stream {row.stream})"
    )
