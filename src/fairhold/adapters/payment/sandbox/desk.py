"""The provider's business: payments and payouts, what each call does to them, and what is due.

A :class:`Desk` is a plain state machine. It reads no clock: every move is told its time, and the
same moves in the same order make the same desk, which is what its journal rests on.
"""

import hashlib
import heapq
import hmac
from collections.abc import Sequence

from msgspec.structs import replace

from fairhold.adapters.notices import NoticeFault, Notices
from fairhold.adapters.payment.sandbox import books
from fairhold.adapters.payment.sandbox.books import Books
from fairhold.adapters.payment.sandbox.things import (
    Entry,
    Open,
    Payment,
    Payout,
    Split,
    Status,
    wrong_status,
)
from fairhold.adapters.payment.sandbox.words import (
    MAGIC_PAYMENTS,
    MAGIC_PAYOUT_FAILS,
    MINUTE_MS,
    Choice,
    Problem,
    ProviderSettings,
)


class Desk:
    """All payments, payouts, entries and notices of one provider."""

    def __init__(self, settings: ProviderSettings) -> None:
        self._settings = settings
        self.books = Books()
        self.notices = Notices(settings.webhook_secret, settings.retry_ms, settings.late_ms)
        self.payments: dict[str, Payment] = {}
        self.entries: list[Entry] = []
        self.places: dict[str, int] = {}
        self._tokens: dict[str, str] = {}
        self._dues: list[tuple[int, str]] = []
        self._payouts: dict[str, Payout] = {}
        self._failing: dict[str, int] = {}
        self._count = 0

    # -- looking ----------------------------------------------------------------------------------

    def payment(self, payment_id: str) -> Payment:
        """Find a payment by its id."""
        payment = self.payments.get(payment_id)
        if payment is None:
            raise Problem(404, "payment.unknown", "There is no payment with this id.")
        return payment

    def by_token(self, token: str) -> Payment:
        """Find the payment behind a checkout address."""
        return self.payment(self._tokens.get(token, ""))

    def held(self, payment: Payment) -> int:
        """What stands in a payment's hold."""
        return self.books.balance(books.held(payment.id), payment.currency)

    # -- the merchant's calls ---------------------------------------------------------------------

    def open(self, at: int, key: str, terms: Open) -> Payment:
        """Prepare a checkout."""
        if terms.expires <= at:
            raise Problem(422, "checkout.expired", "The checkout would end before it begins.")
        payment = Payment(
            *self._payment_name(at),
            terms.deal,
            key,
            terms.amount,
            terms.currency,
            terms.return_url,
            terms.expires,
        )
        self._keep(payment)
        self._watch(payment)
        return payment

    def _payment_name(self, at: int) -> tuple[str, str]:
        name = self._name("pay", at)
        secret = self._settings.webhook_secret.encode()
        token = hmac.new(secret, name.encode(), hashlib.sha256).hexdigest()[:32]
        return name, token

    def _keep(self, payment: Payment) -> None:
        self.payments[payment.id] = payment
        self._tokens[payment.token] = payment.id

    def capture(self, at: int, key: str, payment_id: str) -> Payment:
        """Take the whole authorised amount into the hold."""
        payment = self.payment(payment_id)
        if payment.status is not Status.AUTHORISED:
            raise wrong_status(payment)
        payment.status = Status.CAPTURED
        payment.captured = payment.amount
        self.books.move(payment.currency, payment.amount, books.CARDS, books.held(payment.id))
        self._enter(at, "captured", key, payment, payment.amount)
        return payment

    def cancel(self, at: int, key: str, payment_id: str) -> Payment:
        """Give an authorisation back, or close a checkout that nobody has paid."""
        payment = self.payment(payment_id)
        if payment.status not in {Status.OPEN, Status.EXPIRED, Status.AUTHORISED}:
            raise wrong_status(payment)
        authorised = payment.status is Status.AUTHORISED
        payment.status = Status.CANCELLED
        if authorised:
            self._enter(at, "cancelled", key, payment, payment.amount)
        return payment

    def release(
        self, at: int, key: str, payment_id: str, currency: str, splits: Sequence[Split]
    ) -> Payment:
        """Move parts of the hold to balances, all of them or none."""
        payment = self._captured(payment_id, currency, sum(split.amount for split in splits))
        for split in splits:
            target = books.available(split.to)
            self.books.move(currency, split.amount, books.held(payment.id), target)
            payment.released += split.amount
            self._enter(at, "released", key, payment, split.amount, account=split.to)
        return payment

    def refund(self, at: int, key: str, payment_id: str, currency: str, amount: int) -> Payment:
        """Send a part of the hold back to the buyer."""
        payment = self._captured(payment_id, currency, amount)
        self.books.move(currency, amount, books.held(payment.id), books.CARDS)
        payment.refunded += amount
        self._enter(at, "refunded", key, payment, amount)
        return payment

    def _captured(self, payment_id: str, currency: str, amount: int) -> Payment:
        payment = self.payment(payment_id)
        if payment.status is not Status.CAPTURED:
            raise wrong_status(payment)
        if payment.currency != currency:
            raise Problem(422, "currency.differs", "The payment was made in another currency.")
        if amount > self.held(payment):
            raise Problem(409, "hold.too_small", "Less than this amount is still held.")
        return payment

    def payout(self, at: int, key: str, account: str, currency: str, amount: int) -> Payout:
        """Send a part of a balance to the bank."""
        if amount > self.books.balance(books.available(account), currency):
            raise Problem(409, "balance.too_small", "Less than this amount is available.")
        owes = self.books.balance(books.OWED, currency) < 0
        if account == self._settings.platform_account and owes:
            raise Problem(409, "payout.platform_owes", "A chargeback has to be paid back first.")
        name = self._name("out", at)
        payout = Payout(name, account, amount, currency, key, at + self._settings.payout_ms)
        self.books.move(currency, amount, books.available(account), books.transit(name))
        self._payouts[name] = payout
        heapq.heappush(self._dues, (payout.due, name))
        return payout

    # -- the buyer at the checkout ----------------------------------------------------------------

    def choose(self, at: int, token: str, choice: Choice) -> bool:
        """Do what the buyer pressed; False when the card was declined."""
        payment = self.by_token(token)
        if payment.status is not Status.OPEN or payment.late_due is not None:
            raise wrong_status(payment)
        if choice is Choice.PAY and self._settings.magic:
            choice = MAGIC_PAYMENTS.get(payment.amount, choice)
        if choice is Choice.DECLINE:
            return False
        if choice is Choice.PAY_LATE:
            payment.late_due = max(at, payment.expires) + MINUTE_MS
            self._watch(payment)
            return True
        self._authorise(at, payment, choice.notice_fault)
        if choice is Choice.PAY_TWICE:
            name, token = self._payment_name(at)
            second = replace(payment, id=name, token=token)
            self._keep(second)
            self._authorise(at, second, None)
        return True

    def _authorise(self, at: int, payment: Payment, fault: NoticeFault | None) -> None:
        payment.status = Status.AUTHORISED
        payment.authorised_at = at
        payment.late_due = None
        self._watch(payment)
        self._enter(at, "authorised", payment.key, payment, payment.amount, fault=fault)

    # -- the banks, and those who play them -------------------------------------------------------

    def charge_back(self, at: int, payment_id: str, amount: int | None) -> Payment:
        """Let the buyer's bank take money back: hold first, then the platform, then a debt."""
        payment = self.payment(payment_id)
        left = payment.captured - payment.refunded - payment.charged_back
        minor = left if amount is None else amount
        if payment.status is not Status.CAPTURED or not 0 < minor <= left:
            raise Problem(409, "chargeback.too_large", "The buyer did not pay that much.")
        from_hold = min(minor, self.held(payment))
        platform = books.available(self._settings.platform_account)
        from_platform = min(minor - from_hold, self.books.balance(platform, payment.currency))
        sides = (
            (books.held(payment.id), -from_hold),
            (platform, -from_platform),
            (books.OWED, from_hold + from_platform - minor),
            (books.CARDS, minor),
        )
        self.books.post(payment.currency, sides)
        payment.charged_back += minor
        self._enter(at, "charged_back", "", payment, minor)
        return payment

    def fail_payout(self, account: str) -> None:
        """Let the bank send back one payout of an account: the one under way, or the next."""
        self._failing[account] = self._failing.get(account, 0) + 1

    def has_due(self, now: int) -> bool:
        """Whether anything may happen by ``now``."""
        return bool(self._dues) and self._dues[0][0] <= now

    def tick(self, now: int) -> None:
        """Let happen what was due by ``now``, each at its own time and in that order."""
        while self._dues and self._dues[0][0] <= now:
            due, name = heapq.heappop(self._dues)
            payout = self._payouts.get(name)
            payment = self.payments.get(name)
            if payout is not None:
                self._arrive(due, payout)
            elif payment is not None and _due(payment, self._settings) == due:
                self._ripen(due, payment)

    def _watch(self, payment: Payment) -> None:
        due = _due(payment, self._settings)
        if due is not None:
            heapq.heappush(self._dues, (due, payment.id))

    def _ripen(self, at: int, payment: Payment) -> None:
        if payment.status is Status.AUTHORISED:
            payment.status = Status.CANCELLED
            self._enter(at, "cancelled", "", payment, payment.amount)
        elif payment.late_due is not None:
            # The bank had begun before the checkout was closed, and nobody can stop it now.
            self._authorise(at, payment, None)
        else:
            payment.status = Status.EXPIRED

    def _arrive(self, at: int, payout: Payout) -> None:
        del self._payouts[payout.id]
        magic = self._settings.magic and payout.amount == MAGIC_PAYOUT_FAILS
        failing = self._failing.get(payout.account, 0)
        source = books.transit(payout.id)
        if failing or magic:
            if failing:
                self._failing[payout.account] = failing - 1
            target = books.available(payout.account)
        else:
            target = books.BANKS
        self.books.move(payout.currency, payout.amount, source, target)
        kind = "paid_out" if target == books.BANKS else "payout_failed"
        self._record(
            Entry(
                id=self._name("ent", at),
                kind=kind,
                payment="",
                deal="",
                key=payout.key,
                account=payout.account,
                amount=payout.amount,
                currency=payout.currency,
                at=at,
            ),
            None,
        )

    # -- entries ----------------------------------------------------------------------------------

    def _enter(
        self,
        at: int,
        kind: str,
        key: str,
        payment: Payment,
        amount: int,
        *,
        account: str = "",
        fault: NoticeFault | None = None,
    ) -> None:
        entry = Entry(
            id=self._name("ent", at),
            kind=kind,
            payment=payment.id,
            deal=payment.deal,
            key=key,
            account=account,
            amount=amount,
            currency=payment.currency,
            at=at,
        )
        self._record(entry, fault)

    def _record(self, entry: Entry, fault: NoticeFault | None) -> None:
        self.places[entry.id] = len(self.entries)
        self.entries.append(entry)
        about = "payment" if entry.payment else "payout"
        kind = f"{about}.{entry.kind}"
        data: dict[str, object] = {
            "kind": entry.kind,
            "payment": entry.payment,
            "deal": entry.deal,
            "key": entry.key,
            "account": entry.account,
            "amount": entry.amount,
            "currency": entry.currency,
            "at": entry.at,
        }
        self.notices.add(
            "ntc" + entry.id.removeprefix("ent"), kind, entry.payment, entry.at, data, fault
        )

    def _name(self, prefix: str, at: int) -> str:
        # The time keeps names apart over a restart that lost what it knew.
        self._count += 1
        return f"{prefix}_{at:011x}{self._count:06x}"

    def check(self) -> None:
        """Assert that books and payments tell the same story."""
        self.books.check()
        for payment in self.payments.values():
            gone = payment.released + payment.refunded
            assert self.held(payment) <= payment.captured - gone, "a hold never grows"
            assert payment.captured in {0, payment.amount}, "a capture takes all or nothing"


def _due(payment: Payment, settings: ProviderSettings) -> int | None:
    """When something happens to a payment that nobody touches."""
    if payment.status is Status.AUTHORISED:
        return payment.authorised_at + settings.authorisation_ms
    if payment.late_due is None and payment.status is Status.OPEN:
        return payment.expires
    return payment.late_due
