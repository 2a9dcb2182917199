"""The provider's own words: settings, problems, faults, and what a buyer may choose at checkout."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from fairhold.adapters.notices import NoticeFault

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60 * SECOND_MS
DAY_MS: Final = 24 * 60 * MINUTE_MS
AMOUNT_MAX: Final = 10**12

DIGITS: Mapping[str, int] = MappingProxyType(
    {"CNY": 2, "EUR": 2, "USD": 2, "GBP": 2, "HKD": 2, "JPY": 0, "KRW": 0, "KWD": 3}
)
"""Currencies taken here, with the decimal digits of their minor unit (ISO 4217)."""


class ProviderSettings(Struct, frozen=True, kw_only=True):
    """How one sandbox provider is set up. Times are spans in milliseconds.

    ``public_url`` is what the addresses of checkout pages begin with; it may be a bare path when
    the provider is mounted in the merchant's own server. ``journal`` is the file that keeps the
    provider's business over a restart; without one it lives in memory only. ``magic`` switches
    the magic amounts off for those who draw amounts at random.
    """

    api_key: str
    control_key: str
    webhook_secret: str
    public_url: str
    merchant: str = "Fairhold"
    platform_account: str = "platform"
    journal: str = ""
    magic: bool = True
    authorisation_ms: int = 7 * DAY_MS
    payout_ms: int = 2 * SECOND_MS
    late_ms: int = 10 * MINUTE_MS
    retry_ms: tuple[int, ...] = (0, 1 * SECOND_MS, 5 * SECOND_MS, 30 * SECOND_MS)
    hang_s: float = 20.0


class Problem(Exception):
    """A refusal of the provider: HTTP status, stable code, words for a person."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        """Keep the three apart; ``detail`` never repeats a key or a token."""
        super().__init__(f"{code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail


class ApiFault(StrEnum):
    """How a call of the API goes wrong."""

    FAIL_AFTER = "fail_after"
    """Done, and answered with 500 all the same."""
    TIMEOUT_AFTER = "timeout_after"
    """Done, and never answered."""
    TIMEOUT_BEFORE = "timeout_before"
    """Not done, and never answered."""
    UNAVAILABLE = "unavailable"
    """Not done, answered with 503."""
    DECLINED = "declined"
    """Not done: the bank said no."""


class Choice(StrEnum):
    """What the buyer presses on the checkout page."""

    PAY = "pay"
    DECLINE = "decline"
    PAY_TWICE = "pay_twice"
    PAY_LATE = "pay_late"
    NOTICE_LATE = "notice_late"
    NOTICE_TWICE = "notice_twice"
    NOTICE_FIVE_TIMES = "notice_five_times"
    NOTICE_TOGETHER = "notice_together"
    NOTICE_OUT_OF_ORDER = "notice_out_of_order"
    NOTICE_NEVER = "notice_never"
    NOTICE_WRONG_SIGNATURE = "notice_wrong_signature"
    NOTICE_OLD_TIMESTAMP = "notice_old_timestamp"

    @property
    def notice_fault(self) -> NoticeFault | None:
        """The fault that the notice of this payment will have."""
        if self.value.startswith("notice_"):
            return NoticeFault(self.value.removeprefix("notice_"))
        return None


MAGIC_PAYMENTS: Mapping[int, Choice] = MappingProxyType(
    {
        66_601: Choice.DECLINE,
        66_602: Choice.PAY_TWICE,
        66_603: Choice.PAY_LATE,
        66_604: Choice.NOTICE_LATE,
        66_605: Choice.NOTICE_TWICE,
        66_606: Choice.NOTICE_FIVE_TIMES,
        66_607: Choice.NOTICE_TOGETHER,
        66_608: Choice.NOTICE_OUT_OF_ORDER,
        66_609: Choice.NOTICE_NEVER,
        66_610: Choice.NOTICE_WRONG_SIGNATURE,
        66_611: Choice.NOTICE_OLD_TIMESTAMP,
    }
)
"""Amounts (in minor units) for which a plain "pay" means something else."""

MAGIC_CALLS: Mapping[int, ApiFault] = MappingProxyType(
    {
        66_621: ApiFault.FAIL_AFTER,
        66_622: ApiFault.TIMEOUT_AFTER,
        66_623: ApiFault.DECLINED,
    }
)
"""Amounts for which a capture, refund or payout goes wrong."""

MAGIC_PAYOUT_FAILS: Final = 66_631
"""A payout of this amount is sent back by the bank."""
