"""The clock's hand: wakes streams whose time has come. The timer table is the only schedule."""

import logging
from concurrent.futures import Future

from fairhold.domain.deal.order import Elapse
from fairhold.engine.batching import Outcome
from fairhold.engine.engine import Engine
from fairhold.engine.kinds import DEAL, decode_state
from fairhold.engine.ports import TimerRow, Unavailable
from fairhold.kernel.actor import CLOCK
from fairhold.kernel.instant import MINUTE, Instant, Span

BATCH = 500
ASIDE: Span = MINUTE
"""How long a stream that failed to wake is left alone, so that the others are not held up."""

log = logging.getLogger(__name__)


class Timers:
    """Fires what is due. Several processes may do so at once: waking twice changes nothing."""

    name = "timers"

    def __init__(self, engine: Engine) -> None:
        """Read the schedule from the engine's store."""
        self._engine = engine
        self._aside: dict[int, Instant] = {}

    def step(self) -> int:
        """Wake every stream that is due now; return how many were woken."""
        store, now = self._engine.store, self._engine.now()
        rows = store.timers(now, BATCH)
        if not rows:
            return 0
        self._aside = {stream: until for stream, until in self._aside.items() if until > now}
        done: list[TimerRow] = []
        waiting: list[tuple[TimerRow, Future[Outcome]]] = []
        for row in rows:
            if row.id in self._aside:
                continue
            if self._is_stale(row):
                done.append(row)
            else:
                waiting.append((row, self._engine.submit(DEAL, row.id, Elapse(by=CLOCK))))
        done += [row for row, answer in waiting if self._has_woken(row, answer, now)]
        if done:
            store.fired(done)
        return len(done)

    def _has_woken(self, row: TimerRow, answer: "Future[Outcome]", now: Instant) -> bool:
        """Wait for one stream; what breaks it is its own matter and is tried again later."""
        try:
            answer.result()
        except Unavailable:
            raise
        except Exception:
            log.exception("stream %d could not be woken", row.id)
            self._aside[row.id] = now + ASIDE
            return False
        return True

    def _is_stale(self, row: TimerRow) -> bool:
        """Whether the stream has since set itself another time, which has its own row."""
        state = self._engine.store.state(row.id)
        if state is None:
            return True
        kind, value = decode_state(state.data)
        due = kind.wake(value)
        return due is None or due > row.due
