"""The work that is measured: whole deals, each wish awaited before the next, by many at once.

One deal is seven commands and eleven events: place, authorise, confirm stock, capture, seal, open,
confirm. A command counts once its outcome is on disk and its caller has it.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence

from msgspec import Struct

from fairhold.domain.deal.money import ConfirmStock, NoteAuthorised, NoteCaptured
from fairhold.domain.deal.order import Confirm, Place, Terms
from fairhold.domain.deal.secret import IssuerWord, Open, Seal
from fairhold.domain.delivery import Delivery
from fairhold.engine.batching import Receipt
from fairhold.engine.engine import Engine
from fairhold.engine.kinds import DEAL
from fairhold.kernel.actor import PLATFORM, PROVIDER, Actor
from fairhold.kernel.money import Money
from fairhold.kernel.wish import Command
from fairhold.rulebook import EDITIONS

COMMANDS_OF_A_DEAL = 7
_BUYER, _SELLER = Actor(account=1_000_001), Actor(account=1_000_002)
_PRICE = Money(12_300, "CNY")
_DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_RULES = EDITIONS[-1]


class Slice(Struct, frozen=True):
    """What one stretch of work came to. ``took`` are the seconds of single commands."""

    commands: int
    seconds: float
    cpu_seconds: float
    took: Sequence[float] = ()

    @property
    def per_second(self) -> float:
        """Commands a second."""
        return self.commands / self.seconds

    @property
    def cost(self) -> float:
        """Seconds a command."""
        return self.seconds / self.commands


def place(number: int) -> Place:
    """Take an offer."""
    terms = Terms(
        seller=_SELLER.account,
        listing=2_000_000 + number,
        listing_version=1,
        listing_body=3_000_000 + number,
        listing_digest=_DIGEST,
        price=_PRICE,
    )
    return Place(by=_BUYER, terms=terms, delivery=Delivery.SECRET, rules=_RULES)


def later(number: int) -> Iterator[Command]:
    """The wishes that lead a placed deal to its end."""
    payment = f"pay_{number:017x}"
    yield NoteAuthorised(by=PROVIDER, payment=payment, amount=_PRICE)
    yield ConfirmStock(by=PLATFORM)
    yield NoteCaptured(by=PROVIDER, payment=payment, amount=_PRICE)
    yield Seal(
        by=_SELLER,
        body=number,
        digest=_DIGEST,
        fingerprints=(number,),
        issuer=IssuerWord(asked=True),
    )
    yield Open(by=_BUYER, body=number, issuer=IssuerWord(asked=True))
    yield Confirm(by=_BUYER)


class Traffic:
    """Callers of one engine; numbers go on from slice to slice."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._number = 0

    async def measure(self, callers: int, seconds: float) -> Slice:
        """Let so many callers make deals for so long."""
        took: list[float] = []
        began, cpu = time.perf_counter(), time.process_time()
        end = began + seconds
        counts = await asyncio.gather(*(self._caller(end, took) for _ in range(callers)))
        return Slice(
            commands=sum(counts),
            seconds=time.perf_counter() - began,
            cpu_seconds=time.process_time() - cpu,
            took=took,
        )

    async def _caller(self, end: float, took: list[float]) -> int:
        ask, clock, count = self._engine.ask, time.perf_counter, 0
        before = clock()
        while before < end:
            self._number += 1
            number = self._number
            stream = granted(await ask(DEAL, 0, place(number)))
            now = clock()
            took.append(now - before)
            before = now
            for command in later(number):
                granted(await ask(DEAL, stream, command))
                now = clock()
                took.append(now - before)
                before = now
            count += COMMANDS_OF_A_DEAL
        return count

    async def fill(self, deals: int, callers: int = 512) -> None:
        """Place many deals, as quickly as they go."""
        left = iter(range(deals))

        async def placer() -> None:
            for _ in left:
                self._number += 1
                granted(await self._engine.ask(DEAL, 0, place(self._number)))

        await asyncio.gather(*(placer() for _ in range(callers)))


def granted(outcome: object) -> int:
    """The stream of a wish that came true; a refused wish would measure something else."""
    assert isinstance(outcome, Receipt), outcome
    assert outcome.events, "each command of the work writes something"
    return outcome.stream
