"""Letting time pass under a test clock: from one thing that is due to the next, in order."""

import threading
from collections.abc import Callable
from typing import Final

from fairhold.engine.clock import TestClock
from fairhold.engine.ports import TimerStore
from fairhold.kernel.instant import HOUR, Instant, Span
from fairhold.kernel.wish import Refusal

STRIDE: Final[Span] = 3 * HOUR
"""How far to go at once where no timer is due: the sandboxes keep time by looking at the clock."""
AT_ONCE_MAX: Final[Span] = 400 * 24 * HOUR
SETTLE_S: Final = 30.0

READY, ADVANCING, FAILED = "ready", "advancing", "internal_failure"


class Passing:
    """Moves one test clock forward in the background; one journey at a time.

    ``settle`` runs or awaits the followers until none has anything left to do, or says False when
    so many seconds were not enough.
    """

    def __init__(
        self, clock: TestClock, store: TimerStore, settle: Callable[[float], bool]
    ) -> None:
        """Nothing moves yet."""
        self.clock = clock
        self._store = store
        self._settle = settle
        self._lock = threading.Lock()
        self._target: Instant = 0
        self.status = READY

    @property
    def target(self) -> Instant:
        """Where the last journey went or goes to."""
        return self._target or self.clock.now()

    def begin(self, target: Instant) -> Refusal | None:
        """Set out for an instant; refused for the past, too far, or while another journey runs."""
        now = self.clock.now()
        if target < now:
            return Refusal("test_clock.only_forward")
        if target - now > AT_ONCE_MAX:
            return Refusal("test_clock.too_far", {"days": AT_ONCE_MAX // (24 * HOUR)})
        with self._lock:
            if self.status == ADVANCING:
                return Refusal("test_clock.advancing")
            self.status = ADVANCING
            self._target = target
        threading.Thread(target=self._go, name="test-clock", daemon=True).start()
        return None

    def _go(self) -> None:
        try:
            self.status = READY if self._travel(self._target) else FAILED
        except BaseException:
            self.status = FAILED
            raise

    def _travel(self, target: Instant) -> bool:
        while self._settle(SETTLE_S):
            now = self.clock.now()
            if now >= target:
                return True
            stop = min(target, now + STRIDE)
            due = self._store.next_due()
            if due is not None and now < due < stop:
                stop = due
            self.clock.advance(stop - now)
        return False
