"""Tokens that name their account: found in one look-up, useless when the shelf is read.

A token is the account's 13 public letters followed by 256 random bits. The shelf keeps it under
``account:hash``, so that one prefix lists all that one account has.
"""

import hashlib
import secrets

from msgspec import Struct

from fairhold.kernel.ids import public_id, read_public_id

_LETTERS = 13
_PREFIX = "t"
_RANDOM_BYTES = 32


class Token(Struct, frozen=True):
    """A token as its holder has it, and the key under which the shelf keeps it."""

    text: str
    account: int
    key: str


def new_token(account: int) -> Token:
    """A token that nobody else has."""
    word = public_id(_PREFIX, account).removeprefix(f"{_PREFIX}_")
    return _token(word + secrets.token_hex(_RANDOM_BYTES), account)


def read_token(text: str) -> Token | None:
    """The token that a text claims to be; whether it is one, only the shelf knows."""
    if len(text) != _LETTERS + 2 * _RANDOM_BYTES or not text.isascii() or not text.isalnum():
        return None
    account = read_public_id(_PREFIX, f"{_PREFIX}_{text[:_LETTERS]}")
    return _token(text, account) if account is not None else None


def prefix_of(account: int) -> str:
    """What the keys of one account's tokens begin with."""
    return f"{account}:"


def _token(text: str, account: int) -> Token:
    return Token(text, account, prefix_of(account) + hashlib.sha256(text.encode()).hexdigest())
