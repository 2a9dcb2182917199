"""The provider's double-entry books: what came in is out again, or stands in a named account.

Credit is positive here: money that the provider owes to somebody. Cards and banks are the world
outside; ``owed`` is what the platform owes to the provider after a chargeback that nothing else
covers. Invariant: the sum over all accounts of a currency is zero, and no account but these
three is ever below zero.
"""

from collections.abc import Mapping, Sequence
from typing import Final

CARDS: Final = "cards"
BANKS: Final = "banks"
OWED: Final = "owed"
_BELOW_ZERO: Final = frozenset({CARDS, OWED})


class Books:
    """Balances by account and currency, changed by balanced entries only."""

    def __init__(self) -> None:
        self._balances: dict[tuple[str, str], int] = {}

    def post(self, currency: str, sides: Sequence[tuple[str, int]]) -> None:
        """Book one entry; an unbalanced entry or an overdraft is a bug and stops everything."""
        assert sum(minor for _, minor in sides) == 0, "an entry balances"
        for account, minor in sides:
            place = (account, currency)
            balance = self._balances.get(place, 0) + minor
            assert balance >= 0 or account in _BELOW_ZERO, "no account is overdrawn"
            if balance:
                self._balances[place] = balance
            else:
                self._balances.pop(place, None)

    def move(self, currency: str, minor: int, source: str, target: str) -> None:
        """Book an amount from one account to another."""
        assert minor > 0, "an entry moves something"
        self.post(currency, ((source, -minor), (target, minor)))

    def balance(self, account: str, currency: str) -> int:
        """What stands in one account, in minor units."""
        return self._balances.get((account, currency), 0)

    def all(self) -> Mapping[tuple[str, str], int]:
        """Every balance that is not zero."""
        return dict(self._balances)

    def check(self) -> None:
        """Assert the invariant over all accounts."""
        sums: dict[str, int] = {}
        for (account, currency), minor in self._balances.items():
            assert minor >= 0 or account in _BELOW_ZERO, "no account is overdrawn"
            sums[currency] = sums.get(currency, 0) + minor
        assert not any(sums.values()), "money in is money out and money held"


def held(payment: str) -> str:
    """The hold of one payment."""
    return f"held:{payment}"


def available(account: str) -> str:
    """What the provider owes to one account, free to be paid out."""
    return f"balance:{account}"


def transit(payout: str) -> str:
    """A payout on its way to the bank."""
    return f"transit:{payout}"
