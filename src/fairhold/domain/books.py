"""The chart of accounts. The books mirror what a licensed payment provider holds for us.

Debit is positive. A liability (what we owe) is therefore never positive, an asset never negative;
``NEVER_POSITIVE`` names the accounts for which that is an invariant.
"""

from enum import StrEnum

from fairhold.kernel.line import Line
from fairhold.kernel.money import Money


class Account(StrEnum):
    """An account of the books; each line also names its holder (a deal, an account, or 0)."""

    CLEARING = "clearing"
    """What the provider holds for us in all."""
    HOLD = "hold"
    """Owed to whoever the deal's end says: held for one deal."""
    OWED = "owed"
    """Released by deals and on its way into sellers' wallets."""
    AVAILABLE = "available"
    """Owed to a seller, to be paid out when asked for."""
    DEPOSIT = "deposit"
    """A seller's guarantee deposit."""
    PAYOUT = "payout"
    """Payouts that the provider has not confirmed yet."""
    FEE = "fee"
    """The platform's earnings."""
    ASTRAY = "astray"
    """Captured money that no order is waiting for, on its way back."""
    RECOURSE = "recourse"
    """What somebody owes us because we paid in their place."""


NEVER_POSITIVE = frozenset(
    {
        Account.HOLD,
        Account.AVAILABLE,
        Account.DEPOSIT,
        Account.PAYOUT,
        Account.ASTRAY,
        Account.FEE,
    }
)


def transfer(
    amount: Money, debit: tuple[Account, int], credit: tuple[Account, int]
) -> tuple[Line, ...]:
    """Two lines that move an amount; none at all for nothing."""
    if amount.minor == 0:
        return ()
    return (
        Line(debit[0].value, debit[1], amount.minor, amount.currency),
        Line(credit[0].value, credit[1], -amount.minor, amount.currency),
    )
