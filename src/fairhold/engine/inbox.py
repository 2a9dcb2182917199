"""Notices from outside, once their signature is checked, become wishes for the stream they concern.

A notice may come late, twice or out of order: the domain hears a repeated one as something that
is already so.
"""

from collections.abc import Mapping

from fairhold.domain import wallet
from fairhold.domain.deal import money, parcel
from fairhold.domain.deal.phases import ParcelPhase
from fairhold.engine.batching import Outcome
from fairhold.engine.desk.desk import Desk
from fairhold.engine.kinds import ACCOUNT, DEAL, WALLET
from fairhold.engine.outside import Notice, PaymentFact, ScanKind
from fairhold.kernel.actor import CARRIER, PROVIDER
from fairhold.kernel.ids import read_public_id
from fairhold.kernel.wish import Command, Refusal

_SCANS = {
    ScanKind.ACCEPTED: ParcelPhase.HANDED_OVER,
    ScanKind.MOVING: ParcelPhase.MOVING,
    ScanKind.DELIVERED: ParcelPhase.DELIVERED,
    ScanKind.REFUSED: ParcelPhase.REFUSED,
    ScanKind.LOST: ParcelPhase.LOST,
}


def payment_notice(desk: Desk, headers: Mapping[str, str], body: bytes) -> Outcome | None:
    """Hear the payment provider; raises BadNotice. None when a notice concerns nothing of ours."""
    notice = desk.payment.verify_notice(headers, body, desk.engine.now())
    if notice.kind in {PaymentFact.PAID_OUT, PaymentFact.PAYOUT_FAILED}:
        return _payout(desk, notice)
    deal = read_public_id(DEAL.prefix, notice.deal)
    wish = _wish(notice)
    if deal is None or wish is None:
        return None
    return desk.engine.do(DEAL, deal, wish)


def _wish(notice: Notice) -> Command | None:
    match notice.kind:
        case PaymentFact.AUTHORISED:
            return money.NoteAuthorised(by=PROVIDER, payment=notice.payment, amount=notice.amount)
        case PaymentFact.CAPTURED:
            return money.NoteCaptured(by=PROVIDER, payment=notice.payment, amount=notice.amount)
        case PaymentFact.CANCELLED:
            return money.NoteFailed(by=PROVIDER, payment=notice.payment)
        case PaymentFact.RELEASED | PaymentFact.REFUNDED:
            return money.NoteExecuted(by=PROVIDER, operation=notice.key, payment=notice.payment)
        case PaymentFact.CHARGED_BACK:
            return money.NoteChargeback(
                by=PROVIDER, payment=notice.payment, amount=notice.amount, notice=notice.id
            )
        case _:
            return None


def _payout(desk: Desk, notice: Notice) -> Outcome | None:
    kind, _, rest = notice.key.partition(":")
    name, _, number = rest.partition(":")
    account = read_public_id(ACCOUNT.prefix, name)
    if kind != "payout" or account is None or not number.isdecimal():
        return None
    wish = wallet.NotePayout(
        by=PROVIDER, number=int(number), paid=notice.kind is PaymentFact.PAID_OUT
    )
    return desk.engine.do(WALLET, desk.derived("wallet", account), wish)


def carrier_notice(desk: Desk, headers: Mapping[str, str], body: bytes) -> Outcome:
    """Hear a carrier; raises BadNotice."""
    scan = desk.carrier.verify_notice(headers, body, desk.engine.now())
    known = desk.store.shelf_get("tracking", scan.tracking, desk.engine.now())
    if known is None:
        return Refusal("parcel.unknown_tracking")
    wish = parcel.NoteScan(
        by=CARRIER,
        scan=scan.id,
        tracking=scan.tracking,
        kind=_SCANS[scan.kind],
        scanned_at=scan.at,
    )
    return desk.engine.do(DEAL, int(known), wish)
