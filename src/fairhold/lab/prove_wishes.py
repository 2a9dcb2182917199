"""Who tries what: every command of the tables, by everybody, with abstract arguments.

Arguments are reduced to the differences that a decision can see: the right amount or another one,
all or half or nothing, this payment or a second one, a code that fits or does not, what the issuer
says, and every kind of scan on the way out and on the way back.
"""

from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct

from fairhold.domain.deal import case, meeting, money, order, parcel, returns, secret
from fairhold.domain.deal.moves import Move
from fairhold.domain.deal.phases import ParcelPhase
from fairhold.domain.deal.state import Deal
from fairhold.domain.delivery import Delivery
from fairhold.kernel.actor import CARRIER, CLOCK, PLATFORM, PROVIDER, Actor, Role
from fairhold.kernel.instant import Instant
from fairhold.kernel.money import Money
from fairhold.kernel.wish import Command
from fairhold.rulebook.values import Rulebook

START: Instant = 1_800_000_000_000
PRICE = Money(10_000, "CNY")
HALF = Money(5_000, "CNY")
NOTHING = Money(0, "CNY")
TOO_MUCH = Money(10_001, "CNY")
FOREIGN = Money(5_000, "EUR")
PAYMENTS = ("p1", "p2")
OUT, BACK = "out", "back"

ACTORS: dict[Role, Actor] = {
    Role.BUYER: Actor(account=1),
    Role.SELLER: Actor(account=2),
    Role.OPERATOR: Actor(account=3, operator=True),
    Role.STRANGER: Actor(account=4),
    Role.PROVIDER: PROVIDER,
    Role.CARRIER: CARRIER,
    Role.PLATFORM: PLATFORM,
    Role.ISSUER: Actor(machine=Role.ISSUER),
    Role.CLOCK: CLOCK,
}

Live = Callable[[Deal, Instant], dict[str, Any]]
"""Arguments that depend on the state, such as an identifier that was never used before."""


def _none(_deal: Deal, _at: Instant) -> dict[str, Any]:
    return {}


class Variant(Struct, frozen=True):
    """A command with one choice of arguments."""

    command: type[Command]
    words: str
    fixed: dict[str, Any]
    live: Live = _none


class Wish(Struct, frozen=True):
    """One thing that somebody may try in any state."""

    label: str
    role: Role
    actor: Actor
    variant: Variant

    @property
    def command(self) -> type[Command]:
        """What is wished for."""
        return self.variant.command

    def make(self, deal: Deal, at: Instant) -> Command:
        """The command, for one state and moment."""
        variant = self.variant
        return variant.command(at=at, by=self.actor, **variant.fixed, **variant.live(deal, at))


def place(delivery: Delivery, rules: Rulebook) -> order.Place:
    """How every walk begins: somebody takes an offer."""
    terms = order.Terms(
        seller=2, listing=10, listing_version=1, listing_body=11, listing_digest="d", price=PRICE
    )
    return order.Place(at=START, by=ACTORS[Role.BUYER], terms=terms, delivery=delivery, rules=rules)


# Each scan and each operation is a new one: that a repeated one changes nothing is a check.


def _new_operation(deal: Deal, _at: Instant) -> dict[str, Any]:
    return {"operation": f"o{len(deal.money.executed)}"}


def _new_scan(deal: Deal, at: Instant) -> dict[str, Any]:
    return {"scan": f"s{len(deal.parcel.scans)}", "scanned_at": at}


def _current_code(deal: Deal, _at: Instant) -> dict[str, Any]:
    return {"code": deal.meeting.code}


def _old_code(deal: Deal, _at: Instant) -> dict[str, Any]:
    return {"code": deal.meeting.code - 1}


def _same_terms(deal: Deal, _at: Instant) -> dict[str, Any]:
    again = place(deal.delivery, deal.rules)
    return {"terms": again.terms, "delivery": again.delivery, "rules": again.rules}


def _sealed_body(deal: Deal, _at: Instant) -> dict[str, Any]:
    return {"body": deal.secret.body}


def _another_body(deal: Deal, _at: Instant) -> dict[str, Any]:
    return {"body": deal.secret.body + 1}


def _payments() -> Iterator[Variant]:
    for payment in PAYMENTS:
        named = {"payment": payment}
        for words, amount in (("the price", PRICE), ("another amount", HALF)):
            arguments = {**named, "amount": amount}
            yield Variant(money.NoteAuthorised, f"{payment}, {words}", arguments)
            yield Variant(money.NoteCaptured, f"{payment}, {words}", arguments)
        yield Variant(money.NoteFailed, payment, named)
        for words, amount in (("all of it", PRICE), ("a part", HALF)):
            taken = {**named, "amount": amount, "notice": words}
            yield Variant(money.NoteChargeback, f"{payment}, {words}", taken)
        yield Variant(money.NoteExecuted, payment, named, _new_operation)


def _secrets() -> Iterator[Variant]:
    for words, asked, used in (
        ("issuer not asked", False, None),
        ("issuer says unused", True, None),
        ("issuer says used", True, START),
    ):
        word = {"issuer": secret.IssuerWord(asked=asked, used_at=used)}
        sealed = {"body": 20, "digest": "s", "fingerprints": (21, 22), **word}
        yield Variant(secret.Seal, words, sealed)
        yield Variant(secret.Open, words, word, _sealed_body)
    for part, nothing in (("body", 0), ("digest", ""), ("fingerprints", ())):
        sealed = {"body": 20, "digest": "s", "fingerprints": (21, 22), part: nothing}
        yield Variant(secret.Seal, f"without {part}", sealed)
    yield Variant(secret.Open, "another secret", {}, _another_body)


def _parcels() -> Iterator[Variant]:
    for label, number in (("", OUT), ("without a label", "")):
        yield Variant(parcel.BookParcel, label, {"carrier": "c", "tracking": number})
    for label, number in (("", BACK), ("without a label", "")):
        yield Variant(returns.BookReturn, label, {"carrier": "c", "tracking": number})
    for reason in ("changed_mind", "no such reason"):
        yield Variant(returns.AskReturn, reason, {"reason": reason})
    tried = [(OUT, kind) for kind in ParcelPhase] + [(BACK, kind) for kind in ParcelPhase]
    tried += [("", ParcelPhase.DELIVERED), ("another", ParcelPhase.DELIVERED)]
    for tracking, kind in tried:
        words = f"{tracking or 'no number'}, {kind.value}"
        yield Variant(parcel.NoteScan, words, {"tracking": tracking, "kind": kind}, _new_scan)


def _codes() -> Iterator[Variant]:
    yield Variant(meeting.PresentCode, "right", {"matches": True}, _current_code)
    yield Variant(meeting.PresentCode, "mistaken", {"matches": False}, _current_code)
    yield Variant(meeting.PresentCode, "old", {"matches": True}, _old_code)


def _cases() -> Iterator[Variant]:
    amounts = {
        "nothing": NOTHING,
        "half": HALF,
        "all": PRICE,
        "too much": TOO_MUCH,
        "other currency": FOREIGN,
    }
    for words, amount in amounts.items():
        claim = {"claim": "not_as_described", "asked": amount}
        yield Variant(case.OpenCase, words, claim)
        decision = {"to_buyer": amount, "body": 30, "digest": "c"}
        yield Variant(case.DecideCase, f"{words} to the buyer", decision)
    yield Variant(case.OpenCase, "no such claim", {"claim": "no such claim", "asked": HALF})


def variants() -> tuple[Variant, ...]:
    """Every command but the clock's, with every abstract choice of arguments."""
    plain = (
        *(order.Cancel, order.Confirm, order.Extend, money.ConfirmStock, money.DenyStock),
        *(secret.Withdraw, secret.ReadAgain, meeting.RenewCode),
        *(returns.AgreeReturn, returns.DeclineReturn, returns.AcceptReturn),
        *(case.DisputeReturn, case.WithdrawCase, case.AcceptClaim, case.ContestClaim),
    )
    return (
        *(Variant(command, "", {}) for command in (*plain, order.Elapse)),
        *_payments(),
        *_secrets(),
        *_parcels(),
        *_codes(),
        *_cases(),
        Variant(order.Place, "again", {}, _same_terms),
    )


def alphabet(moves: tuple[Move, ...]) -> tuple[tuple[Wish, ...], tuple[Wish, ...]]:
    """The wishes of those whom a row of the table names, and the attempts of everybody else.

    Those whom no row names try each command once; their arguments never come to be looked at.
    """
    names = {row.command: row.name for row in moves}
    roles = {(row.command, role) for row in moves for role in row.who}
    regular: list[Wish] = []
    foreign: dict[tuple[type[Command], Role], Wish] = {}
    for variant in variants():
        name = names.get(variant.command, variant.command.__name__.lower())
        for role, actor in ACTORS.items():
            if variant.command is order.Elapse and role is Role.CLOCK:
                continue  # time is the walk's own business
            words = f"{role.value} {name}" + (f" ({variant.words})" if variant.words else "")
            wish = Wish(words, role, actor, variant)
            if (variant.command, role) in roles:
                regular.append(wish)
            else:
                foreign.setdefault((variant.command, role), wish)
    return tuple(regular), tuple(foreign.values())
