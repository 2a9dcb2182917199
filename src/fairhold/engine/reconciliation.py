"""Reconciliation: every line of the payment provider's statement, explained by our record.

The other direction needs no statement: what we decided and the provider has not done yet waits
with a follower, or lies among its dead letters. A line that nothing explains is a finding; it is
looked at again each time, because the notice that explains it may only be late.
"""

from typing import Final

import msgspec
from msgspec import Struct

from fairhold.codec.events import decode
from fairhold.domain.deal import money
from fairhold.domain.deal.state import Deal
from fairhold.domain.wallet import Wallet
from fairhold.engine.desk.desk import Desk
from fairhold.engine.kinds import ACCOUNT, DEAL, WALLET
from fairhold.engine.outside import PaymentFact, ProviderEntry
from fairhold.kernel.ids import read_public_id
from fairhold.kernel.money import Money

SPACE: Final = "reconciliation"
PAGE: Final = 200
PAGES: Final = 20
FINDINGS_MAX: Final = 500
_PLACE: Final = "place"
_OPEN: Final = "open/"


class Finding(Struct, frozen=True):
    """A line and why nothing explains it: a stable code."""

    entry: ProviderEntry
    code: str


class Report(Struct, frozen=True, kw_only=True):
    """How far the statement was read (``last`` line, ``lines`` in all), and what does not fit."""

    lines: int
    last: str
    complete: bool
    findings: tuple[Finding, ...]


class _Place(Struct, frozen=True):
    last: str = ""
    lines: int = 0


class Reconciliation:
    """Reads on where it stopped; what it knows stands on the shelf. All calls block."""

    def __init__(self, desk: Desk) -> None:
        """Compare the desk's provider with the desk's record."""
        self._desk = desk
        self._store = desk.store

    def run(self) -> Report:
        """Look again at what was open, then read on, a bounded number of lines."""
        now = self._desk.engine.now()
        for key, data in self._store.shelf_list(SPACE, _OPEN, now, limit=FINDINGS_MAX):
            entry = msgspec.json.decode(data, type=ProviderEntry)
            if self.explain(entry) is None:
                self._store.shelf_drop(SPACE, key)
        place, complete = self._read_on()
        open_ = self._store.shelf_list(SPACE, _OPEN, now, limit=FINDINGS_MAX)
        entries = [msgspec.json.decode(data, type=ProviderEntry) for _, data in open_]
        findings = tuple(
            Finding(entry, code) for entry in entries if (code := self.explain(entry)) is not None
        )
        return Report(lines=place.lines, last=place.last, complete=complete, findings=findings)

    def _read_on(self) -> tuple[_Place, bool]:
        data = self._store.shelf_get(SPACE, _PLACE, self._desk.engine.now())
        place = msgspec.json.decode(data, type=_Place) if data is not None else _Place()
        for _ in range(PAGES):
            entries = self._desk.payment.statement(place.last, PAGE)
            for entry in entries:
                if self.explain(entry) is not None:
                    line = msgspec.json.encode(entry)
                    self._store.shelf_put(SPACE, f"{_OPEN}{entry.id}", line)
            if entries:
                place = _Place(entries[-1].id, place.lines + len(entries))
                self._store.shelf_put(SPACE, _PLACE, msgspec.json.encode(place))
            if len(entries) < PAGE:
                return place, True
        return place, False

    # -- one line ----------------------------------------------------------------------------------

    def explain(self, entry: ProviderEntry) -> str | None:
        """None when our record explains a line, else why not."""
        if entry.kind in {PaymentFact.PAID_OUT, PaymentFact.PAYOUT_FAILED}:
            return self._payout(entry)
        number = read_public_id(DEAL.prefix, entry.deal)
        deal: Deal | None = self._desk.engine.state(DEAL, number) if number else None
        if number is None or deal is None:
            return "deal_unknown"
        match entry.kind:
            case PaymentFact.AUTHORISED | PaymentFact.CANCELLED:
                return None  # no money moved
            case PaymentFact.CAPTURED:
                return _captured(deal, entry)
            case PaymentFact.CHARGED_BACK:
                return None if deal.money.charged_back else "chargeback_not_on_record"
            case _:
                return self._asked_for(number, entry)

    def _asked_for(self, number: int, entry: ProviderEntry) -> str | None:
        """A release or refund carries our business number: the place of the fact that asked."""
        name, _, version = entry.key.rpartition(":")
        if name != entry.deal or not version.isdecimal():
            return "not_asked_for"
        rows = self._store.history(number)
        if not 0 < int(version) <= len(rows):
            return "not_asked_for"
        event = decode(rows[int(version) - 1].data)
        match event:
            case money.Refunded(amount=amount) | money.CapturedAstray(amount=amount):
                fits = entry.kind is PaymentFact.REFUNDED and entry.amount == amount
            case money.Released(amount=amount, fee=fee):
                fits = entry.kind is PaymentFact.RELEASED and entry.amount in {amount - fee, fee}
            case _:
                fits = False
        return None if fits else "amount_differs"

    def _payout(self, entry: ProviderEntry) -> str | None:
        parts = entry.key.split(":")
        if len(parts) != 3 or parts[0] != "payout" or not parts[2].isdecimal():  # noqa: PLR2004
            return "not_asked_for"
        account = read_public_id(ACCOUNT.prefix, parts[1])
        stream = self._desk.derived("wallet", account) if account is not None else 0
        wallet: Wallet | None = self._desk.engine.state(WALLET, stream)
        if wallet is None or int(parts[2]) > wallet.payouts:
            return "not_asked_for"
        pending = {payout.number: payout.amount for payout in wallet.pending}
        if int(parts[2]) in pending:
            return "ending_not_on_record"
        return None


def _captured(deal: Deal, entry: ProviderEntry) -> str | None:
    if entry.payment == deal.money.payment and deal.money.held:
        held = Money(deal.money.held, deal.price.currency)
        return None if held == entry.amount else "amount_differs"
    stray = any(entry.payment == each.payment for each in deal.money.astray)
    return None if stray else "capture_not_on_record"
