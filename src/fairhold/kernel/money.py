"""Money: an amount in minor units of one ISO 4217 currency, never a float."""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

EXPONENT: Mapping[str, int] = MappingProxyType(
    {"CNY": 2, "EUR": 2, "USD": 2, "GBP": 2, "HKD": 2, "JPY": 0, "KRW": 0, "KWD": 3}
)
"""Supported currencies and how many decimal digits their minor unit has (ISO 4217)."""

AMOUNT_MAX = 10**12
"""The largest amount of one deal, in minor units: far above any sale, far below 63 bits."""


class Money(Struct, frozen=True, gc=False, order=False):
    """An amount of one currency; ``minor`` counts its smallest unit (fen, cent, yen)."""

    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        """Add two amounts of the same currency."""
        self._assert_same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        """Subtract an amount of the same currency."""
        self._assert_same(other)
        return Money(self.minor - other.minor, self.currency)

    def _assert_same(self, other: "Money") -> None:
        assert self.currency == other.currency, "amounts of two currencies never meet"

    def zero(self) -> "Money":
        """Nothing, in this currency."""
        return Money(0, self.currency)

    def share(self, basis_points: int) -> "Money":
        """The part of this amount in hundredths of a percent, rounded down to a minor unit."""
        return Money(self.minor * basis_points // 10_000, self.currency)
