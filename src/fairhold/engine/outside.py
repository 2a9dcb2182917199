"""What the engine asks of the world outside: payment, carrier, issuer and mail, in our own words.

All methods block and may be called from any thread; followers call them. Each call that changes
something carries ``key``, our own business number: repeating a call with its key never does the
thing twice and gives the first answer again, so a caller in doubt simply calls again.

Three ways to fail, and no others: :class:`Declined` is an answer and stays so,
:class:`OutsideUnavailable` is no answer (try again later, with the same key),
:class:`BadNotice` is a message whose sender or age could not be trusted.

Every implementation passes the contract of its port in ``tests/adapters``.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Literal, Protocol, TypeAlias

from msgspec import Struct

from fairhold.kernel.instant import Instant
from fairhold.kernel.money import Money


class OutsideUnavailable(Exception):
    """No answer, or none that can be understood. Try again later with the same key."""


class Declined(Exception):
    """A final no. ``code`` is stable, for example ``hold_too_small`` or ``not_authorised``."""

    def __init__(self, code: str) -> None:
        """Keep the code apart from the words of the message."""
        super().__init__(code)
        self.code = code


class BadNotice(Exception):
    """A notice that must not be believed; nothing in it may be acted upon.

    ``code`` is ``notice.wrong_signature``, ``notice.old_timestamp`` (also: one from the future),
    or ``notice.malformed``.
    """

    def __init__(self, code: str) -> None:
        """Keep the code apart from the words of the message."""
        super().__init__(code)
        self.code = code


# -- payment --------------------------------------------------------------------------------------


class PaymentFact(StrEnum):
    """What a payment provider reports, in notices and in statements."""

    AUTHORISED = "authorised"
    """The buyer's bank set the amount aside; nothing has moved yet."""
    CAPTURED = "captured"
    """The amount came in and stands in the hold of its payment."""
    CANCELLED = "cancelled"
    """The authorisation was given back, by us or because it ran out."""
    RELEASED = "released"
    """An amount left the hold for the balance of an account (one entry for each split)."""
    REFUNDED = "refunded"
    """An amount left the hold and went back to the buyer."""
    PAID_OUT = "paid_out"
    """A payout arrived at the bank of its account."""
    PAYOUT_FAILED = "payout_failed"
    """The bank sent a payout back; the amount stands in the account's balance again."""
    CHARGED_BACK = "charged_back"
    """The buyer's bank took a captured amount back over our head."""


class Checkout(Struct, frozen=True):
    """Where the buyer goes to pay, and the provider's name of the payment that comes of it."""

    url: str
    payment: str


class Split(Struct, frozen=True):
    """A part of a hold that goes to one account's balance at the provider."""

    to: str
    amount: Money


class ProviderEntry(Struct, frozen=True, kw_only=True):
    """One line of the provider's statement.

    ``id`` names the line, ``payment`` is empty for payouts, ``deal`` is what we passed when the
    checkout was opened, ``key`` our business number of the call that caused the line (empty when
    the bank caused it), ``account`` the balance concerned (empty when none is).
    """

    id: str
    kind: PaymentFact
    payment: str
    deal: str
    key: str
    account: str
    amount: Money
    at: Instant


class Notice(Struct, frozen=True, kw_only=True):
    """What the provider tells us happened. Believe it, but expect it twice, late and unordered.

    ``id`` is the same on every delivery of one notice, and is what repetition is known by. One
    checkout may bring several payments (a buyer who pays twice): they share ``deal`` and ``key``
    and differ in ``payment``. The other fields read as in :class:`ProviderEntry`.
    """

    id: str
    kind: PaymentFact
    payment: str
    deal: str
    key: str
    account: str
    amount: Money
    at: Instant


class PaymentPort(Protocol):
    """A licensed provider that takes, holds, splits, returns and pays out money for us.

    Every method may raise :class:`OutsideUnavailable`, and all but ``verify_notice`` may raise
    :class:`Declined`.
    """

    def open_checkout(
        self, deal: str, amount: Money, return_url: str, expires: Instant, key: str
    ) -> Checkout:
        """Prepare a page where the buyer pays ``amount`` before ``expires``.

        A payment may still arrive later than that: banks are slow, and the notice tells.
        """

    def capture(self, payment: str, key: str) -> None:
        """Take the whole authorised amount into the payment's hold."""

    def cancel(self, payment: str, key: str) -> None:
        """Give the authorisation back, or close a checkout that nobody has paid yet."""

    def release(self, payment: str, splits: Sequence[Split], key: str) -> None:
        """Move parts of the hold to balances; all of the splits or none. The rest stays held."""

    def refund(self, payment: str, amount: Money, key: str) -> None:
        """Send a part of the hold back to the buyer. The rest stays held."""

    def payout(self, account: str, amount: Money, key: str) -> None:
        """Send a part of an account's balance to its bank; how it ended comes as a notice."""

    def statement(self, since: str, limit: int) -> Sequence[ProviderEntry]:
        """Lines after the one with id ``since`` ("" from the first), oldest first."""

    def verify_notice(self, headers: Mapping[str, str], body: bytes, now: Instant) -> Notice:
        """Check who sent a notice and when, over its raw bytes; raise :class:`BadNotice`.

        ``headers`` are looked up without regard to case. Repetition is not checked here.
        """


# -- carrier --------------------------------------------------------------------------------------

Leg: TypeAlias = Literal["out", "back"]
"""Which way a parcel goes: out to the buyer, or back to the seller."""


class ScanKind(StrEnum):
    """What a carrier saw happen to a parcel."""

    ACCEPTED = "accepted"
    MOVING = "moving"
    DELIVERED = "delivered"
    REFUSED = "refused"
    LOST = "lost"


class Label(Struct, frozen=True):
    """A booked parcel: its tracking number and the carrier that gave it."""

    tracking: str
    carrier: str


class Scan(Struct, frozen=True):
    """One scan of a parcel; ``at`` is when it happened, which may be long before we hear of it."""

    id: str
    tracking: str
    kind: ScanKind
    at: Instant


class CarrierPort(Protocol):
    """A carrier that takes parcels and tells what became of them."""

    def book(self, deal: str, leg: Leg, key: str) -> Label:
        """Book one parcel; raises :class:`Declined` or :class:`OutsideUnavailable`."""

    def verify_notice(self, headers: Mapping[str, str], body: bytes, now: Instant) -> Scan:
        """Check who sent a scan and when, over its raw bytes; raise :class:`BadNotice`.

        Scans come twice, late and out of order; ``Scan.id`` is what repetition is known by.
        """


# -- issuer ---------------------------------------------------------------------------------------


class IssuerStatus(Struct, frozen=True):
    """What an issuer knows of a card: nothing, or whether and when it was used."""

    known: bool
    used_at: Instant | None = None


class IssuerPort(Protocol):
    """Those who issued a card or code and can say whether it was used."""

    def status(self, card_kind: str, number: str, now: Instant) -> IssuerStatus:
        """Ask about one card, changing nothing; raises :class:`OutsideUnavailable`.

        ``number`` is the secret itself: it must not be kept, logged or put into an error.
        """


# -- mail -----------------------------------------------------------------------------------------


class MailPort(Protocol):
    """Takes letters for delivery."""

    def send(self, to: str, subject: str, text: str, key: str) -> None:
        """Hand over one plain-text letter; the same key again sends nothing more.

        Raises :class:`OutsideUnavailable`, or :class:`Declined` when the address is none.
        """
