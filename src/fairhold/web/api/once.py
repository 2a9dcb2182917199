"""Doing things once that leave no trace on the record: keys, endpoints, things of the sandbox.

What is on record has its receipts there. For the rest the whole answer is kept for the published
period, encrypted under a key that only the request itself and the master key together give: so an
answer that shows a secret can be repeated to whoever asked, and is nowhere readable at rest.
"""

import hashlib
import os
from collections.abc import Callable

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from fairhold.engine.batching import KEY_REUSED, Repeated
from fairhold.engine.engine import Key
from fairhold.engine.vault import Vault
from fairhold.kernel.instant import DAY, MINUTE, Span
from fairhold.kernel.wish import Refusal
from fairhold.web.api.operation import Answer, Call

SPACE = "reply"
KEPT: Span = DAY
RUNNING: Span = 2 * MINUTE
"""A request that died half-way holds its key no longer than this."""
IN_FLIGHT = "request.in_flight"
_NONCE = 12


class _Kept(Struct, frozen=True):
    body: bytes
    sealed: bytes = b""


class _Reply(Struct, frozen=True):
    status: int = 0
    body: msgspec.Raw = msgspec.Raw(b"null")
    private: bool = False
    code: str = ""
    values: dict[str, str | int] = {}


def once(call: Call, do: Callable[[], Answer | Refusal]) -> Answer | Refusal:
    """Do it, or answer as the first request with this key was answered.

    Another body under the same key is refused; so is a repetition while the first one still runs.
    An exception forgets the key: whatever was half-done is done again.
    """
    assert call.key is not None, "operations that use this are keyed"
    shelf, key, now = call.desk.store, call.key, call.services.wall.now()
    place, body = _mixed(b"place", key.name).hex(), _mixed(b"check", key.body + _asker(call))
    started = msgspec.msgpack.encode(_Kept(body))
    if not shelf.shelf_add(SPACE, place, started, now, now + RUNNING):
        return _again(call, place, body)
    try:
        outcome = do()
    except BaseException:
        shelf.shelf_drop(SPACE, place)
        raise
    sealed = _seal(call.desk.vault, key, msgspec.json.encode(_reply(outcome)))
    kept = msgspec.msgpack.encode(_Kept(body, sealed))
    shelf.shelf_put(SPACE, place, kept, now + KEPT)
    return outcome


def _asker(call: Call) -> bytes:
    """Which of an account's keys or browsers asks: none is shown a secret that another was."""
    who = call.who
    return f"\n{who.key or who.session}".encode() if who is not None else b""


def narrowed(key: Key, whose: bytes) -> Key:
    """The key of somebody among many who share a name of caller."""
    return Key(_mixed(b"whose", key.name + whose), key.body)


def inner(key: Key) -> Key:
    """The key for what a once-only operation puts on record, which tells nothing about its own."""
    return Key(_mixed(b"inner", key.name), _mixed(b"inner", key.body))


def _mixed(use: bytes, value: bytes) -> bytes:
    return hashlib.sha256(use + value).digest()


def _again(call: Call, place: str, body: bytes) -> Answer | Refusal:
    assert call.key is not None
    data = call.desk.store.shelf_get(SPACE, place, call.services.wall.now())
    if data is None:
        return Refusal(IN_FLIGHT)
    kept = msgspec.msgpack.decode(data, type=_Kept)
    if kept.body != body:
        return Refusal(KEY_REUSED)
    if not kept.sealed:
        return Refusal(IN_FLIGHT)
    reply = msgspec.json.decode(_open(call.desk.vault, call.key, kept.sealed), type=_Reply)
    if reply.code:
        return Repeated(reply.code, reply.values)
    return Answer(body=reply.body, status=reply.status, private=reply.private, replayed=True)


def _reply(outcome: Answer | Refusal) -> _Reply:
    if isinstance(outcome, Refusal):
        return _Reply(code=outcome.code, values=dict(outcome.values))
    body = msgspec.Raw(msgspec.json.encode(outcome.body))
    return _Reply(status=outcome.status, body=body, private=outcome.private)


def _cipher(vault: Vault, key: Key) -> AESGCM:
    return AESGCM(vault.fingerprint("reply", key.name.hex() + key.body.hex()))


def _seal(vault: Vault, key: Key, plain: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + _cipher(vault, key).encrypt(nonce, plain, SPACE.encode())


def _open(vault: Vault, key: Key, sealed: bytes) -> bytes:
    return _cipher(vault, key).decrypt(sealed[:_NONCE], sealed[_NONCE:], SPACE.encode())


REFUSALS = (IN_FLIGHT,)
