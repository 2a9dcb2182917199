"""What makes webhooks move: one follower writes the deliveries, one step sends what is due."""

import logging
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import Final

from msgspec.structs import replace

from fairhold.engine.audience import people_of
from fairhold.engine.clock import Clock
from fairhold.engine.followers import Effect, Step
from fairhold.engine.ports import LogRow
from fairhold.engine.vault import Gone
from fairhold.engine.webhooks import (
    DUE,
    FAILING,
    GONE,
    Attempt,
    Delivery,
    Endpoint,
    Message,
    Reply,
    WebhookPort,
    Webhooks,
)
from fairhold.kernel.instant import DAY, HOUR, MINUTE, SECOND, Span

BATCH: Final = 32
LEASE: Final[Span] = MINUTE
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
) -> tuple[Step, Step]:
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
    """Sends what is due, several endpoints at a time; a step of a background thread."""

    name = "webhook-sender"

    def __init__(
        self, webhooks: Webhooks, port: WebhookPort, schedule: Sequence[Span] = LIVE
    ) -> None:
        """``schedule`` says how long to wait before each try."""
        self._webhooks = webhooks
        self._port = port
        self._schedule = schedule
        self._pool = ThreadPoolExecutor(8, thread_name_prefix="webhook")
        self._owner = f"{os.getpid()}-{id(self):x}"

    def step(self) -> int:
        """Send one batch of what is due; return how many were sent or dropped."""
        store, now = self._webhooks.store, self._webhooks.wall.now()
        if not store.lease(self.name, self._owner, now, now + LEASE):
            return 0
        rows = store.shelf_list(DUE, "", now, limit=BATCH)
        due = [(key, data.decode()) for key, data in rows if int(key.partition("/")[0]) <= now]
        # One thread an endpoint: a slow receiver delays itself, and its own order is kept.
        targets = sorted(due, key=lambda row: row[1].split(" ")[1])
        groups = [list(group) for _, group in groupby(targets, lambda row: row[1].split(" ")[1])]
        for work in [self._pool.submit(self._send_all, sorted(group)) for group in groups]:
            work.result()
        return len(due)

    def stop(self) -> None:
        """Let another process take over at once."""
        self._pool.shutdown()
        self._webhooks.store.release(self.name, self._owner)

    def _send_all(self, group: Sequence[tuple[str, str]]) -> None:
        for key, target in group:
            account, endpoint, delivery = target.split(" ")
            self._send(int(account, 16), int(endpoint, 16), delivery)
            self._webhooks.store.shelf_drop(DUE, key)

    def _send(self, account: int, endpoint_id: int, key: str) -> None:
        webhooks = self._webhooks
        delivery = webhooks.delivery(endpoint_id, key)
        if delivery is None or delivery.state != "waiting":
            return
        endpoint = webhooks.get(account, endpoint_id)
        if endpoint is None or endpoint.disabled:
            webhooks.write(replace(delivery, state="cancelled"))
            return
        reply = self._post(endpoint, delivery)
        self._settle(endpoint, delivery, reply)

    def _post(self, endpoint: Endpoint, delivery: Delivery) -> Reply:
        refusal = self._port.why_not(endpoint.url)
        if refusal is not None:
            return Reply(0, refusal.code)
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
