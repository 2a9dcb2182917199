"""What a store promises that outlives its process."""

from collections.abc import Callable
from threading import Thread

import pytest

from fairhold.engine.ports import (
    BodyRow,
    CheckpointRow,
    Put,
    RangeRow,
    StateRow,
    Store,
    TileRow,
    TimerRow,
    Unavailable,
)
from tests.stores.rows import BIGGEST, batch, events, id_in, key, receipt

Open = Callable[[], Store]


class DurableContract:
    """Give a fixture ``open_again`` that opens the same database of four parts once more."""

    def test_everything_is_there_after_reopening(self, open_again: Open) -> None:
        store = open_again()
        state = StateRow(id_in(2), 3, 3, b"state")
        timer = TimerRow(10, id_in(2), 3)
        lane = store.lane(2)
        lane.commit(batch(2, 0, 3, states=[state], timers=[timer], receipts=[receipt(1)]))
        store.advance("lists", 2, 0, 3, [Put("listing", "lst_1", b"x", [("all", "", 1)])])
        store.put_body(BodyRow(id_in(2), "acc_1", "message", b"body"))
        store.put_subject_key("acc_1", b"key")
        store.shelf_put("session", "a", b"value")
        store.extend(0, [TileRow(0, 0, b"t")], [RangeRow(0, 2, 1, 3)])
        store.add_checkpoint(CheckpointRow(3, 1, b"note"))
        store.close()

        again = open_again()
        assert list(again.log(2, 0, 9)) == events(2, 1, 3)
        assert again.lane(2).head()[0] == 3
        assert again.lane(2).recall([key(1)]) == {key(1): receipt(1)}
        assert again.state(id_in(2)) == state
        assert list(again.timers(BIGGEST, 9)) == [timer]
        assert again.cursor("lists", 2) == 3
        assert again.find("listing", "all", "", limit=1).rows == [("lst_1", b"x")]
        assert again.body(id_in(2)) is not None
        assert again.subject_key("acc_1") == b"key"
        assert again.shelf_get("session", "a", 0) == b"value"
        assert again.tree_size() == 3
        assert again.checkpoint() == CheckpointRow(3, 1, b"note")

    def test_two_open_stores_see_each_other(self, open_again: Open) -> None:
        one, other = open_again(), open_again()
        one.lane(0).commit(batch(0, 0, 2))
        other.lane(0).commit(batch(0, 2, 1))
        assert one.log_head(0) == other.log_head(0) == 3

    def test_the_number_of_parts_was_settled_at_creation(self, open_again: Open) -> None:
        assert open_again().part_count == 4
        assert open_again().part_count == 4

    def test_a_closed_store_is_unavailable_and_may_be_closed_again(self, open_again: Open) -> None:
        store = open_again()
        store.ping()
        store.close()
        store.close()
        with pytest.raises(Unavailable):
            store.ping()
        with pytest.raises(Unavailable):
            store.shelf_put("session", "a", b"x")

    def test_reads_from_threads_that_end_leave_the_store_usable(self, open_again: Open) -> None:
        store = open_again()
        store.lane(0).commit(batch(0, 0, 5))
        seen: list[int] = []
        threads = [Thread(target=lambda: seen.append(store.log_head(0))) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == [5] * 20
        assert store.log_head(0) == 5
