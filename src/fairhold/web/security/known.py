"""Whom API keys stand for, remembered for a few seconds, so that a busy program costs no reads.

What makes a key worth something else forgets it at once in this process: its revocation, and every
wish about its account (closing, becoming an operator). Another process learns of it within
``KEPT``.
"""

import hashlib
import threading
from collections import OrderedDict
from typing import Final

from fairhold.engine.clock import Clock
from fairhold.kernel.instant import SECOND, Instant, Span
from fairhold.web.security.identity import Identity

KEPT: Final[Span] = 5 * SECOND
KNOWN_MAX: Final = 4_096


class Known:
    """Identities by the hash of the key that proved them; safe from any thread."""

    def __init__(self, wall: Clock) -> None:
        """Nobody is known yet."""
        self._wall = wall
        self._lock = threading.Lock()
        self._entries: OrderedDict[bytes, tuple[Instant, Identity]] = OrderedDict()
        self._forgotten = 0

    @property
    def forgotten(self) -> int:
        """How often something was forgotten; to be read before what is to be remembered."""
        return self._forgotten

    def get(self, text: str) -> Identity | None:
        """Who a key stands for, when that was seen just now."""
        found = self._entries.get(_name(text))
        if found is None:
            return None
        seen, identity = found
        return identity if 0 <= self._wall.now() - seen < KEPT else None

    def put(self, text: str, identity: Identity, forgotten: int) -> None:
        """Remember, unless something was forgotten since the reading of it began."""
        with self._lock:
            if forgotten != self._forgotten:
                return
            name = _name(text)
            self._entries[name] = self._wall.now(), identity
            self._entries.move_to_end(name)
            if len(self._entries) > KNOWN_MAX:
                self._entries.popitem(last=False)

    def forget(self, account: int) -> None:
        """Look again at everything of an account."""
        with self._lock:
            self._forgotten += 1
            theirs = [name for name, (_, who) in self._entries.items() if who.account == account]
            for name in theirs:
                del self._entries[name]


def _name(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
