"""The auditor of a simulation: reads the record as it grows and believes nothing but its bytes.

It folds every event itself, keeps books of its own, and compares: what is stored must be what the
record says, and each step must keep the invariants.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec import Struct

from fairhold.codec.events import decode, decode_lines, envelope
from fairhold.domain.books import NEVER_POSITIVE, Account
from fairhold.domain.deal import money, order, secret
from fairhold.domain.deal.clocks import CLOCKS
from fairhold.domain.deal.deal import wake
from fairhold.domain.deal.phases import CasePhase, MoneyPhase, OrderPhase, SecretPhase
from fairhold.domain.deal.state import Deal
from fairhold.domain.fingerprint import Fingerprint
from fairhold.engine.kinds import ACCOUNT, DEAL, KINDS, Kind, encode_state
from fairhold.engine.ports import LogRow
from fairhold.kernel.ids import public_id
from fairhold.kernel.instant import Instant
from fairhold.kernel.line import balanced
from fairhold.kernel.wish import Event
from fairhold.lab.prove_checks import WINDOWS, delivered
from fairhold.lab.sim_store import FailingStore
from fairhold.stores.memory import MemoryStore

PAGE = 1_000
_CONTROLS = frozenset(account.value for account in NEVER_POSITIVE)
_OPEN_CASES = frozenset({CasePhase.OPENED, CasePhase.WITH_OFFICER})
_WINDOW_BASES = frozenset({"not_opened_in_time", "test_ended", "inspection_ended"})

Books = Counter[tuple[str, int, str]]


class Broken(Exception):
    """An invariant does not hold. ``invariant`` names it, ``deal`` the stream concerned (or 0)."""

    def __init__(self, deal: int, invariant: str, detail: str = "") -> None:
        super().__init__(f"{invariant}: {detail}" if detail else invariant)
        self.invariant = invariant
        self.deal = deal
        self.detail = detail


class Followed(Struct):
    """One stream as its events tell it."""

    kind: Kind
    version: int
    head: int
    state: object
    opened: int = 0


class Auditor:
    """Follows all parts of one store."""

    def __init__(self, store: FailingStore) -> None:
        self._store = store
        self._heads: Counter[int] = Counter()
        self._last_at: Counter[int] = Counter()
        self.streams: dict[int, Followed] = {}
        self.books: Books = Counter()
        self.events = 0

    def look(self) -> None:
        """Read what is new; raise Broken for the first thing that must not be."""
        touched: set[int] = set()
        for part in self._store.parts():
            while rows := MemoryStore.log(self._store, part, self._heads[part], PAGE):
                for row in rows:
                    self._read(row)
                    touched.add(row.stream)
        for stream in touched:
            self._compare(stream)
            self._check_secret(stream)
        self._check_schedule()

    def deals(self) -> Iterator[tuple[int, Deal]]:
        """Every deal there is, as its events tell it."""
        for stream, followed in self.streams.items():
            if isinstance(followed.state, Deal):
                yield stream, followed.state

    def holds_its_secret(self, stream: int, deal: Deal) -> bool:
        """Whether every fingerprint of a deal's secret is held for this deal."""
        for number in deal.secret.fingerprints:
            followed = self.streams.get(number)
            state = followed.state if followed is not None else None
            holders = state.held.values() if isinstance(state, Fingerprint) else ()
            if stream not in {holding.holder for holding in holders}:
                return False
        return bool(deal.secret.fingerprints)

    def check_nothing_overdue(self, now: Instant) -> None:
        """When nothing is left to do, no clock has been forgotten."""
        for stream, deal in self.deals():
            due = wake(deal)
            if due is not None and due <= now:
                raise Broken(stream, "clock_forgotten", f"due {now - due} ms ago")

    # -- one event ---------------------------------------------------------------------------------

    def _read(self, row: LogRow) -> None:
        if row.seq != self._heads[row.part] + 1:
            raise Broken(row.stream, "record_gap", f"seq {row.seq}")
        if row.at < self._last_at[row.part]:
            raise Broken(row.stream, "record_time")
        self._heads[row.part], self._last_at[row.part] = row.seq, row.at
        self.events += 1
        outer, event = envelope(row.data), decode(row.data)
        kind = KINDS[outer.stream.partition("_")[0]]
        followed = self.streams.get(row.stream) or Followed(kind, 0, 0, None)
        if (row.version, row.prev) != (followed.version + 1, followed.head):
            raise Broken(row.stream, "record_link", f"version {row.version} prev {row.prev}")
        if (outer.stream, outer.version) != (public_id(kind.prefix, row.stream), row.version):
            raise Broken(row.stream, "record_bytes")
        self._post(row)
        if kind is DEAL:
            self._judge(row, followed, event, outer.by)
        followed.state = kind.evolve(followed.state, event)
        followed.version, followed.head = row.version, row.seq
        self.streams[row.stream] = followed

    def _post(self, row: LogRow) -> None:
        lines = decode_lines(row.lines)
        if not balanced(lines):
            raise Broken(row.stream, "money_unbalanced", row.type)
        for line in lines:
            key = (line.account, line.holder, line.currency)
            self.books[key] += line.minor
        for line in lines:
            key = (line.account, line.holder, line.currency)
            if line.account in _CONTROLS and self.books[key] > 0:
                raise Broken(row.stream, "money_wrong_side", f"{key} {self.books[key]}")

    def _judge(self, row: LogRow, followed: Followed, event: Event, by: str) -> None:
        deal = followed.state
        if not isinstance(deal, Deal):
            return
        match event:
            case money.Released():
                _check_release(row, deal, event, by)
            case secret.Sealed():
                if not (event.body and event.digest and event.fingerprints):
                    raise Broken(row.stream, "sealed_nothing", row.type)
            case secret.Opened():
                followed.opened += 1
                _check_opened(row, deal, by)
                if followed.opened > 1:
                    raise Broken(row.stream, "secret_opened_twice")
            case secret.ReadOnceMore():
                opened = deal.secret.phase is SecretPhase.OPENED
                if by != public_id(ACCOUNT.prefix, deal.buyer) or not opened:
                    raise Broken(row.stream, "secret_read_by_another", by)
            case order.Paid():
                if deal.money.held != deal.price.minor:
                    raise Broken(row.stream, "paid_without_hold")
            case _:
                return

    # -- after a batch -----------------------------------------------------------------------------

    def _compare(self, stream: int) -> None:
        followed = self.streams[stream]
        stored = MemoryStore.state(self._store, stream)
        if stored is None:
            raise Broken(stream, "state_missing")
        if (stored.version, stored.head) != (followed.version, followed.head):
            raise Broken(stream, "state_behind")
        if stored.data != encode_state(followed.kind, followed.state):
            raise Broken(stream, "state_differs")
        if isinstance(followed.state, Deal):
            self._check_deal(stream, followed.state)

    def _check_deal(self, stream: int, deal: Deal) -> None:
        currency, part = deal.price.currency, deal.money
        hold = -self.books[Account.HOLD.value, stream, currency]
        if hold != part.remaining or min(part.remaining, part.released, part.refunded) < 0:
            raise Broken(stream, "money_of_deal", f"hold {hold} remaining {part.remaining}")
        stray = sum(one.amount.minor for one in part.astray if not one.returned)
        if -sum(self._holder(Account.ASTRAY, stream)) != stray:
            raise Broken(stream, "money_astray")
        if part.held not in {0, deal.price.minor}:
            raise Broken(stream, "money_held_differs")
        if deal.ended:
            if part.remaining or deal.clock is not None:
                raise Broken(stream, "end_not_final")
            return
        names = [row.name for row in CLOCKS if row.when.fits(deal)]
        if deal.clock is None or names != [deal.clock.name]:
            raise Broken(stream, "one_clock", f"{names}, runs: {deal.clock}")

    def _check_secret(self, stream: int) -> None:
        """A deal that goes on with a sealed secret is the only one that can sell it."""
        deal = self.streams[stream].state
        if not isinstance(deal, Deal) or deal.ended:
            return
        if deal.secret.phase is SecretPhase.SEALED and not self.holds_its_secret(stream, deal):
            raise Broken(stream, "secret_unguarded", deal.secret.phase.value)

    def _holder(self, account: Account, holder: int) -> Sequence[int]:
        return [
            minor
            for (name, whose, _), minor in self.books.items()
            if name == account.value and whose == holder
        ]

    def _check_schedule(self) -> None:
        schedule = self._store.schedule()
        for stream, deal in self.deals():
            due = wake(deal)
            if due is not None and (due, stream) not in schedule:
                raise Broken(stream, "clock_without_timer", f"due {due}")


def _check_release(row: LogRow, deal: Deal, event: money.Released, by: str) -> None:
    """Delivery on record, and the buyer's word, a window that ended, or a decision."""
    if not delivered(deal):
        raise Broken(row.stream, "release_before_delivery", event.basis)
    if not _ground(row.at, deal, event.basis, by):
        raise Broken(row.stream, "release_without_ground", f"{event.basis} by {by}")


def _ground(at: Instant, deal: Deal, basis: str, by: str) -> bool:
    clock = deal.clock
    # A wish that comes before the late timer finds the silence done first, in its own decision.
    over = clock is not None and clock.due <= at
    disputed = deal.case.phase in _OPEN_CASES
    if basis == "confirmed":
        sealed = deal.secret.phase is SecretPhase.SEALED
        fulfilled = deal.order.phase is OrderPhase.FULFILLED
        buyers = by == public_id(ACCOUNT.prefix, deal.buyer)
        return buyers and fulfilled and not sealed and not disputed
    if basis in _WINDOW_BASES:
        return over and clock is not None and clock.name in WINDOWS and not disputed
    if basis == "return_never_sent":
        return over and clock is not None and clock.name == "ship_back"
    if basis == "claim_not_answered":
        return over and deal.case.phase is CasePhase.SETTLED
    if basis == "claim_accepted":
        parties = {public_id(ACCOUNT.prefix, who) for who in (deal.buyer, deal.seller)}
        return by in parties and deal.case.phase is CasePhase.SETTLED
    if basis == "decision":
        return by.startswith(ACCOUNT.prefix) and deal.case.phase is CasePhase.DECIDED
    return False


def _check_opened(row: LogRow, deal: Deal, by: str) -> None:
    if by != public_id(ACCOUNT.prefix, deal.buyer):
        raise Broken(row.stream, "secret_opened_by_another", by)
    held = deal.money.phase is MoneyPhase.HELD and deal.money.remaining == deal.price.minor
    paid_out = deal.order.phase is OrderPhase.COMPLETED and deal.money.released > 0
    if not (held or paid_out) or deal.secret.phase is not SecretPhase.SEALED:
        raise Broken(row.stream, "secret_opened_unpaid", deal.money.phase.value)
