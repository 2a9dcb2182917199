"""Notices of a sandbox: a queue that knows what is due, and a sender that delivers it.

Payment providers and carriers tell what happened by signed notices, at least once and in no
promised order. A sandbox does the same, and does it badly when asked to.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Protocol, TypeAlias

import httpx
import msgspec
from msgspec import Struct

from fairhold.adapters.webhook import signed_headers

POLL_S: Final = 0.25
"""How often the sender looks whether time alone has made something due."""
_OK_FROM = 200
_OK_BELOW = 300
_AN_HOUR_S = 3_600
_FORGED_SECRET = "whsec_" + "Zm9yZ2VkZm9yZ2VkZm9yZ2VkZm9yZ2Vk"


class NoticeFault(StrEnum):
    """How the delivery of a notice goes wrong."""

    LATE = "late"
    """Sent only after ``late_ms``."""
    TWICE = "twice"
    FIVE_TIMES = "five_times"
    TOGETHER = "together"
    """Five deliveries at the same time."""
    OUT_OF_ORDER = "out_of_order"
    """Held back until the next notice of the same subject has arrived (or ``late_ms``)."""
    NEVER = "never"
    """Not sent at all, until somebody asks for all that is pending."""
    WRONG_SIGNATURE = "wrong_signature"
    """A forged copy comes first; the real one is the first retry."""
    OLD_TIMESTAMP = "old_timestamp"
    """A copy stamped an hour ago comes first; the real one is the first retry."""


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
    subject: str
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

    def __init__(self, secret: str, retry_ms: Sequence[int], late_ms: int) -> None:
        self._secret = secret
        self._retry_ms = tuple(retry_ms)
        self._late_ms = late_ms
        self._deliveries: dict[str, Delivery] = {}
        self._open: dict[str, Delivery] = {}
        self._armed: list[tuple[NoticeFault, str]] = []

    def arm(self, fault: NoticeFault, count: int, kind: str = "") -> None:
        """Spoil the next ``count`` notices, or the next ones of one kind."""
        self._armed.extend([(fault, kind)] * count)

    def add(
        self,
        notice_id: str,
        kind: str,
        subject: str,
        at: int,
        data: Mapping[str, object],
        fault: NoticeFault | None = None,
    ) -> None:
        """Queue one notice about ``subject`` (a payment, a parcel); ids must grow with time."""
        stamp = datetime.fromtimestamp(at / 1000, tz=UTC).isoformat(timespec="milliseconds")
        body = msgspec.json.encode({"type": kind, "timestamp": stamp, "data": data})
        fault = fault or self._take_armed(kind)
        due: int | None = at
        if fault in {NoticeFault.LATE, NoticeFault.OUT_OF_ORDER}:
            due = at + self._late_ms
        elif fault is NoticeFault.NEVER:
            due = None
        delivery = Delivery(notice_id, kind, subject, body, due, fault)
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
        secret = self._secret
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
        if _ok(status) and not false_one:
            self._close(delivery, NoticeState.DELIVERED)
            self._let_go(delivery, now)
            return
        waits = self._retry_ms
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
            overtaken = row.subject == arrived.subject and row.id < arrived.id
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


# -- sending --------------------------------------------------------------------------------------


Deliver: TypeAlias = Callable[[Mapping[str, str], bytes], Awaitable[int]]
"""Deliver one notice (headers, raw body); return the HTTP status, 0 when nobody answered."""


class Source(Protocol):
    """A sandbox that has notices to send; each method may be called from any thread."""

    def take_due(self) -> Sequence[Attempt]:
        """What has to be delivered now; each is settled or put back."""

    def settle(self, notice_id: str, status: int) -> None:
        """Note how a delivery ended: an HTTP status, or 0 when nobody answered."""

    def put_back(self, notice_ids: Sequence[str]) -> None:
        """Take back attempts that were never made; no error for those that were settled."""

    def on_change(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` after each change until the returned function is called."""


class NoticeSender:
    """Delivers the notices of one sandbox, at least once each, in no promised order.

    ``step`` delivers what is due by the sandbox's time and waits for nothing else, so a test
    drives it by hand; ``run`` keeps stepping until it is cancelled.
    """

    def __init__(self, source: Source, deliver: Deliver) -> None:
        self._source = source
        self._deliver = deliver

    async def step(self) -> int:
        """Make every delivery that is due; return how many notices were attempted."""
        attempts = await asyncio.to_thread(self._source.take_due)
        try:
            for attempt in attempts:
                status = await self._attempt(attempt)
                await asyncio.to_thread(self._source.settle, attempt.id, status)
        finally:
            # Whoever stops a sender half-way leaves the rest to the next one.
            self._source.put_back([attempt.id for attempt in attempts])
        return len(attempts)

    async def _attempt(self, attempt: Attempt) -> int:
        calls = [self._one(attempt) for _ in range(attempt.copies)]
        if attempt.together:
            return _best(await asyncio.gather(*calls))
        return _best([await call for call in calls])

    async def _one(self, attempt: Attempt) -> int:
        try:
            return await self._deliver(attempt.headers, attempt.body)
        except Exception:  # noqa: BLE001 - whatever a receiver does, the notice is tried again
            return 0

    async def run(self) -> None:
        """Deliver for ever: at once when something changed, else when time has passed."""
        loop = asyncio.get_running_loop()
        changed = asyncio.Event()

        def wake() -> None:
            loop.call_soon_threadsafe(changed.set)

        forget = self._source.on_change(wake)
        try:
            while True:
                changed.clear()
                if not await self.step():
                    await _wait(changed)
        finally:
            forget()


async def _wait(changed: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(POLL_S):
            await changed.wait()
    except TimeoutError:
        return


def _best(statuses: Iterable[int]) -> int:
    answers = list(statuses)
    return next((status for status in answers if _ok(status)), answers[-1])


def _ok(status: int) -> bool:
    return _OK_FROM <= status < _OK_BELOW


def deliver_over_http(client: httpx.AsyncClient, url: str) -> Deliver:
    """Deliver notices by POST to one address; redirects count as failures."""

    async def deliver(headers: Mapping[str, str], body: bytes) -> int:
        try:
            response = await client.post(url, headers=dict(headers), content=body)
        except httpx.HTTPError:
            return 0
        return response.status_code

    return deliver
