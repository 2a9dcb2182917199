"""A carrier that does what its script says: delivers, delays, loses, is refused, falls silent."""

import heapq
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final, TypeAlias

import msgspec
from msgspec import Struct

from fairhold.adapters.journal import Journal
from fairhold.adapters.notices import Attempt, NoticeFault, Notices
from fairhold.adapters.webhook import MALFORMED, verify
from fairhold.engine.outside import (
    BadNotice,
    Declined,
    Label,
    Leg,
    OutsideUnavailable,
    Scan,
    ScanKind,
)
from fairhold.kernel.instant import DAY, HOUR, SECOND, Instant, Span
from fairhold.kernel.wish import Refusal

RETRY_MS: Final = (0, 1 * SECOND, 5 * SECOND, 30 * SECOND)
HELD_BACK: Final[Span] = 30 * DAY
KEY_REUSED: Final = "key.reused"
UNKNOWN_PARCEL: Final = "parcel.unknown"
_SERIALS: Final = 1_000_000


class Script(StrEnum):
    """What will become of a parcel."""

    DELIVER = "deliver"
    REFUSE = "refuse"
    """The receiver refuses it at the door."""
    LOSE = "lose"
    DELAY = "delay"
    """Delivered nine days late."""
    SILENCE = "silence"
    """Never scanned at all: nobody handed it over, or nobody looked."""
    DUPLICATE = "duplicate"
    """Delivered, and every scan told twice."""
    OUT_OF_ORDER = "out_of_order"
    """Delivered, and that it moved is told only after that."""


class CarrierSettings(Struct, frozen=True, kw_only=True):
    """How a sandbox carrier is set up; spans count from the booking, in milliseconds."""

    webhook_secret: str
    name: str = "Sandbox Express"
    journal: str = ""
    accepted_after: Span = 4 * HOUR
    moving_after: Span = 1 * DAY
    arrived_after: Span = 3 * DAY
    late_after: Span = 12 * DAY
    lost_after: Span = 10 * DAY


class _Book(Struct, frozen=True, tag="book"):
    at: Instant
    deal: str
    leg: Leg
    key: str


class _Next(Struct, frozen=True, tag="next"):
    at: Instant
    script: Script


class _Play(Struct, frozen=True, tag="play"):
    at: Instant
    tracking: str
    script: Script


class _Scan(Struct, frozen=True, tag="scan"):
    at: Instant
    tracking: str
    kind: ScanKind


class _Tick(Struct, frozen=True, tag="tick"):
    at: Instant


class _Settle(Struct, frozen=True, tag="settle"):
    at: Instant
    notice: str
    status: int


_Record: TypeAlias = _Book | _Next | _Play | _Scan | _Tick | _Settle


class _Parcel(Struct):
    booked: Instant
    deal: str
    leg: Leg
    script: Script
    steps: list[tuple[Instant, ScanKind]]


class _Data(Struct, frozen=True):
    tracking: str
    kind: ScanKind
    at: Instant


class _Body(Struct, frozen=True):
    data: _Data


class SandboxCarrier:
    """See :class:`fairhold.engine.outside.CarrierPort`; safe to use from any thread.

    ``clock`` tells the time in milliseconds since 1970. Scans whose time has come are made
    whenever anybody asks the carrier something; a ``NoticeSender`` delivers the notices. With a
    journal a new carrier on the same file takes up where the last one stopped, and any number of
    them, in as many processes, are one carrier.
    """

    def __init__(self, settings: CarrierSettings, clock: Callable[[], Instant]) -> None:
        self.settings = settings
        self._clock = clock
        self._notices = Notices(settings.webhook_secret, RETRY_MS, HELD_BACK)
        self._parcels: dict[str, _Parcel] = {}
        self._labels: dict[str, tuple[str, Leg, Label]] = {}
        self._scripts: list[Script] = []
        self._failures: list[Declined | OutsideUnavailable] = []
        self._listeners: list[Callable[[], None]] = []
        self._dues: list[tuple[Instant, str]] = []
        self._count = 0
        self._last: Instant = 0
        self._journal: Journal[_Record] = Journal(
            settings.journal, msgspec.json.Decoder(_Record).decode, self._follow
        )

    def close(self) -> None:
        """Let go of the journal's file."""
        self._journal.close()

    # -- the port ---------------------------------------------------------------------------------

    def book(self, deal: str, leg: Leg, key: str) -> Label:
        """Book one parcel; the script that was set last, or delivery, will be played."""
        with self._journal.turn:
            if self._failures:
                raise self._failures.pop(0)
            if key not in self._labels:
                self._write(_Book(self.tick(), deal, leg, key))
            known_deal, known_leg, label = self._labels[key]
            if (known_deal, known_leg) != (deal, leg):
                raise Declined(KEY_REUSED)
            return label

    def verify_notice(self, headers: Mapping[str, str], body: bytes, now: Instant) -> Scan:
        """Check who sent a scan and when."""
        notice_id = verify((self.settings.webhook_secret,), headers, body, now)
        if isinstance(notice_id, Refusal):
            raise BadNotice(notice_id.code)
        try:
            data = msgspec.json.decode(body, type=_Body).data
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise BadNotice(MALFORMED) from None
        return Scan(notice_id, data.tracking, data.kind, data.at)

    # -- the stage manager ------------------------------------------------------------------------

    def script_next(self, script: Script) -> None:
        """Set what will become of the next parcel that is booked (they queue up)."""
        with self._journal.turn:
            self._write(_Next(self.tick(), script))

    def play(self, tracking: str, script: Script) -> None:
        """Change what will become of a parcel; what was scanned stays scanned."""
        with self._journal.turn:
            self._known(tracking)
            self._write(_Play(self.tick(), tracking, script))

    def scan(self, tracking: str, kind: ScanKind) -> None:
        """Scan a parcel now, whatever its script says; an end ends the script."""
        with self._journal.turn:
            self._known(tracking)
            self._write(_Scan(self.tick(), tracking, kind))
        self._changed()

    def fail_next(self, failure: Declined | OutsideUnavailable, count: int = 1) -> None:
        """Let the next bookings fail; forgotten at a restart."""
        with self._journal.turn:
            self._failures.extend([failure] * count)

    def tick(self) -> Instant:
        """Make the scans whose time has come; return the carrier's time."""
        with self._journal.turn:
            self._last = max(self._last, self._clock())
            if self._dues and self._dues[0][0] <= self._last:
                # Time is on record where it does something, so that whoever follows the journal,
                # on a clock of his own, sees every scan made in the same order.
                self._write(_Tick(self._last))
            return self._last

    def _known(self, tracking: str) -> None:
        if tracking not in self._parcels:
            raise Declined(UNKNOWN_PARCEL)

    # -- notices ----------------------------------------------------------------------------------

    def take_due(self) -> Sequence[Attempt]:
        """What has to be delivered now; of several carriers on one journal, one delivers."""
        with self._journal.turn:
            now = self.tick()
            return self._notices.take_due(now) if self._journal.may_send() else ()

    def settle(self, notice_id: str, status: int) -> None:
        """Note how a delivery ended: an HTTP status, or 0 when nobody answered."""
        with self._journal.turn:
            self._write(_Settle(self.tick(), notice_id, status))

    def put_back(self, notice_ids: Sequence[str]) -> None:
        """Take back attempts that were never made; no error for those that were settled."""
        with self._journal.turn:
            self._notices.put_back(notice_ids)

    def on_change(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` after each scan that was asked for, until it is forgotten."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _changed(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    # -- inside -----------------------------------------------------------------------------------

    def _write(self, record: _Record) -> None:
        self._perform(record)
        self._journal.append(record)

    def _follow(self, record: _Record) -> None:
        """Do what is on record."""
        self._tick(record.at)
        self._perform(record)

    def _perform(self, record: _Record) -> None:
        match record:
            case _Tick():
                self._tick(record.at)
            case _Book():
                self._book(record)
            case _Next():
                self._scripts.append(record.script)
            case _Play():
                parcel = self._parcels[record.tracking]
                parcel.script = record.script
                steps = self._steps(record.script, parcel.booked)
                parcel.steps = [step for step in steps if step[0] > record.at]
                self._watch(record.tracking)
            case _Scan():
                self._make_scan(record.tracking, record.kind, record.at)
            case _Settle():
                self._notices.settle(record.notice, record.status, record.at)

    def _book(self, record: _Book) -> None:
        self._count += 1
        number = f"{record.at // SECOND:010d}{self._count % _SERIALS:06d}"
        tracking = f"SX{number}{_check_digit(number)}"
        script = self._scripts.pop(0) if self._scripts else Script.DELIVER
        steps = self._steps(script, record.at)
        self._parcels[tracking] = _Parcel(record.at, record.deal, record.leg, script, steps)
        self._watch(tracking)
        label = Label(tracking, self.settings.name)
        self._labels[record.key] = (record.deal, record.leg, label)

    def _watch(self, tracking: str) -> None:
        for due, _ in self._parcels[tracking].steps:
            heapq.heappush(self._dues, (due, tracking))

    def _steps(self, script: Script, booked: Instant) -> list[tuple[Instant, ScanKind]]:
        plan = self.settings
        end = (plan.arrived_after, ScanKind.DELIVERED)
        match script:
            case Script.SILENCE:
                return []
            case Script.REFUSE:
                end = (plan.arrived_after, ScanKind.REFUSED)
            case Script.LOSE:
                end = (plan.lost_after, ScanKind.LOST)
            case Script.DELAY:
                end = (plan.late_after, ScanKind.DELIVERED)
            case Script.DELIVER | Script.DUPLICATE | Script.OUT_OF_ORDER:
                pass
        steps = (
            (plan.accepted_after, ScanKind.ACCEPTED),
            (plan.moving_after, ScanKind.MOVING),
            end,
        )
        return [(booked + after, kind) for after, kind in steps]

    def _tick(self, now: Instant) -> None:
        self._last = max(self._last, now)
        while self._dues and self._dues[0][0] <= self._last:
            due, tracking = heapq.heappop(self._dues)
            steps = self._parcels[tracking].steps
            # A step of a script that was changed since is in the heap, but no longer a step.
            if steps and steps[0][0] == due:
                self._make_scan(tracking, steps.pop(0)[1], due)

    def _make_scan(self, tracking: str, kind: ScanKind, at: Instant) -> None:
        parcel = self._parcels[tracking]
        if kind not in {ScanKind.ACCEPTED, ScanKind.MOVING}:
            parcel.steps = []
        fault = None
        if parcel.script is Script.DUPLICATE:
            fault = NoticeFault.TWICE
        elif parcel.script is Script.OUT_OF_ORDER and kind is ScanKind.MOVING:
            fault = NoticeFault.OUT_OF_ORDER
        self._count += 1
        data = {"tracking": tracking, "kind": kind.value, "at": at}
        name = f"scn_{at:011x}{self._count:06x}"
        self._notices.add(name, f"parcel.{kind}", tracking, at, data, fault)


def _check_digit(number: str) -> int:
    """The Luhn digit that a mistyped tracking number does not end with."""
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(number)))
    return -sum(value // 10 + value % 10 for value in doubled) % 10
