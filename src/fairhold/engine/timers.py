"""The clock's hand: wakes streams whose time has come. The timer table is the only schedule."""

import logging
from concurrent.futures import Future

from fairhold.domain.deal.order import Elapse
from fairhold.engine.batching import Outcome
from fairhold.engine.engine import Engine
from fairhold.engine.kinds import DEAL, decode_state
from fairhold.engine.ports import TimerRow
from fairhold.kernel.actor import CLOCK

BATCH = 500

log = logging.getLogger(__name__)


class Timers:
    """Fires what is due. Several processes may do so at once: waking twice changes nothing."""

    name = "timers"

    def __init__(self, engine: Engine) -> None:
        """Read the schedule from the engine's store."""
        self._engine = engine

    def step(self) -> int:
        """Wake every stream that is due now; return how many were woken."""
        store, now = self._engine.store, self._engine.now()
        rows = store.timers(now, BATCH)
        if not rows:
            return 0
        waiting: list[tuple[TimerRow, Future[Outcome] | None]] = []
        for row in rows:
            if self._is_stale(row):
                waiting.append((row, None))
            else:
                future = self._engine.submit(DEAL, row.id, Elapse(by=CLOCK))
                waiting.append((row, future))
        done = []
        for row, answer in waiting:
            if answer is not None:
                answer.result()
            done.append(row)
        store.fired(done)
        return len(done)

    def _is_stale(self, row: TimerRow) -> bool:
        """Whether the stream has since set itself another time, which has its own row."""
        state = self._engine.store.state(row.id)
        if state is None:
            return True
        kind, value = decode_state(state.data)
        due = kind.wake(value)
        return due is None or due > row.due
