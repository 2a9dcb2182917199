"""How a decision is tested: given facts, when somebody wishes something, then facts or a refusal.

:func:`given` serves every aggregate; :class:`Deed` plays a deal by commands, with the people and
the moments that nearly every test of a deal needs.
"""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import structs

from fairhold.domain.deal import case, meeting, money, order, parcel, returns, secret
from fairhold.domain.deal import deal as deals
from fairhold.domain.deal.actions import next_actions
from fairhold.domain.deal.clocks import CLOCK_ROW
from fairhold.domain.deal.phases import ParcelPhase
from fairhold.domain.deal.state import Deal, DealEvent
from fairhold.domain.delivery import Delivery
from fairhold.kernel.actor import CARRIER, CLOCK, PLATFORM, PROVIDER, Actor
from fairhold.kernel.instant import Instant
from fairhold.kernel.line import Line
from fairhold.kernel.money import Money
from fairhold.kernel.wish import Command, Event, Refusal
from fairhold.rulebook import EDITIONS

NOW: Instant = 1_800_000_000_000
RULES = EDITIONS[-1]
BUYER, SELLER, OPERATOR, STRANGER = (
    Actor(account=1),
    Actor(account=2),
    Actor(account=3, operator=True),
    Actor(account=4),
)
PRICE = Money(10_000, "CNY")
HALF = Money(5_000, "CNY")


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


class Then:
    """The answer to one wish, to be compared."""

    def __init__(self, decision: Refusal | tuple[Event, ...]) -> None:
        self.decision = decision

    @property
    def facts(self) -> tuple[Event, ...]:
        assert not isinstance(self.decision, Refusal), f"refused: {self.decision}"
        return self.decision

    def then(self, *events: Event) -> None:
        """Exactly these facts; which clock they start is asked apart."""
        assert tuple(_without_clock(event) for event in self.facts) == events

    def kinds(self, *kinds: type[Event]) -> None:
        """Facts of exactly these kinds."""
        assert tuple(type(event) for event in self.facts) == kinds

    def nothing(self) -> None:
        """It is already so."""
        assert self.facts == ()

    def refused(self, code: str, **values: str | int) -> None:
        """A refusal with this code, and at least these values."""
        assert isinstance(self.decision, Refusal), f"granted: {self.decision}"
        assert self.decision.code == code
        assert values.items() <= dict(self.decision.values).items()


def _without_clock(event: Event) -> Event:
    return structs.replace(event, clock=None) if isinstance(event, DealEvent) else event


class Given:
    """A past, as facts."""

    def __init__(
        self, decide: Callable[..., Any], evolve: Callable[..., Any], events: Sequence[Event]
    ) -> None:
        self._decide = decide
        self.state: Any = None
        for event in events:
            self.state = evolve(self.state, event)

    def when(self, command: Command, **more: int) -> Then:
        """Somebody wishes something."""
        return Then(self._decide(self.state, command, **more))


def given(aggregate: Any, *events: Event) -> Given:  # noqa: ANN401 - any module with both functions
    """A past of one aggregate: a module with ``decide`` and ``evolve``."""
    return Given(aggregate.decide, aggregate.evolve, events)


def place(delivery: Delivery, *, price: Money = PRICE, by: Actor = BUYER) -> order.Place:
    terms = order.Terms(
        seller=2, listing=10, listing_version=3, listing_body=11, listing_digest="d", price=price
    )
    return order.Place(at=NOW, by=by, terms=terms, delivery=delivery, rules=RULES, came_from="")


class Deed:
    """One deal, played by commands; ``at`` is the moment of the next one."""

    def __init__(self, delivery: Delivery, *, price: Money = PRICE) -> None:
        self.at = NOW
        self.events: list[DealEvent] = []
        self.state: Deal | None = None
        self._scans = 0
        self._take(deals.decide(None, place(delivery, price=price)))

    @property
    def deal(self) -> Deal:
        assert self.state is not None
        return self.state

    def _take(self, decision: deals.Decision) -> tuple[DealEvent, ...]:
        assert not isinstance(decision, Refusal), f"refused: {decision}"
        for event in decision:
            self.state = deals.evolve(self.state, event)
        self.events += decision
        return decision

    def tries(self, kind: type[Command], by: Actor, /, **arguments: Any) -> Then:  # noqa: ANN401
        """Somebody wishes something; nothing happens to the deal."""
        return Then(deals.decide(self.deal, kind(at=self.at, by=by, **arguments)))

    def does(self, kind: type[Command], by: Actor, /, **arguments: Any) -> "Deed":  # noqa: ANN401
        """Somebody wishes something, and it happens."""
        self._take(deals.decide(self.deal, kind(at=self.at, by=by, **arguments)))
        return self

    def after(self, span: int) -> "Deed":
        """Some time passes, and no clock looks."""
        self.at += span
        return self

    def silence(self) -> "Deed":
        """Nobody does anything until the running clock ends."""
        clock = self.deal.clock
        assert clock is not None, "a clock runs"
        self.at = clock.due
        return self.does(order.Elapse, CLOCK)

    # -- what nearly every deal goes through --

    def pays(self, payment: str = "p1") -> "Deed":
        self.does(money.NoteAuthorised, PROVIDER, payment=payment, amount=self.deal.price)
        self.does(money.ConfirmStock, PLATFORM)
        return self.does(money.NoteCaptured, PROVIDER, payment=payment, amount=self.deal.price)

    def seals(self) -> "Deed":
        return self.does(secret.Seal, SELLER, body=20, digest="s", fingerprints=(21, 22))

    def opens(self, issuer: secret.IssuerWord | None = None) -> "Deed":
        return self.does(secret.Open, BUYER, body=20, issuer=issuer or secret.IssuerWord())

    def books(self) -> "Deed":
        return self.does(parcel.BookParcel, SELLER, carrier="c", tracking="out")

    def books_return(self) -> "Deed":
        return self.does(returns.BookReturn, BUYER, carrier="c", tracking="back")

    def scanned(self, kind: ParcelPhase, tracking: str = "out") -> "Deed":
        self._scans += 1
        return self.does(
            parcel.NoteScan,
            CARRIER,
            scan=f"s{self._scans}",
            tracking=tracking,
            kind=kind,
            scanned_at=self.at,
        )

    def delivered(self) -> "Deed":
        return self.books().scanned(ParcelPhase.HANDED_OVER).scanned(ParcelPhase.DELIVERED)

    def meets(self) -> "Deed":
        return self.does(meeting.PresentCode, SELLER, code=self.deal.meeting.code, matches=True)

    def complains(self, asked: Money = PRICE) -> "Deed":
        return self.does(case.OpenCase, BUYER, claim="not_as_described", asked=asked)

    def asks_return(self) -> "Deed":
        return self.does(returns.AskReturn, BUYER, reason="changed_mind")

    def came_back(self) -> "Deed":
        self.asks_return().does(returns.AgreeReturn, SELLER).books_return()
        return self.scanned(ParcelPhase.HANDED_OVER, "back").scanned(ParcelPhase.DELIVERED, "back")

    # -- what is asked about it --

    @property
    def phases(self) -> tuple[str, str]:
        return self.deal.order.phase.value, self.deal.money.phase.value

    @property
    def clock(self) -> str:
        return self.deal.clock.name if self.deal.clock else ""

    @property
    def due(self) -> Instant:
        assert self.deal.clock is not None
        return self.deal.clock.due

    @property
    def outcome(self) -> str:
        """What silence would do now."""
        return CLOCK_ROW[self.clock].outcome

    def may(self, viewer: Actor) -> tuple[str, ...]:
        return next_actions(self.deal, viewer).moves

    @property
    def money(self) -> tuple[int, int, int]:
        """Still held, released, refunded."""
        part = self.deal.money
        return part.remaining, part.released, part.refunded

    def books_of_account(self) -> dict[tuple[str, int], int]:
        """Every account after all facts so far, without those at zero."""
        sums: dict[tuple[str, int], int] = {}
        lines: list[Line] = [x for event in self.events for x in money.postings(event, 7)]
        for line in lines:
            name = (line.account, line.holder)
            sums[name] = sums.get(name, 0) + line.minor
        return {name: minor for name, minor in sums.items() if minor}


def secret_deal() -> Deed:
    return Deed(Delivery.SECRET)


def parcel_deal() -> Deed:
    return Deed(Delivery.PARCEL)


def meeting_deal() -> Deed:
    return Deed(Delivery.MEETING)
