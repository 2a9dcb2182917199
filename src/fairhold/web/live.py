"""Live pages: a reader's stream of "something changed here", as server-sent events.

Nothing of what changed is in an event; the page fetches itself anew with the reader's own rights.
A commit of this process wakes its readers at once; commits of other processes are seen by looking.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Mapping
from typing import Final

from anyio import to_thread
from litestar.response.sse import ServerSentEventMessage

from fairhold.domain.conversation import Conversation
from fairhold.engine.desk import Desk
from fairhold.engine.kinds import CONVERSATION
from fairhold.kernel.ids import part_of

LOOK_S: Final = 2.0
"""How often a reader looks whether another process has written."""
SLICE_S: Final = 0.25
"""How soon a reader notices that the server stops."""
BREATH_S: Final = 0.05
"""How long to wait after a commit: a move often brings a reaction."""
STILL_S: Final = 15.0
"""A word from time to time, so that nobody on the way believes the line to be dead."""
RETRY_MS: Final = 2_000


class _Reader:
    """One open stream: an event of its loop that other threads may set."""

    def __init__(self, parts: frozenset[int]) -> None:
        self.parts = parts
        self.loop = asyncio.get_running_loop()
        self.woken = asyncio.Event()

    def wake(self) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.woken.set)


class Live:
    """The readers of one process."""

    def __init__(self, desk: Desk, stopping: threading.Event) -> None:
        """Hear every commit; ``stopping`` ends every stream."""
        self._desk = desk
        self._stopping = stopping
        self._readers: set[_Reader] = set()
        desk.engine.listen(self._committed)

    def _committed(self, part: int, _head: int) -> None:
        for reader in tuple(self._readers):
            if part in reader.parts:
                reader.wake()

    async def changes(self, streams: Mapping[str, int]) -> AsyncIterator[ServerSentEventMessage]:
        """One event a change; named as the stream is in ``streams``.

        The first message only sets how fast a lost line is taken up again.
        """
        reader = _Reader(frozenset(map(part_of, streams.values())))
        self._readers.add(reader)
        try:
            known = await to_thread.run_sync(self._versions, streams)
            yield ServerSentEventMessage(comment="open", retry=RETRY_MS)
            still = 0.0
            while not self._stopping.is_set():
                woken = await self._woken(reader)
                if woken:
                    await asyncio.sleep(BREATH_S)
                versions = await to_thread.run_sync(self._versions, streams)
                changed = [name for name in streams if versions[name] != known[name]]
                known = versions
                for name in changed:
                    yield ServerSentEventMessage(event=name, data=str(versions[name]))
                still = 0.0 if changed else still + LOOK_S * (not woken)
                if still >= STILL_S:
                    still = 0.0
                    yield ServerSentEventMessage(comment="still here")
        finally:
            self._readers.discard(reader)

    async def _woken(self, reader: _Reader) -> bool:
        """Wait for a commit, for the time to look, or for the end."""
        looking = time.monotonic() + LOOK_S
        while not self._stopping.is_set() and (left := looking - time.monotonic()) > 0:
            try:
                await asyncio.wait_for(reader.woken.wait(), min(left, SLICE_S))
            except TimeoutError:
                continue
            reader.woken.clear()
            return True
        return False

    def _versions(self, streams: Mapping[str, int]) -> dict[str, int]:
        """How long each stream is, as far as its page can show it."""
        return {name: self._version(stream) for name, stream in streams.items()}

    def _version(self, stream: int) -> int:
        version = self._desk.engine.version(CONVERSATION, stream)
        if not version:
            row = self._desk.store.state(stream)
            return row.version if row is not None else 0
        # A message is shown from the read model: until it is there, nothing has changed.
        state: Conversation | None = self._desk.engine.state(CONVERSATION, stream)
        newest = f"{stream}:{state.messages:08d}" if state is not None else ""
        if (
            state is not None
            and state.messages
            and not self._desk.store.document("message", newest)
        ):
            return -1
        return version
