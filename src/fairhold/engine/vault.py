"""The vault: bodies encrypted per subject, secrets under a key of their own, keyed fingerprints.

A master key (outside the database) wraps one key per subject; a subject's key encrypts its
bodies, and wraps the key of each sealed secret. AES-256-GCM throughout; the associated data binds
a body to its number, its subject and its use, so that none can be passed off as another. To erase
a subject is to destroy its key (NIST SP 800-88, cryptographic erase): the record stays provable,
its words are gone.
"""

import hashlib
import hmac
import os
import secrets
import unicodedata
from collections.abc import Mapping, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap_with_padding,
    aes_key_wrap_with_padding,
)
from msgspec import Struct

from fairhold.engine.clock import Clock
from fairhold.engine.ports import BodyRow, BodyStore
from fairhold.engine.spelling import normalise, numbers_in, parts_of, tells, whole
from fairhold.kernel.ids import COUNTER_MAX, make_id

KEY_BYTES = 32
SALT_BYTES = 16
NONCE_BYTES = 12
CODE_DIGITS = 6
SECRET_MAX = 2_000
"""The longest secret, in characters: cards and codes are short, and a limit is a safety."""


class Gone(Exception):
    """The body, or the key that opens it, is no longer there."""


class Tampered(Exception):
    """Stored bytes do not decrypt: somebody changed them, or the master key is another."""


class Stored(Struct, frozen=True):
    """Where a body is and its salted digest: all that an event may know of it."""

    body: int
    digest: str


class Keyring(Struct, frozen=True):
    """Master keys by name; ``current`` wraps whatever is new."""

    current: str
    keys: Mapping[str, bytes]


class Vault:
    """Encrypts, decrypts, derives. Thread-safe; keeps no plaintext."""

    def __init__(self, store: BodyStore, keyring: Keyring, clock: Clock) -> None:
        """Raise ValueError when the ring has no current key of 32 bytes."""
        if len(keyring.keys.get(keyring.current, b"")) != KEY_BYTES:
            message = "the master key has to be 32 bytes"
            raise ValueError(message)
        self._store = store
        self._ring = keyring
        self._clock = clock
        # Fingerprints must stay comparable for ever, so they hang on the ring's first key.
        root = keyring.keys[min(keyring.keys, key=lambda name: (len(name), name))]
        self._fingerprint_key = _derive(root, b"fairhold fingerprint")
        self._pepper = _derive(root, b"fairhold request keys")
        self._code_key = _derive(root, b"fairhold meeting code")

    # -- bodies ------------------------------------------------------------------------------------

    def put(self, subject: str, kind: str, plain: bytes) -> Stored:
        """Encrypt a body under its subject's key; the digest is salted and hides short texts."""
        number = self._new_number()
        salt = os.urandom(SALT_BYTES)
        key = self._subject_key(subject)
        data = _seal(key, salt + plain, _bind(number, subject, kind))
        self._store.put_body(BodyRow(number, subject, kind, data))
        return Stored(number, _digest(salt, plain))

    def get(self, body: int, kind: str) -> bytes:
        """Decrypt a body of the kind that is expected; raises Gone or Tampered."""
        row = self._store.body(body)
        if row is None or row.kind != kind:
            message = f"no {kind} {body}"
            raise Gone(message)
        key = self._known_key(row.subject)
        return _open(key, row.data, _bind(body, row.subject, kind))[SALT_BYTES:]

    def matches(self, body: int, kind: str, digest: str) -> bool:
        """Whether a stored body is the one whose digest is on record."""
        row = self._store.body(body)
        if row is None or row.kind != kind:
            return False
        both = _open(self._known_key(row.subject), row.data, _bind(body, row.subject, kind))
        return hmac.compare_digest(_digest(both[:SALT_BYTES], both[SALT_BYTES:]), digest)

    def erase(self, subject: str) -> None:
        """Destroy a subject's key. There is no way back."""
        self._store.drop_subject_key(subject)

    # -- secrets -----------------------------------------------------------------------------------

    def seal_secret(self, owner: str, deal: str, plain: bytes) -> Stored:
        """Lock a secret away under a key of its own, wrapped for its owner, bound to its deal."""
        number = self._new_number()
        salt, key = os.urandom(SALT_BYTES), os.urandom(KEY_BYTES)
        wrapped = aes_key_wrap_with_padding(self._subject_key(owner), key)
        data = wrapped + _seal(key, salt + plain, _bind(number, deal, "sealed"))
        self._store.put_body(BodyRow(number, owner, f"secret:{deal}", data))
        return Stored(number, _digest(salt, plain))

    def read_secret(self, body: int, deal: str) -> bytes:
        """Read a sealed secret; whoever calls has put the opening on record first."""
        row = self._store.body(body)
        if row is None or row.kind != f"secret:{deal}":
            message = f"no sealed secret {body}"
            raise Gone(message)
        wrapped, data = row.data[: KEY_BYTES + 8], row.data[KEY_BYTES + 8 :]
        try:
            key = aes_key_unwrap_with_padding(self._known_key(row.subject), wrapped)
        except InvalidUnwrap as error:
            message = f"the key of secret {body} does not unwrap"
            raise Tampered(message) from error
        return _open(key, data, _bind(body, deal, "sealed"))[SALT_BYTES:]

    def drop_secret(self, body: int) -> None:
        """Forget a secret that was withdrawn unopened."""
        self._store.drop_body(body)

    def fingerprint(self, kind: str, *fields: str) -> bytes:
        """A keyed hash that is equal for equal secrets, however they are spelled or ordered."""
        plain = "\x1f".join([kind, *sorted(filter(None, map(normalise, fields)))])
        return hmac.digest(self._fingerprint_key, plain.encode(), "sha256")

    def fingerprints(self, *fields: str) -> tuple[bytes, ...]:
        """All that a deal holds of a secret: each telling field, each long number, the whole.

        In one order for everybody, so that of two deals that take the same secret one gets it.
        """
        pieces = {plain for plain in map(normalise, fields) if tells(plain)}
        pieces.update(number for field in fields for number in numbers_in(field))
        marks = {self.fingerprint("secret", piece) for piece in pieces}
        return tuple(sorted({*marks, self.fingerprint("whole secret", whole(fields))}))

    def fingerprints_inside(self, *fields: str) -> Sequence[bytes]:
        """Keyed hashes of all that may be another deal's secret, written among other words."""
        parts = dict.fromkeys(map(normalise, parts_of(fields)))
        return [self.fingerprint("secret", part) for part in parts]

    def fingerprint_of_address(self, address: str) -> bytes:
        """A keyed hash of an e-mail address: case and width are forgiven, nothing else is."""
        plain = unicodedata.normalize("NFKC", address).strip().casefold()
        return hmac.digest(self._fingerprint_key, f"address\x1f{plain}".encode(), "sha256")

    @property
    def pepper(self) -> bytes:
        """What makes the hashes of requests impossible to guess from the database alone."""
        return self._pepper

    def meeting_code(self, deal: int, number: int) -> str:
        """The one-time code of a meeting: six digits, derived, stored nowhere."""
        tag = hmac.digest(self._code_key, f"{deal}:{number}".encode(), "sha256")
        return str(int.from_bytes(tag[:8], "big") % 10**CODE_DIGITS).zfill(CODE_DIGITS)

    def is_meeting_code(self, deal: int, number: int, typed: str) -> bool:
        """Compare in constant time; spaces and full-width digits are forgiven."""
        plain = normalise(typed)
        return hmac.compare_digest(plain.encode(), self.meeting_code(deal, number).encode())

    # -- keys --------------------------------------------------------------------------------------

    def rotate(self) -> int:
        """Re-wrap every subject's key under the current master key; return how many changed."""
        changed, after = 0, ""
        while subjects := self._store.subjects(after, 500):
            for subject in subjects:
                old = self._store.subject_key(subject)
                if old is None or old.split(b":", 1)[0].decode() == self._ring.current:
                    continue
                new = self._wrap(self._unwrap(old))
                changed += self._store.replace_subject_key(subject, old, new)
            after = subjects[-1]
        return changed

    def _subject_key(self, subject: str) -> bytes:
        stored = self._store.subject_key(subject)
        if stored is None:
            stored = self._store.put_subject_key(subject, self._wrap(os.urandom(KEY_BYTES)))
        return self._unwrap(stored)

    def _known_key(self, subject: str) -> bytes:
        stored = self._store.subject_key(subject)
        if stored is None:
            message = f"the key of {subject} was destroyed"
            raise Gone(message)
        return self._unwrap(stored)

    def _wrap(self, key: bytes) -> bytes:
        master = _derive(self._ring.keys[self._ring.current], b"fairhold subject keys")
        return self._ring.current.encode() + b":" + aes_key_wrap_with_padding(master, key)

    def _unwrap(self, stored: bytes) -> bytes:
        prefix, _, wrapped = stored.partition(b":")
        name = prefix.decode("ascii", "replace")
        root = self._ring.keys.get(name)
        if root is None:
            message = f"the master key {name} is not on the ring"
            raise Tampered(message)
        try:
            return aes_key_unwrap_with_padding(_derive(root, b"fairhold subject keys"), wrapped)
        except InvalidUnwrap as error:
            message = "a subject's key does not unwrap"
            raise Tampered(message) from error

    def _new_number(self) -> int:
        return make_id(self._clock.now(), 0, secrets.randbelow(COUNTER_MAX)) ^ (
            secrets.randbits(20) << 22
        )


def _derive(root: bytes, use: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=use).derive(root)


def _bind(number: int, subject: str, use: str) -> bytes:
    return f"{number}|{use}|{subject}".encode()


def _seal(key: bytes, plain: bytes, bound: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound)


def _open(key: bytes, data: bytes, bound: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], bound)
    except (InvalidTag, ValueError) as error:  # the latter when too little is left
        message = "stored bytes do not decrypt"
        raise Tampered(message) from error


def _digest(salt: bytes, plain: bytes) -> str:
    return hashlib.sha256(salt + plain).hexdigest()
