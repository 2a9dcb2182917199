"""Reading what somebody sent: each wrong field is a problem with a code of its own."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec

from fairhold.adapters.payment.sandbox.words import AMOUNT_MAX, DIGITS, Problem

BODY_MAX: Final = 64 * 1024
KEY_MAX: Final = 255
TEXT_MAX: Final = 200
URL_MAX: Final = 2_048
TIME_MAX: Final = 4_102_444_800_000
"""The year 2100, in milliseconds: later times are mistakes."""
_PRINTABLE: Final = re.compile(r"[!-~]+")
_SAFE_URL: Final = re.compile(r"[!-\[\]-~]+")
"""Printable ASCII without the backslash, which browsers read as a slash."""
_HOST: Final = re.compile(r"[A-Za-z0-9.:\[\]-]+")


class Fields:
    """A JSON object whose members are taken out one by one and checked on the way."""

    def __init__(self, members: Mapping[str, object]) -> None:
        self._members = members

    def text(self, name: str, longest: int = TEXT_MAX) -> str:
        """A text that is not empty."""
        value = self._need(name)
        if not isinstance(value, str):
            raise Problem(422, "field.wrong_type", f"{name} is a text.")
        if not value or len(value) > longest:
            raise Problem(422, "field.wrong_length", f"{name} has 1 to {longest} characters.")
        return value

    def word(self, name: str, among: Mapping[str, object] | tuple[str, ...]) -> str:
        """One of a closed list of words."""
        value = self.text(name)
        if value not in among:
            raise Problem(422, "field.unknown_word", f"{name} is one of {', '.join(among)}.")
        return value

    def whole(self, name: str, most: int, least: int = 1) -> int:
        """A whole number within bounds."""
        value = self._need(name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise Problem(422, "field.wrong_type", f"{name} is a whole number.")
        if not least <= value <= most:
            raise Problem(422, "field.out_of_bounds", f"{name} is from {least} to {most}.")
        return value

    def amount(self) -> int:
        """An amount in minor units."""
        value = self._need("amount")
        if isinstance(value, bool) or not isinstance(value, int):
            raise Problem(422, "amount.not_whole", "An amount is a whole number of minor units.")
        if value <= 0:
            raise Problem(422, "amount.not_positive", "An amount is greater than zero.")
        if value > AMOUNT_MAX:
            raise Problem(422, "amount.too_large", "No amount is that large.")
        return value

    def amount_if_any(self) -> int | None:
        """An amount in minor units, or None when none was sent."""
        return None if self._members.get("amount") is None else self.amount()

    def currency(self) -> str:
        """A currency that is taken here."""
        value = self.text("currency")
        if value not in DIGITS:
            raise Problem(422, "currency.unknown", "This currency is not taken here.")
        return value

    def return_url(self) -> str:
        """Where the buyer goes back to: a path on the same host, or an http(s) address."""
        value = self.text("return_url", URL_MAX)
        try:
            parts = urlsplit(value)
            own = not parts.scheme and not parts.netloc and value.startswith("/")
            other = parts.scheme in {"http", "https"} and bool(_HOST.fullmatch(parts.netloc))
        except ValueError:
            own = other = False
        if not (own or other) or not _SAFE_URL.fullmatch(value):
            raise Problem(422, "return_url.wrong", "This is no address to come back to.")
        return value

    def objects(self, name: str, most: int) -> "list[Fields]":
        """A list of 1 to ``most`` objects."""
        value = self._need(name)
        if not isinstance(value, list):
            raise Problem(422, "field.wrong_type", f"{name} is a list.")
        if not 1 <= len(value) <= most:
            raise Problem(422, "field.wrong_length", f"{name} has 1 to {most} entries.")
        for row in value:
            if not isinstance(row, dict):
                raise Problem(422, "field.wrong_type", f"{name} is a list of objects.")
        return [Fields(row) for row in value]

    def _need(self, name: str) -> object:
        value = self._members.get(name)
        if value is None:
            raise Problem(422, "field.missing", f"{name} is missing.")
        return value


def read_object(body: bytes) -> Fields:
    """Read a JSON object; an empty body is an empty object."""
    if len(body) > BODY_MAX:
        raise too_large()
    if not body:
        return Fields({})
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Problem(400, "body.not_json", "The body is no JSON.") from None
    if not isinstance(value, dict):
        raise Problem(400, "body.not_object", "The body is no JSON object.")
    return Fields(value)


def read_key(value: str) -> str:
    """Check an idempotency key."""
    if not value:
        raise Problem(400, "key.missing", "This call needs an Idempotency-Key header.")
    if len(value) > KEY_MAX or not _PRINTABLE.fullmatch(value):
        raise Problem(400, "key.malformed", "A key is 1 to 255 printable ASCII characters.")
    return value


def too_large() -> Problem:
    """The problem of a body that nobody reads to its end."""
    return Problem(413, "body.too_large", f"A body has at most {BODY_MAX} bytes.")
