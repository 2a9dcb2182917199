"""The vault opens what it closed, for whom it was closed, and tells every change from the truth."""

from collections.abc import Mapping

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fairhold.engine.clock import TestClock
from fairhold.engine.spelling import normalise
from fairhold.engine.vault import (
    CODE_DIGITS,
    NONCE_BYTES,
    SALT_BYTES,
    Gone,
    Keyring,
    Stored,
    Tampered,
    Vault,
)
from fairhold.kernel.ids import PARTS_MAX, part_of
from fairhold.stores.memory import MemoryStore
from tests.engine.desks import NOW

KEYS: Mapping[str, bytes] = {"m1": b"1" * 32}
ANNA, BELA = "account:1", "account:2"


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def opened(store: MemoryStore, keys: Mapping[str, bytes] = KEYS, current: str = "m1") -> Vault:
    return Vault(store, Keyring(current, keys), TestClock(NOW))


@pytest.fixture
def vault(store: MemoryStore) -> Vault:
    return opened(store)


# -- bodies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("plain", [b"", b"x", "你好".encode(), bytes(range(256)) * 300])
def test_a_body_comes_back_as_it_was(vault: Vault, plain: bytes) -> None:
    stored = vault.put(ANNA, "message", plain)
    assert vault.get(stored.body, "message") == plain
    assert vault.matches(stored.body, "message", stored.digest)


def test_equal_bodies_look_different_in_the_store_and_have_different_digests(
    vault: Vault, store: MemoryStore
) -> None:
    one, other = (vault.put(ANNA, "message", b"the same") for _ in range(2))
    assert one.body != other.body
    assert one.digest != other.digest
    rows = [store.body(stored.body) for stored in (one, other)]
    assert rows[0] is not None
    assert rows[1] is not None
    assert rows[0].data != rows[1].data
    assert b"the same" not in rows[0].data


def test_a_digest_of_other_words_does_not_match(vault: Vault) -> None:
    stored = vault.put(ANNA, "message", b"one")
    other = vault.put(ANNA, "message", b"two")
    assert not vault.matches(stored.body, "message", other.digest)
    assert not vault.matches(stored.body, "picture", stored.digest)
    assert not vault.matches(12345, "message", stored.digest)


def test_a_body_is_only_what_it_was_put_in_as(vault: Vault) -> None:
    stored = vault.put(ANNA, "message", b"words")
    with pytest.raises(Gone, match="no picture"):
        vault.get(stored.body, "picture")
    with pytest.raises(Gone, match="no message 99"):
        vault.get(99, "message")


def test_numbers_of_bodies_are_numbers_of_the_store(vault: Vault) -> None:
    numbers = {vault.put(ANNA, "message", b"x").body for _ in range(500)}
    assert len(numbers) == 500
    assert all(0 < number < 1 << 63 and part_of(number) < PARTS_MAX for number in numbers)


def places(data: bytes) -> list[int]:
    """A byte of the nonce, of the salt, of the words, of the tag, and each end."""
    return [0, NONCE_BYTES - 1, NONCE_BYTES, NONCE_BYTES + SALT_BYTES, len(data) - 16, -1]


def test_every_changed_byte_of_a_body_is_noticed(vault: Vault, store: MemoryStore) -> None:
    stored = vault.put(ANNA, "message", b"the words of a message")
    row = store.body(stored.body)
    assert row is not None
    for place in places(row.data):
        changed = bytearray(row.data)
        changed[place] ^= 1
        store._bodies[stored.body] = replace(row, data=bytes(changed))
        with pytest.raises(Tampered):
            vault.get(stored.body, "message")
        with pytest.raises(Tampered):
            vault.matches(stored.body, "message", stored.digest)
    store._bodies[stored.body] = replace(row, data=row.data[:-1])
    with pytest.raises(Tampered):
        vault.get(stored.body, "message")
    store._bodies[stored.body] = replace(row, data=b"")
    with pytest.raises(Tampered):
        vault.get(stored.body, "message")


def test_a_body_cannot_be_passed_off_as_another(vault: Vault, store: MemoryStore) -> None:
    mine, yours = vault.put(ANNA, "message", b"mine"), vault.put(BELA, "message", b"yours")
    also = vault.put(ANNA, "message", b"also mine")
    rows = {each.body: store.body(each.body) for each in (mine, yours, also)}
    row = rows[mine.body]
    assert row is not None
    for other in (yours, also):
        there = rows[other.body]
        assert there is not None
        store._bodies[mine.body] = replace(row, data=there.data)
        with pytest.raises(Tampered):
            vault.get(mine.body, "message")
    for change in ({"kind": "statement"}, {"subject": BELA}):
        store._bodies[mine.body] = replace(row, **change)
        kind = change.get("kind", "message")
        with pytest.raises(Tampered):
            vault.get(mine.body, kind)


def test_a_subjects_key_that_was_changed_or_swapped_opens_nothing(
    vault: Vault, store: MemoryStore
) -> None:
    stored = vault.put(ANNA, "message", b"mine")
    vault.put(BELA, "message", b"yours")
    keys = dict(store._subject_keys)
    store._subject_keys[ANNA] = keys[BELA]
    with pytest.raises(Tampered):
        vault.get(stored.body, "message")
    changed = (keys[ANNA][:-1] + bytes([keys[ANNA][-1] ^ 1]), keys[ANNA][:9], b"", b"\xff:x")
    for key in changed:
        store._subject_keys[ANNA] = key
        with pytest.raises(Tampered):
            vault.get(stored.body, "message")


# -- erasing and keys -----------------------------------------------------------------------------


def test_who_is_erased_is_unreadable_for_ever_and_nobody_else(vault: Vault) -> None:
    mine, yours = vault.put(ANNA, "message", b"mine"), vault.put(BELA, "message", b"yours")
    sealed = vault.seal_secret(ANNA, "deal_1", b"code")
    vault.erase(ANNA)
    for read in (
        lambda: vault.get(mine.body, "message"),
        lambda: vault.matches(mine.body, "message", mine.digest),
        lambda: vault.read_secret(sealed.body, "deal_1"),
    ):
        with pytest.raises(Gone):
            read()
    assert vault.get(yours.body, "message") == b"yours"
    # A new beginning under the same name does not bring the old words back.
    again = vault.put(ANNA, "message", b"new")
    assert vault.get(again.body, "message") == b"new"
    with pytest.raises(Tampered):
        vault.get(mine.body, "message")


def test_another_master_key_opens_nothing(vault: Vault, store: MemoryStore) -> None:
    stored = vault.put(ANNA, "message", b"mine")
    with pytest.raises(Tampered):
        opened(store, {"m1": b"2" * 32}).get(stored.body, "message")
    with pytest.raises(Tampered, match="m1 is not on the ring"):
        opened(store, {"m2": b"1" * 32}, "m2").get(stored.body, "message")


@pytest.mark.parametrize("keys", [{}, {"m1": b"short"}, {"m2": b"1" * 32}])
def test_a_ring_without_its_current_key_makes_no_vault(
    store: MemoryStore, keys: Mapping[str, bytes]
) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        opened(store, keys)


def test_rotation_wraps_every_subject_anew_and_changes_nothing_else(store: MemoryStore) -> None:
    old = opened(store)
    stored: list[Stored] = [old.put(f"account:{n}", "message", b"%d" % n) for n in range(620)]
    sealed = old.seal_secret("account:1", "deal_1", b"code")
    fingerprint, code = old.fingerprint("secret", "a"), old.meeting_code(1, 1)
    both = {"m1": b"1" * 32, "m2": b"2" * 32}
    new = opened(store, both, "m2")
    assert new.get(stored[7].body, "message") == b"7"
    assert new.rotate() == 620
    assert new.rotate() == 0
    assert all(key.startswith(b"m2:") for key in store._subject_keys.values())
    assert [new.get(each.body, "message") for each in stored] == [b"%d" % n for n in range(620)]
    assert new.read_secret(sealed.body, "deal_1") == b"code"
    assert new.fingerprint("secret", "a") == fingerprint
    assert new.meeting_code(1, 1) == code


def test_the_tenth_key_does_not_move_the_fingerprints(store: MemoryStore) -> None:
    nine = {f"m{n}": bytes([n]) * 32 for n in range(1, 10)}
    ten = {**nine, "m10": bytes([10]) * 32}
    assert opened(store, nine, "m9").fingerprint("secret", "a") == opened(
        store, ten, "m10"
    ).fingerprint("secret", "a")


def test_a_subject_that_is_erased_during_rotation_stays_erased(store: MemoryStore) -> None:
    old = opened(store)
    old.put(ANNA, "message", b"mine")
    new = opened(store, {"m1": b"1" * 32, "m2": b"2" * 32}, "m2")
    read = store.subject_key

    def erased_meanwhile(subject: str) -> bytes | None:
        key = read(subject)
        store.drop_subject_key(subject)
        return key

    store.subject_key = erased_meanwhile  # type: ignore[method-assign]
    assert new.rotate() == 0
    assert ANNA not in store._subject_keys


# -- secrets --------------------------------------------------------------------------------------


def test_a_secret_is_bound_to_its_deal(vault: Vault, store: MemoryStore) -> None:
    sealed = vault.seal_secret(ANNA, "deal_1", b"code")
    assert vault.read_secret(sealed.body, "deal_1") == b"code"
    with pytest.raises(Gone):
        vault.read_secret(sealed.body, "deal_2")
    row = store.body(sealed.body)
    assert row is not None
    store._bodies[sealed.body] = replace(row, kind="secret:deal_2")
    with pytest.raises(Tampered):
        vault.read_secret(sealed.body, "deal_2")


def test_a_secret_is_no_body_and_a_body_no_secret(vault: Vault) -> None:
    sealed = vault.seal_secret(ANNA, "deal_1", b"code")
    stored = vault.put(ANNA, "message", b"words")
    with pytest.raises(Gone):
        vault.get(sealed.body, "message")
    with pytest.raises(Tampered):
        vault.get(sealed.body, "secret:deal_1")
    with pytest.raises(Gone):
        vault.read_secret(stored.body, "deal_1")


def test_every_changed_byte_of_a_secret_is_noticed(vault: Vault, store: MemoryStore) -> None:
    sealed = vault.seal_secret(ANNA, "deal_1", b"the code of a card")
    row = store.body(sealed.body)
    assert row is not None
    for place in range(len(row.data)):
        changed = bytearray(row.data)
        changed[place] ^= 0x80
        store._bodies[sealed.body] = replace(row, data=bytes(changed))
        with pytest.raises(Tampered):
            vault.read_secret(sealed.body, "deal_1")
    for cut in (0, 10, 40, 41):
        store._bodies[sealed.body] = replace(row, data=row.data[:cut])
        with pytest.raises(Tampered):
            vault.read_secret(sealed.body, "deal_1")


def test_a_secret_that_was_dropped_is_gone_and_dropping_it_again_is_no_error(
    vault: Vault,
) -> None:
    sealed = vault.seal_secret(ANNA, "deal_1", b"code")
    vault.drop_secret(sealed.body)
    vault.drop_secret(sealed.body)
    with pytest.raises(Gone):
        vault.read_secret(sealed.body, "deal_1")


def test_no_error_of_the_vault_repeats_what_it_keeps(vault: Vault, store: MemoryStore) -> None:
    stored = vault.put(ANNA, "message", b"S3CRET-words")
    row = store.body(stored.body)
    assert row is not None
    store._bodies[stored.body] = replace(row, data=row.data[:-1] + b"?")
    with pytest.raises(Tampered) as told:
        vault.get(stored.body, "message")
    assert isinstance(told.value.__cause__, InvalidTag)
    assert "S3CRET" not in str(told.value) + str(told.value.__cause__)


# -- fingerprints ---------------------------------------------------------------------------------

SPELLINGS = (
    ("AB12-34CD-56", "pin7"),
    ("ab12 34cd 56", "PIN7"),
    ("ＡＢ１２－３４ＣＤ－５６", "ｐｉｎ７"),
    (" ab12.34cd.56 ", " p-i-n-7"),
    ("AB12\u200b34CD\u00ad56", "pin7"),
    ("pin7", "AB1234CD56"),
    ("AB1234CD56", "pin7", ""),
)


@pytest.mark.parametrize("fields", SPELLINGS)
def test_one_secret_has_one_fingerprint_however_it_is_spelled(
    vault: Vault, fields: tuple[str, ...]
) -> None:
    assert vault.fingerprint("secret", *fields) == vault.fingerprint("secret", *SPELLINGS[0])


@pytest.mark.parametrize(
    "fields",
    [
        ("AB1234CD57", "pin7"),
        ("AB1234CD5", "pin7"),
        ("AB1234CD56", "pin8"),
        ("AB1234CD56",),
        ("AB1234CD56pin7",),
        ("AB1234CD5", "6pin7"),
        ("AB1234CD56", "pin7", "more"),
        (),
    ],
)
def test_other_secrets_have_other_fingerprints(vault: Vault, fields: tuple[str, ...]) -> None:
    assert vault.fingerprint("secret", *fields) != vault.fingerprint("secret", *SPELLINGS[0])


def test_a_fingerprint_tells_nothing_without_the_key_and_nothing_of_another_use(
    vault: Vault, store: MemoryStore
) -> None:
    mine = vault.fingerprint("secret", "AB12")
    assert len(mine) == 32
    assert mine != vault.fingerprint("email", "AB12")
    assert mine != opened(store, {"m1": b"2" * 32}).fingerprint("secret", "AB12")


@given(st.text(), st.text())
def test_normalising_twice_is_normalising_once(one: str, other: str) -> None:
    plain = normalise(one)
    assert normalise(plain) == plain
    assert normalise(f"{one} - {other}") == normalise(f"{one}{normalise(other)}")


# -- meeting codes --------------------------------------------------------------------------------


def test_a_meeting_code_is_six_digits_of_its_own_for_each_deal_and_each_renewal(
    vault: Vault,
) -> None:
    codes = [vault.meeting_code(deal, number) for deal in range(50) for number in (1, 2)]
    assert all(len(code) == CODE_DIGITS and code.isdecimal() for code in codes)
    assert len(set(codes)) > 95
    assert vault.meeting_code(3, 1) == vault.meeting_code(3, 1)


def test_a_meeting_code_is_forgiven_its_spelling_and_nothing_else(vault: Vault) -> None:
    code = vault.meeting_code(7, 1)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    for typed in (code, f" {code[:3]} {code[3:]} ", f"{code[:3]}-{code[3:]}", wide):
        assert vault.is_meeting_code(7, 1, typed)
    for typed in ("", code[:-1], code + "0", code[::-1] + "x", vault.meeting_code(7, 2), "一二三"):
        assert not vault.is_meeting_code(7, 1, typed)
