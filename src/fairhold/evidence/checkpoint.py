"""Checkpoints as in C2SP tlog-checkpoint: a signed note that states one tree's size and root."""

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from fairhold.evidence.fault import Fault
from fairhold.evidence.note import (
    Signer,
    VerifierKey,
    from_base64,
    open_note,
    sign_note,
    valid_text,
)
from fairhold.evidence.tree import HASH_SIZE, SIZE_MAX

_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_MANDATORY: Final = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log said about itself: which log, how many entries, and the root above them."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """The body that is signed."""
        root = base64.b64encode(self.root).decode()
        return "".join(f"{line}\n" for line in (self.origin, self.size, root, *self.extensions))


def _malformed(detail: str) -> Fault:
    return Fault("checkpoint.malformed", detail)


def parse_checkpoint(text: str) -> Checkpoint | Fault:
    """Read the body of a checkpoint by the letter of the format."""
    if not valid_text(text):
        return _malformed("a checkpoint ends in a newline and holds no other control character")
    lines = text[:-1].split("\n")
    if len(lines) < _MANDATORY or not all(lines):
        return _malformed("a checkpoint has an origin, a size and a root, and no empty lines")
    origin, number, encoded, *extensions = lines
    if not _SIZE.fullmatch(number) or int(number) > SIZE_MAX:
        return _malformed("the size is a decimal number without leading zeroes")
    root = from_base64(encoded)
    if root is None or len(root) != HASH_SIZE:
        return _malformed("the root is the base64 of 32 bytes")
    return Checkpoint(origin, int(number), root, tuple(extensions))


def sign_checkpoint(checkpoint: Checkpoint, signers: Sequence[Signer]) -> bytes:
    """The signed note of a checkpoint."""
    text = checkpoint.text()
    assert parse_checkpoint(text) == checkpoint, "a checkpoint reads back as it was written"
    return sign_note(text, signers)


def open_checkpoint(data: bytes, origin: str, keys: Iterable[VerifierKey]) -> Checkpoint | Fault:
    """The checkpoint in a note, once one of the log's keys is found to have signed it."""
    note = open_note(data, keys)
    if isinstance(note, Fault):
        return note
    checkpoint = parse_checkpoint(note.text)
    if isinstance(checkpoint, Checkpoint) and checkpoint.origin != origin:
        return Fault("checkpoint.wrong_origin", f"this is a checkpoint of {checkpoint.origin}")
    return checkpoint
