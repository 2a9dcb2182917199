"""Everything that can be done to a provider, as values: its journal is a list of these."""

from typing import TypeAlias

from msgspec import Struct

from fairhold.adapters.notices import NoticeFault
from fairhold.adapters.payment.sandbox.desk import Desk
from fairhold.adapters.payment.sandbox.things import Open, Payment, Split
from fairhold.adapters.payment.sandbox.words import Choice, Problem

Reply: TypeAlias = dict[str, object]


class Capture(Struct, frozen=True, tag="capture"):
    """Take what was authorised into the hold."""

    payment: str


class Cancel(Struct, frozen=True, tag="cancel"):
    """Give an authorisation back, or close an unpaid checkout."""

    payment: str


class Release(Struct, frozen=True, tag="release"):
    """Move parts of a hold to balances."""

    payment: str
    currency: str
    splits: tuple[Split, ...]


class Refund(Struct, frozen=True, tag="refund"):
    """Send a part of a hold back to the buyer."""

    payment: str
    amount: int
    currency: str


class PayOut(Struct, frozen=True, tag="payout"):
    """Send a part of a balance to the bank."""

    account: str
    amount: int
    currency: str


class Choose(Struct, frozen=True, tag="choose"):
    """What the buyer pressed at the checkout."""

    token: str
    choice: Choice


class ChargeBack(Struct, frozen=True, tag="charge_back"):
    """The buyer's bank takes money back; all of it when no amount is given."""

    payment: str
    amount: int | None


class FailPayout(Struct, frozen=True, tag="fail_payout"):
    """The bank will send back a payout of this account."""

    account: str


class Spoil(Struct, frozen=True, tag="spoil"):
    """The next notices go wrong."""

    fault: NoticeFault
    count: int
    kind: str


class Advance(Struct, frozen=True, tag="advance"):
    """The provider's time runs ahead of its clock by so much more."""

    span: int


class Settle(Struct, frozen=True, tag="settle"):
    """One delivery ended."""

    notice: str
    status: int


class Tick(Struct, frozen=True, tag="tick"):
    """Time went by, and what was due happened."""


class DeliverAll(Struct, frozen=True, tag="deliver_all"):
    """Everything that has not arrived is due now."""


class Repeat(Struct, frozen=True, tag="repeat"):
    """One notice is due again."""

    notice: str


Call: TypeAlias = Open | Capture | Cancel | Release | Refund | PayOut
"""What a merchant asks for, each under a key of its own."""

Move: TypeAlias = (
    Call | Choose | ChargeBack | FailPayout | Spoil | Advance | Tick | Settle | DeliverAll | Repeat
)


class Record(Struct, frozen=True):
    """A move that was made, when, and under which key (empty for all but calls)."""

    at: int
    key: str
    move: Move


def perform(desk: Desk, record: Record) -> Reply:
    """Make one move and say what came of it; raise Problem when the desk refuses it."""
    at, key, move = record.at, record.key, record.move
    match move:
        case Open():
            return view(desk, desk.open(at, key, move))
        case Capture():
            return view(desk, desk.capture(at, key, move.payment))
        case Cancel():
            return view(desk, desk.cancel(at, key, move.payment))
        case Release():
            return view(desk, desk.release(at, key, move.payment, move.currency, move.splits))
        case Refund():
            return view(desk, desk.refund(at, key, move.payment, move.currency, move.amount))
        case PayOut():
            payout = desk.payout(at, key, move.account, move.currency, move.amount)
            return {
                "payout": payout.id,
                "account": payout.account,
                "amount": payout.amount,
                "currency": payout.currency,
                "due": payout.due,
            }
        case Choose():
            return {"paid": desk.choose(at, move.token, move.choice)}
        case ChargeBack():
            return view(desk, desk.charge_back(at, move.payment, move.amount))
        case FailPayout():
            desk.fail_payout(move.account)
        case Spoil():
            desk.notices.arm(move.fault, move.count, move.kind)
        case Settle():
            desk.notices.settle(move.notice, move.status, at)
        case DeliverAll():
            return {"count": desk.notices.deliver_all(at)}
        case Repeat():
            if not desk.notices.repeat(move.notice, at):
                raise Problem(404, "notice.unknown", "There is no notice with this id.")
        case Tick():
            desk.tick(at)
        case Advance():
            pass  # The provider adds the span to its clock; the desk has no clock.
    return {}


def view(desk: Desk, payment: Payment) -> Reply:
    """A payment as the merchant sees it."""
    return {
        "payment": payment.id,
        "deal": payment.deal,
        "key": payment.key,
        "status": payment.status.value,
        "amount": payment.amount,
        "currency": payment.currency,
        "held": desk.held(payment),
        "released": payment.released,
        "refunded": payment.refunded,
        "charged_back": payment.charged_back,
        "expires": payment.expires,
        "token": payment.token,
    }
