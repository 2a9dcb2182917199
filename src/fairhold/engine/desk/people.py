"""Accounts: signing up, finding who signs in, the public name, closing."""

import msgspec

from fairhold.domain.account import (
    Account,
    CloseAccount,
    GrantOperator,
    OpenAccount,
    ReviseProfile,
    Standing,
)
from fairhold.domain.fingerprint import LetGo
from fairhold.engine.batching import Outcome
from fairhold.engine.desk.asked import Profile
from fairhold.engine.desk.desk import Desk
from fairhold.engine.engine import Key
from fairhold.engine.kinds import ACCOUNT, FINGERPRINT, WALLET
from fairhold.engine.ports import Unavailable
from fairhold.engine.vault import Gone
from fairhold.kernel.actor import PLATFORM, Actor
from fairhold.kernel.ids import EPOCH_MS, TIME_SHIFT, hashed_id
from fairhold.kernel.instant import MINUTE, Span
from fairhold.kernel.wish import Refusal

CONSENT = "privacy-2026-01"
"""The privacy notice in force: what is collected at sign-up, and what for."""

NAMELESS = "—"

SIGN_UP_MS: Span = 10 * MINUTE
"""After this a sign-up that has no account yet will never have one."""


def subject(account: int) -> str:
    """Whose key encrypts an account's personal data."""
    return f"account:{account}"


def sign_up(desk: Desk, profile: Profile, key: Key | None = None) -> Outcome:
    """Open an account for an e-mail address that no open account has."""
    account = desk.engine.new_stream(key)
    if key is not None and desk.engine.was_answered(key):
        again = OpenAccount(by=Actor(account=account), profile=0, digest="", consent=CONSENT)
        return desk.ask(ACCOUNT, account, again, key)
    fingerprint = desk.vault.fingerprint_of_address(profile.email)
    _let_go_of_abandoned(desk, fingerprint)
    _, refusal = desk.hold_fingerprint(fingerprint, account)
    if refusal is not None:
        return Refusal("account.email_taken")
    body, digest = desk.put_json(subject(account), "profile", profile)
    wish = OpenAccount(by=Actor(account=account), profile=body, digest=digest, consent=CONSENT)
    return desk.ask(ACCOUNT, account, wish, key)


def _let_go_of_abandoned(desk: Desk, fingerprint: bytes) -> None:
    """Free an address whose sign-up was cut off before its account was there.

    The number of the account tells when that sign-up began, so one that is under way is left
    alone.
    """
    stream, holder = _holder(desk, fingerprint)
    if holder is None or desk.engine.state(ACCOUNT, holder) is not None:
        return
    began = (holder >> TIME_SHIFT) + EPOCH_MS
    if began + SIGN_UP_MS < desk.engine.now():
        desk.engine.do(FINGERPRINT, stream, LetGo(by=PLATFORM, holder=holder))


def find_by_email(desk: Desk, email: str) -> int | None:
    """The account that signs in with an address."""
    return _holder(desk, desk.vault.fingerprint_of_address(email))[1]


def _holder(desk: Desk, fingerprint: bytes) -> tuple[int, int | None]:
    """The stream of a fingerprint, and the account that holds it."""
    stream = hashed_id(fingerprint, fingerprint[8] % desk.store.part_count)
    state = desk.engine.state(FINGERPRINT, stream)
    holding = state.held.get(fingerprint.hex()) if state is not None else None
    return stream, holding.holder if holding is not None else None


def profile_of(desk: Desk, account: int) -> Profile | None:
    """An account's personal data; None when there is no such account or it was erased."""
    state: Account | None = desk.engine.state(ACCOUNT, account)
    if state is None:
        return None
    try:
        return msgspec.json.decode(desk.vault.get(state.profile, "profile"), type=Profile)
    except Gone:
        return None


def handle_of(desk: Desk, account: int) -> str:
    """The public name of an account."""
    profile = profile_of(desk, account)
    return profile.handle if profile is not None else NAMELESS


def revise_profile(desk: Desk, actor: Actor, profile: Profile, key: Key | None = None) -> Outcome:
    """Change one's own data; the e-mail address stays what it is."""
    body, digest = desk.put_json(subject(actor.account), "profile", profile)
    return desk.ask(
        ACCOUNT, actor.account, ReviseProfile(by=actor, profile=body, digest=digest), key
    )


def grant_operator(desk: Desk, account: int) -> Outcome:
    """Let an account act for the platform (from the platform's own set-up)."""
    return desk.ask(ACCOUNT, account, GrantOperator(by=PLATFORM))


def actor_of(desk: Desk, account: int) -> Actor | None:
    """The actor that a signed-in account is; None when the account is closed or unknown."""
    state: Account | None = desk.engine.state(ACCOUNT, account)
    if state is None or state.standing is not Standing.OPEN:
        return None
    return Actor(account=account, operator=state.operator)


def close(desk: Desk, actor: Actor, key: Key | None = None) -> Outcome:
    """Close one's account: refused while a deal is open or money is there (R-31, story li).

    Raises Unavailable while the list of open deals lags behind the record.
    """
    if not desk.is_current():
        message = "the list of open deals is not up to date yet"
        raise Unavailable(message)
    open_deals = desk.store.count("deal", "party_open", str(actor.account))
    wallet = desk.engine.state(WALLET, desk.derived("wallet", actor.account))
    balance = sum(wallet.available.values()) + sum(wallet.deposit.values()) if wallet else 0
    pending = len(wallet.pending) if wallet else 0
    wish = CloseAccount(
        by=actor,
        open_deals=open_deals,
        balance=balance + pending,
        debt=sum(wallet.owes.values()) if wallet else 0,
    )
    return desk.ask(ACCOUNT, actor.account, wish, key)
