"""Letting time pass under a test clock, in the background: one journey at a time."""

import threading
from collections.abc import Callable
from typing import Final

from fairhold.engine.clock import TestClock
from fairhold.kernel.instant import DAY, Instant, Span
from fairhold.kernel.wish import Refusal

AT_ONCE_MAX: Final[Span] = 400 * DAY

READY: Final = "ready"
ADVANCING: Final = "advancing"
FAILED: Final = "internal_failure"


class Passing:
    """Moves one test clock forward.

    ``advance`` moves it by a span, from one thing that is due to the next, lets every follower do
    what there is to do at each, and returns where the clock then stands.
    """

    def __init__(self, clock: TestClock, advance: Callable[[Span], Instant]) -> None:
        """Nothing moves yet."""
        self.clock = clock
        self._advance = advance
        self._lock = threading.Lock()
        self._target: Instant = 0
        self._status = READY

    @property
    def status(self) -> str:
        """Whether the last journey has arrived."""
        return self._status

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
            return Refusal("test_clock.too_far", {"days": AT_ONCE_MAX // DAY})
        with self._lock:
            if self._status == ADVANCING:
                return Refusal("test_clock.advancing")
            self._status = ADVANCING
            self._target = target
        threading.Thread(target=self._go, name="test-clock", daemon=True).start()
        return None

    def _go(self) -> None:
        status = FAILED
        try:
            if self._advance(self._target - self.clock.now()) >= self._target:
                status = READY
        finally:
            self._status = status
