"""API keys: how a program acts for an account, within the scopes it was given.

A key is shown once and kept as a hash. A key of the sandbox does nothing elsewhere, and the other
way round; its first letters say which it is.
"""

import secrets
from collections.abc import Callable

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from fairhold.engine.clock import Clock
from fairhold.engine.ports import ShelfStore
from fairhold.kernel.instant import MINUTE, Instant
from fairhold.kernel.wish import Refusal
from fairhold.web.security.tokens import new_token, prefix_of, read_token

SPACE = "api_key"
SCOPES = (
    "listings:read",
    "listings:write",
    "deals:read",
    "deals:write",
    "messages:write",
    "wallet:write",
    "webhooks:write",
    "keys:write",
    "sandbox:write",
    "operator",
)
EVERY_SCOPE = frozenset(SCOPES)
ORDINARY_SCOPES = EVERY_SCOPE - {"operator"}
SEEN_EVERY = 10 * MINUTE
MOST = 50
NAME_MAX = 60


class ApiKey(Struct, frozen=True, kw_only=True):
    """What is known of a key: everything but the key. ``hint`` are its last four letters."""

    id: str
    account: int
    name: str
    scopes: frozenset[str]
    hint: str
    made_at: Instant
    used_at: Instant = 0


class Issued(Struct, frozen=True):
    """A new key; ``secret`` is shown now and never again."""

    secret: str
    key: ApiKey


class ApiKeys:
    """The table of keys; every method blocks."""

    def __init__(
        self,
        store: ShelfStore,
        wall: Clock,
        *,
        sandbox: bool,
        revoked: Callable[[int], None] = lambda _account: None,
    ) -> None:
        """``sandbox`` decides which keys are made and accepted here.

        ``revoked`` is told an account after a key of it has become worthless.
        """
        self._store = store
        self._wall = wall
        self._revoked = revoked
        self._mark = "fhk_test_" if sandbox else "fhk_live_"

    def issue(
        self, account: int, name: str, scopes: frozenset[str] = ORDINARY_SCOPES
    ) -> Issued | Refusal:
        """Make a key."""
        plain = " ".join(name.split())
        if len(plain) > NAME_MAX:
            return Refusal("api_key.name_too_long", {"most": NAME_MAX})
        if not scopes or not scopes <= EVERY_SCOPE:
            return Refusal("api_key.scope_unknown", {"scopes": ", ".join(SCOPES)})
        if len(self.of(account)) >= MOST:
            return Refusal("api_key.too_many", {"most": MOST})
        token = new_token(account)
        key = ApiKey(
            id=f"key_{secrets.token_hex(8)}",
            account=account,
            name=plain or "API",
            scopes=scopes,
            hint=token.text[-4:],
            made_at=self._wall.now(),
        )
        self._store.shelf_put(SPACE, token.key, msgspec.json.encode(key))
        return Issued(self._mark + token.text, key)

    def read(self, text: str) -> ApiKey | None:
        """The key that a program presents; notes its use at most every ten minutes."""
        token = read_token(text.removeprefix(self._mark)) if text.startswith(self._mark) else None
        now = self._wall.now()
        data = self._store.shelf_get(SPACE, token.key, now) if token is not None else None
        if token is None or data is None:
            return None
        key = _decode(data)
        if now - key.used_at >= SEEN_EVERY:
            key = replace(key, used_at=now)
            # Swapped, not put: a key that was revoked meanwhile stays revoked.
            self._store.shelf_swap(SPACE, token.key, data, msgspec.json.encode(key))
        return key

    def of(self, account: int) -> list[ApiKey]:
        """The keys of an account, newest first."""
        keys = [key for _, key in self._all(account)]
        return sorted(keys, key=lambda key: (key.made_at, key.id), reverse=True)

    def revoke(self, account: int, key_id: str) -> bool:
        """Make a key worthless at once; whether the account had it."""
        for place, key in self._all(account):
            if key.id == key_id:
                self._store.shelf_drop(SPACE, place)
                self._revoked(account)
                return True
        return False

    def revoke_all(self, account: int) -> None:
        """Make all keys of an account worthless."""
        for place, _ in self._all(account):
            self._store.shelf_drop(SPACE, place)
        self._revoked(account)

    def _all(self, account: int) -> list[tuple[str, ApiKey]]:
        rows = self._store.shelf_list(SPACE, prefix_of(account), self._wall.now(), limit=2 * MOST)
        return [(place, _decode(data)) for place, data in rows]


def _decode(data: bytes) -> ApiKey:
    return msgspec.json.decode(data, type=ApiKey)


REFUSALS = ("api_key.name_too_long", "api_key.scope_unknown", "api_key.too_many", "api_key.unknown")
"""Why a key cannot be made or found."""
