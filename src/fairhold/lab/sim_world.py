"""The world of a simulation: one store, a house that may die and come back, and a clock.

Nothing runs by itself: the house moves when it is told to, one step of a follower after another,
and every chance is drawn from the seed.
"""

from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from random import Random

import msgspec
from msgspec import Struct

from fairhold.engine.clock import TestClock
from fairhold.engine.desk import Desk
from fairhold.engine.engine import Engine
from fairhold.engine.followers import Step
from fairhold.engine.naming import Naming
from fairhold.engine.ports import InDoubt, Unavailable
from fairhold.house import House
from fairhold.kernel.actor import Actor
from fairhold.kernel.instant import HOUR, SECOND, Instant, Span
from fairhold.lab.sim_audit import Auditor, Broken
from fairhold.lab.sim_store import FailingStore
from fairhold.settings import Keys, Settings

START: Instant = 1_795_000_000_000
STRIDE: Span = 6 * HOUR
DOWN: Span = 20 * SECOND
TURNS_MAX = 2_000
OUTAGES = (Unavailable, InDoubt)


class Card(Struct, frozen=True):
    """A secret as its seller typed it."""

    number: str
    password: str


class World:
    """Everything that a simulated person can touch."""

    def __init__(self, seed: int, folder: Path) -> None:
        """``folder`` keeps the keys and the sandboxes' journals over restarts."""
        self.chance = Random(seed)  # noqa: S311 — a simulation has to repeat itself
        self.clock = TestClock(START)
        self.store = FailingStore(self.chance.choice((1, 1, 2)))
        self._settings = Settings(var=folder, test_clock=START)
        self._write_keys(seed)
        self._names = Naming(0)
        self.house = self._new_house()
        self._second = self._second_engine()
        self.audit = Auditor(self.store)
        self.people: dict[str, Actor] = {}
        self.listings: list[int] = []
        self.deals: list[int] = []
        self.sealed: dict[int, Card] = {}
        self.payments: dict[int, list[str]] = {}
        self.charged_back: set[int] = set()
        self.asked = 0
        self.spoiled = 0

    # -- the house ---------------------------------------------------------------------------------

    @property
    def desk(self) -> Desk:
        """Mostly the house's own desk, now and then that of a second process on the same store."""
        return self.house.desk if self.maybe(0.85) else self._second

    @property
    def own_desk(self) -> Desk:
        """The desk of the house itself."""
        return self.house.desk

    def _new_house(self) -> House:
        return House(self._settings, clock=self.clock, store=self.store, naming=self._names)

    def _write_keys(self, seed: int) -> None:
        """Keys from the seed: what is named by a keyed hash then has the same name in every run."""
        chance = Random(seed)  # noqa: S311 — keys of a world that never was
        keys = Keys(
            current="m1",
            masters={"m1": chance.randbytes(32).hex()},
            log_seed=chance.randbytes(32).hex(),
            provider_key="provider",
            provider_control="control",
            provider_webhook="whsec_" + b64encode(chance.randbytes(32)).decode(),
            carrier_webhook="whsec_" + b64encode(chance.randbytes(32)).decode(),
            issuer_secret=chance.randbytes(32).hex(),
        )
        file = self._settings.var / "keys" / "installation.json"
        file.parent.mkdir(parents=True)
        file.write_bytes(msgspec.json.encode(keys))

    def _second_engine(self) -> Desk:
        desk = self.house.desk
        engine = Engine(self.store, self.clock, self._names)
        return Desk(engine, desk.vault, desk.payment, desk.carrier, desk.issuer)

    def restart(self) -> None:
        """Let the process end and another begin on the same store, a little later."""
        self._second.engine.stop()
        self.house.stop()
        self.clock.advance(DOWN)
        self.house = self._new_house()
        self._second = self._second_engine()

    def close(self) -> None:
        """End for good."""
        self._second.engine.stop()
        self.house.stop()

    # -- its followers -----------------------------------------------------------------------------

    def turn(self) -> int:
        """One step of every follower, as their threads would do it; how much was done."""
        return sum(self.step(step) for step in self.house.steps)

    def step(self, step: Step) -> int:
        """One step of one follower; an outage ends it early, as it would end a runner's turn."""
        try:
            return step.step()
        except OUTAGES:
            return 1

    def settle(self) -> None:
        """Let every follower do all it can do now."""
        for _ in range(TURNS_MAX):
            if not self.turn():
                return
        raise Broken(0, "never_idle", "the followers do not come to rest")

    def advance(self, span: Span) -> None:
        """Move the clock from one thing that is due to the next; the followers keep pace."""
        target = self.clock.now() + span
        while True:
            self.settle()
            now = self.clock.now()
            if now >= target:
                return
            stop = min(target, now + STRIDE)
            due = self.store.next_due()
            if due is not None and now < due < stop:
                stop = due
            self.clock.advance(stop - now)

    # -- who and what ------------------------------------------------------------------------------

    def maybe(self, share: float) -> bool:
        """True in that share of all cases."""
        return self.chance.random() < share

    def key_name(self) -> str:
        """An idempotency key that nobody has used."""
        self.asked += 1
        return f"request-{self.asked}"

    def pick(self, names: Sequence[str]) -> Actor:
        """One of some people."""
        return self.people[self.chance.choice(names)]
