"""The secret of a virtual good: sealed by the seller, opened once by the buyer who has paid.

The secret itself is never here: an event names its encrypted body in the vault. Opening is a
fact before anything is shown, so a reader who was cut off reads again and sees when it was first.
"""

from msgspec import Struct
from msgspec.structs import replace

from fairhold.domain.deal.endings import call_off
from fairhold.domain.deal.moves import CHANGED, Move, move, when
from fairhold.domain.deal.order import Fulfilled
from fairhold.domain.deal.phases import MoneyPhase, OrderPhase, SecretPhase
from fairhold.domain.deal.state import Deal, DealEvent, Secret
from fairhold.kernel.actor import Role
from fairhold.kernel.instant import Instant
from fairhold.kernel.wish import Command, Refusal


class IssuerWord(Struct, frozen=True, gc=False):
    """What the issuer's own record said when it was asked.

    ``asked`` is False where the issuer has no interface or did not answer; ``used_at`` is None
    while the secret is unused.
    """

    asked: bool = False
    used_at: Instant | None = None


class Seal(Command, frozen=True, kw_only=True):
    """Put the secret into the vault: ``body`` names its ciphertext, ``digest`` is salted.

    ``fingerprints`` are held already. Without them, or without a body, nothing was prepared: such
    a wish is never granted.
    """

    body: int
    digest: str
    fingerprints: tuple[int, ...]
    issuer: IssuerWord = IssuerWord()


class Withdraw(Command, frozen=True, kw_only=True):
    """Take a sealed secret back before anybody opened it."""


class Open(Command, frozen=True, kw_only=True):
    """Open the secret; from here the buyer can no longer step back without a reason.

    ``body`` is the secret about which the issuer was asked: no other one is opened.
    """

    body: int = 0
    issuer: IssuerWord = IssuerWord()


class ReadAgain(Command, frozen=True, kw_only=True):
    """Look again at a secret that is already open."""


class Sealed(DealEvent, frozen=True, kw_only=True):
    """The vault holds the secret."""

    body: int
    digest: str
    fingerprints: tuple[int, ...]
    issuer: IssuerWord


class Withdrawn(DealEvent, frozen=True, kw_only=True):
    """The seller has the secret back, unopened; its body is forgotten."""

    body: int
    fingerprints: tuple[int, ...]


class Opened(DealEvent, frozen=True, kw_only=True):
    """The buyer opened the secret: the receipt of delivery."""

    issuer: IssuerWord


class FoundUsed(DealEvent, frozen=True, kw_only=True):
    """The issuer's record shows use before opening; the buyer never saw the secret."""

    used_at: Instant


class ReadOnceMore(DealEvent, frozen=True, kw_only=True):
    """An open secret was shown again to its buyer."""

    first_opened_at: Instant


SecretEvent = Sealed | Withdrawn | Opened | FoundUsed | ReadOnceMore

_LIVE = (OrderPhase.PLACED, OrderPhase.PAID)
_EMPTY = (SecretPhase.AWAITED, SecretPhase.WITHDRAWN)
_SEALED = SecretPhase.SEALED
_ENDS = (OrderPhase.COMPLETED, OrderPhase.FULFILLED)

MOVES: tuple[Move, ...] = (
    move("secret", "seal", Seal, Role.SELLER, when(*_LIVE, *_EMPTY), when(*_LIVE, _SEALED)),
    move(
        "secret",
        "withdraw",
        Withdraw,
        Role.SELLER,
        when(*_LIVE, _SEALED),
        when(*_LIVE, OrderPhase.VOID, SecretPhase.WITHDRAWN),
    ),
    move(
        "secret",
        "open",
        Open,
        Role.BUYER,
        when(OrderPhase.PAID, MoneyPhase.HELD, _SEALED),
        when(
            OrderPhase.FULFILLED,
            OrderPhase.VOID,
            SecretPhase.OPENED,
            SecretPhase.USED,
        ),
    ),
    move(
        "secret",
        "open",
        Open,
        Role.BUYER,
        when(OrderPhase.COMPLETED, MoneyPhase.RELEASED, _SEALED),
        when(OrderPhase.COMPLETED, SecretPhase.OPENED),
    ),
    move(
        "secret",
        "read_again",
        ReadAgain,
        Role.BUYER,
        when(SecretPhase.OPENED),
        when(SecretPhase.OPENED),
    ),
)

REFUSALS = (
    "secret.not_paid",
    "secret.not_sealed",
    "secret.already_sealed",
    "secret.already_opened",
    CHANGED,
    "secret.used_before_sealing",
)


def why_not(deal: Deal, command: Command) -> Refusal | None:
    """The reason that helps most about a secret."""
    phase = deal.secret.phase
    if phase is SecretPhase.NONE:
        return None
    if phase is SecretPhase.OPENED and isinstance(command, (Seal, Withdraw, Open)):
        return Refusal("secret.already_opened", {"opened_at": deal.secret.opened_at})
    if isinstance(command, Open) and deal.order.phase is OrderPhase.PLACED:
        return Refusal("secret.not_paid")
    if isinstance(command, (Open, Withdraw, ReadAgain)) and phase in _EMPTY:
        return Refusal("secret.not_sealed")
    if isinstance(command, Seal) and phase is _SEALED:
        return Refusal("secret.already_sealed")
    return None


def decide_secret(
    deal: Deal, command: Seal | Withdraw | Open | ReadAgain
) -> Refusal | tuple[DealEvent, ...]:
    """Answer a wish about the secret."""
    at = command.at
    match command:
        case Seal(issuer=issuer):
            if not (command.body and command.digest and command.fingerprints):
                return Refusal(CHANGED)
            if issuer.used_at is not None:
                return Refusal("secret.used_before_sealing", {"used_at": issuer.used_at})
            return (
                Sealed(
                    at=at,
                    body=command.body,
                    digest=command.digest,
                    fingerprints=command.fingerprints,
                    issuer=issuer,
                ),
            )
        case Withdraw():
            withdrawn = Withdrawn(
                at=at, body=deal.secret.body, fingerprints=deal.secret.fingerprints
            )
            paid_at = deal.order.paid_at
            if deal.order.phase is OrderPhase.PAID and (
                at >= paid_at + deal.rules.deliver_secret_ms
            ):
                return (withdrawn, *call_off(deal, at, "not_delivered_in_time"))
            return (withdrawn,)
        case Open(body=body, issuer=issuer):
            if body != deal.secret.body:
                return Refusal(CHANGED)
            return _open(deal, at, issuer)
        case ReadAgain():
            return (ReadOnceMore(at=at, first_opened_at=deal.secret.opened_at),)


def _open(deal: Deal, at: Instant, issuer: IssuerWord) -> tuple[DealEvent, ...]:
    if deal.order.phase is OrderPhase.COMPLETED:
        return (Opened(at=at, issuer=issuer),)
    if issuer.used_at is not None:
        return (
            FoundUsed(at=at, used_at=issuer.used_at),
            *call_off(deal, at, "used_before_opening"),
        )
    return (Opened(at=at, issuer=issuer), Fulfilled(at=at, basis="opened"))


def evolve_secret(secret: Secret, event: SecretEvent) -> Secret:
    """Fold one fact about the secret."""
    match event:
        case Sealed(at=at, body=body, fingerprints=fingerprints):
            return Secret(SecretPhase.SEALED, body, fingerprints, at)
        case Withdrawn():
            return Secret(SecretPhase.WITHDRAWN)
        case Opened(at=at):
            return replace(secret, phase=SecretPhase.OPENED, opened_at=at)
        case FoundUsed():
            return replace(secret, phase=SecretPhase.USED)
        case ReadOnceMore():
            return replace(secret, reads=secret.reads + 1)
