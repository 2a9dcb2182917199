"""Sessions: that a browser has signed in, on the shelf and never only in a cookie.

A session has a fresh token at every sign-in and step-up, and the one before dies. Whatever the
browser brought along is never adopted. A session ends after 30 days, or 7 days without use, when
its account closes, and when the account's role changes: new power asks for the password again.
"""

import secrets

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from fairhold.engine.clock import Clock
from fairhold.engine.ports import ShelfStore
from fairhold.kernel.instant import DAY, HOUR, Instant
from fairhold.web.security.tokens import Token, new_token, prefix_of, read_token

SPACE = "session"
LONGEST = 30 * DAY
IDLE = 7 * DAY
SEEN_EVERY = HOUR
"""A session is written at most this often, so that reading pages costs no writes."""
MOST = 50
"""Sessions of one account; the oldest goes when another begins."""
AGENT_MAX = 120


class Session(Struct, frozen=True, kw_only=True):
    """One signed-in browser. ``id`` names it in lists and is no secret.

    ``confirmed_at`` is when the password was last typed; ``operator`` the role it began with.
    """

    id: str
    account: int
    begun_at: Instant
    seen_at: Instant
    confirmed_at: Instant
    operator: bool
    language: str = ""
    agent: str = ""
    network: str = ""


class Sessions:
    """The table of sessions; every method blocks."""

    def __init__(self, store: ShelfStore, wall: Clock) -> None:
        """Keep what it works with."""
        self._store = store
        self._wall = wall

    def begin(
        self, account: int, *, operator: bool, language: str, agent: str, network: str
    ) -> tuple[Token, Session]:
        """Somebody has just shown the right password."""
        now = self._wall.now()
        session = Session(
            id=f"ses_{secrets.token_hex(8)}",
            account=account,
            begun_at=now,
            seen_at=now,
            confirmed_at=now,
            operator=operator,
            language=language,
            agent=agent[:AGENT_MAX],
            network=network,
        )
        self._make_room(account)
        return self._write(session), session

    def read(self, text: str) -> tuple[Token, Session] | None:
        """The living session of a token; notes that it is in use, at most once an hour."""
        token = read_token(text)
        now = self._wall.now()
        data = self._store.shelf_get(SPACE, token.key, now) if token is not None else None
        if token is None or data is None:
            return None
        session = _decode(data)
        if not _lives(session, now):
            self._store.shelf_drop(SPACE, token.key)
            return None
        if now - session.seen_at >= SEEN_EVERY:
            session = replace(session, seen_at=now)
            # Swapped, not put: a session that was ended meanwhile stays ended.
            self._store.shelf_swap(
                SPACE, token.key, data, msgspec.json.encode(session), session.begun_at + LONGEST
            )
        return token, session

    def confirm(self, token: Token, session: Session) -> Token:
        """The password was typed again: the same session under a fresh token."""
        now = self._wall.now()
        self._store.shelf_drop(SPACE, token.key)
        return self._write(replace(session, confirmed_at=now, seen_at=now))

    def of(self, account: int) -> list[Session]:
        """The living sessions of an account, last used first."""
        now = self._wall.now()
        sessions = [session for _, session in self._all(account) if _lives(session, now)]
        return sorted(sessions, key=lambda session: session.seen_at, reverse=True)

    def end(self, account: int, session_id: str) -> bool:
        """End one session of an account; whether there was one of that name."""
        for key, session in self._all(account):
            if session.id == session_id:
                self._store.shelf_drop(SPACE, key)
                return True
        return False

    def end_all(self, account: int, but: str | None = None) -> None:
        """End every session of an account, or all but one."""
        for key, session in self._all(account):
            if session.id != but:
                self._store.shelf_drop(SPACE, key)

    def _all(self, account: int) -> list[tuple[str, Session]]:
        rows = self._store.shelf_list(SPACE, prefix_of(account), self._wall.now(), limit=2 * MOST)
        return [(key, _decode(data)) for key, data in rows]

    def _make_room(self, account: int) -> None:
        there = sorted(self._all(account), key=lambda row: row[1].seen_at)
        for key, _ in there[: max(0, len(there) - MOST + 1)]:
            self._store.shelf_drop(SPACE, key)

    def _write(self, session: Session) -> Token:
        token = new_token(session.account)
        data = msgspec.json.encode(session)
        self._store.shelf_put(SPACE, token.key, data, session.begun_at + LONGEST)
        return token


def _lives(session: Session, now: Instant) -> bool:
    return now - session.begun_at < LONGEST and now - session.seen_at < IDLE


def _decode(data: bytes) -> Session:
    return msgspec.json.decode(data, type=Session)
