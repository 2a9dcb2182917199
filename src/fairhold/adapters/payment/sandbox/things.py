"""What the provider keeps: payments, payouts and the lines of the statement."""

from enum import StrEnum

from msgspec import Struct

from fairhold.adapters.payment.sandbox.words import Problem


class Status(StrEnum):
    """Where a payment stands."""

    OPEN = "open"
    EXPIRED = "expired"
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    CANCELLED = "cancelled"


class Open(Struct, frozen=True, tag="open"):
    """The terms of a checkout."""

    deal: str
    amount: int
    currency: str
    return_url: str
    expires: int


class Payment(Struct):
    """One payment; ``late_due`` is set while the buyer's bank is taking its time."""

    id: str
    token: str
    deal: str
    key: str
    amount: int
    currency: str
    return_url: str
    expires: int
    status: Status = Status.OPEN
    authorised_at: int = 0
    captured: int = 0
    released: int = 0
    refunded: int = 0
    charged_back: int = 0
    late_due: int | None = None


class Payout(Struct):
    """A payout on its way to the bank."""

    id: str
    account: str
    amount: int
    currency: str
    key: str
    due: int


class Entry(Struct, frozen=True, kw_only=True):
    """One line of the statement."""

    id: str
    kind: str
    payment: str
    deal: str
    key: str
    account: str
    amount: int
    currency: str
    at: int


class Split(Struct, frozen=True):
    """A part of a hold for one account, in minor units."""

    to: str
    amount: int


def wrong_status(payment: Payment) -> Problem:
    """The problem of a payment that is not where the call needs it."""
    words = {
        Status.OPEN: "Nobody has paid yet.",
        Status.EXPIRED: "The time to pay is over.",
        Status.AUTHORISED: "The payment is authorised but not captured.",
        Status.CAPTURED: "The payment is captured already.",
        Status.CANCELLED: "The payment was cancelled.",
    }
    return Problem(409, f"payment.{payment.status}", words[payment.status])
