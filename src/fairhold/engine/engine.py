"""The engine: hands wishes to the lane of their part and reads what has been committed."""

import asyncio
import hmac
import logging
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from msgspec import Struct, structs

from fairhold.codec.events import decode
from fairhold.engine.batching import Draft, Outcome, Receipt
from fairhold.engine.clock import Clock
from fairhold.engine.kinds import Kind, decode_state, fold
from fairhold.engine.lane import Lane, Pending, Stopped
from fairhold.engine.naming import Naming
from fairhold.engine.ports import LogRow, Store
from fairhold.kernel.ids import PARTS_MAX, part_of
from fairhold.kernel.instant import Instant
from fairhold.kernel.wish import Command, Event, Refusal

log = logging.getLogger(__name__)


class Key(Struct, frozen=True):
    """An idempotency key: 32 bytes that name the request, 32 that say what was asked."""

    name: bytes
    body: bytes

    @classmethod
    def of(cls, caller: str, key: str, body: bytes, pepper: bytes = b"") -> "Key":
        """A key is the caller's own: two callers may use the same word.

        Neither the word nor the body can be guessed from what is stored: a body may hold a card's
        number or a password, so its hash is keyed by the word, which is not stored, and by
        ``pepper``, a key of the vault.
        """
        word = f"{len(caller)}:{caller}:{key}".encode()
        # Not hmac.digest: it lets other threads in and then waits for its turn again.
        name = hmac.new(b"name" + pepper, word, "sha256").digest()
        return cls(name, hmac.new(b"body" + pepper + name + word, body, "sha256").digest())


class Engine:
    """One per process. Lanes open when the first command for their part comes."""

    def __init__(self, store: Store, clock: Clock, naming: Naming | None = None) -> None:
        """Open for commands at once. ``naming`` is given where a run has to repeat another."""
        self.store = store
        self.clock = clock
        self._lanes: dict[int, Lane] = {}
        self._lock = threading.Lock()
        self._listeners: list[Callable[[int, int], None]] = []
        self._next_part = 0
        self._naming = naming or Naming(int.from_bytes(os.urandom(2), "big"))
        self._stopped = False

    # -- writing -----------------------------------------------------------------------------------

    def submit(
        self, kind: Kind, stream: int, command: Command, key: Key | None = None
    ) -> "Future[Outcome]":
        """Hand in a wish from a thread; ``stream`` 0 begins a new stream."""
        future: Future[Outcome] = Future()
        draft = _draft(kind, stream, command, key)
        self._lane_for(draft).submit(Pending(draft, future, None))
        return future

    async def ask(
        self, kind: Kind, stream: int, command: Command, key: Key | None = None
    ) -> Outcome:
        """Hand in a wish from an event loop and await its outcome."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Outcome] = loop.create_future()
        draft = _draft(kind, stream, command, key)
        self._lane_for(draft).submit(Pending(draft, future, loop))
        return await future

    def do(self, kind: Kind, stream: int, command: Command, key: Key | None = None) -> Outcome:
        """Hand in a wish and wait for its outcome (from a thread)."""
        return self.submit(kind, stream, command, key).result()

    def rehearse(self, kind: Kind, stream: int, command: Command) -> Outcome:
        """What would happen: the same decision, nothing written (``dry_run``)."""
        state, version, head = self._standing(kind, stream)
        at = self.clock.now()
        decision = kind.decide(state, structs.replace(command, at=at), stream)
        if isinstance(decision, Refusal):
            return decision
        return Receipt(
            stream=stream,
            version=version + len(decision),
            seq=head,
            at=at,
            events=decision,
            state=fold(kind, state, decision),
        )

    def new_stream(self, key: Key | None = None) -> int:
        """A number for a stream whose bodies are stored before it begins.

        With a key the part is always the same, so that a repetition meets its receipt.
        """
        part = self._part_of_key(key.name) if key is not None else self._any_part()
        return self._naming.new(part, self.clock.now())

    def was_answered(self, key: Key, stream: int = 0) -> bool:
        """Whether a request with this key, about this stream, has an outcome on record."""
        part = part_of(stream) if stream else self._part_of_key(key.name)
        return self.store.receipt(part, key.name) is not None

    def _part_of_key(self, name: bytes) -> int:
        return int.from_bytes(name[:4], "big") % self.store.part_count

    def _any_part(self) -> int:
        self._next_part = (self._next_part + 1) % self.store.part_count
        return self._next_part

    def _lane_for(self, draft: Draft) -> Lane:
        if self._stopped:
            message = "the engine is shutting down"
            raise Stopped(message)
        if draft.stream:
            part = part_of(draft.stream)
        elif draft.key:
            part = self._part_of_key(draft.key)
        else:
            part = self._any_part()
        lane = self._lanes.get(part)
        return lane if lane is not None else self._open_lane(part)

    def _open_lane(self, part: int) -> Lane:
        assert 0 <= part < PARTS_MAX
        with self._lock:
            if self._stopped:
                message = "the engine is shutting down"
                raise Stopped(message)
            if part not in self._lanes:
                self._lanes[part] = Lane(
                    self.store,
                    part,
                    self.clock,
                    committed=self._committed,
                    naming=self._naming,
                )
            return self._lanes[part]

    # -- reading -----------------------------------------------------------------------------------

    def state(self, kind: Kind, stream: int) -> Any | None:  # noqa: ANN401 — any kind's state
        """The committed state of a stream, or None when there is no such stream of this kind."""
        return self._standing(kind, stream)[0]

    def version(self, kind: Kind, stream: int) -> int:
        """How many events a stream has; 0 when there is none."""
        return self._standing(kind, stream)[1]

    def _standing(self, kind: Kind, stream: int) -> tuple[Any, int, int]:
        row = self.store.state(stream) if stream else None
        if row is None:
            return None, 0, 0
        found, state = decode_state(row.data)
        return (state, row.version, row.head) if found is kind else (None, 0, 0)

    def state_at(self, kind: Kind, stream: int, version: int) -> Any:  # noqa: ANN401 — as above
        """The state a stream had after its first ``version`` events, folded anew."""
        rows = self.store.history(stream)[:version]
        return fold(kind, None, [decode(row.data) for row in rows])

    def history(self, stream: int) -> Sequence[tuple[LogRow, Event]]:
        """A stream's events with their rows, first to last."""
        return [(row, decode(row.data)) for row in self.store.history(stream)]

    # -- life --------------------------------------------------------------------------------------

    def listen(self, listener: Callable[[int, int], None]) -> None:
        """Be told (part, head) after each commit of this process; must return at once."""
        self._listeners.append(listener)

    def _committed(self, part: int, head: int) -> None:
        for listener in self._listeners:
            try:
                listener(part, head)
            except Exception:
                # The commit stands; whoever only listens must not undo its answer.
                log.exception("a listener failed on part %d", part)

    def waiting(self) -> int:
        """How many wishes wait in all lanes."""
        return sum(lane.waiting() for lane in list(self._lanes.values()))

    def now(self) -> Instant:
        """The engine's present."""
        return self.clock.now()

    def stop(self) -> None:
        """Finish what was handed in; the store stays open."""
        with self._lock:
            self._stopped = True
        for lane in list(self._lanes.values()):
            lane.stop()


def _draft(kind: Kind, stream: int, command: Command, key: Key | None) -> Draft:
    if key is None:
        return Draft(kind=kind, stream=stream, command=command)
    return Draft(kind=kind, stream=stream, command=command, key=key.name, body=key.body)
