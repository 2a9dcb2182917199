"""What every store promises. Each store inherits these tests and says how it is opened."""

import pytest

from fairhold.engine.ports import Batch, Store
from tests.stores.contract_bodies import BodyContract
from tests.stores.contract_follow import FollowContract
from tests.stores.contract_lane import LaneContract
from tests.stores.contract_shelf import ShelfContract
from tests.stores.contract_tree import TreeContract
from tests.stores.rows import NOT_UTF8, event


class StoreContract(LaneContract, FollowContract, BodyContract, ShelfContract, TreeContract):
    """Give a fixture ``store`` that opens an empty store of four parts and closes it."""

    def test_it_says_how_many_parts_it_has(self, store: Store) -> None:
        assert store.part_count == 4

    def test_it_answers(self, store: Store) -> None:
        store.ping()

    @pytest.mark.parametrize("seqs", [[2], [1, 3], [1, 1], [2, 1]])
    def test_a_batch_with_a_gap_is_a_bug_and_writes_nothing(
        self, store: Store, seqs: list[int]
    ) -> None:
        lane = store.lane(0)
        with pytest.raises(AssertionError):
            lane.commit(Batch(0, 0, [event(0, seq, data=NOT_UTF8) for seq in seqs], ()))
        assert lane.head() == (0, 0)
