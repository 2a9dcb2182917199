"""Whether the payment provider's statement and our record tell the same story.

Both are walked from their first line and compared movement by movement: a *movement* is what one
payment (or one payout) did of one kind for one account. What differs is named; what differs and is
younger than ``IN_FLIGHT`` may only be on its way, and says so.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from fairhold.codec.events import decode
from fairhold.domain import wallet
from fairhold.domain.books import Account
from fairhold.domain.deal import money
from fairhold.engine.desk.desk import Desk
from fairhold.engine.effects import PLATFORM_BALANCE, payout_key
from fairhold.engine.kinds import ACCOUNT
from fairhold.engine.outside import PaymentFact, ProviderEntry
from fairhold.kernel.ids import public_id
from fairhold.kernel.instant import MINUTE, Instant, Span
from fairhold.kernel.money import Money
from fairhold.kernel.wish import Event

IN_FLIGHT: Span = 10 * MINUTE
"""How young the newest line of a movement is while its counterpart may still be on its way."""
PAGE = 500

_MOVING = frozenset(
    {
        PaymentFact.CAPTURED,
        PaymentFact.RELEASED,
        PaymentFact.REFUNDED,
        PaymentFact.CHARGED_BACK,
        PaymentFact.PAID_OUT,
        PaymentFact.PAYOUT_FAILED,
    }
)


class Cause(StrEnum):
    """How a movement differs."""

    MISSING_THERE = "missing_there"
    """We have it on record, the provider has not done it."""
    MISSING_HERE = "missing_here"
    """The provider did it, and nothing of it is on our record."""
    AMOUNT = "amount"
    """Both know it, with different amounts."""
    IN_FLIGHT = "in_flight"
    """It differs in one of these ways, and is so young that it may only be on its way."""


class Movement(Struct, frozen=True):
    """What is compared: ``payment`` names a payment, or a payout by our business number."""

    payment: str
    fact: PaymentFact
    account: str
    currency: str


class Difference(Struct, frozen=True, kw_only=True):
    """One movement on which the two sides do not agree, in minor units; 0 for nothing at all."""

    cause: Cause
    movement: Movement
    ours: int
    theirs: int
    newest: Instant


class Total(Struct, frozen=True, kw_only=True):
    """All movements of one kind in one currency; ``fact`` is also ``held`` and ``clearing``."""

    fact: str
    currency: str
    ours: int
    theirs: int


class Report(Struct, frozen=True, kw_only=True):
    """What a reconciliation found, differences in the order of their payments' names."""

    at: Instant
    lines_here: int
    lines_there: int
    totals: tuple[Total, ...]
    differences: tuple[Difference, ...]

    @property
    def agrees(self) -> bool:
        """Whether both sides say the same, to the minor unit, with nothing on its way."""
        return not self.differences and all(total.ours == total.theirs for total in self.totals)

    @property
    def faults(self) -> tuple[Difference, ...]:
        """The differences that no patience explains: a person has to look."""
        return tuple(each for each in self.differences if each.cause is not Cause.IN_FLIGHT)


class _Side:
    """The movements that one side knows."""

    def __init__(self) -> None:
        self.sums: dict[Movement, int] = {}
        self.newest: dict[Movement, Instant] = {}
        self.lines = 0

    def add(self, movement: Movement, minor: int, at: Instant) -> None:
        self.sums[movement] = self.sums.get(movement, 0) + minor
        self.newest[movement] = max(self.newest.get(movement, 0), at)
        self.lines += 1

    def totals(self) -> Mapping[tuple[str, str], int]:
        sums: dict[tuple[str, str], int] = {}
        for movement, minor in self.sums.items():
            place = (movement.fact.value, movement.currency)
            sums[place] = sums.get(place, 0) + minor
        return sums


def reconcile(desk: Desk) -> Report:
    """Walk both sides and compare; raises OutsideUnavailable and Unavailable.

    The statement is read first: what happens meanwhile can then only be newer on our side, and
    shows as in flight.
    """
    at = desk.engine.now()
    theirs = _their_side(desk)
    ours = _our_side(desk)
    _forget_declined(ours, theirs)
    return Report(
        at=at,
        lines_here=ours.lines,
        lines_there=theirs.lines,
        totals=tuple(_totals(desk, ours, theirs)),
        differences=tuple(_differences(ours, theirs, at)),
    )


# -- the two sides --------------------------------------------------------------------------------


def _their_side(desk: Desk) -> _Side:
    side, since = _Side(), ""
    while page := desk.payment.statement(since, PAGE):
        for entry in page:
            if entry.kind in _MOVING:
                side.add(_entered(entry), entry.amount.minor, entry.at)
        since = page[-1].id
    return side


def _entered(entry: ProviderEntry) -> Movement:
    payout = entry.kind in {PaymentFact.PAID_OUT, PaymentFact.PAYOUT_FAILED}
    name = entry.key if payout else entry.payment
    account = entry.account if entry.kind is PaymentFact.RELEASED else ""
    return Movement(name, entry.kind, account, entry.amount.currency)


def _our_side(desk: Desk) -> _Side:
    side, store = _Side(), desk.store
    for part in store.parts():
        after = 0
        while rows := store.log(part, after, PAGE):
            for row in rows:
                if row.lines:  # facts without postings move no money and need not be read
                    for movement, minor in _recorded(decode(row.data)):
                        side.add(movement, minor, row.at)
            after = rows[-1].seq
    return side


def _forget_declined(ours: _Side, theirs: _Side) -> None:
    """A payout that the provider declined at once came back to us and is no line of theirs."""
    for movement in [each for each in ours.sums if each.fact is PaymentFact.PAYOUT_FAILED]:
        if movement not in theirs.sums:
            del ours.sums[movement]


def _recorded(event: Event) -> Iterator[tuple[Movement, int]]:
    """The movements that one fact on record means at the provider."""
    match event:
        case money.Held(payment=payment, amount=amount):
            yield _of(payment, PaymentFact.CAPTURED, amount)
        case money.CapturedAstray(payment=payment, amount=amount):
            yield _of(payment, PaymentFact.CAPTURED, amount)
            yield _of(payment, PaymentFact.REFUNDED, amount)
        case money.Refunded(payment=payment, amount=amount):
            yield _of(payment, PaymentFact.REFUNDED, amount)
        case money.Released(payment=payment, seller=seller, amount=amount, fee=fee):
            account = public_id(ACCOUNT.prefix, seller)
            yield _of(payment, PaymentFact.RELEASED, amount - fee, account)
            if fee.minor:
                yield _of(payment, PaymentFact.RELEASED, fee, PLATFORM_BALANCE)
        case money.ChargedBack(payment=payment):
            taken = event.from_hold + event.from_seller + event.from_buyer
            yield _of(payment, PaymentFact.CHARGED_BACK, taken)
        case wallet.PaidOut(owner=owner, number=number, amount=amount):
            yield _of(_payout(owner, number), PaymentFact.PAID_OUT, amount)
        case wallet.PayoutReturned(owner=owner, number=number, amount=amount):
            yield _of(_payout(owner, number), PaymentFact.PAYOUT_FAILED, amount)
        case _:
            return


def _of(payment: str, fact: PaymentFact, amount: Money, account: str = "") -> tuple[Movement, int]:
    return Movement(payment, fact, account, amount.currency), amount.minor


def _payout(owner: int, number: int) -> str:
    return payout_key(public_id(ACCOUNT.prefix, owner), number)


# -- comparing ------------------------------------------------------------------------------------


def _differences(ours: _Side, theirs: _Side, at: Instant) -> Iterator[Difference]:
    movements = sorted(
        ours.sums.keys() | theirs.sums.keys(),
        key=lambda each: (each.payment, each.fact, each.account, each.currency),
    )
    for movement in movements:
        here, there = ours.sums.get(movement, 0), theirs.sums.get(movement, 0)
        if here == there:
            continue
        newest = max(ours.newest.get(movement, 0), theirs.newest.get(movement, 0))
        cause = Cause.AMOUNT
        if newest + IN_FLIGHT > at:
            cause = Cause.IN_FLIGHT
        elif movement not in theirs.sums:
            cause = Cause.MISSING_THERE
        elif movement not in ours.sums:
            cause = Cause.MISSING_HERE
        yield Difference(cause=cause, movement=movement, ours=here, theirs=there, newest=newest)


def _totals(desk: Desk, ours: _Side, theirs: _Side) -> Sequence[Total]:
    here, there = ours.totals(), theirs.totals()
    totals = [
        Total(
            fact=fact,
            currency=currency,
            ours=here.get((fact, currency), 0),
            theirs=there.get((fact, currency), 0),
        )
        for fact, currency in sorted(here.keys() | there.keys())
    ]
    books = _clearing(desk)
    for currency in sorted({currency for _, currency in here.keys() | there.keys()}):
        held = (_held(here, currency), _held(there, currency))
        totals.append(Total(fact="held", currency=currency, ours=held[0], theirs=held[1]))
        # Not what our lines add up to, but what our books say: those must not have drifted either.
        clearing = _left(there, currency)
        booked = books.get(currency, 0)
        totals.append(Total(fact="clearing", currency=currency, ours=booked, theirs=clearing))
    return totals


def _held(sums: Mapping[tuple[str, str], int], currency: str) -> int:
    """What was captured and has neither been released nor gone back."""
    out = (PaymentFact.RELEASED, PaymentFact.REFUNDED, PaymentFact.CHARGED_BACK)
    captured = sums.get((PaymentFact.CAPTURED.value, currency), 0)
    return captured - sum(sums.get((fact.value, currency), 0) for fact in out)


def _left(sums: Mapping[tuple[str, str], int], currency: str) -> int:
    """What the provider holds for us in all: captured and neither back nor paid out."""
    out = (PaymentFact.REFUNDED, PaymentFact.CHARGED_BACK, PaymentFact.PAID_OUT)
    captured = sums.get((PaymentFact.CAPTURED.value, currency), 0)
    return captured - sum(sums.get((fact.value, currency), 0) for fact in out)


def _clearing(desk: Desk) -> Mapping[str, int]:
    sums: dict[str, int] = {}
    for part in desk.store.parts():
        for row in desk.store.balances(part):
            if row.account == Account.CLEARING:
                sums[row.currency] = sums.get(row.currency, 0) + row.minor
    return sums
