"""What makes webhooks move: one follower writes the deliveries, one step sends what is due."""

import logging
import os
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Event
from typing import Final

from msgspec.structs import replace

from fairhold.engine.audience import people_of
from fairhold.engine.clock import Clock
from fairhold.engine.followers import Effect
from fairhold.engine.ports import LogRow
from fairhold.engine.vault import Gone
from fairhold.engine.webhooks import (
    FAILING,
    GONE,
    Attempt,
    Delivery,
    Endpoint,
    Message,
    Reply,
    WebhookPort,
    Webhooks,
    beyond,
)
from fairhold.kernel.instant import DAY, HOUR, MINUTE, SECOND, Instant, Span

BATCH: Final = 32
LEASE: Final[Span] = MINUTE
AT_ONCE: Final = 32
"""How many endpoints are sent to at the same time, and of these how many of one account."""
AT_ONCE_EACH: Final = 3
TURN_S: Final = 5.0
"""After this long an endpoint that has more to come waits for its next turn."""
TRIES_KEPT: Final = 20
LIVE: Final[Sequence[Span]] = (
    0,
    5 * SECOND,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
)
"""How long to wait before each try; after the last the endpoint is disabled."""
SANDBOX: Final[Sequence[Span]] = (0, SECOND, 5 * SECOND, 30 * SECOND)
"""The same where people try things out: they will not wait for a day."""

_GONE = 410
_OK_FROM, _OK_BELOW = 200, 300

log = logging.getLogger(__name__)


def followers(
    webhooks: Webhooks, port: WebhookPort, wall: Clock, schedule: Sequence[Span] = LIVE
) -> tuple[Effect, "Sender"]:
    """Both, ready to run."""
    fan_out = FanOut(webhooks)
    effect = Effect(
        fan_out.name, webhooks.store, wall, fan_out.handle, fan_out.wants, awake=webhooks.any
    )
    return effect, Sender(webhooks, port, schedule)


class FanOut:
    """Writes the deliveries of each event; a handler for an ``Effect``. Twice changes nothing."""

    name = "webhooks"

    def __init__(self, webhooks: Webhooks) -> None:
        """Write to these tables."""
        self._webhooks = webhooks

    @staticmethod
    def wants(type_: str) -> bool:
        """Whether anybody can be told about events of this name."""
        return not type_.startswith("fingerprint.")

    def handle(self, row: LogRow) -> None:
        """One delivery for each endpoint, of those who take part, that wants the event."""
        _, people = people_of(self._webhooks.store, row.stream)
        for account in sorted(set(people)):
            for endpoint in self._webhooks.of(account):
                if not endpoint.disabled and endpoint.wants(row.type):
                    self._webhooks.begin(endpoint, row)


class Sender:
    """Begins to send what is due and waits for nobody; a step of a background thread.

    Receivers are other people's machines, slow ones included: each endpoint has at most one notice
    under way, each account a few, and whoever has something to send gets a turn after the others.
    """

    name = "webhook-sender"

    def __init__(
        self, webhooks: Webhooks, port: WebhookPort, schedule: Sequence[Span] = LIVE
    ) -> None:
        """``schedule`` says how long to wait before each try."""
        self._webhooks = webhooks
        self._port = port
        self._schedule = schedule
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook")
        self._owner = f"{os.getpid()}-{id(self):x}"
        self._leased: Instant = 0
        self._busy: dict[tuple[int, int], Future[None]] = {}
        self._last = ""
        self._stopping = Event()

    def step(self) -> int:
        """Begin what can be begun; return with how many endpoints, 0 when all is under way."""
        self._reap()
        if not self._is_mine():
            return 0
        self._webhooks.call_up()
        begun = 0
        while len(self._busy) < AT_ONCE:
            target = self._next()
            if target is None:
                break
            self._busy[target] = self._pool.submit(self._turn, *target)
            begun += 1
        return begun

    def quiet(self, timeout_s: float) -> bool:
        """Wait until nothing is under way; False when time is up first."""
        return not wait(self._busy.values(), timeout_s).not_done

    def stop(self) -> None:
        """End what is under way, to be sent again, and let another process take over at once."""
        self._stopping.set()
        self._port.close()
        self._pool.shutdown(cancel_futures=True)
        self._leased = 0
        self._webhooks.store.release(self.name, self._owner)

    def _reap(self) -> None:
        """Make room for others; what went wrong on our side is raised here, for the runner."""
        for target, work in list(self._busy.items()):
            if work.done():
                del self._busy[target]
                work.result()

    def _is_mine(self) -> bool:
        """Whether this process holds the lease; a turn ends well within the half that is left."""
        now = self._webhooks.wall.now()
        if now < self._leased - LEASE // 2:
            return True
        held = self._webhooks.store.lease(self.name, self._owner, now, now + LEASE)
        self._leased = now + LEASE if held else 0
        return held

    def _next(self) -> tuple[int, int] | None:
        """The account and the endpoint whose turn it is, round and round from the last one."""
        for start in dict.fromkeys((self._last, "")):
            place = start
            while (target := self._webhooks.first_queued(place)) is not None:
                account, endpoint = target
                theirs = sum(1 for other, _ in self._busy if other == account)
                if theirs >= AT_ONCE_EACH:
                    place = beyond(account)
                    continue
                place = beyond(account, endpoint)
                if target not in self._busy:
                    self._last = place
                    return target
        return None

    def _turn(self, account: int, endpoint: int) -> None:
        """Send what waits for one endpoint, until a try fails or its time is up."""
        end = time.monotonic() + TURN_S
        for place, key in self._webhooks.queued(account, endpoint, BATCH):
            well = self._send(account, endpoint, key)
            if self._stopping.is_set():
                return
            self._webhooks.unqueue(place)
            if not well or time.monotonic() >= end:
                return

    def _send(self, account: int, endpoint_id: int, key: str) -> bool:
        """Whether the receiver can be sent more at once."""
        webhooks = self._webhooks
        delivery = webhooks.delivery(endpoint_id, key)
        if delivery is None or delivery.state != "waiting":
            return True
        endpoint = webhooks.get(account, endpoint_id)
        if endpoint is None or endpoint.disabled:
            webhooks.write(replace(delivery, state="cancelled"))
            return True
        reply = self._post(endpoint, delivery)
        if not (self._stopping.is_set() and reply.status == 0):
            self._settle(endpoint, delivery, reply)
        return _OK_FROM <= reply.status < _OK_BELOW

    def _post(self, endpoint: Endpoint, delivery: Delivery) -> Reply:
        try:
            secrets = self._webhooks.secrets_of(endpoint)
        except Gone:
            return Reply(0, "secret.gone")
        message = Message(
            url=endpoint.url,
            secrets=secrets,
            id=delivery.notice_id,
            timestamp_s=self._webhooks.wall.now() // SECOND,
            body=delivery.body(),
        )
        return self._port.post(message)

    def _settle(self, endpoint: Endpoint, delivery: Delivery, reply: Reply) -> None:
        webhooks, now = self._webhooks, self._webhooks.wall.now()
        attempt = Attempt(now, reply.status, reply.error[:200])
        tried = replace(
            delivery,
            tries=delivery.tries + 1,
            attempts=(*delivery.attempts, attempt)[-TRIES_KEPT:],
        )
        if _OK_FROM <= reply.status < _OK_BELOW:
            webhooks.write(replace(tried, state="delivered"))
        elif reply.status == _GONE:
            webhooks.write(replace(tried, state="failed"))
            webhooks.disable(endpoint, GONE)
        elif tried.tries >= len(self._schedule):
            log.warning("webhook endpoint %d disabled: it kept failing", endpoint.id)
            webhooks.write(replace(tried, state="failed"))
            webhooks.disable(endpoint, FAILING)
        else:
            wait = max(self._schedule[tried.tries], min(reply.retry_after, DAY))
            again = replace(tried, due=now + wait + _jitter(delivery, wait))
            webhooks.write(again)
            webhooks.schedule(again)


def _jitter(delivery: Delivery, wait: Span) -> Span:
    """Up to a tenth more, the same for the same try, so that failures do not come back in step."""
    return (delivery.seq * 2_654_435_761 + delivery.tries * 40_503) % (wait // 10 + 1)
