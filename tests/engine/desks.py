"""Engines for tests: a store that can be held up or fail, and a few wishes to hand in."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct

from fairhold.domain.account import OpenAccount
from fairhold.domain.wallet import Credit, RequestPayout, Wallet
from fairhold.engine.batching import Outcome, Receipt
from fairhold.engine.clock import TestClock
from fairhold.engine.engine import Engine, Key
from fairhold.engine.kinds import WALLET
from fairhold.engine.ports import Batch, Store
from fairhold.kernel.actor import PLATFORM, Actor
from fairhold.kernel.ids import make_id
from fairhold.kernel.instant import Instant
from fairhold.kernel.money import Money
from fairhold.kernel.wish import Refusal
from fairhold.stores.memory import MemoryLane, MemoryStore

NOW: Instant = 1_795_000_000_000
OWNER = make_id(NOW, 0, 1)
PURSE = make_id(NOW, 0, 2)


def yuan(minor: int) -> Money:
    return Money(minor, "CNY")


def credit(deal: int, minor: int = 100, owner: int = OWNER) -> Credit:
    return Credit(by=PLATFORM, owner=owner, deal=deal, amount=yuan(minor))


def pay_out(minor: int, owner: int = OWNER) -> RequestPayout:
    return RequestPayout(by=Actor(owner), amount=yuan(minor))


def open_account(profile: int = 7) -> OpenAccount:
    return OpenAccount(by=Actor(OWNER), profile=profile, digest="aa", consent="1")


def crash() -> Credit:
    """A wish that an account does not know: deciding on it is a bug."""
    return Credit(by=Actor(OWNER), owner=OWNER, deal=1, amount=yuan(1))


def key(word: str, body: bytes = b"body") -> Key:
    return Key.of("caller", word, body)


def granted(outcome: Outcome) -> Receipt:
    assert isinstance(outcome, Receipt), outcome
    return outcome


def refused(outcome: Outcome) -> str:
    assert isinstance(outcome, Refusal), outcome
    return outcome.code


def purse(engine: Engine, stream: int = PURSE) -> Wallet:
    state = engine.state(WALLET, stream)
    assert isinstance(state, Wallet)
    return state


class Fault(Struct, frozen=True):
    """How one commit fails: with which error, and whether it was written all the same."""

    error: Exception
    lands: bool = False


class FaultyLane(MemoryLane):
    """A lane whose commits can be held up and can fail."""

    def __init__(self, store: "FaultyStore", part: int) -> None:
        super().__init__(store, part)
        self._faulty = store

    def commit(self, batch: Batch) -> None:
        store = self._faulty
        fault = store.faults.popleft() if store.faults else None
        store.entered.set()
        store.gate.wait()
        if fault is None:
            super().commit(batch)
        else:
            if fault.lands:
                super().commit(batch)
            raise fault.error
        store.commits.append(batch)


class FaultyStore(MemoryStore):
    """A memory store that counts commits and fails when it is told to."""

    def __init__(self, part_count: int = 1) -> None:
        super().__init__(part_count)
        self.commits: list[Batch] = []
        self.faults: deque[Fault] = deque()
        self.lane_faults: deque[Exception] = deque()
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    def lane(self, part: int) -> FaultyLane:
        if self.lane_faults:
            raise self.lane_faults.popleft()
        return FaultyLane(self, part)

    @contextmanager
    def held_up(self, engine: Engine) -> Iterator[None]:
        """Whatever is handed in within the block waits behind one commit that is under way."""
        self.gate.clear()
        self.entered.clear()
        first = engine.submit(WALLET, PURSE, credit(1_000_000))
        assert self.entered.wait(10)
        try:
            yield
        finally:
            self.gate.set()
        granted(first.result(10))


@contextmanager
def running(store: Store, clock: TestClock | None = None) -> Iterator[Engine]:
    """An engine that is stopped at the end; its store stays open."""
    engine = Engine(store, clock or TestClock(NOW))
    try:
        yield engine
    finally:
        engine.stop()
