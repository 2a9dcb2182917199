"""A lane: the one writer of one gapless log part. Commands that arrive together commit together.

While one batch is being written the next one gathers; nothing ever waits on purpose. The lane's
thread owns the connection and the cache of states; everybody else hands in drafts and gets a
future. What is acknowledged is on disk.
"""

import asyncio
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from queue import Empty, SimpleQueue

from fairhold.engine.batching import NOTHING, Draft, Outcome, Standing, Work, read_kept
from fairhold.engine.clock import Clock
from fairhold.engine.kinds import decode_state
from fairhold.engine.naming import Naming
from fairhold.engine.ports import Batch, Fenced, InDoubt, LaneStore, LogRow, Store, Unavailable
from fairhold.kernel.wish import Refusal

BATCH_MAX = 1_000
QUEUE_MAX = 8_192
CACHE_MAX = 50_000
TRIES_MAX = 50
CATCH_UP_MAX = 2_000
DOUBT_WAITS_S = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0)
"""How long to wait before each further look at what a broken commit left behind."""

log = logging.getLogger(__name__)


class Overloaded(Exception):
    """The queue of this part is full. Nothing was done; come back in a second."""


class Stopped(Exception):
    """The engine is shutting down. Nothing was done."""


class Pending:
    """A draft and whoever waits for its outcome."""

    __slots__ = ("_future", "_loop", "draft")

    def __init__(
        self,
        draft: Draft,
        future: "Future[Outcome] | asyncio.Future[Outcome]",
        loop: asyncio.AbstractEventLoop | None,
    ) -> None:
        """Without a loop the future belongs to a thread."""
        self.draft = draft
        self._future = future
        self._loop = loop

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """On which event loop the answer is awaited; None for a thread."""
        return self._loop

    def resolve(self, answer: Outcome | BaseException) -> None:
        """Give the answer, unless the waiter has gone."""
        if self._future.done():
            return
        # A waiter in a thread may go between the look and the answer.
        with suppress(InvalidStateError):
            if isinstance(answer, BaseException):
                self._future.set_exception(answer)
            else:
                self._future.set_result(answer)


class Lane:
    """The thread that writes one part."""

    def __init__(
        self,
        store: Store,
        part: int,
        clock: Clock,
        *,
        committed: Callable[[int, int], None],
        naming: Naming,
    ) -> None:
        """``committed`` is told (part, head) after each batch; ``naming`` names new streams."""
        self.part = part
        self._store = store
        self._clock = clock
        self._committed = committed
        self._naming = naming
        self._queue: SimpleQueue[Pending | None] = SimpleQueue()
        self._cache: OrderedDict[int, Standing] = OrderedDict()
        self._connection: LaneStore | None = None
        self._head = -1
        self._tip: LogRow | None = None
        self._last_at = 0
        self._most = BATCH_MAX
        self._stopped = False
        self._door = threading.Lock()
        self.batches = 0
        self.commands = 0
        self._thread = threading.Thread(target=self._run, name=f"lane-{part}", daemon=True)
        self._thread.start()

    # -- from any thread ---------------------------------------------------------------------------

    def submit(self, pending: Pending) -> None:
        """Hand in a draft; raises Overloaded when too many wait."""
        with self._door:
            if self._stopped:
                message = "the engine is shutting down"
                raise Stopped(message)
            if self._queue.qsize() >= QUEUE_MAX:
                message = f"{QUEUE_MAX} commands wait for part {self.part}"
                raise Overloaded(message)
            self._queue.put(pending)

    def waiting(self) -> int:
        """How many drafts wait."""
        return self._queue.qsize()

    def stop(self) -> None:
        """Finish what was handed in, then end the thread."""
        with self._door:  # nothing may be handed in behind the end
            self._stopped = True
            self._queue.put(None)
        self._thread.join()

    # -- the lane's own thread ---------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            first = self._queue.get()
            if first is None:
                break
            gathered = [first]
            ended = False
            while len(gathered) < BATCH_MAX:
                try:
                    more = self._queue.get_nowait()
                except Empty:
                    break
                if more is None:
                    ended = True
                    break
                gathered.append(more)
            self._serve(gathered)
            if ended:
                break
        if self._connection is not None:
            self._connection.close()

    def _serve(self, gathered: Sequence[Pending]) -> None:
        while gathered:
            answers = self._answers(gathered)
            resolve_all(list(zip(gathered, answers, strict=False)))
            gathered = gathered[len(answers) :]

    def _answers(self, gathered: Sequence[Pending]) -> Sequence[Outcome | BaseException]:
        """What the first of these came to; at least one of them."""
        try:
            return self._write(gathered)
        except (Unavailable, InDoubt) as outage:
            self._forget()
            return [type(outage)(str(outage)) for _ in gathered]
        except Exception as bug:
            log.exception("lane %d failed on a batch of %d", self.part, len(gathered))
            self._forget()
            return self._one_by_one(gathered) if len(gathered) > 1 else [bug]

    def _one_by_one(self, gathered: Sequence[Pending]) -> list[Outcome | BaseException]:
        """Find the draft that breaks a batch, so that it fails alone."""
        answers: list[Outcome | BaseException] = []
        for pending in gathered:
            try:
                answers.extend(self._write([pending]))
            except Exception as bug:  # noqa: BLE001 — it is handed to the one who caused it
                self._forget()
                answers.append(bug)
        return answers

    def _write(self, gathered: Sequence[Pending]) -> list[Outcome]:
        """Decide and commit until nobody else was faster; the outcomes of the first of these.

        Whoever was fenced tries half as many next time: a large batch takes so long to decide that
        another process with small ones would always come first.
        """
        doubtful: list[tuple[Batch, list[Outcome]]] = []
        for _ in range(TRIES_MAX):
            connection = self._open()
            # Also after a fence: what is in doubt may land late, and then it is what fenced us.
            for batch, answers in doubtful:
                if self._is_written(connection, batch):
                    self._count(batch)
                    return answers
            some = gathered[: self._most]
            work, answers = self._decide(connection, some)
            batch = work.batch()
            try:
                if not batch.events and not self._alone(connection):
                    self._most = max(1, len(some) // 2)
                    continue
                if batch.events or batch.receipts:
                    connection.commit(batch)
            except Fenced:
                self._catch_up()
                self._most = max(1, len(some) // 2)
                continue
            except InDoubt as doubt:
                self._reconnect(doubt)
                doubtful.append((batch, answers))
                continue
            self._adopt(work, batch)
            self._most = min(BATCH_MAX, self._most * 2)
            return answers
        message = f"part {self.part} is written by others all the time"
        raise Unavailable(message)

    def _open(self) -> LaneStore:
        if self._connection is None:
            self._connection = self._store.lane(self.part)
            self._head = -1
        if self._head < 0:
            self._head, last_at = self._connection.head()
            self._last_at = max(self._last_at, last_at)
            self._cache.clear()
        return self._connection

    def _decide(
        self, connection: LaneStore, gathered: Sequence[Pending]
    ) -> tuple[Work, list[Outcome]]:
        at = max(self._clock.now(), self._last_at)
        keys = {pending.draft.key for pending in gathered if pending.draft.key}
        kept = connection.recall(list(keys)) if keys else {}
        drafts = [pending.draft for pending in gathered]
        streams = [draft.stream or self._naming.new(self.part, at) for draft in drafts]
        known = self._load(connection, streams)
        work = Work(self.part, self._head, at, known)
        answers: list[Outcome] = []
        for draft, named in zip(drafts, streams, strict=True):
            if draft.key in kept:
                answers.append(read_kept(kept[draft.key], draft.body))
                continue
            stream = named
            while not draft.stream and known[stream] is not NOTHING:
                # Another process was given the same name in the same millisecond.
                stream = self._naming.new(self.part, at)
                known |= self._load(connection, [stream])
            answers.append(work.answer(draft, stream))
        return work, answers

    def _load(self, connection: LaneStore, streams: Sequence[int]) -> dict[int, Standing]:
        known: dict[int, Standing] = {}
        missing = []
        for stream in set(streams):
            standing = self._cache.get(stream)
            if standing is None:
                missing.append(stream)
            else:
                self._cache.move_to_end(stream)
                known[stream] = standing
        if missing:
            rows = connection.load(missing)
            for stream in missing:
                row = rows.get(stream)
                if row is None:
                    known[stream] = NOTHING
                    continue
                kind, state = decode_state(row.data)
                known[stream] = Standing(kind, row.version, row.head, state)
                self._remember(stream, known[stream])
        return known

    def _alone(self, connection: LaneStore) -> bool:
        """Whether the part is as we knew it: an answer without a commit must not be stale."""
        head, _ = connection.head()
        if head == self._head:
            return True
        self._catch_up()
        return False

    def _is_written(self, connection: LaneStore, batch: Batch) -> bool:
        """After a broken commit: whether all of the batch is there.

        Another process may have written a row that equals our first one, so every row counts.
        """
        there = self._store.log(self.part, batch.head, len(batch.events)) if batch.events else []
        if [(row.stream, row.data) for row in there] != [
            (row.stream, row.data) for row in batch.events
        ]:
            return False
        return len(connection.recall([row.key for row in batch.receipts])) == len(batch.receipts)

    def _adopt(self, work: Work, batch: Batch) -> None:
        self._head += len(work.events)
        if batch.events:
            self._tip = batch.events[-1]
        self._last_at = work.at
        for stream, standing in work.changed.items():
            self._remember(stream, standing)
        self._count(batch)

    def _count(self, batch: Batch) -> None:
        self.batches += 1
        self.commands += len(batch.events)
        if batch.events:
            self._committed(self.part, batch.head + len(batch.events))

    def _remember(self, stream: int, standing: Standing) -> None:
        self._cache[stream] = standing
        self._cache.move_to_end(stream)
        if len(self._cache) > CACHE_MAX:
            self._cache.popitem(last=False)

    def _catch_up(self) -> None:
        """Read what another process wrote behind our last row, and forget those streams only.

        One query instead of one for the head and one for the states: who was fenced is then not
        behind for longer than the other needs for its next commit. When our own last row is not
        where we wrote it, nothing that we know can be trusted.
        """
        tip, self._tip = self._tip, None
        rows = self._store.log(self.part, self._head - 1, CATCH_UP_MAX) if tip is not None else []
        if not 1 < len(rows) < CATCH_UP_MAX or rows[0] != tip:
            self._forget()
            return
        for row in rows[1:]:
            self._cache.pop(row.stream, None)
        self._tip = rows[-1]
        self._head, self._last_at = rows[-1].seq, max(self._last_at, rows[-1].at)

    def _forget(self) -> None:
        """Whatever we knew of the part may be wrong: read it again."""
        self._head = -1
        self._tip = None
        self._cache.clear()

    def _reconnect(self, doubt: InDoubt) -> None:
        """Get a working connection again; when nobody answers, the doubt is the callers' answer."""
        for wait in DOUBT_WAITS_S:
            threading.Event().wait(wait)
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            self._forget()
            try:
                self._open()
            except Unavailable:
                continue
            return
        raise doubt


def resolve_all(answered: Sequence[tuple[Pending, Outcome | BaseException]]) -> None:
    """Wake everybody who waits: one call into each event loop, whatever the batch's size."""
    loops: dict[asyncio.AbstractEventLoop, list[tuple[Pending, Outcome | BaseException]]] = {}
    for pending, answer in answered:
        if pending.loop is None:
            pending.resolve(answer)
        else:
            loops.setdefault(pending.loop, []).append((pending, answer))
    for loop, mine in loops.items():
        try:
            loop.call_soon_threadsafe(_resolve, mine)
        except RuntimeError:
            log.warning("%d answers had no loop to go to", len(mine))


def _resolve(answered: Sequence[tuple[Pending, Outcome | BaseException]]) -> None:
    for pending, answer in answered:
        pending.resolve(answer)


__all__ = ["Lane", "Overloaded", "Pending", "Refusal", "Stopped", "resolve_all"]
