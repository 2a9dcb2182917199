"""Names for new streams: time, part and a counter; one source per process."""

import threading

from fairhold.kernel.ids import COUNTER_MAX, make_id
from fairhold.kernel.instant import Instant


class Naming:
    """Never gives the same number twice in one process.

    Two processes could: each starts its counter elsewhere to make that rare, and a lane looks
    whether a name is taken before it uses it.
    """

    def __init__(self, start: int) -> None:
        """``start`` is where this process begins to count."""
        self._counter = start % COUNTER_MAX
        self._given = 0
        self._at: Instant = 0
        self._lock = threading.Lock()

    def new(self, part: int, at: Instant) -> int:
        """A number of a part, from an instant; a little later when that instant has none left."""
        with self._lock:
            if at > self._at:
                self._at, self._given = at, 0
            elif self._given == COUNTER_MAX:
                self._at, self._given = self._at + 1, 0
            self._counter = (self._counter + 1) % COUNTER_MAX
            self._given += 1
            return make_id(self._at, part, self._counter)
