"""Where the engine gets the time from: the machine's clock, or one that a test moves."""

import threading
import time
from typing import Protocol

from fairhold.kernel.instant import SECOND, Instant, Span


class Clock(Protocol):
    """A source of instants that never goes back."""

    def now(self) -> Instant:
        """The present, in milliseconds since the epoch."""


class SystemClock:
    """The machine's own clock, held still where it would go back."""

    def __init__(self) -> None:
        """Begin now."""
        self._last = 0
        self._lock = threading.Lock()

    def now(self) -> Instant:
        """The present; two readings may be equal and never decrease."""
        with self._lock:
            self._last = max(self._last, time.time_ns() // 1_000_000)
            return self._last


class TestClock:
    """A clock that stands still until somebody moves it forward (sandbox and tests only).

    With ``runs`` it goes on with the machine's clock from where it was put.
    """

    __test__ = False

    def __init__(self, start: Instant, *, runs: bool = False) -> None:
        """Begin at an instant."""
        self._at = start
        self._runs = runs
        self._since = time.monotonic()
        self._lock = threading.Lock()

    def now(self) -> Instant:
        """Where the clock stands."""
        with self._lock:
            return self._read()

    def _read(self) -> Instant:
        if not self._runs:
            return self._at
        return self._at + int((time.monotonic() - self._since) * SECOND)

    def advance(self, span: Span) -> Instant:
        """Move forward by a span; raise ValueError when it is negative."""
        if span < 0:
            message = "a clock only moves forward"
            raise ValueError(message)
        with self._lock:
            self._at = self._read() + span
            self._since = time.monotonic()
            return self._at
