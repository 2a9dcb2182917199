"""The provider behind its counter: one turn at a time, keys that never act twice, faults."""

from collections.abc import Callable, Sequence
from typing import Final, NoReturn

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from fairhold.adapters.journal import Journal
from fairhold.adapters.notices import Attempt, Delivery, NoticeFault
from fairhold.adapters.payment.sandbox.desk import Desk
from fairhold.adapters.payment.sandbox.moves import (
    Advance,
    Call,
    Capture,
    ChargeBack,
    Choose,
    DeliverAll,
    FailPayout,
    Move,
    PayOut,
    Record,
    Refund,
    Repeat,
    Reply,
    Settle,
    Spoil,
    Tick,
    perform,
    view,
)
from fairhold.adapters.payment.sandbox.things import Entry, Payment
from fairhold.adapters.payment.sandbox.words import (
    MAGIC_CALLS,
    ApiFault,
    Choice,
    Problem,
    ProviderSettings,
)

_BEFORE: Final = (ApiFault.TIMEOUT_BEFORE, ApiFault.UNAVAILABLE, ApiFault.DECLINED)


class Hang(Exception):
    """The call is never answered."""


class _Armed(Struct):
    fault: ApiFault
    op: str
    left: int


class Provider:
    """A whole sandbox provider; safe to use from any thread.

    ``clock`` tells the time in milliseconds since 1970; :meth:`advance` adds to it. What was due
    happens before each call looks, so time passes for the provider whenever anybody asks it
    something. With a journal a new Provider on the same file takes up where the last one stopped,
    and any number of them, in as many processes, are one provider.
    """

    def __init__(self, settings: ProviderSettings, clock: Callable[[], int]) -> None:
        self.settings = settings
        self._clock = clock
        self._desk = Desk(settings)
        self._replies: dict[str, tuple[Move, Reply]] = {}
        self._armed: list[_Armed] = []
        self._offset = 0
        self._last = 0
        self._listeners: list[Callable[[], None]] = []
        decode = msgspec.json.Decoder(Record).decode
        self._journal = Journal(settings.journal, decode, self._follow)

    def close(self) -> None:
        """Let go of the journal's file."""
        self._journal.close()

    def on_change(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` after each change, from whatever thread made it, until forgotten.

        Returns what forgets the listener again.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # -- the merchant's calls ---------------------------------------------------------------------

    def call(self, key: str, move: Call) -> Reply:
        """Do what the merchant asks, at most once for one key.

        Raises Problem when it is refused and Hang when it is never answered. Only what was done
        is remembered with its key: a refused call may be tried again when things have changed.
        """
        with self._journal.turn:
            fault = self._take_fault(_name(move))
            known = self._replies.get(key)
            # What was done stays done: a bank cannot say no to it when it is asked again.
            again = fault is ApiFault.DECLINED and known is not None
            if fault is not None and fault in _BEFORE and not again:
                _fail(fault)
            fault = None if again else fault
            now = self._now()
            if known is None:
                fault = fault or self._magic(move)
                if fault is not None and fault in _BEFORE:
                    _fail(fault)
                reply = self._write(Record(now, key, move))
            elif known[0] == move:
                reply = known[1]
            else:
                raise Problem(422, "key.reused", "This key was used for something else.")
        self._changed()
        if fault is not None:
            _fail(fault)
        return reply

    def _magic(self, move: Call) -> ApiFault | None:
        if not self.settings.magic:
            return None
        if isinstance(move, Capture):
            payment = self._desk.payments.get(move.payment)
            return MAGIC_CALLS.get(payment.amount) if payment else None
        return MAGIC_CALLS.get(move.amount) if isinstance(move, Refund | PayOut) else None

    def _take_fault(self, op: str) -> ApiFault | None:
        for armed in self._armed:
            if armed.op in {"", op}:
                armed.left -= 1
                if not armed.left:
                    self._armed.remove(armed)
                return armed.fault
        return None

    # -- looking ----------------------------------------------------------------------------------

    def payment(self, payment_id: str) -> Reply:
        """How a payment stands."""
        with self._journal.turn:
            self._look("payment")
            return view(self._desk, self._desk.payment(payment_id))

    def statement(self, since: str, limit: int) -> Sequence[Entry]:
        """Lines after one that is known ("" from the first), oldest first."""
        with self._journal.turn:
            self._look("statement")
            place = self._desk.places.get(since, -1)
            if since and place < 0:
                raise Problem(404, "entry.unknown", "There is no line with this id.")
            return self._desk.entries[place + 1 : place + 1 + limit]

    def balances(self) -> Sequence[tuple[str, str, int]]:
        """Every account of the books that is not zero, with currency and minor units."""
        with self._journal.turn:
            self._look("balances")
            rows = self._desk.books.all().items()
            return sorted((account, currency, minor) for (account, currency), minor in rows)

    def check(self) -> None:
        """Assert that the books are exact."""
        with self._journal.turn:
            self._now()
            self._desk.check()

    def checkout(self, token: str) -> Payment:
        """The payment behind a checkout address, as it stands now (a copy)."""
        with self._journal.turn:
            self._now()
            return replace(self._desk.by_token(token))

    def _look(self, op: str) -> None:
        fault = self._take_fault(op)
        if fault is not None:
            _fail(fault)
        self._now()

    # -- the buyer, the banks, and the stage manager ----------------------------------------------

    def choose(self, token: str, choice: Choice) -> bool:
        """Do what the buyer pressed at the checkout; False when the card was declined."""
        reply = self._control(Choose(token, choice))
        return bool(reply["paid"])

    def pay(self, payment_id: str, choice: Choice = Choice.PAY) -> bool:
        """Press a button of the checkout page for the buyer of a payment."""
        with self._journal.turn:
            token = self._desk.payment(payment_id).token
        return self.choose(token, choice)

    def charge_back(self, payment_id: str, amount: int | None = None) -> Reply:
        """Let the buyer's bank take money back, all that is left when no amount is given."""
        return self._control(ChargeBack(payment_id, amount))

    def fail_payout(self, account: str) -> None:
        """Let the bank send back one payout of an account: the one under way, or the next."""
        self._control(FailPayout(account))

    def spoil_notices(self, fault: NoticeFault, count: int = 1, kind: str = "") -> None:
        """Spoil the next notices, perhaps only those of one kind such as payment.captured."""
        self._control(Spoil(fault, count, kind))

    def spoil_calls(self, fault: ApiFault, count: int = 1, op: str = "") -> None:
        """Spoil the next calls, perhaps only those of one operation; forgotten at a restart."""
        with self._journal.turn:
            self._armed.append(_Armed(fault, op, count))

    def advance(self, span_ms: int) -> int:
        """Let the provider's time run ahead of its clock; return what it is now."""
        self._control(Advance(span_ms))
        with self._journal.turn:
            return self._now()

    def _control(self, move: Move) -> Reply:
        with self._journal.turn:
            reply = self._write(Record(self._now(), "", move))
        self._changed()
        return reply

    # -- notices ----------------------------------------------------------------------------------

    def take_due(self) -> Sequence[Attempt]:
        """What has to be delivered now; hand each result back through :meth:`settle`.

        Of several providers on one journal, one at a time delivers.
        """
        with self._journal.turn:
            now = self._now()
            return self._desk.notices.take_due(now) if self._journal.may_send() else ()

    def settle(self, notice_id: str, status: int) -> None:
        """Note how a delivery ended: an HTTP status, or 0 when nobody answered."""
        self._control(Settle(notice_id, status))

    def put_back(self, notice_ids: Sequence[str]) -> None:
        """Take back attempts that were never made; no error for those that were settled."""
        with self._journal.turn:
            self._desk.notices.put_back(notice_ids)

    def deliver_all(self) -> int:
        """Make every notice that has not arrived due now, without faults; return how many."""
        reply = self._control(DeliverAll())
        return int(str(reply["count"]))

    def repeat_notice(self, notice_id: str) -> None:
        """Deliver one notice again although it arrived."""
        self._control(Repeat(notice_id))

    def notices(self, limit: int = 100) -> Sequence[Delivery]:
        """The newest notices and how their delivery stands (copies)."""
        with self._journal.turn:
            self._now()
            return [replace(row) for row in self._desk.notices.log(limit)]

    def next_due(self) -> int | None:
        """When the next delivery is due, by the provider's time."""
        with self._journal.turn:
            self._now()
            return self._desk.notices.next_due()

    # -- inside -----------------------------------------------------------------------------------

    def _now(self) -> int:
        self._last = max(self._last, self._clock() + self._offset)
        if self._desk.has_due(self._last):
            # Time is on record where it does something, so that whoever follows the journal, on
            # a clock of his own, sees everything happen in the same order.
            self._write(Record(self._last, "", Tick()))
        return self._last

    def _changed(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    def _write(self, record: Record) -> Reply:
        reply = self._perform(record)
        self._journal.append(record)
        return reply

    def _follow(self, record: Record) -> None:
        """Do what is on record."""
        self._last = max(self._last, record.at)
        self._desk.tick(record.at)
        self._perform(record)

    def _perform(self, record: Record) -> Reply:
        reply = perform(self._desk, record)
        move = record.move
        if record.key:
            self._replies[record.key] = (move, reply)
        if isinstance(move, Advance):
            self._offset += move.span
        return reply


def _name(move: Call) -> str:
    return str(move.__struct_config__.tag)


def _fail(fault: ApiFault) -> NoReturn:
    match fault:
        case ApiFault.FAIL_AFTER:
            raise Problem(500, "provider.failed", "Something broke on our side.")
        case ApiFault.UNAVAILABLE:
            raise Problem(503, "provider.unavailable", "We are busy. Try again later.")
        case ApiFault.DECLINED:
            raise Problem(402, "bank.declined", "The bank said no.")
        case ApiFault.TIMEOUT_AFTER | ApiFault.TIMEOUT_BEFORE:
            raise Hang
