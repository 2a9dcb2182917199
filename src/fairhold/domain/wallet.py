"""A seller's wallet: what deals released, what was paid out, what stands as a guarantee deposit.

It mirrors the seller's balance at the payment provider; it is reached by events of deals, each
counted once.
"""

from collections.abc import Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from fairhold.domain.books import Account, transfer
from fairhold.kernel.actor import Role
from fairhold.kernel.instant import Instant
from fairhold.kernel.line import Line
from fairhold.kernel.money import Money
from fairhold.kernel.wish import Command, Event, Refusal


class Payout(Struct, frozen=True):
    """Money on its way out of the wallet."""

    number: int
    amount: Money


class Wallet(Struct, frozen=True, kw_only=True):
    """The folded past: amounts by currency, in minor units. One wallet belongs to one account."""

    owner: int
    available: Mapping[str, int]
    deposit: Mapping[str, int]
    payouts: int = 0
    pending: tuple[Payout, ...] = ()
    credited: tuple[int, ...] = ()
    """The last deals that credited it: a repeated credit is recognised."""
    owes: Mapping[str, int] = field(default_factory=dict)
    """What the platform paid in the owner's place and has not got back yet."""
    charged: tuple[str, ...] = ()
    """The last acts that made it owe: a repeated one is recognised."""


class Credit(Command, frozen=True, kw_only=True):
    """A deal released money to this seller (from a reaction)."""

    owner: int
    deal: int
    amount: Money


class Owe(Command, frozen=True, kw_only=True):
    """A bank took back what this owner had received (from a reaction); ``cause`` names the act."""

    owner: int
    cause: str
    amount: Money


class RequestPayout(Command, frozen=True, kw_only=True):
    """The owner wants money on their own bank account."""

    amount: Money


class NotePayout(Command, frozen=True, kw_only=True):
    """The provider says how a payout ended."""

    number: int
    paid: bool


class LockDeposit(Command, frozen=True, kw_only=True):
    """Set available money aside as a guarantee for buyers."""

    amount: Money


class UnlockDeposit(Command, frozen=True, kw_only=True):
    """Take the guarantee back; ``open_deals`` must be none."""

    amount: Money
    open_deals: int


class Credited(Event, frozen=True, kw_only=True):
    """Money of a deal arrived."""

    owner: int
    deal: int
    amount: Money


class PayoutRequested(Event, frozen=True, kw_only=True):
    """The provider is asked to pay out."""

    owner: int
    number: int
    amount: Money


class PaidOut(Event, frozen=True, kw_only=True):
    """The money left for the owner's bank."""

    owner: int
    number: int
    amount: Money


class PayoutReturned(Event, frozen=True, kw_only=True):
    """The bank did not take it: it is available again."""

    owner: int
    number: int
    amount: Money


class DepositLocked(Event, frozen=True, kw_only=True):
    """A guarantee stands."""

    owner: int
    amount: Money


class DepositUnlocked(Event, frozen=True, kw_only=True):
    """A guarantee was taken back."""

    owner: int
    amount: Money


class Owed(Event, frozen=True, kw_only=True):
    """The platform paid in the owner's place."""

    owner: int
    cause: str
    amount: Money


class Recovered(Event, frozen=True, kw_only=True):
    """A part of what was owed is taken from the wallet: first what is available, then deposit."""

    owner: int
    from_available: Money
    from_deposit: Money


WalletEvent = (
    Credited
    | PayoutRequested
    | PaidOut
    | PayoutReturned
    | DepositLocked
    | DepositUnlocked
    | Owed
    | Recovered
)
EVENTS = (
    Credited,
    PayoutRequested,
    PaidOut,
    PayoutReturned,
    DepositLocked,
    DepositUnlocked,
    Owed,
    Recovered,
)
REFUSALS = (
    "wallet.unknown",
    "wallet.not_yours",
    "wallet.amount_out_of_range",
    "wallet.owes",
    "wallet.not_enough",
    "wallet.deposit_is_needed",
    "wallet.unknown_payout",
)
CREDITS_REMEMBERED = 500
PAYOUTS_PENDING_MAX = 50

Decision = Refusal | tuple[WalletEvent, ...]


def decide(wallet: Wallet | None, command: Command) -> Decision:
    """Answer one wish about a wallet."""
    if isinstance(command, (Credit, Owe)):
        return _from_deal(wallet, command)
    if wallet is None:
        return Refusal("wallet.unknown")
    if isinstance(command, NotePayout):
        return _settled(wallet, _note(wallet, command), command.at)
    if command.by.account != wallet.owner:
        return Refusal("wallet.not_yours")
    assert isinstance(command, (RequestPayout, LockDeposit, UnlockDeposit))
    return _from_owner(wallet, command)


def _from_deal(wallet: Wallet | None, command: Credit | Owe) -> Decision:
    if command.by.machine is not Role.PLATFORM:
        return Refusal("wallet.not_yours")
    known = wallet or Wallet(owner=command.owner, available={}, deposit={})
    event: WalletEvent
    if isinstance(command, Credit):
        if command.deal in known.credited:
            return ()
        event = Credited(
            at=command.at, owner=command.owner, deal=command.deal, amount=command.amount
        )
    else:
        if command.cause in known.charged or command.amount.minor == 0:
            return ()
        event = Owed(at=command.at, owner=command.owner, cause=command.cause, amount=command.amount)
    return _settled(known, (event,), command.at)


def _settled(wallet: Wallet, decision: Decision, at: Instant) -> Decision:
    """Take what is owed out of what these facts leave in the wallet, before anybody else can."""
    if isinstance(decision, Refusal):
        return decision
    after = wallet
    for event in decision:
        after = evolve(after, event)
    recoveries = []
    for currency, owed in after.owes.items():
        available = min(owed, after.available.get(currency, 0))
        deposit = min(owed - available, after.deposit.get(currency, 0))
        if available or deposit:
            recoveries.append(
                Recovered(
                    at=at,
                    owner=wallet.owner,
                    from_available=Money(available, currency),
                    from_deposit=Money(deposit, currency),
                )
            )
    return (*decision, *recoveries)


def _note(wallet: Wallet, command: NotePayout) -> Decision:
    if command.by.machine is not Role.PROVIDER:
        return Refusal("wallet.not_yours")
    for payout in wallet.pending:
        if payout.number == command.number:
            event = PaidOut if command.paid else PayoutReturned
            return (
                event(
                    at=command.at, owner=wallet.owner, number=payout.number, amount=payout.amount
                ),
            )
    if 0 < command.number <= wallet.payouts:
        return ()
    return Refusal("wallet.unknown_payout")


def _from_owner(wallet: Wallet, command: RequestPayout | LockDeposit | UnlockDeposit) -> Decision:
    amount, at, owner = command.amount, command.at, wallet.owner
    if amount.minor <= 0:
        return Refusal("wallet.amount_out_of_range")
    owed = wallet.owes.get(amount.currency, 0)
    if owed:
        return Refusal("wallet.owes", {"owed": owed, "currency": amount.currency})
    from_deposit = isinstance(command, UnlockDeposit)
    purse = wallet.deposit if from_deposit else wallet.available
    there = purse.get(amount.currency, 0)
    if amount.minor > there:
        return Refusal("wallet.not_enough", {"available": there, "currency": amount.currency})
    match command:
        case RequestPayout():
            if len(wallet.pending) >= PAYOUTS_PENDING_MAX:
                return Refusal("wallet.amount_out_of_range")
            number = wallet.payouts + 1
            return (PayoutRequested(at=at, owner=owner, number=number, amount=amount),)
        case LockDeposit():
            return (DepositLocked(at=at, owner=owner, amount=amount),)
        case UnlockDeposit(open_deals=open_deals):
            if open_deals:
                return Refusal("wallet.deposit_is_needed", {"deals": open_deals})
            return (DepositUnlocked(at=at, owner=owner, amount=amount),)


def evolve(wallet: Wallet | None, event: WalletEvent) -> Wallet:
    """Fold one fact about a wallet."""
    if wallet is None:
        assert isinstance(event, (Credited, Owed)), "a wallet begins with Credited or Owed"
        wallet = Wallet(owner=event.owner, available={}, deposit={})
    available, deposit = wallet.available, wallet.deposit
    match event:
        case Credited(deal=deal, amount=amount):
            credited = (*wallet.credited, deal)[-CREDITS_REMEMBERED:]
            return replace(wallet, available=_add(available, amount), credited=credited)
        case PayoutRequested(number=number, amount=amount):
            pending = (*wallet.pending, Payout(number, amount))
            left = _add(available, amount, -1)
            return replace(wallet, available=left, payouts=number, pending=pending)
        case PaidOut(number=number):
            return replace(wallet, pending=_without(wallet.pending, number))
        case PayoutReturned(number=number, amount=amount):
            pending = _without(wallet.pending, number)
            return replace(wallet, available=_add(available, amount), pending=pending)
        case DepositLocked(amount=amount):
            locked = _add(deposit, amount)
            return replace(wallet, available=_add(available, amount, -1), deposit=locked)
        case DepositUnlocked(amount=amount):
            left = _add(deposit, amount, -1)
            return replace(wallet, available=_add(available, amount), deposit=left)
        case Owed(cause=cause, amount=amount):
            charged = (*wallet.charged, cause)[-CREDITS_REMEMBERED:]
            return replace(wallet, owes=_add(wallet.owes, amount), charged=charged)
        case Recovered(from_available=first, from_deposit=second):
            owes = _add(wallet.owes, first + second, -1)
            return replace(
                wallet,
                available=_add(available, first, -1),
                deposit=_add(deposit, second, -1) if second.minor else deposit,
                owes={currency: minor for currency, minor in owes.items() if minor},
            )


def _add(purse: Mapping[str, int], amount: Money, sign: int = 1) -> Mapping[str, int]:
    total = purse.get(amount.currency, 0) + sign * amount.minor
    assert total >= 0, "a wallet never owes"
    return {**purse, amount.currency: total}


def _without(pending: tuple[Payout, ...], number: int) -> tuple[Payout, ...]:
    return tuple(payout for payout in pending if payout.number != number)


def postings(event: WalletEvent, _stream: int) -> tuple[Line, ...]:
    """The double entry of one fact about a wallet."""
    available = (Account.AVAILABLE, event.owner)
    match event:
        case Credited(amount=amount):
            return transfer(amount, (Account.OWED, 0), available)
        case PayoutRequested(amount=amount):
            return transfer(amount, available, (Account.PAYOUT, event.owner))
        case PaidOut(amount=amount):
            return transfer(amount, (Account.PAYOUT, event.owner), (Account.CLEARING, 0))
        case PayoutReturned(amount=amount):
            return transfer(amount, (Account.PAYOUT, event.owner), available)
        case DepositLocked(amount=amount):
            return transfer(amount, available, (Account.DEPOSIT, event.owner))
        case DepositUnlocked(amount=amount):
            return transfer(amount, (Account.DEPOSIT, event.owner), available)
        case Recovered(from_available=first, from_deposit=second):
            owed = (Account.RECOURSE, event.owner)
            return transfer(first, available, owed) + transfer(
                second, (Account.DEPOSIT, event.owner), owed
            )
        case Owed():
            return ()  # the deal's own fact has posted it to recourse


def wake(_wallet: Wallet) -> Instant | None:
    """A wallet waits for nothing."""
    return None
