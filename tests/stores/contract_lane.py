"""The write side: batches, fences, receipts, and the reads of what lanes wrote."""

import pytest

from fairhold.engine.ports import BalanceRow, Batch, Fenced, StateRow, Store, TimerRow
from fairhold.kernel.ids import hashed_id, make_id
from tests.stores.rows import (
    BIGGEST,
    NOT_UTF8,
    NOW,
    at_once,
    batch,
    event,
    events,
    id_in,
    key,
    receipt,
)


class LaneContract:
    """Commits and reads of the log."""

    def test_an_empty_store_has_nothing(self, store: Store) -> None:
        lane = store.lane(2)
        assert lane.head() == (0, 0)
        assert lane.load([id_in(2), BIGGEST, 0]) == {}
        assert lane.recall([key(1)]) == {}
        assert lane.load([]) == {}
        assert lane.recall([]) == {}
        assert list(store.parts()) == []
        assert store.log_head(2) == 0
        assert list(store.log(2, 0, 10)) == []
        assert store.event(2, 1) is None
        assert list(store.history(id_in(2))) == []
        assert store.state(id_in(2)) is None
        assert list(store.states(2, 0, 10)) == []
        assert list(store.balances(2)) == []
        assert list(store.timers(BIGGEST, 10)) == []
        assert store.next_due() is None

    def test_what_is_committed_is_read_byte_for_byte(self, store: Store) -> None:
        row = event(0, 1, data=NOT_UTF8, lines=b"[]\x00", type="deal.paid", stream=id_in(0))
        state = StateRow(id_in(0), 1, 1, NOT_UTF8)
        store.lane(0).commit(Batch(0, 0, [row], [state]))
        assert list(store.log(0, 0, 10)) == [row]
        assert store.event(0, 1) == row
        assert store.state(id_in(0)) == state

    def test_ids_and_numbers_use_all_63_bits(self, store: Store) -> None:
        stream = hashed_id(b"\xff" * 8, 3)
        assert stream > 1 << 62
        row = event(3, 1, stream=stream, version=BIGGEST, at=BIGGEST)
        state = StateRow(stream, BIGGEST, 1, b"")
        money = BalanceRow("deal.hold", BIGGEST, "CNY", -BIGGEST)
        lane = store.lane(3)
        lane.commit(Batch(3, 0, [row], [state], [money], [TimerRow(BIGGEST, stream, BIGGEST)]))
        assert lane.head() == (1, BIGGEST)
        assert lane.load([stream, BIGGEST]) == {stream: state}
        assert list(store.history(stream)) == [row]
        assert list(store.balances(3)) == [money]
        assert list(store.timers(BIGGEST, 1)) == [TimerRow(BIGGEST, stream, BIGGEST)]

    def test_a_head_says_the_last_seq_and_its_instant(self, store: Store) -> None:
        lane = store.lane(1)
        lane.commit(batch(1, 0, 3))
        assert lane.head() == (3, NOW + 3)
        assert store.log_head(1) == 3

    def test_parts_are_apart(self, store: Store) -> None:
        store.lane(3).commit(batch(3, 0, 2))
        store.lane(0).commit(batch(0, 0, 1))
        assert list(store.parts()) == [0, 3]
        assert [row.seq for row in store.log(3, 0, 10)] == [1, 2]
        assert [row.seq for row in store.log(0, 0, 10)] == [1]
        assert store.lane(1).head() == (0, 0)

    @pytest.mark.parametrize("count", [1, 2, 3, 255, 256, 257, 777])
    def test_a_batch_of_any_size_is_whole(self, store: Store, count: int) -> None:
        states = [StateRow(id_in(0, n), n, n, b"%d" % n) for n in range(1, count + 1)]
        timers = [TimerRow(NOW + n, id_in(0, n), n) for n in range(count)]
        receipts = [receipt(n) for n in range(count)]
        lane = store.lane(0)
        lane.commit(batch(0, 0, count, states=states, timers=timers, receipts=receipts))
        assert list(store.log(0, 0, count + 1)) == events(0, 1, count)
        assert list(store.states(0, 0, count + 1)) == states
        assert list(store.timers(BIGGEST, count + 1)) == timers
        assert lane.load([state.id for state in states]) == {row.id: row for row in states}
        assert lane.recall([row.key for row in receipts]) == {row.key: row for row in receipts}

    def test_the_log_is_read_in_pages(self, store: Store) -> None:
        store.lane(0).commit(batch(0, 0, 10))
        assert [row.seq for row in store.log(0, 0, 4)] == [1, 2, 3, 4]
        assert [row.seq for row in store.log(0, 4, 4)] == [5, 6, 7, 8]
        assert [row.seq for row in store.log(0, 8, 4)] == [9, 10]
        assert list(store.log(0, 10, 4)) == []
        assert store.event(0, 11) is None
        assert store.event(0, 0) is None

    def test_a_state_is_replaced_and_the_last_of_a_batch_counts(self, store: Store) -> None:
        lane = store.lane(0)
        lane.commit(batch(0, 0, 1, states=[StateRow(id_in(0), 1, 1, b"old")]))
        newer = [StateRow(id_in(0), 2, 2, b"newer"), StateRow(id_in(0), 3, 3, b"newest")]
        lane.commit(batch(0, 1, 2, states=newer))
        assert store.state(id_in(0)) == newer[1]

    def test_a_history_walks_back_over_other_streams(self, store: Store) -> None:
        one, other = id_in(0, 1), id_in(0, 2)
        rows = [
            event(0, 1, stream=one, version=1),
            event(0, 2, stream=other, version=1),
            event(0, 3, stream=one, version=2, prev=1),
            event(0, 4, stream=other, version=2, prev=2),
            event(0, 5, stream=one, version=3, prev=3),
        ]
        states = [StateRow(one, 3, 5, b""), StateRow(other, 2, 4, b"")]
        store.lane(0).commit(Batch(0, 0, rows, states))
        assert list(store.history(one)) == [rows[0], rows[2], rows[4]]
        assert list(store.history(other)) == [rows[1], rows[3]]

    def test_states_are_read_in_pages_of_one_part(self, store: Store) -> None:
        states = [StateRow(id_in(0, n), 1, 1, b"") for n in (5, 1, 3)]
        store.lane(0).commit(batch(0, 0, 1, states=states))
        store.lane(1).commit(batch(1, 0, 1, states=[StateRow(id_in(1, 2), 1, 1, b"")]))
        ids = [id_in(0, n) for n in (1, 3, 5)]
        assert [row.id for row in store.states(0, 0, 2)] == ids[:2]
        assert [row.id for row in store.states(0, ids[1], 2)] == ids[2:]

    def test_balances_are_differences_that_add_up(self, store: Store) -> None:
        lane = store.lane(0)
        rows = [
            BalanceRow("fee", 0, "CNY", 5),
            BalanceRow("deal.hold", 7, "EUR", 1),
            BalanceRow("deal.hold", 7, "CNY", 100),
            BalanceRow("deal.hold", 7, "CNY", -30),
        ]
        lane.commit(batch(0, 0, 1, balances=rows))
        lane.commit(batch(0, 1, 1, balances=[BalanceRow("deal.hold", 7, "CNY", -70)]))
        assert list(store.balances(0)) == [
            BalanceRow("deal.hold", 7, "CNY", 0),
            BalanceRow("deal.hold", 7, "EUR", 1),
            BalanceRow("fee", 0, "CNY", 5),
        ]
        assert list(store.balances(1)) == []

    def test_balances_are_ordered_by_code_point(self, store: Store) -> None:
        names = ["a_b", "a.b", "aB", "ab", "Zebra", "äb", "托管"]
        rows = [BalanceRow(name, 0, "CNY", 1) for name in names]
        store.lane(0).commit(batch(0, 0, 1, balances=rows))
        assert [row.account for row in store.balances(0)] == sorted(names)

    # -- fences ----------------------------------------------------------------------------------

    def test_the_second_of_two_lanes_of_a_part_is_fenced_and_writes_nothing(
        self, store: Store
    ) -> None:
        first, second = store.lane(0), store.lane(0)
        assert first.head() == second.head() == (0, 0)
        first.commit(batch(0, 0, 2))
        late = batch(
            0,
            0,
            3,
            states=[StateRow(id_in(0), 9, 9, b"late")],
            balances=[BalanceRow("fee", 0, "CNY", 1)],
            timers=[TimerRow(1, id_in(0), 1)],
            receipts=[receipt(1)],
        )
        with pytest.raises(Fenced):
            second.commit(late)
        assert store.log_head(0) == 2
        assert store.state(id_in(0)) is None
        assert list(store.balances(0)) == []
        assert store.next_due() is None
        assert second.recall([key(1)]) == {}

    def test_a_fenced_lane_goes_on_after_it_has_read_the_head(self, store: Store) -> None:
        first, second = store.lane(0), store.lane(0)
        first.commit(batch(0, 0, 2))
        with pytest.raises(Fenced):
            second.commit(batch(0, 0, 1))
        assert second.head()[0] == 2
        second.commit(batch(0, 2, 1))
        with pytest.raises(Fenced):
            first.commit(batch(0, 2, 1))
        assert first.head()[0] == 3

    def test_a_batch_that_would_leave_a_gap_in_the_log_is_fenced(self, store: Store) -> None:
        lane = store.lane(0)
        lane.commit(batch(0, 0, 2))
        with pytest.raises(Fenced):
            lane.commit(batch(0, 5, 1))
        assert lane.head()[0] == 2

    def test_a_refusal_that_was_decided_on_an_old_head_is_not_remembered(
        self, store: Store
    ) -> None:
        first, second = store.lane(0), store.lane(0)
        first.commit(batch(0, 0, 1))
        with pytest.raises(Fenced):
            second.commit(batch(0, 0, 0, receipts=[receipt(1)]))
        assert second.recall([key(1)]) == {}

    def test_many_lanes_of_a_part_write_one_gapless_log(self, store: Store) -> None:
        def write(number: int) -> int:
            lane = store.lane(0)
            written = 0
            while written < 5:
                head, _ = lane.head()
                try:
                    lane.commit(batch(0, head, 2, balances=[BalanceRow("fee", number, "CNY", 1)]))
                except Fenced:
                    continue
                written += 1
            lane.close()
            return written

        assert sum(at_once(4, write)) == 20
        assert [row.seq for row in store.log(0, 0, 100)] == list(range(1, 41))
        assert [row.minor for row in store.balances(0)] == [5, 5, 5, 5]

    def test_lanes_of_different_parts_do_not_fence_each_other(self, store: Store) -> None:
        def write(part: int) -> None:
            lane = store.lane(part)
            for head in range(0, 20, 2):
                lane.commit(batch(part, head, 2))
            lane.close()

        at_once(4, write)
        assert [store.log_head(part) for part in range(4)] == [20, 20, 20, 20]

    # -- receipts --------------------------------------------------------------------------------

    def test_a_batch_of_receipts_only_is_remembered(self, store: Store) -> None:
        lane = store.lane(0)
        lane.commit(batch(0, 0, 0, receipts=[receipt(1), receipt(2)]))
        assert lane.head() == (0, 0)
        assert lane.recall([key(1), key(9)]) == {key(1): receipt(1)}

    def test_a_repeated_receipt_leaves_the_first_one(self, store: Store) -> None:
        lane = store.lane(0)
        lane.commit(batch(0, 0, 1, receipts=[receipt(1), receipt(1, outcome=b"second")]))
        lane.commit(batch(0, 1, 1, receipts=[receipt(1, outcome=b"third")]))
        assert lane.recall([key(1)]) == {key(1): receipt(1)}
        assert lane.head()[0] == 2

    def test_receipts_of_another_part_are_not_found(self, store: Store) -> None:
        store.lane(0).commit(batch(0, 0, 1, receipts=[receipt(1)]))
        assert store.lane(1).recall([key(1)]) == {}

    def test_old_receipts_are_pruned_up_to_a_limit(self, store: Store) -> None:
        lane = store.lane(0)
        lane.commit(batch(0, 0, 1, receipts=[receipt(n, at=n) for n in range(1, 6)]))
        assert store.prune_receipts(4, 2) == 2
        assert store.prune_receipts(4, 9) == 1
        assert store.prune_receipts(4, 9) == 0
        assert set(lane.recall([key(n) for n in range(1, 6)])) == {key(4), key(5)}

    # -- timers ----------------------------------------------------------------------------------

    def test_timers_of_all_parts_come_earliest_first(self, store: Store) -> None:
        for part, dues in enumerate([[50, 10], [40], [], [20, 60]]):
            timers = [TimerRow(due, id_in(part, due), 1) for due in dues]
            store.lane(part).commit(batch(part, 0, 1, timers=timers))
        assert store.next_due() == 10
        assert [row.due for row in store.timers(50, 10)] == [10, 20, 40, 50]
        assert [row.due for row in store.timers(50, 3)] == [10, 20, 40]
        assert list(store.timers(9, 10)) == []

    def test_a_repeated_timer_is_one_timer(self, store: Store) -> None:
        lane = store.lane(0)
        timer = TimerRow(10, id_in(0), 1)
        lane.commit(batch(0, 0, 1, timers=[timer, timer]))
        lane.commit(batch(0, 1, 1, timers=[timer, TimerRow(10, id_in(0), 2)]))
        assert list(store.timers(10, 10)) == [timer, TimerRow(10, id_in(0), 2)]

    def test_a_fired_timer_is_gone_and_may_be_fired_again(self, store: Store) -> None:
        timers = [TimerRow(10 + n, id_in(n, n), 1) for n in range(4)]
        for part, timer in enumerate(timers):
            store.lane(part).commit(batch(part, 0, 1, timers=[timer]))
        store.fired(timers[:2])
        store.fired(timers[:3])
        store.fired([])
        assert store.next_due() == 13
        assert list(store.timers(99, 10)) == timers[3:]

    def test_ids_of_different_times_keep_their_part(self, store: Store) -> None:
        early, late = make_id(NOW, 1, 1), make_id(NOW + 1, 1, 0)
        states = [StateRow(late, 1, 1, b"late"), StateRow(early, 1, 1, b"early")]
        store.lane(1).commit(batch(1, 0, 1, states=states))
        assert [row.data for row in store.states(1, 0, 9)] == [b"early", b"late"]
