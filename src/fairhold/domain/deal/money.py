"""The money: authorised, in hold, and from there to exactly one of three ends, to the minor unit.

The provider tells what happened to the payment; the deal decides what shall happen to the money.
Whether the provider has carried that out is noted apart (``executed``), never mixed into a phase.
"""

from msgspec.structs import replace

from fairhold.domain.books import Account, transfer
from fairhold.domain.deal.moves import Move, move, when
from fairhold.domain.deal.order import Paid, Voided
from fairhold.domain.deal.phases import MoneyPhase, OrderPhase
from fairhold.domain.deal.state import Astray, Deal, DealEvent, MoneyPart
from fairhold.kernel.actor import Role
from fairhold.kernel.line import Line
from fairhold.kernel.money import Money
from fairhold.kernel.wish import Command, Refusal


class NoteAuthorised(Command, frozen=True, kw_only=True):
    """The provider has the buyer's promise to pay; no money has moved."""

    payment: str
    amount: Money


class ConfirmStock(Command, frozen=True, kw_only=True):
    """The listing has set one unit aside for this deal: the payment may be captured."""


class DenyStock(Command, frozen=True, kw_only=True):
    """Somebody else paid first: the promise to pay is given back."""


class NoteCaptured(Command, frozen=True, kw_only=True):
    """The provider holds the money."""

    payment: str
    amount: Money


class NoteFailed(Command, frozen=True, kw_only=True):
    """The provider says that the payment will not come."""

    payment: str


class NoteExecuted(Command, frozen=True, kw_only=True):
    """The provider carried out what was decided: ``operation`` names what."""

    operation: str
    payment: str


class NoteChargeback(Command, frozen=True, kw_only=True):
    """The buyer's bank took money back; ``notice`` tells one such act from another."""

    payment: str
    amount: Money
    notice: str


class Authorised(DealEvent, frozen=True, kw_only=True):
    """A payment is on its way."""

    payment: str
    amount: Money


class AuthorisationDeclined(DealEvent, frozen=True, kw_only=True):
    """A payment that no order waits for is given back before it is captured."""

    payment: str
    reason: str


class StockConfirmed(DealEvent, frozen=True, kw_only=True):
    """The unit is set aside: the provider is asked to capture."""

    payment: str
    amount: Money


class AuthorisationCancelled(DealEvent, frozen=True, kw_only=True):
    """The promise to pay is given back; nothing was taken from the buyer."""

    payment: str


class Held(DealEvent, frozen=True, kw_only=True):
    """The provider holds the money for this deal."""

    payment: str
    amount: Money


class Frozen(DealEvent, frozen=True, kw_only=True):
    """A case is open: no release, no payout."""


class Unfrozen(DealEvent, frozen=True, kw_only=True):
    """The case was withdrawn."""


class Released(DealEvent, frozen=True, kw_only=True):
    """The money goes to the seller, less the platform's fee."""

    payment: str
    seller: int
    amount: Money
    fee: Money
    basis: str


class Refunded(DealEvent, frozen=True, kw_only=True):
    """The money, or a part of it, goes back to the buyer."""

    payment: str
    amount: Money
    reason: str


class ChargedBack(DealEvent, frozen=True, kw_only=True):
    """The buyer's bank took the money back: from the hold, and from us what had left it.

    Each side owes us what it had received: the seller what was released, the buyer, who now has
    it twice, what was refunded.
    """

    payment: str
    notice: str
    from_hold: Money
    from_seller: Money
    from_buyer: Money
    seller: int
    buyer: int


class CapturedAstray(DealEvent, frozen=True, kw_only=True):
    """Money came that no order waits for; it is sent back at once."""

    payment: str
    amount: Money


class AstrayReturned(DealEvent, frozen=True, kw_only=True):
    """Stray money is back with the buyer."""

    payment: str
    amount: Money


class Executed(DealEvent, frozen=True, kw_only=True):
    """The provider carried an operation out."""

    operation: str


MoneyEvent = (
    Authorised
    | AuthorisationDeclined
    | StockConfirmed
    | AuthorisationCancelled
    | Held
    | Frozen
    | Unfrozen
    | Released
    | Refunded
    | ChargedBack
    | CapturedAstray
    | AstrayReturned
    | Executed
)

_UNPAID = when(OrderPhase.PLACED, MoneyPhase.NONE)
_PAYING = when(OrderPhase.PLACED, MoneyPhase.AUTHORISED)
_VOID = when(OrderPhase.VOID, MoneyPhase.NONE)

MOVES: tuple[Move, ...] = (
    move("money", "note_authorised", NoteAuthorised, Role.PROVIDER, _UNPAID, _PAYING),
    move("money", "note_authorised", NoteAuthorised, Role.PROVIDER, when()),
    move("money", "confirm_stock", ConfirmStock, Role.PLATFORM, _PAYING, _PAYING),
    move("money", "confirm_stock", ConfirmStock, Role.PLATFORM, when()),
    move("money", "deny_stock", DenyStock, Role.PLATFORM, _PAYING, _VOID),
    move("money", "deny_stock", DenyStock, Role.PLATFORM, when()),
    move(
        "money",
        "note_captured",
        NoteCaptured,
        Role.PROVIDER,
        _PAYING,
        when(OrderPhase.PAID, MoneyPhase.HELD),
    ),
    move("money", "note_captured", NoteCaptured, Role.PROVIDER, when()),
    move("money", "note_failed", NoteFailed, Role.PROVIDER, _PAYING, _VOID),
    move("money", "note_failed", NoteFailed, Role.PROVIDER, when()),
    move("money", "note_executed", NoteExecuted, Role.PROVIDER, when()),
    move("money", "note_chargeback", NoteChargeback, Role.PROVIDER, when()),
)

REFUSALS = ("money.unknown_payment",)

DECLINED_REMEMBERED = 50


def decide_authorised(deal: Deal, command: NoteAuthorised) -> Refusal | tuple[DealEvent, ...]:
    """Accept the first fitting promise to pay; give every other one back."""
    at, payment = command.at, command.payment
    if payment == deal.money.payment or payment in deal.money.declined:
        return ()
    if deal.order.phase is not OrderPhase.PLACED:
        return (AuthorisationDeclined(at=at, payment=payment, reason="order_is_over"),)
    if deal.money.phase is not MoneyPhase.NONE:
        return (AuthorisationDeclined(at=at, payment=payment, reason="paid_twice"),)
    if command.amount != deal.price:
        return (AuthorisationDeclined(at=at, payment=payment, reason="amount_differs"),)
    return (Authorised(at=at, payment=payment, amount=command.amount),)


def decide_stock(deal: Deal, command: ConfirmStock | DenyStock) -> tuple[DealEvent, ...]:
    """Hear whether a unit is there. An answer that comes too late changes nothing."""
    if not _PAYING.fits(deal) or deal.money.stock_confirmed:
        return ()
    payment = deal.money.payment
    if isinstance(command, ConfirmStock):
        return (StockConfirmed(at=command.at, payment=payment, amount=deal.price),)
    return (
        AuthorisationCancelled(at=command.at, payment=payment),
        Voided(at=command.at, reason="sold_to_another"),
    )


def decide_captured(deal: Deal, command: NoteCaptured) -> Refusal | tuple[DealEvent, ...]:
    """Take money into hold once; whatever else is captured goes back."""
    at, payment, amount = command.at, command.payment, command.amount
    mine = payment == deal.money.payment and amount == deal.price
    if mine and deal.money.held:
        return ()
    if mine and _PAYING.fits(deal):
        events: tuple[DealEvent, ...] = (
            Held(at=at, payment=payment, amount=amount),
            Paid(at=at),
        )
        return events
    if any(stray.payment == payment for stray in deal.money.astray):
        return ()
    return (CapturedAstray(at=at, payment=payment, amount=amount),)


def decide_failed(deal: Deal, command: NoteFailed) -> tuple[DealEvent, ...]:
    """A payment that fails on its way ends an unpaid order; the buyer may take the offer again."""
    if command.payment != deal.money.payment or not _PAYING.fits(deal):
        return ()
    return (
        AuthorisationCancelled(at=command.at, payment=command.payment),
        Voided(at=command.at, reason="payment_failed"),
    )


def decide_executed(deal: Deal, command: NoteExecuted) -> Refusal | tuple[DealEvent, ...]:
    """Note once that the provider did as it was asked."""
    at, operation = command.at, command.operation
    if operation in deal.money.executed:
        return ()
    for stray in deal.money.astray:
        if stray.payment == command.payment and not stray.returned:
            returned = AstrayReturned(at=at, payment=stray.payment, amount=stray.amount)
            return (returned, Executed(at=at, operation=operation))
    if command.payment != deal.money.payment:
        return Refusal("money.unknown_payment")
    return (Executed(at=at, operation=operation),)


def decide_chargeback(deal: Deal, command: NoteChargeback) -> Refusal | tuple[DealEvent, ...]:
    """Follow the bank: first what is still held goes, then each owes us what it had received."""
    money, at, amount = deal.money, command.at, command.amount
    known = command.payment == money.payment and money.held > 0
    if not known or amount.currency != deal.price.currency:
        return Refusal("money.unknown_payment")
    if chargeback_of(command.notice) in money.executed:
        return ()
    from_hold = min(amount.minor, money.remaining)
    from_seller = min(amount.minor - from_hold, money.released)
    back = ChargedBack(
        at=at,
        payment=command.payment,
        notice=command.notice,
        from_hold=Money(from_hold, amount.currency),
        from_seller=Money(from_seller, amount.currency),
        from_buyer=Money(amount.minor - from_hold - from_seller, amount.currency),
        seller=deal.seller,
        buyer=deal.buyer,
    )
    if deal.ended:
        return (back,)
    voided = Voided(at=at, reason="charged_back")
    left = Money(money.remaining - from_hold, amount.currency)
    if not left.minor:
        return (back, voided)
    rest = Refunded(at=at, payment=command.payment, amount=left, reason="charged_back")
    return (back, rest, voided)


def chargeback_of(notice: str) -> str:
    """How a chargeback is remembered among what the provider carried out."""
    return f"chargeback:{notice}"


def evolve_money(money: MoneyPart, event: MoneyEvent) -> MoneyPart:
    """Fold one fact about the money."""
    match event:
        case Authorised(payment=payment):
            return replace(money, phase=MoneyPhase.AUTHORISED, payment=payment)
        case StockConfirmed():
            return replace(money, stock_confirmed=True)
        case AuthorisationCancelled():
            return replace(money, phase=MoneyPhase.NONE)
        case Held(amount=amount):
            return replace(money, phase=MoneyPhase.HELD, held=amount.minor)
        case Frozen():
            return replace(money, phase=MoneyPhase.FROZEN)
        case Unfrozen():
            return replace(money, phase=MoneyPhase.HELD)
        case Released(amount=amount):
            return _settle(replace(money, released=money.released + amount.minor))
        case Refunded(amount=amount):
            return _settle(replace(money, refunded=money.refunded + amount.minor))
        case ChargedBack(from_hold=from_hold, notice=notice):
            refunded = money.refunded + from_hold.minor
            executed = (*money.executed, chargeback_of(notice))
            return _settle(replace(money, refunded=refunded, charged_back=True, executed=executed))
        case CapturedAstray(payment=payment, amount=amount):
            return replace(money, astray=(*money.astray, Astray(payment, amount)))
        case AstrayReturned(payment=payment):
            astray = tuple(
                Astray(stray.payment, stray.amount, stray.returned or stray.payment == payment)
                for stray in money.astray
            )
            return replace(money, astray=astray)
        case Executed(operation=operation):
            return replace(money, executed=(*money.executed, operation))
        case AuthorisationDeclined(payment=payment):
            declined = (*money.declined, payment)[-DECLINED_REMEMBERED:]
            return replace(money, declined=declined)


def _settle(money: MoneyPart) -> MoneyPart:
    """Say which end the money has come to, once nothing is left in hold."""
    if money.remaining:
        return money
    if money.released and money.refunded:
        return replace(money, phase=MoneyPhase.SPLIT)
    phase = MoneyPhase.RELEASED if money.released else MoneyPhase.REFUNDED
    return replace(money, phase=phase)


def postings(event: DealEvent, deal: int) -> tuple[Line, ...]:
    """The double entry of one fact of a deal; none when no money moves."""
    clearing, hold = (Account.CLEARING, 0), (Account.HOLD, deal)
    match event:
        case Held(amount=amount):
            return transfer(amount, clearing, hold)
        case Released(amount=amount, fee=fee):
            return transfer(amount - fee, hold, (Account.OWED, 0)) + transfer(
                fee, hold, (Account.FEE, 0)
            )
        case Refunded(amount=amount):
            return transfer(amount, hold, clearing)
        case ChargedBack():
            return (
                *transfer(event.from_hold, hold, clearing),
                *transfer(event.from_seller, (Account.RECOURSE, event.seller), clearing),
                *transfer(event.from_buyer, (Account.RECOURSE, event.buyer), clearing),
            )
        case CapturedAstray(amount=amount):
            return transfer(amount, clearing, (Account.ASTRAY, deal))
        case AstrayReturned(amount=amount):
            return transfer(amount, (Account.ASTRAY, deal), clearing)
        case _:
            return ()
