"""Webhooks: telling programs what happened, by notices after Standard Webhooks 1.0.

Endpoints, deliveries and the port they leave through; ``engine.webhook_sender`` makes them move. At
least once, in no promised order: the feed (``engine.feed``) is complete and in order. Everything
here stands on the shelf and keeps to the machine's own time: receivers compare our time stamps with
theirs, whatever a test clock says.
"""

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from fairhold.codec.events import envelope
from fairhold.engine.clock import Clock
from fairhold.engine.ports import LogRow, Store
from fairhold.engine.vault import Vault
from fairhold.kernel.ids import public_id
from fairhold.kernel.instant import DAY, Instant, Span, rfc3339

ENDPOINTS: Final = "webhook_endpoint"
DELIVERIES: Final = "webhook_delivery"
DUE: Final = "webhook_due"
"""Tries that are still to come, by time."""
QUEUE: Final = "webhook_queue"
"""What can be sent now, by account and endpoint: a long queue of one is passed in one step."""
CALLED_UP: Final = 500
PREFIX: Final = "whe"
ENDPOINTS_MAX: Final = 10
FILTERS_MAX: Final = 50
KEPT: Final[Span] = 30 * DAY
SECRET_KIND: Final = "webhook_secret"

FAILING: Final = "failing"
GONE: Final = "gone"
_HORIZON = 10**15
"""Milliseconds; keys count down from here, so that the newest delivery comes first."""


# -- the port -------------------------------------------------------------------------------------


class Message(Struct, frozen=True, kw_only=True):
    """One attempt: the raw body, and every secret that is in force to sign it with."""

    url: str
    secrets: Sequence[str]
    id: str
    timestamp_s: int
    body: bytes


class Reply(Struct, frozen=True):
    """How an attempt ended: an HTTP status, 0 when nobody answered, and why."""

    status: int
    error: str = ""
    retry_after: Span = 0


class WebhookPort(Protocol):
    """The way to other people's machines."""

    def post(self, message: Message) -> Reply:
        """Check the address, sign and send one notice; follows nothing.

        Never raises for what the receiver does, and ends within a total deadline whatever that is.
        """

    def close(self) -> None:
        """End every attempt under way, with status 0; twice is no error."""


# -- endpoints ------------------------------------------------------------------------------------


class Secret(Struct, frozen=True):
    """One signing secret: an encrypted body, and until when it signs (0: for good)."""

    body: int
    until: Instant = 0


class Endpoint(Struct, frozen=True, kw_only=True):
    """Where notices go, and which. ``events`` are names, or beginnings such as ``money.*``."""

    id: int
    account: int
    url: str
    events: tuple[str, ...]
    secrets: tuple[Secret, ...]
    made_at: Instant
    description: str = ""
    disabled: str = ""

    def wants(self, type_: str) -> bool:
        """Whether events of this name go here."""
        return any(_fits(pattern, type_) for pattern in self.events)


def _fits(pattern: str, type_: str) -> bool:
    if pattern == "*":
        return True
    if pattern.endswith(".*"):
        return type_.startswith(pattern[:-1])
    return pattern == type_


class Delivery(Struct, frozen=True, kw_only=True):
    """One event on its way to one endpoint. ``state``: waiting, delivered, failed or cancelled."""

    key: str
    endpoint: int
    account: int
    part: int
    seq: int
    stream: str
    version: int
    type: str
    at: Instant
    state: str = "waiting"
    tries: int = 0
    due: Instant = 0
    attempts: tuple["Attempt", ...] = ()

    @property
    def notice_id(self) -> str:
        """The same on every try: what receivers know a repetition by."""
        return f"msg_{self.part}_{self.seq}_{public_id(PREFIX, self.endpoint)[-8:]}"

    def body(self) -> bytes:
        """The notice: what happened and where to read it, never what it says."""
        data = {
            "object": "event",
            "position": f"{self.part}-{self.seq}",
            "stream": self.stream,
            "version": self.version,
        }
        notice = {"type": self.type, "timestamp": rfc3339(self.at), "data": data}
        return msgspec.json.encode(notice)


class Attempt(Struct, frozen=True):
    """One try."""

    at: Instant
    status: int
    error: str = ""


class Webhooks:
    """The tables of endpoints and deliveries; every method blocks."""

    def __init__(self, store: Store, vault: Vault, wall: Clock) -> None:
        """Keep what it works with."""
        self.store = store
        self.vault = vault
        self.wall = wall

    def add(
        self,
        endpoint: int,
        account: int,
        url: str,
        events: tuple[str, ...],
        secret: str,
        about: str,
    ) -> Endpoint:
        """Begin to send somewhere; the address was checked."""
        made = Endpoint(
            id=endpoint,
            account=account,
            url=url,
            events=events,
            secrets=(self._keep(account, secret),),
            made_at=self.wall.now(),
            description=about,
        )
        self._put(made)
        return made

    def rotate(self, endpoint: Endpoint, secret: str, overlap: Span) -> Endpoint:
        """Sign with another secret; the one before goes on signing for a while beside it."""
        now = self.wall.now()
        until = now + overlap
        old = tuple(
            Secret(each.body, min(each.until or until, until))
            for each in endpoint.secrets
            if not each.until or each.until > now
        )
        changed = replace(endpoint, secrets=(self._keep(endpoint.account, secret), *old[:1]))
        self._put(changed)
        return changed

    def remove(self, endpoint: Endpoint) -> None:
        """Send nothing more; what is under way is cancelled when its turn comes."""
        self.store.shelf_drop(ENDPOINTS, _place(endpoint.account, endpoint.id))

    def disable(self, endpoint: Endpoint, reason: str) -> None:
        """Send nothing more until somebody enables it."""
        self._put(replace(endpoint, disabled=reason))

    def enable(self, endpoint: Endpoint) -> Endpoint:
        """Send again what happens from now on."""
        changed = replace(endpoint, disabled="")
        self._put(changed)
        return changed

    def any(self) -> bool:
        """Whether anybody has an endpoint at all."""
        return bool(self.store.shelf_list(ENDPOINTS, "", self.wall.now(), limit=1))

    def of(self, account: int) -> list[Endpoint]:
        """An account's endpoints, newest first."""
        rows = self.store.shelf_list(
            ENDPOINTS, _place(account, None), self.wall.now(), limit=ENDPOINTS_MAX * 2
        )
        found = [msgspec.json.decode(data, type=Endpoint) for _, data in rows]
        return sorted(found, key=lambda each: (each.made_at, each.id), reverse=True)

    def get(self, account: int, endpoint: int) -> Endpoint | None:
        """One endpoint of an account."""
        place = _place(account, endpoint)
        data = self.store.shelf_get(ENDPOINTS, place, self.wall.now())
        return msgspec.json.decode(data, type=Endpoint) if data is not None else None

    def secrets_of(self, endpoint: Endpoint) -> list[str]:
        """The secrets that sign now, newest first; raises Gone."""
        now = self.wall.now()
        return [
            self.vault.get(each.body, SECRET_KIND).decode()
            for each in endpoint.secrets
            if not each.until or each.until > now
        ]

    def deliveries(self, endpoint: Endpoint, after: str, limit: int) -> list[Delivery]:
        """The delivery log of an endpoint, newest first, after a key ("" from the newest)."""
        rows = self.store.shelf_list(
            DELIVERIES,
            f"{endpoint.id:x}/",
            self.wall.now(),
            after=f"{endpoint.id:x}/{after}" if after else "",
            limit=limit,
        )
        return [msgspec.json.decode(data, type=Delivery) for _, data in rows]

    def delivery(self, endpoint: int, key: str) -> Delivery | None:
        """One line of the log."""
        data = self.store.shelf_get(DELIVERIES, f"{endpoint:x}/{key}", self.wall.now())
        return msgspec.json.decode(data, type=Delivery) if data is not None else None

    def begin(self, endpoint: Endpoint, row: LogRow) -> None:
        """Write the delivery of an event, once, and let it be sent."""
        now = self.wall.now()
        delivery = Delivery(
            key=f"{_HORIZON - row.at:015d}-{row.part}-{row.seq}",
            endpoint=endpoint.id,
            account=endpoint.account,
            part=row.part,
            seq=row.seq,
            stream=envelope(row.data).stream,
            version=row.version,
            type=row.type,
            at=row.at,
            due=now,
        )
        place = f"{endpoint.id:x}/{delivery.key}"
        data = msgspec.json.encode(delivery)
        self.store.shelf_add(DELIVERIES, place, data, now, now + KEPT)
        # Whoever died between the two lines above and below comes here again.
        known = self.delivery(endpoint.id, delivery.key) or delivery
        if known.state == "waiting" and not known.tries:
            self.schedule(known)

    def replay(self, delivery: Delivery) -> Delivery:
        """Send once more, under the same id, whatever became of it before."""
        again = replace(delivery, state="waiting", due=self.wall.now(), tries=0)
        self.write(again)
        self.schedule(again)
        return again

    def write(self, delivery: Delivery) -> None:
        """Note how a delivery stands."""
        place = f"{delivery.endpoint:x}/{delivery.key}"
        expires = self.wall.now() + KEPT
        self.store.shelf_put(DELIVERIES, place, msgspec.json.encode(delivery), expires)

    def schedule(self, delivery: Delivery) -> None:
        """Let a delivery be sent when it is due."""
        whose = f"{delivery.account:x}/{delivery.endpoint:x}"
        if delivery.due <= self.wall.now():
            self.store.shelf_put(QUEUE, f"{whose}/{delivery.due:015d}/{delivery.key}", b"-")
        else:
            self.store.shelf_put(DUE, f"{delivery.due:015d}/{whose}/{delivery.key}", b"-")

    def call_up(self) -> None:
        """Queue the tries whose time has come."""
        now = self.wall.now()
        for place, _ in self.store.shelf_list(DUE, "", now, limit=CALLED_UP):
            due, account, endpoint, key = place.split("/")
            if int(due) > now:
                return
            # Queued before it is dropped: who dies in between does so twice, under the same key.
            self.store.shelf_put(QUEUE, f"{account}/{endpoint}/{due}/{key}", b"-")
            self.store.shelf_drop(DUE, place)

    def first_queued(self, after: str) -> tuple[int, int] | None:
        """The account and the endpoint of the first thing to send after a place in the queue."""
        rows = self.store.shelf_list(QUEUE, "", self.wall.now(), after=after, limit=1)
        if not rows:
            return None
        account, endpoint, _ = rows[0][0].split("/", 2)
        return int(account, 16), int(endpoint, 16)

    def queued(self, account: int, endpoint: int, limit: int) -> list[tuple[str, str]]:
        """What can be sent to an endpoint, oldest first: places in the queue, and delivery keys."""
        prefix = f"{_place(account, endpoint)}/"
        rows = self.store.shelf_list(QUEUE, prefix, self.wall.now(), limit=limit)
        return [(place, place.rpartition("/")[2]) for place, _ in rows]

    def unqueue(self, place: str) -> None:
        """It was sent, or need not be."""
        self.store.shelf_drop(QUEUE, place)

    def _keep(self, account: int, secret: str) -> Secret:
        return Secret(self.vault.put(f"account:{account}", SECRET_KIND, secret.encode()).body)

    def _put(self, endpoint: Endpoint) -> None:
        place = _place(endpoint.account, endpoint.id)
        self.store.shelf_put(ENDPOINTS, place, msgspec.json.encode(endpoint))


def _place(account: int, endpoint: int | None) -> str:
    return f"{account:x}/" if endpoint is None else f"{account:x}/{endpoint:x}"


def beyond(account: int, endpoint: int | None = None) -> str:
    """A place in the queue behind everything for an account, or for one of its endpoints."""
    # The digit after the slash: no key lies between.
    return f"{account:x}0" if endpoint is None else f"{account:x}/{endpoint:x}0"
