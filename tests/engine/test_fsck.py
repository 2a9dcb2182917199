"""Fsck: a healthy store has nothing to report, and each planted fault is named where it stands."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fairhold.engine.fsck import Facts, fsck
from fairhold.engine.ports import LogRow
from fairhold.evidence.tree import event_leaf
from fairhold.kernel.ids import make_id
from fairhold.stores.memory import MemoryStore
from tests.engine.ledger import (
    ORIGIN,
    SIGNER,
    START,
    alter,
    codes,
    commit,
    decode,
    decode_with_lines,
    fill,
    findings,
    folded,
    integrator,
    only,
    place,
    recorded,
    stream_id,
)

# -- health ---------------------------------------------------------------------------------------


def test_an_empty_store_has_nothing_to_report() -> None:
    assert findings(MemoryStore(3)) == []


def test_a_healthy_store_has_nothing_to_report() -> None:
    assert findings(recorded()) == []
    assert findings(recorded(), decode_with_lines) == []


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
        ({"stream": stream_id(0, 7)}, "log.disagrees"),
        ({"version": 9}, "log.disagrees"),
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
    del store._balances[0]["hold", 0, "CNY"]
    store._balances[0]["clearing", stream_id(0, 1), "CNY"] = 1
    assert codes(store) == ["books.balance"] * 3


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


# -- words ----------------------------------------------------------------------------------------


def test_a_finding_reads_as_one_line() -> None:
    store = recorded()
    row = alter(store, 1, 4, type="deal.other")
    finding = findings(store)[0]
    assert str(finding) == (
        "log.disagrees: the type is not the one in the bytes; "
        f"expected deal.counted, found deal.other (part 1, seq 4, stream {row.stream})"
    )


# -- no single change goes unnoticed --------------------------------------------------------------


def flipped(draw: st.DataObject, data: bytes) -> bytes:
    place = draw.draw(st.integers(0, len(data) - 1))
    flip = draw.draw(st.integers(1, 255))
    return data[:place] + bytes((data[place] ^ flip,)) + data[place + 1 :]


def change_entry(store: MemoryStore, draw: st.DataObject) -> None:
    part = draw.draw(st.integers(0, 1))
    seq = draw.draw(st.integers(1, store.log_head(part)))
    row = store._rows[part][seq - 1]
    name = draw.draw(st.sampled_from(row.__struct_fields__))
    value = getattr(row, name)
    if isinstance(value, bytes):
        alter(store, part, seq, **{name: flipped(draw, value)})
    elif isinstance(value, str):
        alter(store, part, seq, **{name: value + "x"})
    else:
        step = draw.draw(st.integers(-3, 3).filter(bool))
        alter(store, part, seq, **{name: value + step})


def change_state(store: MemoryStore, draw: st.DataObject) -> None:
    id_ = draw.draw(st.sampled_from(sorted(store._states)))
    row = store._states[id_]
    changes: tuple[dict[str, object], ...] = (
        {"data": flipped(draw, row.data)},
        {"version": row.version + 1},
        {"head": row.head - 1},
    )
    store._states[id_] = replace(row, **draw.draw(st.sampled_from(changes)))


def change_tile(store: MemoryStore, draw: st.DataObject) -> None:
    key = draw.draw(st.sampled_from(sorted(store._tiles)))
    store._tiles[key] = flipped(draw, store._tiles[key])


def change_checkpoint(store: MemoryStore, draw: st.DataObject) -> None:
    size = draw.draw(st.sampled_from(store._checkpoint_sizes))
    row = store._checkpoints[size]
    store._checkpoints[size] = replace(row, note=flipped(draw, row.note))


def change_range(store: MemoryStore, draw: st.DataObject) -> None:
    place = draw.draw(st.integers(0, len(store._ranges) - 1))
    row = store._ranges[place]
    changed = draw.draw(st.sampled_from(("part", "first_seq")))
    step = draw.draw(st.sampled_from((-1, 1)))
    store._ranges[place] = replace(row, **{changed: getattr(row, changed) + step})


@pytest.mark.parametrize(
    "change", [change_entry, change_state, change_tile, change_checkpoint, change_range]
)
@given(st.data())
def test_no_single_change_goes_unnoticed(
    change: Callable[[MemoryStore, st.DataObject], None], draw: st.DataObject
) -> None:
    store = recorded(batches=6)
    change(store, draw)
    assert findings(store, decode_with_lines) != []
