"""Signed notes as in C2SP signed-note: text, a blank line, and one line for each signature.

Only Ed25519 keys are known (signature type 0x01). The signature covers the text with its last
newline, and nothing else.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from fairhold.evidence.fault import Fault

NOTE_BYTES_MAX: Final = 1_000_000
SIGNATURES_MAX: Final = 100
KEY_BYTES: Final = 32
_ED25519: Final = b"\x01"
_ID_BYTES: Final = 4
_DASH: Final = "\N{EM DASH} "
_PRIVATE: Final = "PRIVATE+KEY+"
_FIRST_PRINTABLE: Final = " "
_KEY_ID: Final = re.compile(r"[0-9a-f]{8}", re.ASCII)


def from_base64(text: str) -> bytes | None:
    """Decode standard base64 (RFC 4648 section 4), refusing every spelling but the canonical."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None


def valid_name(name: str) -> bool:
    """Whether a key may be called this: not empty, no Unicode space, no plus, no control."""
    return bool(name) and not any(
        letter.isspace() or letter == "+" or letter < _FIRST_PRINTABLE for letter in name
    )


def key_id(name: str, public: bytes) -> int:
    """The short identifier of an Ed25519 key under a name; an aid to look-up, not a proof."""
    digest = sha256(name.encode() + b"\n" + _ED25519 + public).digest()
    return int.from_bytes(digest[:_ID_BYTES], "big")


# -- keys -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half of a signing key, with the name that it signs under."""

    name: str
    public: bytes

    @property
    def id(self) -> int:
        """The key id that its signatures carry."""
        return key_id(self.name, self.public)

    def encode(self) -> str:
        """Write the key as ``name+hash+base64``."""
        material = base64.b64encode(_ED25519 + self.public).decode()
        return f"{self.name}+{self.id:08x}+{material}"

    @staticmethod
    def parse(text: str) -> "VerifierKey":
        """Read ``name+hash+base64``; raise ValueError when it is no Ed25519 verifier key."""
        name, public = _read_key(text)
        return VerifierKey(name, public)

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature over the message was made with this key."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """A signing key: a name and the 32-byte Ed25519 seed (RFC 8032). Never shown by repr."""

    name: str
    seed: bytes

    def __post_init__(self) -> None:
        """Assert what callers must have checked: names and seeds come from configuration."""
        assert valid_name(self.name), "a key name has no spaces and no plus"
        assert len(self.seed) == KEY_BYTES, "an Ed25519 seed is 32 bytes"

    @property
    def verifier(self) -> VerifierKey:
        """The public half, to be published."""
        return VerifierKey(self.name, self._private().public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """Sign bytes (deterministic)."""
        return self._private().sign(message)

    def encode(self) -> str:
        """Write the key as ``PRIVATE+KEY+name+hash+base64``: for a key file, for nothing else."""
        material = base64.b64encode(_ED25519 + self.seed).decode()
        return f"{_PRIVATE}{self.name}+{self.verifier.id:08x}+{material}"

    @staticmethod
    def parse(text: str) -> "Signer":
        """Read ``PRIVATE+KEY+name+hash+base64``; raise ValueError when it is not one."""
        if not text.startswith(_PRIVATE):
            message = "a signing key begins with PRIVATE+KEY+"
            raise ValueError(message)
        name, seed = _read_key(text.removeprefix(_PRIVATE), private=True)
        return Signer(name, seed)

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def _read_key(text: str, *, private: bool = False) -> tuple[str, bytes]:
    """Take ``name+hash+base64`` apart, check it, and return the name and the 32 key bytes."""
    name, _, rest = text.partition("+")
    short, _, material = rest.partition("+")
    data = from_base64(material)
    if not valid_name(name) or not _KEY_ID.fullmatch(short) or data is None:
        message = "a key is written name+hash+base64"
        raise ValueError(message)
    if data[:1] != _ED25519 or len(data) != 1 + KEY_BYTES:
        message = f"the key {name} is not an Ed25519 key"
        raise ValueError(message)
    key = data[1:]
    public = Signer(name, key).verifier.public if private else key
    if int(short, 16) != key_id(name, public):
        message = f"the hash {short} does not belong to the key {name}"
        raise ValueError(message)
    return name, key


# -- notes ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who claims to have signed, and the bytes."""

    name: str
    key_id: int
    signature: bytes

    def line(self) -> str:
        """The line that stands in a note, with its newline."""
        data = self.key_id.to_bytes(_ID_BYTES, "big") + self.signature
        return f"{_DASH}{self.name} {base64.b64encode(data).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A note taken apart; nothing in it is verified yet."""

    text: str
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        """The bytes of the note."""
        return (self.text + "\n" + "".join(each.line() for each in self.signatures)).encode()


@dataclass(frozen=True, slots=True)
class OpenNote:
    """A note whose text was signed by at least one known key."""

    text: str
    verified: tuple[Signature, ...]
    unverified: tuple[Signature, ...]


def _malformed(detail: str) -> Fault:
    return Fault("note.malformed", detail)


def valid_text(text: str) -> bool:
    """Whether a text can be signed: ends in a newline and holds no other control character."""
    return text.endswith("\n") and not any(
        letter < _FIRST_PRINTABLE and letter != "\n" for letter in text
    )


def parse_note(data: bytes) -> Note | Fault:
    """Take a note apart by the letter of the format; verify nothing."""
    if len(data) > NOTE_BYTES_MAX:
        return _malformed(f"a note has at most {NOTE_BYTES_MAX} bytes")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError:
        return _malformed("a note is valid UTF-8")
    if not valid_text(whole):
        return _malformed("a note ends in a newline and holds no other control character")
    cut = whole.rfind("\n\n")
    if cut < 0:
        return _malformed("a blank line stands between text and signatures")
    lines = whole[cut + 2 : -1].split("\n") if cut + 2 < len(whole) else []
    if not 1 <= len(lines) <= SIGNATURES_MAX:
        return _malformed(f"a note has 1 to {SIGNATURES_MAX} signatures")
    signatures = []
    for line in lines:
        signature = _parse_line(line)
        if signature is None:
            return _malformed("a signature line is: em dash, space, key name, space, base64")
        signatures.append(signature)
    return Note(whole[: cut + 1], tuple(signatures))


def _parse_line(line: str) -> Signature | None:
    if not line.startswith(_DASH):
        return None
    name, _, material = line.removeprefix(_DASH).partition(" ")
    data = from_base64(material)
    if not valid_name(name) or data is None or len(data) <= _ID_BYTES:
        return None
    return Signature(name, int.from_bytes(data[:_ID_BYTES], "big"), data[_ID_BYTES:])


def sign_note(text: str, signers: Sequence[Signer], existing: Iterable[Signature] = ()) -> bytes:
    """Sign a text; signatures that are there already stay, unless the same key signs again."""
    assert valid_text(text), "a note's text ends in a newline and holds no control characters"
    message = text.encode()
    fresh = [Signature(each.name, each.verifier.id, each.sign(message)) for each in signers]
    replaced = {(each.name, each.key_id) for each in fresh}
    kept = [each for each in existing if (each.name, each.key_id) not in replaced]
    assert kept or fresh, "a note has at least one signature"
    return Note(text, (*kept, *fresh)).encode()


def open_note(data: bytes, keys: Iterable[VerifierKey]) -> OpenNote | Fault:
    """The text of a note, once a known key is found to have signed it.

    Signatures by unknown keys are ignored, and so are repetitions. A wrong signature under a
    known key's name and id spoils the whole note. Raises ValueError when two different keys share
    a name and an id, which is a mistake in the caller's configuration.
    """
    known = _by_id(keys)
    note = parse_note(data)
    if isinstance(note, Fault):
        return note
    message = note.text.encode()
    verified: dict[tuple[str, int], Signature] = {}
    unverified: dict[Signature, None] = {}
    for each in note.signatures:
        key = known.get((each.name, each.key_id))
        if key is None:
            unverified[each] = None
        elif (each.name, each.key_id) not in verified:
            if not key.verify(message, each.signature):
                return Fault("note.bad_signature", f"the signature by {each.name} is wrong")
            verified[each.name, each.key_id] = each
    if not verified:
        return Fault("note.unsigned", "no known key signed this note")
    return OpenNote(note.text, tuple(verified.values()), tuple(unverified))


def _by_id(keys: Iterable[VerifierKey]) -> Mapping[tuple[str, int], VerifierKey]:
    known: dict[tuple[str, int], VerifierKey] = {}
    for key in keys:
        if known.setdefault((key.name, key.id), key) != key:
            message = f"two keys are called {key.name}+{key.id:08x}"
            raise ValueError(message)
    return known
