"""The keeper of the doors: signs people up and in, and says who stands behind a token."""

from msgspec import Struct

from fairhold.engine.batching import Outcome
from fairhold.engine.clock import Clock
from fairhold.engine.desk import Desk, people
from fairhold.engine.desk.asked import Profile
from fairhold.engine.engine import Key
from fairhold.engine.webhooks import Webhooks
from fairhold.kernel.actor import Actor
from fairhold.kernel.wish import Refusal
from fairhold.web.security.api_keys import EVERY_SCOPE, ApiKey, ApiKeys
from fairhold.web.security.credentials import Credentials
from fairhold.web.security.identity import Identity
from fairhold.web.security.known import Known
from fairhold.web.security.limits import RateLimiter
from fairhold.web.security.lockout import Lockout
from fairhold.web.security.passwords import Hasher
from fairhold.web.security.registration import Registration
from fairhold.web.security.sessions import Session, Sessions
from fairhold.web.security.tokens import Token


class SignedIn(Struct, frozen=True):
    """A new session: its token, and the token by which the browser is known again, if new."""

    token: Token
    session: Session
    device: str | None


class Keeper:
    """All of security that handlers call; one per process, every method blocks."""

    def __init__(self, desk: Desk, wall: Clock, hasher: Hasher, *, sandbox: bool) -> None:
        """Open the tables."""
        store = desk.store
        self._desk = desk
        self._wall = wall
        self.sessions = Sessions(store, wall)
        self._known = Known(wall)
        self.api_keys = ApiKeys(store, wall, sandbox=sandbox, revoked=self._known.forget)
        desk.on_account(self._known.forget)
        self.credentials = Credentials(store, wall, hasher)
        self.lockout = Lockout(store, wall)
        self.limiter = RateLimiter(store, wall)

    # -- accounts ----------------------------------------------------------------------------------

    def sign_up(self, asked: Registration, key: Key | None = None) -> Outcome:
        """Open an account for a registration that has no faults."""
        hashed = self.credentials.hash(asked.password)
        profile = Profile(email=asked.email, handle=asked.handle, language=asked.language)
        outcome = people.sign_up(self._desk, profile, key)
        if not isinstance(outcome, Refusal) and not outcome.repeated:
            self.credentials.put(outcome.stream, hashed)
        return outcome

    def sign_in(
        self, email: str, password: str, *, network: str, agent: str, device: str
    ) -> SignedIn | Refusal:
        """Begin a session. The answer, and the work, never tell whether the address is known."""
        account = people.find_by_email(self._desk, email)
        refusal = self._check(account, email, password, network=network, device=device)
        if refusal is not None:
            return refusal
        actor = people.actor_of(self._desk, account) if account is not None else None
        if account is None or actor is None:
            return Refusal("account.wrong_password")
        profile = people.profile_of(self._desk, account)
        token, session = self.sessions.begin(
            account,
            operator=actor.operator,
            language=profile.language if profile is not None else "",
            agent=agent,
            network=network,
        )
        return SignedIn(token, session, self.lockout.remember(account, device))

    def confirm(
        self, token: Token, session: Session, password: str, *, network: str, device: str
    ) -> Token | Refusal:
        """Step up: the password again gives the session a fresh token."""
        profile = people.profile_of(self._desk, session.account)
        email = profile.email if profile is not None else ""
        refusal = self._check(session.account, email, password, network=network, device=device)
        return refusal if refusal is not None else self.sessions.confirm(token, session)

    def change_password(self, account: int, password: str, but: str) -> None:
        """Another password: every session but one ends, and every key. The old one was checked."""
        self.credentials.put(account, self.credentials.hash(password))
        self.sessions.end_all(account, but)
        self.api_keys.revoke_all(account)

    def forget(self, account: int) -> None:
        """An account has closed: nothing signs in to it any more, and nothing is sent for it."""
        self.credentials.drop(account)
        self.api_keys.revoke_all(account)
        self.sessions.end_all(account)
        webhooks = Webhooks(self._desk.store, self._desk.vault, self._wall)
        for endpoint in webhooks.of(account):
            webhooks.remove(endpoint)

    def _check(
        self, account: int | None, email: str, password: str, *, network: str, device: str
    ) -> Refusal | None:
        name = self._desk.vault.fingerprint_of_address(email).hex()[:32]
        known = self.lockout.recognise(account, device)
        wait = self.lockout.try_(name, network, known_device=known)
        if wait:
            return Refusal("account.too_many_tries", {"seconds": wait})
        if not self.credentials.verify(account, password):
            return Refusal("account.wrong_password")
        self.lockout.forgive(name, network, known_device=known)
        return None

    # -- who is there ------------------------------------------------------------------------------

    def by_session(self, text: str) -> tuple[Token, Session, Identity] | None:
        """Who holds a session's token. A session that began with another role ends here."""
        found = self.sessions.read(text)
        if found is None:
            return None
        token, session = found
        actor = people.actor_of(self._desk, session.account)
        if actor is None or actor.operator is not session.operator:
            self.sessions.end(session.account, session.id)
            return None
        identity = Identity(
            actor=actor,
            account=session.account,
            session=session.id,
            scopes=EVERY_SCOPE if actor.operator else EVERY_SCOPE - {"operator"},
            language=session.language,
            confirmed_at=session.confirmed_at,
        )
        return token, session, identity

    def known_by_key(self, text: str) -> Identity | None:
        """For whom an API key acts, when that was asked just now; never blocks."""
        return self._known.get(text)

    def by_key(self, text: str) -> Identity | None:
        """For whom an API key acts. It is an operator's only with that scope."""
        known = self._known.get(text)
        if known is not None:
            return known
        forgotten = self._known.forgotten
        identity = self._read_key(text)
        if identity is not None:
            self._known.put(text, identity, forgotten)
        return identity

    def _read_key(self, text: str) -> Identity | None:
        key: ApiKey | None = self.api_keys.read(text)
        actor = people.actor_of(self._desk, key.account) if key is not None else None
        if key is None or actor is None:
            return None
        operator = actor.operator and "operator" in key.scopes
        return Identity(
            actor=Actor(account=actor.account, operator=operator),
            account=key.account,
            key=key.id,
            scopes=key.scopes if operator else key.scopes - {"operator"},
        )
