"""Two writers of one part share it: who was fenced comes to its turn, and rereads only what is new.

The rival here is faster than anybody can be: it commits whenever the other is about to.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import pytest

from fairhold.engine.engine import Engine
from fairhold.engine.kinds import WALLET
from fairhold.engine.ports import Batch, StateRow
from fairhold.kernel.ids import make_id
from fairhold.stores.memory import MemoryLane, MemoryStore
from tests.engine.desks import NOW, OWNER, PURSE, credit, granted, pay_out, purse, refused, running

PURSES = [make_id(NOW, 0, 100 + number) for number in range(64)]
RIVALS_PURSE = make_id(NOW, 0, 1_000)


class SlowLane(MemoryLane):
    """A lane that lets the rival write first, whenever it brings more than a few events."""

    def __init__(self, store: "CrowdedStore", part: int) -> None:
        super().__init__(store, part)
        self._crowded = store

    def load(self, ids: Sequence[int]) -> Mapping[int, StateRow]:
        self._crowded.loaded.extend(ids)
        return super().load(ids)

    def commit(self, batch: Batch) -> None:
        if len(batch.events) > self._crowded.patience and self._crowded.turns:
            self._crowded.rival_writes()
        self._crowded.sizes.append(len(batch.events))
        super().commit(batch)


class CrowdedStore(MemoryStore):
    """The first lane is slow; every further one belongs to the rival."""

    def __init__(self, patience: int) -> None:
        super().__init__()
        self.patience = patience
        self.turns = 1_000
        self.rival: Engine | None = None
        self.loaded: list[int] = []
        self.sizes: list[int] = []
        self._writes = 0

    def lane(self, part: int) -> MemoryLane:
        if self.rival is None:
            return SlowLane(self, part)
        return MemoryLane(self, part)

    def rival_writes(self) -> None:
        assert self.rival is not None
        self._writes += 1
        self.turns -= 1
        granted(self.rival.do(WALLET, RIVALS_PURSE, credit(self._writes, 1)))


@contextmanager
def crowded(patience: int) -> Iterator[tuple[CrowdedStore, Engine]]:
    store = CrowdedStore(patience=1_000)
    with running(store) as engine, running(store) as rival:
        granted(engine.do(WALLET, PURSE, credit(1)))
        store.rival = rival
        store.patience = patience
        yield store, engine


@pytest.mark.parametrize("patience", [1, 5])
def test_a_large_batch_does_not_starve_beside_a_writer_of_small_ones(patience: int) -> None:
    with crowded(patience) as (store, engine):
        futures = [engine.submit(WALLET, stream, credit(7)) for stream in PURSES]
        receipts = [granted(future.result(30)) for future in futures]
    assert [receipt.stream for receipt in receipts] == PURSES
    assert len({receipt.seq for receipt in receipts}) == len(PURSES)
    assert min(store.sizes[1:]) <= patience


def test_who_was_fenced_reads_only_what_the_other_wrote() -> None:
    with crowded(patience=0) as (store, engine):
        store.loaded.clear()
        store.turns = 3
        granted(engine.do(WALLET, PURSE, pay_out(10)))
        assert (store.turns, store.loaded) == (0, [])
        assert purse(engine).available["CNY"] == 90


def test_who_was_fenced_decides_on_what_the_other_made_of_the_same_stream() -> None:
    with crowded(patience=1_000) as (store, engine):
        rival = store.rival
        assert rival is not None
        granted(rival.do(WALLET, PURSE, pay_out(95)))
        assert refused(engine.do(WALLET, PURSE, pay_out(10))) == "wallet.not_enough"
        granted(rival.do(WALLET, PURSE, credit(2, 30, OWNER)))
        granted(engine.do(WALLET, PURSE, pay_out(20)))
        assert purse(engine).available["CNY"] == 15
