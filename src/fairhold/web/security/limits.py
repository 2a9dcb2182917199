"""How often somebody may ask: fixed windows on the shelf, queries and commands apart.

A counter that is shared by all processes costs a write. So a process takes a handful of hits at a
time and spends them from memory: the shelf sees one write in ``handful`` requests, and at worst a
caller gets that many requests fewer than published, never more.
"""

import threading
from collections import OrderedDict

from msgspec import Struct

from fairhold.engine.clock import Clock
from fairhold.engine.ports import ShelfStore
from fairhold.kernel.instant import MINUTE, SECOND, Instant, Span

SPACE = "rate"
WINDOW: Span = MINUTE
KNOWN_MAX = 20_000


class Quota(Struct, frozen=True):
    """Requests a minute: reading, and changing something."""

    queries: int
    commands: int


class Limits(Struct, frozen=True):
    """The quota of each kind of caller."""

    nobody: Quota
    person: Quota
    key: Quota


PUBLISHED = Limits(
    nobody=Quota(queries=300, commands=60),
    person=Quota(queries=1_200, commands=300),
    key=Quota(queries=3_000, commands=1_200),
)
"""What docs/security.md promises: by network address for nobody, else by account or API key."""


class _Handful:
    """Hits already counted on the shelf and not yet spent; ``left`` below 0: over the limit."""

    __slots__ = ("ends", "left", "over")

    def __init__(self, left: int, ends: Instant, *, over: bool) -> None:
        self.left = left
        self.ends = ends
        self.over = over


class RateLimiter:
    """Counts hits; one per process, safe from any thread."""

    def __init__(self, store: ShelfStore, wall: Clock) -> None:
        """Keep what it counts with."""
        self._store = store
        self._wall = wall
        self._lock = threading.Lock()
        self._known: OrderedDict[str, _Handful] = OrderedDict()

    def hit(self, who: str, most: int, window: Span = WINDOW) -> int:
        """Count one request; 0 when it may pass, else in how many seconds to come back."""
        wait = self.spend(who)
        if wait is not None:
            return wait
        now = self._wall.now()
        handful = max(1, most // 20)
        count, ends = self._store.shelf_count(SPACE, who, now, window, add=handful)
        granted = max(0, handful - max(0, count - most))
        with self._lock:
            self._known[who] = _Handful(max(0, granted - 1), ends, over=granted == 0)
            self._known.move_to_end(who)
            if len(self._known) > KNOWN_MAX:
                self._known.popitem(last=False)
        return 0 if granted else _seconds(ends - now)

    def spend(self, who: str) -> int | None:
        """The same from memory alone, without blocking; None when the shelf has to be asked."""
        now = self._wall.now()
        with self._lock:
            have = self._known.get(who)
            if have is None or now >= have.ends:
                return None
            if have.left > 0:
                have.left -= 1
                return 0
            return _seconds(have.ends - now) if have.over else None


def _seconds(span: Span) -> int:
    return max(1, -(-span // SECOND))
