"""An issuer that knows its own cards: FH and sixteen digits, the last of them a check digit."""

import hashlib
import hmac
import re
from typing import Final

import msgspec
from msgspec import Struct

from fairhold.adapters.journal import Journal
from fairhold.engine.outside import IssuerStatus, OutsideUnavailable
from fairhold.kernel.instant import Instant

PREFIX: Final = "FH"
PLAIN_PREFIX: Final = "FH1"
"""Cards that begin so have no magic."""
USED_PREFIX: Final = "FH99"
"""Cards that begin so were used long ago, at :data:`USED_AT`."""
DOWN_PREFIX: Final = "FH00"
"""Whoever asks about cards that begin so gets no answer."""
USED_AT: Final[Instant] = 1_767_225_600_000
"""2026-01-01T00:00:00Z."""

_SERIAL_DIGITS: Final = 15
_NUMBER: Final = re.compile(r"FH[0-9]{16}")
_BETWEEN: Final = re.compile(r"[\s\-]+")


class _Redeemed(Struct, frozen=True):
    card: str
    at: Instant


class SandboxIssuer:
    """See :class:`fairhold.engine.outside.IssuerPort`; safe to use from any thread.

    Numbers are kept as keyed hashes only. With a journal a new issuer with the same secret on
    the same file remembers what was redeemed, and any number of them know it of each other.
    """

    def __init__(self, secret: bytes, journal: str = "") -> None:
        self._secret = secret
        self._down = False
        self._used: dict[str, Instant] = {}
        self._journal: Journal[_Redeemed] = Journal(
            journal, msgspec.json.Decoder(_Redeemed).decode, self._keep
        )

    def close(self) -> None:
        """Let go of the journal's file."""
        self._journal.close()

    def status(self, card_kind: str, number: str, now: Instant) -> IssuerStatus:
        """Say whether a card is ours and when it was used, as known at ``now``.

        This issuer tells its cards by their numbers alone, whatever ``card_kind`` calls them.
        """
        del card_kind
        plain = _plain(number)
        with self._journal.turn:
            if self._down or plain.startswith(DOWN_PREFIX):
                message = "the issuer does not answer"
                raise OutsideUnavailable(message)
            if not _ours(plain):
                return IssuerStatus(known=False)
            used_at = self._used_at(plain)
        if used_at is None or used_at > now:
            return IssuerStatus(known=True)
        return IssuerStatus(known=True, used_at=used_at)

    def redeem(self, number: str, now: Instant) -> bool:
        """Use a card up; False when it is not ours or was used before."""
        plain = _plain(number)
        with self._journal.turn:
            if not _ours(plain) or self._used_at(plain) is not None:
                return False
            record = _Redeemed(self._hash(plain), now)
            self._keep(record)
            self._journal.append(record)
            return True

    def _keep(self, record: _Redeemed) -> None:
        self._used.setdefault(record.card, record.at)

    def set_down(self, *, down: bool) -> None:
        """Answer nobody until told otherwise."""
        self._down = down

    def _used_at(self, plain: str) -> Instant | None:
        if plain.startswith(USED_PREFIX):
            return USED_AT
        return self._used.get(self._hash(plain))

    def _hash(self, plain: str) -> str:
        return hmac.new(self._secret, plain.encode(), hashlib.sha256).hexdigest()


def make_card(serial: int, prefix: str = PLAIN_PREFIX) -> str:
    """Write the card with a serial number; ``prefix`` may be one of the magic ones."""
    digits = prefix.removeprefix(PREFIX)
    body = digits + f"{serial:0{_SERIAL_DIGITS - len(digits)}d}"
    assert len(body) == _SERIAL_DIGITS, "a card has fifteen digits before its check digit"
    return PREFIX + body + str(_check_digit(body))


def _plain(number: str) -> str:
    return _BETWEEN.sub("", number).upper()


def _ours(plain: str) -> bool:
    if not _NUMBER.fullmatch(plain):
        return False
    return _check_digit(plain[2:-1]) == int(plain[-1])


def _check_digit(body: str) -> int:
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(body)))
    return -sum(value // 10 + value % 10 for value in doubled) % 10
