"""The memory store keeps the contract."""

from collections.abc import Iterator

import pytest

from fairhold.engine.ports import Store
from fairhold.stores.memory import MemoryStore
from tests.stores.contract import StoreContract


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> Iterator[Store]:
        store = MemoryStore(part_count=4)
        yield store
        store.close()

    @pytest.mark.parametrize("count", [0, 257])
    def test_the_number_of_parts_is_limited(self, count: int) -> None:
        with pytest.raises(ValueError, match="part_count"):
            MemoryStore(part_count=count)
