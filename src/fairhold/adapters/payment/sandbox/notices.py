"""The queue of notices: what is to be delivered when, how often, and how badly."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum

import msgspec
from msgspec import Struct

from fairhold.adapters.payment.sandbox.words import NoticeFault, ProviderSettings
from fairhold.adapters.webhook import signed_headers

_OK_FROM = 200
_OK_BELOW = 300
_AN_HOUR_S = 3_600
_FORGED_SECRET = "whsec_" + "Zm9yZ2VkZm9yZ2VkZm9yZ2VkZm9yZ2Vk"
_COPIES = {
    NoticeFault.TWICE: 2,
    NoticeFault.FIVE_TIMES: 5,
    NoticeFault.TOGETHER: 5,
}
_FALSE_FIRST = frozenset({NoticeFault.WRONG_SIGNATURE, NoticeFault.OLD_TIMESTAMP})


class NoticeState(StrEnum):
    """Where one notice stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


class Delivery(Struct):
    """One notice on its way; ``due`` is None while nobody means to send it."""

    id: str
    kind: str
    payment: str
    body: bytes
    due: int | None
    fault: NoticeFault | None = None
    tries: int = 0
    state: NoticeState = NoticeState.WAITING
    last_status: int = 0
    in_flight: bool = False


class Attempt(Struct, frozen=True):
    """What one delivery sends: the same notice ``copies`` times, perhaps at the same time."""

    id: str
    headers: dict[str, str]
    body: bytes
    copies: int = 1
    together: bool = False


class Notices:
    """All notices of the provider, the faults armed for the next ones, and their retries."""

    def __init__(self, settings: ProviderSettings) -> None:
        self._settings = settings
        self._deliveries: dict[str, Delivery] = {}
        self._open: dict[str, Delivery] = {}
        self._armed: list[tuple[NoticeFault, str]] = []

    def arm(self, fault: NoticeFault, count: int, kind: str = "") -> None:
        """Spoil the next ``count`` notices, or the next ones of one kind."""
        self._armed.extend([(fault, kind)] * count)

    def add(
        self, notice_id: str, kind: str, at: int, data: dict[str, object], fault: NoticeFault | None
    ) -> None:
        """Queue one notice; ``data`` must name its payment."""
        stamp = datetime.fromtimestamp(at / 1000, tz=UTC).isoformat(timespec="milliseconds")
        body = msgspec.json.encode({"type": kind, "timestamp": stamp, "data": data})
        fault = fault or self._take_armed(kind)
        due: int | None = at
        if fault in {NoticeFault.LATE, NoticeFault.OUT_OF_ORDER}:
            due = at + self._settings.late_ms
        elif fault is NoticeFault.NEVER:
            due = None
        delivery = Delivery(notice_id, kind, str(data["payment"]), body, due, fault)
        self._deliveries[notice_id] = delivery
        self._open[notice_id] = delivery

    def _take_armed(self, kind: str) -> NoticeFault | None:
        for number, (fault, wanted) in enumerate(self._armed):
            if wanted in {"", kind}:
                del self._armed[number]
                return fault
        return None

    def take_due(self, now: int) -> Sequence[Attempt]:
        """Hand out what is due; each must come back through :meth:`settle`."""
        attempts = []
        for delivery in self._open.values():
            if delivery.due is not None and delivery.due <= now and not delivery.in_flight:
                delivery.in_flight = True
                attempts.append(self._attempt(delivery, now))
        return attempts

    def _attempt(self, delivery: Delivery, now: int) -> Attempt:
        first = delivery.tries == 0
        fault = delivery.fault if first else None
        stamp = now // 1000 - (_AN_HOUR_S if fault is NoticeFault.OLD_TIMESTAMP else 0)
        secret = self._settings.webhook_secret
        if fault is NoticeFault.WRONG_SIGNATURE:
            secret = _FORGED_SECRET
        return Attempt(
            delivery.id,
            signed_headers((secret,), delivery.id, stamp, delivery.body),
            delivery.body,
            _COPIES.get(fault, 1) if fault else 1,
            fault is NoticeFault.TOGETHER,
        )

    def put_back(self, notice_ids: Sequence[str]) -> None:
        """Take back attempts that were never made; no error for those that were settled."""
        for notice_id in notice_ids:
            delivery = self._open.get(notice_id)
            if delivery is not None:
                delivery.in_flight = False

    def settle(self, notice_id: str, status: int, now: int) -> None:
        """Note how an attempt ended; any 2xx is delivered, anything else is tried again."""
        delivery = self._open.get(notice_id)
        if delivery is None:
            return
        first = delivery.tries == 0
        delivery.in_flight = False
        delivery.tries += 1
        delivery.last_status = status
        false_one = first and delivery.fault in _FALSE_FIRST
        if _OK_FROM <= status < _OK_BELOW and not false_one:
            self._close(delivery, NoticeState.DELIVERED)
            self._let_go(delivery, now)
            return
        waits = self._settings.retry_ms
        if delivery.tries >= len(waits):
            self._close(delivery, NoticeState.GIVEN_UP)
            return
        delivery.due = now + waits[delivery.tries]

    def _close(self, delivery: Delivery, state: NoticeState) -> None:
        delivery.state = state
        delivery.due = None
        self._open.pop(delivery.id, None)

    def _let_go(self, arrived: Delivery, now: int) -> None:
        for row in self._open.values():
            held_back = row.fault is NoticeFault.OUT_OF_ORDER and row.tries == 0
            # Ids grow with time: only what is older than the one that arrived is out of order.
            overtaken = row.payment == arrived.payment and row.id < arrived.id
            if held_back and overtaken and row.due is not None:
                row.due = min(row.due, now)

    def deliver_all(self, now: int) -> int:
        """Make everything that has not arrived due now, faultless; return how many."""
        count = 0
        for delivery in self._deliveries.values():
            if delivery.state is not NoticeState.DELIVERED and not delivery.in_flight:
                delivery.state = NoticeState.WAITING
                delivery.fault = None
                delivery.tries = 0
                delivery.due = now
                self._open[delivery.id] = delivery
                count += 1
        return count

    def repeat(self, notice_id: str, now: int) -> bool:
        """Send one notice again, whether or not it arrived; False when there is none."""
        delivery = self._deliveries.get(notice_id)
        if delivery is None:
            return False
        delivery.state = NoticeState.WAITING
        delivery.tries = 0
        delivery.due = now
        self._open[notice_id] = delivery
        return True

    def next_due(self) -> int | None:
        """When the next attempt is due."""
        dues = [row.due for row in self._open.values() if row.due is not None and not row.in_flight]
        return min(dues, default=None)

    def log(self, limit: int) -> Sequence[Delivery]:
        """The newest notices with how their delivery stands, newest first."""
        return list(reversed(self._deliveries.values()))[:limit]
