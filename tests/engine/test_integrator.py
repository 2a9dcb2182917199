"""The integrator: every event a leaf once, in order, whoever else integrates; never a fork."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fairhold.engine.integrator import (
    Integrator,
    RecordBroken,
    consistency,
    inclusion,
    root,
)
from fairhold.engine.ports import Fenced, RangeRow, TileRow
from fairhold.evidence.auditor import audit_entry, audit_growth
from fairhold.evidence.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from fairhold.evidence.note import Signer
from fairhold.evidence.tiles import TileMissing
from fairhold.evidence.tree import EMPTY_ROOT, event_leaf, leaf_nodes
from fairhold.evidence.tree import root as tree_root
from fairhold.stores.memory import MemoryStore
from fairhold.stores.sqlite import SqliteStore
from tests.engine.ledger import (
    ORIGIN,
    SIGNER,
    START,
    commit,
    fill,
    findings,
    integrator,
    recorded,
)

KEYS = (SIGNER.verifier,)


def drain(worker: Integrator) -> int:
    total = 0
    while count := worker.integrate():
        total += count
    return total


def leaves(store: MemoryStore) -> list[bytes]:
    """The leaves as the log says they must be."""
    found = []
    for index in range(store.tree_size()):
        place = store.leaf_place(index)
        assert place is not None
        row = store.event(*place)
        assert row is not None
        found.append(event_leaf(row.data))
    return found


def assert_whole(store: MemoryStore) -> None:
    """Every event is exactly one leaf, and the tree is the one over those leaves."""
    size = store.tree_size()
    assert size == sum(store.log_head(part) for part in store.parts())
    places = [store.leaf_place(index) for index in range(size)]
    assert len(set(places)) == size
    assert root(store, size) == tree_root(size, leaf_nodes(leaves(store)))


def test_an_empty_log_integrates_nothing_and_signs_nothing() -> None:
    store = MemoryStore()
    worker = integrator(store)
    assert worker.step(START) == 0
    assert worker.sign(START) is None
    assert store.checkpoint() is None
    assert root(store, 0) == EMPTY_ROOT


@pytest.mark.parametrize("batch", [1, 7, 256, 1000])
def test_every_event_of_every_part_becomes_one_leaf(batch: int) -> None:
    store = MemoryStore(3)
    fill(store, batches=25)
    assert drain(integrator(store, batch)) == 375
    assert_whole(store)


def test_a_restarted_integrator_goes_on_where_the_last_one_stopped() -> None:
    store = MemoryStore(2)
    for _ in range(40):
        fill(store, batches=2)
        drain(integrator(store, batch=9))
    assert_whole(store)


def test_no_part_waits_for_another_to_fall_silent() -> None:
    store = MemoryStore(2)
    worker = integrator(store, batch=4)
    for _ in range(6):
        commit(store, 0, range(8), START)
        commit(store, 1, [0], START)
        worker.integrate()
    assert store.tree_cursor(1) > 0
    assert store.tree_cursor(0) > 0


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(1, 6)), max_size=30))
def test_two_integrators_at_once_never_lose_or_repeat_a_leaf(
    turns: Sequence[tuple[str, int]],
) -> None:
    store = MemoryStore(2)
    workers = {"a": integrator(store, 5), "b": integrator(store, 8)}
    for now, (who, width) in enumerate(turns):
        if who in workers:
            workers[who].step(START + 600 * now)
        else:
            commit(store, "cd".index(who), range(width), START)
    for worker in workers.values():
        drain(worker)
        worker.sign(START)
    assert_whole(store)
    last = store.checkpoint()
    assert (last.size if last else 0) == store.tree_size()


def test_a_fenced_integrator_reads_again_and_goes_on() -> None:
    class Contended(MemoryStore):
        refusals = 2

        def extend(
            self, expected_size: int, tiles: Sequence[TileRow], ranges: Sequence[RangeRow]
        ) -> None:
            if self.refusals:
                self.refusals -= 1
                message = "somebody was first"
                raise Fenced(message)
            super().extend(expected_size, tiles, ranges)

    store = Contended(2)
    fill(store)
    assert integrator(store).integrate() == 120
    assert_whole(store)
    store.refusals = 1000
    fill(store)
    assert integrator(store).integrate() == 0


# -- signing --------------------------------------------------------------------------------------


def test_a_checkpoint_is_added_when_the_tree_grew_and_only_then() -> None:
    store = MemoryStore(2)
    worker = integrator(store)
    fill(store)
    worker.integrate()
    row = worker.sign(START)
    assert row is not None
    assert (row.size, row.at) == (120, START)
    assert store.checkpoint() == row
    expected = root(store, 120)
    assert expected is not None
    assert open_checkpoint(row.note, ORIGIN, KEYS) == Checkpoint(ORIGIN, 120, expected)
    assert worker.sign(START + 1) is None
    assert integrator(store).sign(START + 2) is None
    assert len(store.checkpoints(-1, 10)) == 1


def test_a_step_signs_at_once_then_each_second_or_thousand_leaves() -> None:
    store = MemoryStore()
    worker = integrator(store, batch=10_000)
    sizes = []
    for now, width in ((0, 1), (999, 1), (1000, 1), (1500, 900), (1600, 200), (1700, 0), (2600, 1)):
        if width:
            commit(store, 0, range(width), START)
        worker.step(START + now)
        newest = store.checkpoint()
        sizes.append(newest.size if newest else 0)
    assert sizes == [1, 1, 3, 3, 1103, 1103, 1104]


def test_every_checkpoint_is_proven_to_begin_with_the_one_before() -> None:
    store = recorded()
    rows = list(store.checkpoints(-1, 100))
    assert len(rows) == 3
    for older, newer in pairwise(rows):
        proof = consistency(store, older.size, newer.size)
        assert proof is not None
        found = audit_growth(older.note, newer.note, proof, ORIGIN, KEYS)
        assert isinstance(found, Checkpoint)


def test_every_event_is_proven_under_every_checkpoint_that_covers_it() -> None:
    store = recorded()
    for row in store.checkpoints(-1, 100):
        covered = 0
        for part in store.parts():
            for event in store.log(part, 0, 1000):
                found = inclusion(store, part, event.seq, row.size)
                if found is None:
                    continue
                covered += 1
                checked = audit_entry(event.data, found.index, found.proof, row.note, ORIGIN, KEYS)
                assert isinstance(checked, Checkpoint)
        assert covered == row.size


def test_there_is_no_proof_of_what_is_not_in_the_tree() -> None:
    store = recorded()
    size = store.tree_size()
    commit(store, 0, [0], START + 10**6)
    head = store.log_head(0)
    assert inclusion(store, 0, head, size) is None
    assert inclusion(store, 0, 1, 0) is None
    assert inclusion(store, 0, 1, size + 1) is None
    assert inclusion(store, 9, 1, size) is None
    assert consistency(store, 5, 4) is None
    assert consistency(store, 0, size + 1) is None
    assert consistency(store, -1, size) is None
    assert root(store, size + 1) is None
    assert root(store, -1) is None


def test_after_a_key_rotation_the_old_checkpoints_still_count() -> None:
    store = recorded()
    fresh = Signer(ORIGIN, b"\x09" * 32)
    commit(store, 0, [0], START + 10**6)
    with pytest.raises(RecordBroken, match=r"not ours: note.unsigned"):
        drain_and_sign(Integrator(store, fresh, ORIGIN))
    drain_and_sign(Integrator(store, fresh, ORIGIN, keys=KEYS))
    newest = store.checkpoint()
    assert newest is not None
    assert isinstance(open_checkpoint(newest.note, ORIGIN, [fresh.verifier]), Checkpoint)


# -- never a fork ---------------------------------------------------------------------------------


def drain_and_sign(worker: Integrator) -> None:
    drain(worker)
    worker.sign(START + 10**6)


def test_a_rewritten_tree_is_not_signed() -> None:
    store = recorded()
    signed = len(store.checkpoints(-1, 100))
    data = bytearray(store._tiles[0, 0])
    data[40] ^= 1
    store._tiles[0, 0] = bytes(data)
    commit(store, 0, [0], START + 10**6)
    with pytest.raises(RecordBroken, match="does not begin with"):
        drain_and_sign(integrator(store))
    assert len(store.checkpoints(-1, 100)) == signed


def test_a_tree_that_lost_leaves_is_not_signed() -> None:
    store = recorded()
    lost = store._ranges.pop()
    store._ranges_of[lost.part].pop()
    with pytest.raises(RecordBroken, match="entries were signed, but the tree has"):
        integrator(store).sign(START)


def test_a_log_that_lost_integrated_entries_stops_the_integrator() -> None:
    store = recorded()
    store._rows[1].pop()
    with pytest.raises(RecordBroken, match="part 1 ends at"):
        integrator(store).step(START)


def test_a_gap_in_the_log_stops_the_integrator() -> None:
    store = MemoryStore()
    fill(store)
    del store._rows[0][7]
    with pytest.raises(RecordBroken, match="8 is missing before 9"):
        integrator(store).step(START)


def test_a_database_set_back_behind_a_checkpoint_of_this_process_is_noticed() -> None:
    store = recorded()
    worker = integrator(store)
    commit(store, 0, range(3), START + 10**6)
    drain_and_sign(worker)
    newest = store._checkpoint_sizes.pop()
    del store._checkpoints[newest]
    lost = store._ranges.pop()
    store._ranges_of[lost.part].pop()
    with pytest.raises(RecordBroken, match="were signed, but the tree has"):
        worker.sign(START + 2 * 10**6)


@pytest.mark.parametrize(("origin", "smaller"), [("other.example", 0), (ORIGIN, 1), (ORIGIN, 0)])
def test_a_foreign_mislabelled_or_forked_checkpoint_stops_the_integrator(
    origin: str, smaller: int
) -> None:
    store = recorded()
    newest = store.checkpoint()
    assert newest is not None
    forged = Checkpoint(origin, newest.size - smaller, EMPTY_ROOT)
    store._checkpoints[newest.size] = replace(newest, note=sign_checkpoint(forged, [SIGNER]))
    with pytest.raises(RecordBroken):
        integrator(store).sign(START)


def test_a_damaged_checkpoint_stops_the_integrator() -> None:
    store = recorded()
    newest = store.checkpoint()
    assert newest is not None
    store._checkpoints[newest.size] = replace(newest, note=newest.note[:-1])
    with pytest.raises(RecordBroken, match=r"not ours: note.malformed"):
        integrator(store).sign(START)


def test_a_lost_tile_is_an_outage() -> None:
    store = recorded()
    del store._tiles[0, 0]
    with pytest.raises(TileMissing, match="tile/0/000"):
        integrator(store).step(START)


# -- several at once on one file ------------------------------------------------------------------


def test_integrators_and_lanes_at_once_on_one_file_make_one_whole_record(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite3"
    stores = [SqliteStore(path, 2) for _ in range(2)]

    def write(part: int) -> None:
        for batch in range(25):
            commit(stores[part], part, range(batch % 7 + 1), START + batch)

    def follow(store: SqliteStore) -> None:
        worker = integrator(store, batch=3)
        for now in range(40):
            worker.step(START + 1000 * now)

    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(write, part) for part in range(2)]
        jobs += [pool.submit(follow, store) for store in stores]
        for job in jobs:
            job.result()
    store = stores[0]
    drain(integrator(store))
    integrator(store).sign(START)
    assert store.tree_size() == store.log_head(0) + store.log_head(1)
    assert findings(store) == []
    for each in stores:
        each.close()
