"""Guessing is slow, and slows down nobody but the guesser.

Each try is paid for before the password is looked at, so that a thousand tries at once are no
better than one after another. Three purses, by who asks:

* a browser that has signed in to this account before has a purse of its own (a device cookie), so
  no stranger's guessing ever keeps the owner out;
* any other browser shares a purse with its network: five tries, then a wait that doubles up to a
  quarter of an hour;
* all unknown browsers together share a slow one, against guessing from a thousand networks.

Addresses without an account are counted just the same. Living sessions are never touched.
"""

import msgspec
from msgspec import Struct

from fairhold.engine.clock import Clock
from fairhold.engine.ports import ShelfStore
from fairhold.kernel.instant import DAY, MINUTE, SECOND, Instant, Span
from fairhold.web.security.tokens import new_token, prefix_of, read_token

SPACE = "tries"
DEVICES = "device"
DEVICE_LIFE = 180 * DAY
MEMORY = DAY
"""Failures older than this are forgotten."""
SWAPS_MAX = 20


class Purse(Struct, frozen=True):
    """How many tries are free, and how the wait grows after them."""

    free: int
    first_wait: Span
    longest_wait: Span


NEAR = Purse(free=5, first_wait=SECOND, longest_wait=15 * MINUTE)
ALL = Purse(free=100, first_wait=SECOND, longest_wait=MINUTE)


class _Tries(Struct, frozen=True):
    """Tries since the last success, and when the next one may come."""

    count: int
    next_at: Instant


class Lockout:
    """Counts tries at signing in; every method blocks."""

    def __init__(self, store: ShelfStore, wall: Clock) -> None:
        """Keep what it counts with."""
        self._store = store
        self._wall = wall

    def try_(self, name: str, network: str, *, known_device: str | None) -> int:
        """Pay for one try; 0 when it may go on, else in how many seconds to come back.

        ``name`` stands for the address (a keyed hash), whether it has an account or not;
        ``known_device`` is what ``recognise`` returned.
        """
        if known_device is not None:
            return self._pay(f"{name}:device:{known_device}", NEAR)
        return self._pay(f"{name}:net:{network}", NEAR) or self._pay(f"{name}:all", ALL)

    def forgive(self, name: str, network: str, *, known_device: str | None) -> None:
        """The password was right: this asker begins afresh, the shared purse gets its try back."""
        if known_device is not None:
            self._store.shelf_drop(SPACE, f"{name}:device:{known_device}")
            return
        self._store.shelf_drop(SPACE, f"{name}:net:{network}")
        self._give_back(f"{name}:all")

    def recognise(self, account: int | None, cookie: str) -> str | None:
        """The name of a browser that has signed in to this account before."""
        token = read_token(cookie)
        if token is None or token.account != account:
            return None
        there = self._store.shelf_get(DEVICES, token.key, self._wall.now())
        return there.decode() if there is not None else None

    def remember(self, account: int, cookie: str) -> str | None:
        """Know this browser again; the cookie to set, None when it has one already."""
        if self.recognise(account, cookie) is not None:
            return None
        token = new_token(account)
        name = token.key.removeprefix(prefix_of(account))[:16].encode()
        self._store.shelf_put(DEVICES, token.key, name, self._wall.now() + DEVICE_LIFE)
        return token.text

    def _give_back(self, place: str) -> None:
        now = self._wall.now()
        data = self._store.shelf_get(SPACE, place, now)
        if data is None:
            return
        tries = msgspec.json.decode(data, type=_Tries)
        before = msgspec.json.encode(_Tries(max(0, tries.count - 1), tries.next_at))
        # When another try comes between, this one stays paid: that is never too cheap.
        self._store.shelf_swap(SPACE, place, data, before, now + MEMORY)

    def _pay(self, place: str, purse: Purse) -> int:
        """Count a try and set the next wait, atomically; a try during the wait is not counted."""
        for _ in range(SWAPS_MAX):
            now = self._wall.now()
            data = self._store.shelf_get(SPACE, place, now)
            tries = msgspec.json.decode(data, type=_Tries) if data is not None else _Tries(0, 0)
            if now < tries.next_at:
                return max(1, -(-(tries.next_at - now) // SECOND))
            count = tries.count + 1
            after = msgspec.json.encode(_Tries(count, now + _wait(count, purse)))
            if data is None:
                done = self._store.shelf_add(SPACE, place, after, now, now + MEMORY)
            else:
                done = self._store.shelf_swap(SPACE, place, data, after, now + MEMORY)
            if done:
                return 0
        return 1  # so many others try at this very moment that this one waits a second


def _wait(count: int, purse: Purse) -> Span:
    over = count - purse.free
    if over < 0:
        return 0
    return min(purse.longest_wait, purse.first_wait << min(over, 30))
