"""Followers of the log: each keeps a cursor per part and handles every entry after it, in order.

The log is the outbox. A projection writes its read model and its cursor in one transaction, so it
counts every entry once. An effect (a reaction, a call to the world outside, a webhook) may happen
twice when a process dies between the effect and the cursor: every effect is idempotent by a
business number made from the entry's place. What fails is retried with growing patience apart from
the others, later entries of the same stream wait behind it, and what keeps failing becomes a dead
letter that an operator sees.
"""

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from msgspec import structs

from fairhold.engine.clock import Clock, SystemClock
from fairhold.engine.ports import Drop, Fenced, LogRow, Put, RetryRow, Store, Unavailable
from fairhold.kernel.instant import HOUR, MINUTE, SECOND, Instant, Span

BATCH = 500
LEASE_MS: Span = 3 * SECOND
PATIENCE: Sequence[Span] = (
    SECOND,
    5 * SECOND,
    30 * SECOND,
    2 * MINUTE,
    10 * MINUTE,
    HOUR,
    6 * HOUR,
)
"""How long to wait before each further try; after the last the entry is a dead letter."""
BEHIND_DEAD: Span = 10 * MINUTE
"""How often entries behind a dead letter look whether an operator has dealt with it."""
OPEN_MAX = 5_000
"""How many open retries are looked at to keep streams in order."""
QUIET_PACE_S = 0.05
"""The pace of followers whose work nobody waits for, and who say so to whoever does."""
FOR_EVER: Instant = 1 << 62

log = logging.getLogger(__name__)


class Later(Exception):
    """The effect could not be had now; try the same entry again."""


class Step(Protocol):
    """Something that a background thread calls again and again."""

    name: str

    def step(self) -> int:
        """Do a bounded piece of work; return how much was done, 0 when there was nothing."""


class Projection:
    """Keeps read models up to date: ``project`` turns rows into changes, purely but for reads."""

    def __init__(
        self,
        name: str,
        store: Store,
        project: Callable[[Sequence[LogRow]], Iterable[Put | Drop]],
    ) -> None:
        """``name`` names the cursor and never changes."""
        self.name = name
        self.pace_s = QUIET_PACE_S
        self._store = store
        self._project = project

    def step(self) -> int:
        """Handle up to one batch of every part."""
        done = 0
        for part in self._store.parts():
            at = self._store.cursor(self.name, part)
            rows = self._store.log(part, at, BATCH)
            if not rows:
                continue
            try:
                self._store.advance(self.name, part, at, rows[-1].seq, list(self._project(rows)))
            except Fenced:
                continue
            done += len(rows)
        return done


class Effect:
    """Handles entries one by one, at least once each; ``handle`` raises Later or anything else."""

    def __init__(
        self,
        name: str,
        store: Store,
        clock: Clock,
        handle: Callable[[LogRow], None],
        wants: Callable[[str], bool] = lambda _type: True,
        machine: Clock | None = None,
        *,
        awake: Callable[[], bool] = lambda: True,
    ) -> None:
        """``wants`` says by an entry's type whether it concerns this follower at all.

        ``awake`` is asked once a batch whether there is anybody to do it for; else it is passed by.

        Patience is measured by ``clock``, leases by ``machine`` (the system's clock): the lease
        of a process that died ends also where a test clock stands still.
        """
        self.name = name
        self._store = store
        self._clock = clock
        self._handle = handle
        self._wants = wants
        self._awake = awake
        self._machine = machine or SystemClock()
        self._owner = secrets.token_hex(8)
        self._leased: Instant = 0
        self._seen: dict[int, int] = {}

    def step(self) -> int:
        """Handle up to one batch of every part, and the retries that are due."""
        if not self._is_mine():
            return 0
        done = self._retry(self._clock.now())
        for part in self._store.parts():
            done += self._follow(part)
        return done

    def next_due(self) -> Instant | None:
        """When the next retry is due."""
        waiting = self._store.retries(self.name, FOR_EVER, OPEN_MAX)
        return min((retry.due for retry in waiting), default=None)

    def _is_mine(self) -> bool:
        """Whether this process holds the lease; it is renewed when half of it has gone by."""
        present = self._machine.now()
        if present < self._leased - LEASE_MS // 2:
            return True
        until = present + LEASE_MS
        held = self._store.lease(self.name, self._owner, present, until)
        self._leased = until if held else 0
        return held

    def stop(self) -> None:
        """Let another process take over at once."""
        self._leased = 0
        self._store.release(self.name, self._owner)

    def _follow(self, part: int) -> int:
        at = self._store.cursor(self.name, part)
        # Entries that concern nobody here cost no write of their own under load: the cursor moves
        # past them with the next one that does, when many have gathered, or when all is quiet.
        after = max(at, self._seen.get(part, 0))
        rows = self._store.log(part, after, BATCH)
        if not rows:
            self._move_on(part, at, after)
            return 0
        if rows[-1].seq - at < BATCH and not any(self._wants(row.type) for row in rows):
            self._seen[part] = rows[-1].seq
            return len(rows)
        wanted = [row for row in rows if self._wants(row.type)]
        if not wanted or not self._awake():
            self._move_on(part, at, rows[-1].seq)
            return len(rows)
        failed: list[RetryRow] = []
        # Nearly always nothing waits at all, and then no stream has to be asked about.
        quiet = not self._waits()
        for row in wanted:
            behind = any(other.stream == row.stream for other in failed)
            if behind or (not quiet and self._store.waiting(self.name, part, row.stream)):
                failed.append(self._put_off(row, 0, "waits for an earlier entry"))
                continue
            error = self._try(row)
            if error is not None:
                failed.append(self._put_off(row, 1, error))
        try:
            self._store.advance(self.name, part, at, rows[-1].seq, (), failed)
        except Fenced:
            return 0
        return len(rows)

    def _waits(self) -> bool:
        """Whether anything of this follower waits or is dead."""
        name = self.name
        return bool(self._store.retries(name, FOR_EVER, 1) or self._store.dead_letters(name, 1))

    def _move_on(self, part: int, at: int, after: int) -> None:
        """Note that entries were seen which concern nobody here."""
        if after > at:
            with suppress(Fenced):
                self._store.advance(self.name, part, at, after)

    def _retry(self, now: Instant) -> int:
        due = self._store.retries(self.name, now, BATCH)
        if not due:
            return 0
        done = 0
        queues = self._queues()
        for retry in due:
            queue = queues.get((retry.part, retry.stream))
            if not queue:
                continue
            ahead = queue[0]
            if ahead.seq != retry.seq:
                wait = now + BEHIND_DEAD if ahead.dead else max(ahead.due, now)
                self._settle(retry, structs.replace(retry, due=wait))
                continue
            row = self._store.event(retry.part, retry.seq)
            assert row is not None, "a retry is of an entry on record"
            error = self._try(row)
            if error is None:
                self._settle(retry, None)
                queue.popleft()
                done += 1
            else:
                queue[0] = self._put_off(row, retry.tries + 1, error)
                self._settle(retry, queue[0])
        return done

    def _queues(self) -> Mapping[tuple[int, int], deque[RetryRow]]:
        """The open retries, living and dead, of each stream that has any, in order."""
        living = self._store.retries(self.name, FOR_EVER, OPEN_MAX)
        dead = self._store.dead_letters(self.name, OPEN_MAX)
        queues: dict[tuple[int, int], deque[RetryRow]] = {}
        for row in sorted((*living, *dead), key=lambda row: row.seq):
            queues.setdefault((row.part, row.stream), deque()).append(row)
        return queues

    def _settle(self, retry: RetryRow, after: RetryRow | None) -> None:
        self._store.settle(self.name, retry.part, retry.seq, after)

    def _try(self, row: LogRow) -> str | None:
        try:
            self._handle(row)
        except Unavailable:
            raise
        except Later as reason:
            return str(reason) or "later"
        except Exception as error:
            log.exception("%s failed on %s %d/%d", self.name, row.type, row.part, row.seq)
            return f"{type(error).__name__}"
        return None

    def _put_off(self, row: LogRow, tries: int, error: str) -> RetryRow:
        dead = tries > len(PATIENCE)
        wait = PATIENCE[min(max(tries, 1), len(PATIENCE)) - 1]
        return RetryRow(
            consumer=self.name,
            part=row.part,
            seq=row.seq,
            stream=row.stream,
            tries=tries,
            due=self._clock.now() + wait,
            dead=dead,
            error=error[:200],
        )


class Runner:
    """Calls one step again and again in a thread of its own, sleeping while there is nothing."""

    PACE_S = 0.01
    """How long after the beginning of one step the next one begins at the earliest: under load a
    step then finds many entries, instead of costing each of them a transaction. A step for which
    nobody waits may name a longer ``pace_s`` of its own."""
    IDLE_S = 0.25
    OUTAGE_S = 1.0

    def __init__(self, step: Step) -> None:
        """Begin at once."""
        self.step = step
        self._wake = threading.Event()
        self._hurry = threading.Event()
        self._pace_s: float = getattr(step, "pace_s", self.PACE_S)
        self._stopped = False
        self.failures = 0
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=step.name, daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    def hurry(self) -> None:
        """Somebody waits for it now."""
        self._hurry.set()
        self._wake.set()

    def run_now(self) -> int:
        """Do one step in the caller's thread, never beside the runner's own."""
        with self._turn:
            return self.step.step()

    def stop(self) -> None:
        """End after the step that runs."""
        self._stopped = True
        self.hurry()
        self._thread.join()
        stop = getattr(self.step, "stop", None)
        if stop is not None:
            stop()

    def _run(self) -> None:
        while not self._stopped:
            begun = time.monotonic()
            try:
                done = self.run_now()
                wait = 0.0 if done else self.IDLE_S
            except Unavailable:
                self.failures += 1
                wait = self.OUTAGE_S
            except Exception:
                self.failures += 1
                log.exception("%s failed and begins again", self.step.name)
                wait = self.OUTAGE_S
            if wait:
                self._wake.wait(wait)
            self._wake.clear()
            rest = begun + self._pace_s - time.monotonic()
            if rest > 0 and not self._stopped:
                self._hurry.wait(rest)
            self._hurry.clear()
