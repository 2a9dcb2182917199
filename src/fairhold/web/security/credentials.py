"""Who may sign in as whom: one password an account, and the same work for an address unknown."""

import secrets

import msgspec
from msgspec import Struct

from fairhold.engine.clock import Clock
from fairhold.engine.ports import ShelfStore
from fairhold.kernel.instant import Instant
from fairhold.web.security.passwords import LENGTH_MAX, Hasher

SPACE = "password"


class Credential(Struct, frozen=True):
    """The stored form of a password and since when it holds."""

    hash: str
    since: Instant


class Credentials:
    """The table of passwords; every method blocks, most of them for a tenth of a second."""

    def __init__(self, store: ShelfStore, wall: Clock, hasher: Hasher) -> None:
        """Prepare the hash that an unknown address is measured against."""
        self._store = store
        self._wall = wall
        self._hasher = hasher
        self._nobody = hasher.hash(secrets.token_hex(16))

    def hash(self, password: str) -> str:
        """The slow part of setting a password, to be done before anything is written."""
        return self._hasher.hash(password)

    def put(self, account: int, hashed: str) -> None:
        """Give an account its password, already hashed."""
        credential = Credential(hashed, self._wall.now())
        self._store.shelf_put(SPACE, str(account), msgspec.json.encode(credential))

    def verify(self, account: int | None, password: str) -> bool:
        """Whether this is the account's password; ``None`` costs as much and is always no."""
        stored = self._of(account) if account is not None else None
        right = self._hasher.verify(
            stored.hash if stored is not None else self._nobody, password[:LENGTH_MAX]
        )
        if stored is None or account is None or not right or len(password) > LENGTH_MAX:
            return False
        if self._hasher.is_old(stored.hash):
            self.put(account, self._hasher.hash(password))
        return True

    def drop(self, account: int) -> None:
        """Nobody signs in to this account any more."""
        self._store.shelf_drop(SPACE, str(account))

    def _of(self, account: int) -> Credential | None:
        data = self._store.shelf_get(SPACE, str(account), self._wall.now())
        return msgspec.json.decode(data, type=Credential) if data is not None else None
