"""An outbox that keeps letters instead of sending them, for tests and for looking at."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from fairhold.adapters.journal import Journal
from fairhold.engine.outside import Declined, OutsideUnavailable

KEPT: Final = 10_000
"""Older letters are let go from memory; their keys stay known."""
NO_ADDRESS: Final = "mail.no_address"
BAD_SUBJECT: Final = "mail.subject_has_control_characters"
_ADDRESS: Final = re.compile(r"[^@\s\x00-\x1f\x7f<>,;]{1,64}@[^@\s\x00-\x1f\x7f<>,;]{1,255}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class Letter(Struct, frozen=True):
    """One plain-text letter as it was handed over."""

    to: str
    subject: str
    text: str
    key: str


class SandboxMail:
    """See :class:`fairhold.engine.outside.MailPort`; safe to use from any thread.

    With a file, letters are also appended there as JSON lines, and all outboxes on the same file,
    of whatever process, know them. Letters are personal: the file is readable by its owner alone.
    """

    def __init__(self, file: str = "") -> None:
        self._failures = 0
        self._keys: set[str] = set()
        self._letters: list[Letter] = []
        self._journal: Journal[Letter] = Journal(
            file, msgspec.json.Decoder(Letter).decode, self._keep
        )

    def close(self) -> None:
        """Let go of the file."""
        self._journal.close()

    def send(self, to: str, subject: str, text: str, key: str) -> None:
        """Keep one letter; the same key again keeps nothing more."""
        if not _ADDRESS.fullmatch(to):
            raise Declined(NO_ADDRESS)
        if _CONTROL.search(subject):
            # A line break here would let a writer add header lines of his own.
            raise Declined(BAD_SUBJECT)
        with self._journal.turn:
            if self._failures:
                self._failures -= 1
                message = "the mail server does not answer"
                raise OutsideUnavailable(message)
            if key in self._keys:
                return
            letter = Letter(to, subject, text, key)
            self._keep(letter)
            self._journal.append(letter)

    def _keep(self, letter: Letter) -> None:
        self._keys.add(letter.key)
        self._letters.append(letter)
        del self._letters[:-KEPT]

    def letters(self, to: str = "") -> Sequence[Letter]:
        """The letters kept, oldest first: all of them, or those to one address."""
        with self._journal.turn:
            return [letter for letter in self._letters if to in {"", letter.to}]

    def fail_next(self, count: int = 1) -> None:
        """Do not answer the next ``count`` letters."""
        with self._journal.turn:
            self._failures += count
