"""The one place where everything is wired: store, engine, vault, desk, followers, sandboxes."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from fairhold.adapters.carrier.sandbox import CarrierSettings, SandboxCarrier
from fairhold.adapters.issuer.sandbox import SandboxIssuer
from fairhold.adapters.mail.sandbox import SandboxMail
from fairhold.adapters.notices import Attempt
from fairhold.adapters.payment.http import SandboxPayment
from fairhold.adapters.payment.sandbox.provider import Provider
from fairhold.adapters.payment.sandbox.words import ProviderSettings
from fairhold.adapters.webhook_http import HttpWebhooks
from fairhold.engine import inbox, views, webhook_sender
from fairhold.engine.clock import Clock, SystemClock, TestClock
from fairhold.engine.desk import Desk
from fairhold.engine.effects import Payments, Reactions, Shredder
from fairhold.engine.engine import Engine
from fairhold.engine.feed import Feed
from fairhold.engine.followers import QUIET_PACE_S, Effect, Runner, Step
from fairhold.engine.integrator import Integrator
from fairhold.engine.leaving import Leaving
from fairhold.engine.naming import Naming
from fairhold.engine.outside import BadNotice
from fairhold.engine.ports import Store
from fairhold.engine.timers import Timers
from fairhold.engine.vault import Keyring, Vault
from fairhold.engine.webhooks import Webhooks
from fairhold.evidence.note import Signer
from fairhold.kernel.instant import HOUR, Instant, Span
from fairhold.kernel.wish import Refusal
from fairhold.settings import Keys, Settings, read_keys
from fairhold.stores import open_store

log = logging.getLogger(__name__)

STRIDE: Span = 3 * HOUR
"""How far the test clock goes at once where no timer is due: the sandboxes keep time by looking."""
SWEEP = 500
LOOK_S = 0.002
"""How long to sleep between two looks at a follower's cursor."""


class NoticeSource(Protocol):
    """A sandbox that has notices to deliver."""

    def take_due(self) -> Sequence[Attempt]:
        """What has to be delivered now."""

    def settle(self, notice_id: str, status: int) -> None:
        """How a delivery ended."""


class NoticeStep:
    """Delivers the notices of a sandbox in this process, as its webhooks would from outside."""

    def __init__(
        self,
        name: str,
        source: NoticeSource,
        deliver: Callable[[Mapping[str, str], bytes], int],
    ) -> None:
        """``deliver`` returns the HTTP status that the notice would have got."""
        self.name = name
        self._source = source
        self._deliver = deliver

    def step(self) -> int:
        """Deliver what is due."""
        attempts = self._source.take_due()
        for attempt in attempts:
            self._source.settle(attempt.id, self._send(attempt))
        return len(attempts)

    def _send(self, attempt: Attempt) -> int:
        if not attempt.together:
            return [self._once(attempt) for _ in range(attempt.copies)][-1]
        results: list[int] = []

        def send() -> None:
            results.append(self._once(attempt))

        threads = [threading.Thread(target=send) for _ in range(attempt.copies)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return min(results, default=0)

    def _once(self, attempt: Attempt) -> int:
        """One delivery; what goes wrong on our side is an answer too, and is tried again."""
        try:
            return self._deliver(attempt.headers, attempt.body)
        except Exception:
            log.exception("%s: a notice could not be heard", self.name)
            return 500


class IntegratorStep:
    """Extends and signs the tree."""

    name = "integrator"
    pace_s = QUIET_PACE_S

    def __init__(self, integrator: Integrator) -> None:
        """Checkpoints are signed by the machine's clock, even where a test clock stands still."""
        self._integrator = integrator
        self._clock = SystemClock()

    def step(self) -> int:
        """Integrate one batch, and sign when it is time."""
        return self._integrator.step(self._clock.now())


class SweepStep:
    """Forgets what has expired: sessions, counters, receipts beyond the published period."""

    name = "sweeper"
    RECEIPTS_KEPT: Span = 7 * 24 * HOUR

    def __init__(self, store: Store, clock: Clock) -> None:
        """Only keeps what it is given."""
        self._store = store
        self._clock = clock
        self._wall = SystemClock()
        self._next: Instant = 0

    def step(self) -> int:
        """Sweep once an hour."""
        # Sessions keep to the machine's time, so a test clock that runs ahead ends none of them.
        now = min(self._clock.now(), self._wall.now())
        if now < self._next:
            return 0
        swept = self._store.shelf_sweep(now, SWEEP)
        pruned = self._store.prune_receipts(now - self.RECEIPTS_KEPT, SWEEP)
        if swept < SWEEP and pruned < SWEEP:
            self._next = now + HOUR
        return 0


class House:
    """A whole Fairhold in one process, except for its doors (``web``)."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        store: Store | None = None,
        naming: Naming | None = None,
    ) -> None:
        """Open everything; nothing runs until :meth:`start`."""
        self.settings = settings
        self.keys = read_keys(settings.var / "keys" / "installation.json")
        self.clock = clock or _clock(settings)
        self.store = store or open_store(settings.database_url or None, settings.var)
        self.engine = Engine(self.store, self.clock, naming)
        masters = {name: bytes.fromhex(key) for name, key in self.keys.masters.items()}
        self.vault = Vault(self.store, Keyring(self.keys.current, masters), self.clock)
        self.provider = _provider(settings, self.keys, self.clock)
        self.carrier = _carrier(settings, self.keys, self.clock)
        self.issuer = SandboxIssuer(
            bytes.fromhex(self.keys.issuer_secret), _journal(settings, "issuer")
        )
        self.mail = SandboxMail(_journal(settings, "mail"))
        self.payment = _payment(settings, self.keys, self.provider)
        self.desk = Desk(self.engine, self.vault, self.payment, self.carrier, self.issuer)
        self.signer = Signer(settings.origin, bytes.fromhex(self.keys.log_seed))
        self.integrator = Integrator(self.store, self.signer, settings.origin)
        self.desk.catch_up = self._catch_up
        self.webhooks = HttpWebhooks(allow_loopback=settings.webhooks_reach_loopback)
        self.steps: list[Step] = self._steps()
        self._runners: list[Runner] = []

    def _steps(self) -> list[Step]:
        effects = [
            Effect(each.name, self.store, self.clock, each.handle, each.wants)
            for each in (
                Reactions(self.desk),
                Payments(self.desk),
                Shredder(self.desk),
                Leaving(self.desk),
            )
        ]
        steps: list[Step] = [
            Timers(self.engine),
            views.follower(self.store),
            *effects,
            IntegratorStep(self.integrator),
            Feed(self.store),
            *webhook_sender.followers(
                Webhooks(self.store, self.vault, SystemClock()),
                self.webhooks,
                SystemClock(),
                webhook_sender.SANDBOX,
            ),
            NoticeStep("carrier-notices", self.carrier, self.deliver_scan_status),
            SweepStep(self.store, self.clock),
        ]
        if self.provider is not None:
            steps.append(NoticeStep("payment-notices", self.provider, self.deliver_payment_status))
        return steps

    # -- life --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Let the followers run, each in a thread of its own."""
        self._runners = [Runner(step) for step in self.steps]
        self.engine.listen(lambda _part, _head: self.wake())
        self.carrier.on_change(self.wake)
        if self.provider is not None:
            self.provider.on_change(self.wake)

    def wake(self) -> None:
        """There is something new to follow."""
        for runner in self._runners:
            runner.wake()

    def stop(self) -> None:
        """Finish what runs and close everything."""
        for runner in self._runners:
            runner.stop()
        self._runners = []
        self.engine.stop()
        self.payment.close()
        self.webhooks.close()
        for part in (self.provider, self.carrier, self.issuer, self.mail):
            if part is not None:
                part.close()
        self.store.close()

    def settle(self, timeout_s: float = 30.0) -> bool:
        """Run every follower until none has anything left; False when time is up first."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            if not self.turn():
                return True
        return False

    def caught_up(self, timeout_s: float) -> bool:
        """Wait until the read models have seen what is on record now; False when time is up."""
        heads = {part: self.store.log_head(part) for part in self.store.parts()}
        end = time.monotonic() + timeout_s
        while any(self.store.cursor(views.NAME, part) < head for part, head in heads.items()):
            if time.monotonic() >= end:
                return False
            self._hurry_views()
            time.sleep(LOOK_S)
        return True

    def _hurry_views(self) -> None:
        for runner in self._runners:
            if runner.step.name == views.NAME:
                runner.hurry()

    def _catch_up(self, timeout_s: float) -> bool:
        """Let the read models catch up: by their own thread, or here where none runs."""
        return self.caught_up(timeout_s) if self._runners else self.settle(timeout_s)

    def turn(self) -> int:
        """One step of every follower; how much was done."""
        if self._runners:
            return sum(runner.run_now() for runner in self._runners)
        return sum(step.step() for step in self.steps)

    def advance(self, span: Span) -> Instant:
        """Move the test clock forward, from one thing that is due to the next."""
        assert isinstance(self.clock, TestClock), "only a test clock is moved"
        target = self.clock.now() + span
        while True:
            self.settle()
            now = self.clock.now()
            if now >= target:
                return now
            ahead = [due for due in self._dues() if due > now]
            self.clock.advance(min(target, now + STRIDE, *ahead) - now)

    def _dues(self) -> Sequence[Instant]:
        """When the next timer, retry and notice are due."""
        dues = [self.store.next_due()]
        dues += [step.next_due() for step in self.steps if isinstance(step, Effect)]
        if self.provider is not None:
            dues.append(self.provider.next_due())
        return [due for due in dues if due is not None]

    # -- notices from outside ----------------------------------------------------------------------

    def deliver_payment_status(self, headers: Mapping[str, str], body: bytes) -> int:
        """Hear a payment notice; the HTTP status that says how that went."""
        try:
            outcome = inbox.payment_notice(self.desk, headers, body)
        except BadNotice:
            return 401
        return 409 if isinstance(outcome, Refusal) else 200

    def deliver_scan_status(self, headers: Mapping[str, str], body: bytes) -> int:
        """Hear a carrier's notice; the HTTP status that says how that went."""
        try:
            outcome = inbox.carrier_notice(self.desk, headers, body)
        except BadNotice:
            return 401
        return 409 if isinstance(outcome, Refusal) else 200


def _clock(settings: Settings) -> Clock:
    return TestClock(settings.test_clock) if settings.test_clock else SystemClock()


def _journal(settings: Settings, name: str) -> str:
    """Where a sandbox keeps its own business: apart from ours, as a real one would be."""
    if settings.database_url == "memory:":
        return ""
    folder: Path = settings.var / "sandbox"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return str(folder / f"{name}.jsonl")


def _provider(settings: Settings, keys: Keys, clock: Clock) -> Provider | None:
    if settings.provider_url:
        return None
    mine = ProviderSettings(
        api_key=keys.provider_key,
        control_key=keys.provider_control,
        webhook_secret=keys.provider_webhook,
        public_url="/sandbox/pay",
        journal=_journal(settings, "payment"),
    )
    return Provider(mine, clock.now)


def _payment(settings: Settings, keys: Keys, provider: Provider | None) -> SandboxPayment:
    if provider is not None:
        return SandboxPayment.inside(provider, pause=_no_pause)
    return SandboxPayment.at(settings.provider_url, keys.provider_key, (keys.provider_webhook,))


def _no_pause(_seconds: float) -> None:
    """A provider in the same process is not better for having been waited for."""


def _carrier(settings: Settings, keys: Keys, clock: Clock) -> SandboxCarrier:
    mine = CarrierSettings(
        webhook_secret=keys.carrier_webhook, journal=_journal(settings, "carrier")
    )
    return SandboxCarrier(mine, clock.now)
