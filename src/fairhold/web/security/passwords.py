"""Passwords: which are accepted, and how they are kept.

Argon2id with 19 MiB, two passes, one lane: the first choice of the OWASP Password Storage Cheat
Sheet. A hash takes about a tenth of a second of one core, so only a few run at a time and never on
an event loop.
"""

import threading
from typing import Protocol

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from fairhold.kernel.wish import Refusal

LENGTH_MIN = 10
LENGTH_MAX = 200
AT_ONCE = 2
"""How many hashes run at a time in one process: 19 MiB and one core each."""


class Hasher(Protocol):
    """A slow one-way function with its own salt; every method blocks."""

    def hash(self, password: str) -> str:
        """What to store."""

    def verify(self, stored: str, password: str) -> bool:
        """Whether the password is the one that was stored."""

    def is_old(self, stored: str) -> bool:
        """Whether the stored form was made with weaker settings than today's."""


class Argon2:
    """Argon2id behind a gate, so that a wave of sign-ins cannot take all memory."""

    def __init__(self, memory_kib: int = 19 * 1024, passes: int = 2) -> None:
        """The settings for whatever is hashed from now on; older hashes keep working."""
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._gate = threading.BoundedSemaphore(AT_ONCE)

    def hash(self, password: str) -> str:
        """What to store."""
        with self._gate:
            return self._hasher.hash(password)

    def verify(self, stored: str, password: str) -> bool:
        """Whether the password is the one that was stored."""
        try:
            with self._gate:
                return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    def is_old(self, stored: str) -> bool:
        """Whether the stored form was made with weaker settings than today's."""
        return self._hasher.check_needs_rehash(stored)


def fault_of_password(password: str, *others: str) -> Refusal | None:
    """Why a password cannot be taken; length counts, not odd characters (NIST SP 800-63B 3.1.1).

    ``others`` are what everybody would try first: the person's own name and address.
    """
    if len(password) < LENGTH_MIN:
        return Refusal("password.too_short", {"least": LENGTH_MIN})
    if len(password) > LENGTH_MAX:
        return Refusal("password.too_long", {"most": LENGTH_MAX})
    plain = password.casefold()
    if len(set(plain)) <= 2 or any(other and plain == other.casefold() for other in others):  # noqa: PLR2004 — "aaaaaaaaaa", "ababababab"
        return Refusal("password.too_easy")
    return None


REFUSALS = ("password.too_short", "password.too_long", "password.too_easy")
"""Why a password cannot be taken."""
