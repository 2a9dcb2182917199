"""A seller's wallet: what is there, paying it out, setting some aside as a guarantee."""

from fairhold.domain.wallet import LockDeposit, RequestPayout, UnlockDeposit, Wallet
from fairhold.engine.batching import Outcome
from fairhold.engine.desk.desk import Desk
from fairhold.engine.engine import Key
from fairhold.engine.kinds import WALLET
from fairhold.engine.ports import Unavailable
from fairhold.kernel.actor import Actor
from fairhold.kernel.money import Money
from fairhold.kernel.wish import Command, Refusal


def stream_of(desk: Desk, account: int) -> int:
    """The stream of an account's wallet, whether or not anything was ever paid into it."""
    return desk.derived("wallet", account)


def wallet_of(desk: Desk, account: int) -> Wallet:
    """An account's wallet as it stands; an empty one before the first credit."""
    state: Wallet | None = desk.engine.state(WALLET, stream_of(desk, account))
    return state if state is not None else Wallet(owner=account, available={}, deposit={})


def pay_out(
    desk: Desk, actor: Actor, amount: Money, key: Key | None = None, *, rehearse: bool = False
) -> Outcome:
    """Send available money to the owner's own bank account."""
    return _ask(desk, actor, RequestPayout(by=actor, amount=amount), amount, key, rehearse=rehearse)


def lock_deposit(
    desk: Desk, actor: Actor, amount: Money, key: Key | None = None, *, rehearse: bool = False
) -> Outcome:
    """Set available money aside as a guarantee for buyers."""
    return _ask(desk, actor, LockDeposit(by=actor, amount=amount), amount, key, rehearse=rehearse)


def unlock_deposit(
    desk: Desk, actor: Actor, amount: Money, key: Key | None = None, *, rehearse: bool = False
) -> Outcome:
    """Take the guarantee back: refused while a deal of the owner is open.

    Raises Unavailable while the list of open deals lags behind the record.
    """
    if not desk.is_current():
        message = "the list of open deals is not up to date yet"
        raise Unavailable(message)
    open_deals = desk.store.count("deal", "party_open", str(actor.account))
    wish = UnlockDeposit(by=actor, amount=amount, open_deals=open_deals)
    return _ask(desk, actor, wish, amount, key, rehearse=rehearse)


def _ask(
    desk: Desk, actor: Actor, wish: Command, amount: Money, key: Key | None, *, rehearse: bool
) -> Outcome:
    stream = stream_of(desk, actor.account)
    if desk.engine.state(WALLET, stream) is None:
        # To its owner a wallet that nothing came into yet is empty, not unknown.
        return Refusal("wallet.not_enough", {"available": 0, "currency": amount.currency})
    return desk.ask(WALLET, stream, wish, key, rehearse=rehearse)
