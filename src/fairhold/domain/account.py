"""An account: that it exists, which roles it holds, and whether it is closed.

Name, address and password are not here: they are bodies and credentials under the subject's key.
"""

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from fairhold.kernel.actor import Role
from fairhold.kernel.instant import Instant
from fairhold.kernel.wish import Command, Event, Refusal


class Standing(StrEnum):
    """Whether somebody may act through this account."""

    OPEN = "open"
    CLOSED = "closed"


class Account(Struct, frozen=True, kw_only=True):
    """The folded past of one account. ``profile`` names the encrypted body of its personal data."""

    standing: Standing
    profile: int
    operator: bool
    opened_at: Instant
    closed_at: Instant = 0


class OpenAccount(Command, frozen=True, kw_only=True):
    """Sign up; ``consent`` is the version of the privacy notice that was agreed to."""

    profile: int
    digest: str
    consent: str


class ReviseProfile(Command, frozen=True, kw_only=True):
    """Change one's own data."""

    profile: int
    digest: str


class GrantOperator(Command, frozen=True, kw_only=True):
    """Let an account act for the platform."""


class CloseAccount(Command, frozen=True, kw_only=True):
    """Leave: ``open_deals`` run, ``balance`` is what the person is owed, ``debt`` what they owe."""

    open_deals: int
    balance: int
    debt: int = 0


class AccountOpened(Event, frozen=True, kw_only=True):
    """Somebody signed up."""

    profile: int
    digest: str
    consent: str


class ProfileRevised(Event, frozen=True, kw_only=True):
    """The personal data changed; the old body stays for as long as the law asks."""

    profile: int
    digest: str


class OperatorGranted(Event, frozen=True, kw_only=True):
    """The account acts for the platform; ``granted_by`` is 0 for the platform's own set-up."""

    granted_by: int


class AccountClosed(Event, frozen=True, kw_only=True):
    """Nobody acts through this account any more; who it was stays on file for the legal term."""


AccountEvent = AccountOpened | ProfileRevised | OperatorGranted | AccountClosed
EVENTS = (AccountOpened, ProfileRevised, OperatorGranted, AccountClosed)

REFUSALS = (
    "account.unknown",
    "account.not_yours",
    "account.exists",
    "account.closed",
    "account.has_open_deals",
    "account.owes",
    "account.has_money",
)

Decision = Refusal | tuple[AccountEvent, ...]


def decide(account: Account | None, command: Command, self_id: int = 0) -> Decision:
    """Answer one wish about an account; ``self_id`` is the account's own number."""
    if account is None:
        if isinstance(command, OpenAccount):
            return (
                AccountOpened(
                    at=command.at,
                    profile=command.profile,
                    digest=command.digest,
                    consent=command.consent,
                ),
            )
        return Refusal("account.unknown")
    if isinstance(command, OpenAccount):
        return Refusal("account.exists")
    if isinstance(command, GrantOperator):
        return _grant(account, command)
    if command.by.account != self_id:
        return Refusal("account.not_yours")
    if account.standing is Standing.CLOSED:
        return Refusal("account.closed")
    match command:
        case ReviseProfile(profile=profile, digest=digest):
            return (ProfileRevised(at=command.at, profile=profile, digest=digest),)
        case CloseAccount(open_deals=open_deals, balance=balance, debt=debt):
            if open_deals:
                return Refusal("account.has_open_deals", {"deals": open_deals})
            if debt:
                return Refusal("account.owes")
            if balance:
                return Refusal("account.has_money")
            return (AccountClosed(at=command.at),)
        case _:
            message = f"an account does not know {type(command).__name__}"
            raise AssertionError(message)


def _grant(account: Account, command: GrantOperator) -> Decision:
    if command.by.machine is not Role.PLATFORM and not command.by.operator:
        return Refusal("account.not_yours")
    if account.standing is Standing.CLOSED:
        return Refusal("account.closed")
    if account.operator:
        return ()
    return (OperatorGranted(at=command.at, granted_by=command.by.account),)


def evolve(account: Account | None, event: AccountEvent) -> Account:
    """Fold one fact about an account."""
    if isinstance(event, AccountOpened):
        return Account(
            standing=Standing.OPEN, profile=event.profile, operator=False, opened_at=event.at
        )
    assert account is not None, "an account begins with AccountOpened"
    match event:
        case ProfileRevised(profile=profile):
            return replace(account, profile=profile)
        case OperatorGranted():
            return replace(account, operator=True)
        case AccountClosed(at=at):
            return replace(account, standing=Standing.CLOSED, closed_at=at)


def wake(_account: Account) -> Instant | None:
    """An account waits for nothing yet."""
    return None
