"""The invariants, each a function that answers with what it objects to.

A check sees one state, or one step: the deal before, who wished what, the facts, the deal after.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct, structs

from fairhold.domain.books import Account
from fairhold.domain.deal import case, money, order, parcel, returns, secret
from fairhold.domain.deal.moves import Move
from fairhold.domain.deal.phases import (
    CasePhase,
    MeetingPhase,
    MoneyPhase,
    OrderPhase,
    ParcelPhase,
    SecretPhase,
)
from fairhold.domain.deal.state import Deal, DealEvent
from fairhold.kernel.actor import Role
from fairhold.kernel.instant import Instant
from fairhold.kernel.line import balanced
from fairhold.kernel.wish import Command, Refusal
from fairhold.lab.prove_model import Finding, Model
from fairhold.lab.prove_wishes import ACTORS

DEAL_ID = 7
WINDOWS = frozenset({"open", "test", "inspect", "inspect_met"})
"""The clocks whose silence pays the seller because the buyer had the time to object."""

MACHINES = frozenset({Role.PROVIDER, Role.CARRIER, Role.PLATFORM})


class Taken(Struct, frozen=True):
    """One step that was granted. ``clock`` names the clock that ran out, empty for a wish."""

    before: Deal
    command: Command
    role: Role
    events: tuple[DealEvent, ...]
    after: Deal
    clock: str = ""


def phases(deal: Deal) -> tuple[str, ...]:
    """Where each part of a deal is."""
    return (
        deal.order.phase,
        deal.money.phase,
        deal.secret.phase,
        deal.parcel.phase,
        deal.meeting.phase,
        deal.back.phase,
        deal.case.phase,
    )


# -- a state ---------------------------------------------------------------------------------------


def check_clock(model: Model, deal: Deal, now: Instant) -> Iterator[Finding]:
    """(d) Exactly one clock row fits, it is the one that runs, and its end lies ahead."""
    where = ", ".join(word for word in phases(deal) if word != "none")
    if deal.ended:
        if deal.clock is not None:
            yield Finding("clock_after_end", f"{deal.clock.name} runs in {where}")
        return
    names = [row.name for row in model.clocks if row.when.fits(deal)]
    if not names:
        yield Finding("dead_end", f"no clock is meant to run in {where}")
    elif len(names) > 1:
        yield Finding("two_clocks", f"{' and '.join(names)} both fit {where}")
    elif deal.clock is None:
        yield Finding("dead_end", f"{names[0]} does not run in {where}")
    elif deal.clock.name != names[0]:
        yield Finding("wrong_clock", f"{deal.clock.name} runs instead of {names[0]} in {where}")
    if deal.clock is not None and deal.clock.due <= now:
        yield Finding("overdue", f"{deal.clock.name} begins when it has already ended in {where}")


def check_silence(taken: Taken) -> Iterator[Finding]:
    """(d) When the clock has run out, something happens: the deal moves on."""
    if phases(taken.before) == phases(taken.after):
        where = ", ".join(word for word in phases(taken.before) if word != "none")
        yield Finding("silent_clock", f"nothing happens when {taken.clock} runs out in {where}")


def check_owner(model: Model, deal: Deal, able: frozenset[Role]) -> Iterator[Finding]:
    """(d) Whose turn it is can do something about it; ``able`` are those who can."""
    if deal.ended or deal.clock is None:
        return
    for row in model.clocks:
        if row.name != deal.clock.name:
            continue
        if row.turn not in able and row.turn not in MACHINES:
            yield Finding("clock_unowned", f"{row.name} waits for {row.turn}, who can do nothing")
        if row.turn in MACHINES and not any(row.turn in move.who for move in model.moves):
            yield Finding("clock_unowned", f"{row.name} waits for {row.turn}, whom no move knows")
        if row.benefits not in {Role.BUYER, Role.SELLER}:
            yield Finding("clock_unowned", f"silence on {row.name} benefits neither party")


def check_early(model: Model, deal: Deal, at: Instant) -> Iterator[Finding]:
    """The clock does nothing but announce before it has run out."""
    decision = model.decide(deal, order.Elapse(at=at, by=ACTORS[Role.CLOCK]))
    early = isinstance(decision, Refusal) or any(
        not isinstance(event, order.Reminded) for event in decision
    )
    name = deal.clock.name if deal.clock else "no clock"
    if early:
        yield Finding("early_clock", f"{name} acts before its time")


def check_actions(model: Model, deal: Deal, granted: dict[Role, set[str]]) -> Iterator[Finding]:
    """(f) What is offered to a person is granted, and what would be granted is offered."""
    for role in (Role.BUYER, Role.SELLER, Role.OPERATOR, Role.STRANGER):
        offered = set(model.next_actions(deal, ACTORS[role]).moves)
        can = granted.get(role, set())
        for name in sorted(offered - can):
            yield Finding("offered_not_granted", f"{role} is offered {name}, which is refused")
        for name in sorted(can - offered):
            yield Finding("granted_not_offered", f"{role} could {name} and is not told")


# -- a step ----------------------------------------------------------------------------------------


def check_money(model: Model, taken: Taken) -> Iterator[Finding]:
    """(a) After each fact the money adds up, in the deal and in the books."""
    deal = taken.before
    for event in taken.events:
        lines = model.postings(event, DEAL_ID)
        before, deal = deal, model.evolve(deal, event)
        if not lines and deal.money is before.money:
            continue
        hold, astray = _balances(before)
        name = type(event).__name__
        if not balanced(lines):
            yield Finding("money", f"the postings of {name} do not sum to zero")
        for line in lines:
            hold += line.minor if line.account == Account.HOLD else 0
            astray += line.minor if line.account == Account.ASTRAY else 0
        part = deal.money
        if part.held != part.released + part.refunded + part.remaining:
            yield Finding("money", f"held is not released, refunded and remaining after {name}")
        if min(part.remaining, part.released, part.refunded) < 0:
            yield Finding("money", f"money was created by {name}")
        if part.held not in {0, deal.price.minor}:
            yield Finding("money", f"{name} holds another amount than the price")
        if (hold, astray) != _balances(deal):
            yield Finding("money", f"the books and the deal differ after {name}")
    if taken.after.ended and taken.after.money.remaining:
        yield Finding("money", "the deal has ended and money is still held")


def _balances(deal: Deal) -> tuple[int, int]:
    """What the books must show: owed to the deal's end, and stray money on its way back."""
    stray = sum(s.amount.minor for s in deal.money.astray if not s.returned)
    return -deal.money.remaining, -stray


def check_release(taken: Taken) -> Iterator[Finding]:
    """(b) Money goes to the seller only after delivery, and on one of the known grounds.

    Delivery is on record when the secret is sealed or opened, when the carrier scanned the parcel
    at the buyer's door (delivered, or refused there), or when the meeting's code matched.

    Grounds are: the buyer's own confirmation of a delivered, opened good; the end of a window to
    open, test or inspect, without an open case; a return that was agreed and never sent; the
    decision of an officer; a claim that was granted, by word or by silence: the buyer's claim
    leaves the seller what was not asked for, the seller's claim about a return all of it.
    """
    released = sum(e.amount.minor for e in taken.events if isinstance(e, money.Released))
    if not released:
        return
    deal = taken.before
    where = ", ".join(word for word in phases(deal) if word != "none")
    if not delivered(deal):
        yield Finding("early_release", f"money goes to the seller before delivery in {where}")
    if not _ground(taken, released):
        yield Finding("groundless_release", f"money goes to the seller without a ground in {where}")


def delivered(deal: Deal) -> bool:
    """Whether delivery is on record."""
    return (
        deal.secret.phase in {SecretPhase.SEALED, SecretPhase.OPENED}
        or deal.parcel.phase in {ParcelPhase.DELIVERED, ParcelPhase.REFUSED}
        or deal.meeting.phase is MeetingPhase.MET
    )


def _ground(taken: Taken, released: int) -> bool:
    deal = taken.before
    open_case = deal.case.phase in {CasePhase.OPENED, CasePhase.WITH_OFFICER}
    if isinstance(taken.command, order.Confirm):
        sealed = deal.secret.phase is SecretPhase.SEALED
        fulfilled = deal.order.phase is OrderPhase.FULFILLED
        return taken.role is Role.BUYER and fulfilled and not sealed and not open_case
    if taken.clock in WINDOWS:
        refused = deal.parcel.phase is ParcelPhase.REFUSED
        return not open_case and not refused
    if taken.clock == "ship_back":
        return not open_case and deal.order.phase is OrderPhase.FULFILLED
    for event in taken.events:
        if isinstance(event, case.CaseDecided):
            by_officer = event.officer != 0 and taken.role is Role.OPERATOR
            return by_officer and released == deal.money.remaining - event.to_buyer.minor
        if isinstance(event, case.CaseSettled):
            return open_case and released == deal.money.remaining - deal.case.asked
    return False


def check_secret(taken: Taken) -> Iterator[Finding]:
    """(c) A secret is opened with the money held, by the buyer, once; and it never closes again.

    After the silence that paid the seller, the code that was paid for can still be opened.
    """
    deal = taken.before
    held = deal.order.phase is OrderPhase.PAID and deal.money.phase is MoneyPhase.HELD
    paid_out = deal.order.phase is OrderPhase.COMPLETED and deal.money.refunded == 0
    for event in taken.events:
        if isinstance(event, secret.Opened):
            if taken.role is not Role.BUYER:
                yield Finding("secret", f"{taken.role} opens the secret")
            if not (held or (paid_out and deal.money.released)):
                yield Finding(
                    "secret", f"the secret is opened while the money is {deal.money.phase}"
                )
            if deal.secret.phase is not SecretPhase.SEALED or deal.secret.opened_at:
                yield Finding("secret", "the secret is opened a second time")
        if isinstance(event, secret.ReadOnceMore) and (
            taken.role is not Role.BUYER or deal.secret.phase is not SecretPhase.OPENED
        ):
            yield Finding("secret", f"{taken.role} reads a secret that is {deal.secret.phase}")
        if isinstance(event, secret.FoundUsed) and taken.after.money.refunded != deal.price.minor:
            yield Finding("secret", "a used secret is not refunded in full")
    opened = deal.secret.phase is SecretPhase.OPENED
    if opened and taken.after.secret.phase is not SecretPhase.OPENED:
        yield Finding("secret", "an opened secret counts as unopened again")


def check_sealed(taken: Taken) -> Iterator[Finding]:
    """(c) A sealed deal has something in the vault, its digest, and something that is held."""
    for event in taken.events:
        if isinstance(event, secret.Sealed) and not (
            event.body and event.digest and event.fingerprints
        ):
            yield Finding("sealed_nothing", "a secret counts as sealed, and the vault is empty")
        if isinstance(event, (parcel.Booked, returns.ReturnBooked)) and not event.tracking:
            yield Finding("booked_nothing", "a parcel counts as booked, and there is no label")
    sealed = taken.after.secret
    if sealed.phase is SecretPhase.SEALED and not (sealed.body and sealed.fingerprints):
        yield Finding("sealed_nothing", "a sealed deal names no body or nothing that is held")


def check_end(taken: Taken) -> Iterator[Finding]:
    """(h) An end is final. Afterwards a paid-out code may be opened or read, nothing else."""
    before, after = taken.before, taken.after
    if not before.ended:
        return
    if isinstance(taken.command, secret.Open):
        was, now = phases(before), phases(after)
        fine = was[:2] == now[:2] and was[3:] == now[3:]
    else:
        fine = phases(before) == phases(after)
    if not fine:
        yield Finding("end_not_final", f"{taken.role} moves a deal that has ended")
    if before.money.released != after.money.released:
        yield Finding("end_not_final", f"{taken.role} has money released after the end")


def check_row(fitting: Sequence[Move], taken: Taken) -> Iterator[Finding]:
    """(g) A step lands where one of its rows says. ``fitting`` are the rows that allowed it."""
    name = type(taken.command).__name__
    if not fitting:
        where = ", ".join(word for word in phases(taken.before) if word != "none")
        yield Finding("no_row", f"{taken.role} is granted {name} in {where}, which no row allows")
    elif not any(row.to.fits(taken.after) for row in fitting):
        where = ", ".join(word for word in phases(taken.after) if word != "none")
        yield Finding("row_misses", f"{fitting[0].name} by {taken.role} lands on {where}")


def check_repeat(model: Model, taken: Taken) -> Iterator[Finding]:
    """What a machine says twice is heard once."""
    if taken.role not in MACHINES:
        return
    decision = model.decide(taken.after, taken.command)
    if decision != ():
        yield Finding("heard_twice", f"{type(taken.command).__name__} told again is not nothing")
    if isinstance(taken.command, money.NoteExecuted):
        again = model.decide(taken.after, structs.replace(taken.command, operation="another"))
        returned = () if isinstance(again, Refusal) else again
        first = {stray.payment for stray in taken.before.money.astray if not stray.returned}
        for event in returned:
            if isinstance(event, money.AstrayReturned) and event.payment in first:
                yield Finding("heard_twice", f"stray {event.payment} is returned a second time")
