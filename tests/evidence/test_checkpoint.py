"""Checkpoints: published ones, their strict body, and what an outsider concludes from them."""

from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhold.evidence import tree
from fairhold.evidence.auditor import audit_entry, audit_growth
from fairhold.evidence.checkpoint import (
    Checkpoint,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
)
from fairhold.evidence.fault import Fault
from fairhold.evidence.note import Signer, VerifierKey
from fairhold.evidence.tree import event_leaf, leaf_nodes
from tests.evidence import vectors

ORIGIN = "fairhold.example/log"
SIGNER = Signer(ORIGIN, bytes(range(32)))
KEYS = (SIGNER.verifier,)
STRANGER = Signer(ORIGIN, b"\x05" * 32)
EVENTS = [b'{"type":"deal.paid","v":1,"n":%d}' % number for number in range(40)]
LEAVES = [event_leaf(data) for data in EVENTS]
NODE = leaf_nodes(LEAVES)


def checkpoint(size: int) -> Checkpoint:
    return Checkpoint(ORIGIN, size, tree.root(size, NODE))


def signed(size: int) -> bytes:
    return sign_checkpoint(checkpoint(size), [SIGNER])


def code(found: object) -> str | None:
    return found.code if isinstance(found, Fault) else None


def test_a_checkpoint_signed_by_the_go_checksum_database_opens() -> None:
    found = open_checkpoint(
        vectors.SUMDB_NOTE.encode(),
        vectors.SUMDB_ORIGIN,
        [VerifierKey.parse(vectors.SUMDB_KEY)],
    )
    root = b64decode(vectors.SUMDB_ROOT)
    assert found == Checkpoint(vectors.SUMDB_ORIGIN, vectors.SUMDB_SIZE, root)


def test_the_example_of_the_specification_reads_and_writes_back() -> None:
    found = parse_checkpoint(vectors.SOFA_TEXT)
    assert isinstance(found, Checkpoint)
    assert (found.origin, found.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert found.text() == vectors.SOFA_TEXT


def test_a_checkpoint_opens_for_its_own_log_and_key_only() -> None:
    note = signed(5)
    assert open_checkpoint(note, ORIGIN, KEYS) == checkpoint(5)
    assert code(open_checkpoint(note, "other.example/log", KEYS)) == "checkpoint.wrong_origin"
    assert code(open_checkpoint(note, ORIGIN, [STRANGER.verifier])) == "note.unsigned"
    assert code(open_checkpoint(note[:-1], ORIGIN, KEYS)) == "note.malformed"


def test_extension_lines_are_kept_and_signed() -> None:
    extended = Checkpoint(ORIGIN, 0, tree.EMPTY_ROOT, ("one", "two 二"))
    note = sign_checkpoint(extended, [SIGNER])
    assert open_checkpoint(note, ORIGIN, KEYS) == extended
    changed = note.replace(b"\ntwo", b"\ntwo!")
    assert code(open_checkpoint(changed, ORIGIN, KEYS)) == "note.bad_signature"


@pytest.mark.parametrize("size", [0, 1, 40])
def test_every_altered_byte_of_a_checkpoint_is_noticed(size: int) -> None:
    note = signed(size)
    for place in range(len(note)):
        for flip in (0x01, 0x20, 0x80):
            changed = bytearray(note)
            changed[place] ^= flip
            assert isinstance(open_checkpoint(bytes(changed), ORIGIN, KEYS), Fault)


ROOT = b64encode(tree.EMPTY_ROOT).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "a\n",
        "a\n0\n",
        f"a\n0\n{ROOT}",
        f"\n0\n{ROOT}\n",
        f"a\n\n{ROOT}\n",
        f"a\n00\n{ROOT}\n",
        f"a\n01\n{ROOT}\n",
        f"a\n+1\n{ROOT}\n",
        f"a\n-1\n{ROOT}\n",
        f"a\n1 \n{ROOT}\n",
        f"a\n1_0\n{ROOT}\n",
        f"a\n١\n{ROOT}\n",
        f"a\n0x1\n{ROOT}\n",
        f"a\n9223372036854775808\n{ROOT}\n",
        f"a\n99999999999999999999\n{ROOT}\n",
        f"a\n0\n{ROOT[:-4]}\n",
        f"a\n0\n{ROOT.rstrip('=')}\n",
        f"a\n0\n {ROOT}\n",
        f"a\n0\n{b64encode(bytes(33)).decode()}\n",
        f"a\n0\n{ROOT}\n\n",
        f"a\n0\n{ROOT}\n\nx\n",
        f"a\n0\n{ROOT}\nx\ty\n",
        f"a\r\n0\r\n{ROOT}\r\n",
    ],
)
def test_a_body_that_departs_from_the_format_is_malformed(text: str) -> None:
    assert code(parse_checkpoint(text)) == "checkpoint.malformed"


@given(
    st.integers(0, tree.SIZE_MAX),
    st.binary(min_size=32, max_size=32),
    st.lists(st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1), max_size=3),
)
def test_any_checkpoint_reads_back(size: int, root: bytes, extensions: list[str]) -> None:
    made = Checkpoint(ORIGIN, size, root, tuple(extensions))
    assert parse_checkpoint(made.text()) == made
    assert open_checkpoint(sign_checkpoint(made, [SIGNER]), ORIGIN, KEYS) == made


def test_a_checkpoint_that_would_not_read_back_is_not_signed() -> None:
    for bad in (
        Checkpoint("", 0, tree.EMPTY_ROOT),
        Checkpoint(ORIGIN, -1, tree.EMPTY_ROOT),
        Checkpoint(ORIGIN, 0, b"short"),
        Checkpoint(ORIGIN, 0, tree.EMPTY_ROOT, ("",)),
    ):
        with pytest.raises(AssertionError, match="reads back"):
            sign_checkpoint(bad, [SIGNER])


# -- the auditor ----------------------------------------------------------------------------------


def test_an_entry_is_proven_by_its_bytes_its_place_and_a_checkpoint() -> None:
    for size in (1, 2, 17, 40):
        for index in range(size):
            proof = tree.inclusion_proof(index, size, NODE)
            found = audit_entry(EVENTS[index], index, proof, signed(size), ORIGIN, KEYS)
            assert found == checkpoint(size)


def test_an_altered_entry_place_or_proof_is_not_proven() -> None:
    note = signed(17)
    proof = tree.inclusion_proof(5, 17, NODE)
    refused = "proof.not_included"
    assert code(audit_entry(EVENTS[5] + b" ", 5, proof, note, ORIGIN, KEYS)) == refused
    assert code(audit_entry(EVENTS[6], 5, proof, note, ORIGIN, KEYS)) == refused
    assert code(audit_entry(EVENTS[5], 4, proof, note, ORIGIN, KEYS)) == refused
    assert code(audit_entry(EVENTS[5], 5, proof[1:], note, ORIGIN, KEYS)) == refused
    assert code(audit_entry(EVENTS[5], 5, proof, signed(18), ORIGIN, KEYS)) == refused
    for index in (-1, 17, 18):
        found = audit_entry(EVENTS[5], index, proof, note, ORIGIN, KEYS)
        assert code(found) == "proof.beyond_tree"


def test_an_entry_under_a_checkpoint_of_a_stranger_is_not_proven() -> None:
    note = sign_checkpoint(checkpoint(17), [STRANGER])
    proof = tree.inclusion_proof(5, 17, NODE)
    assert code(audit_entry(EVENTS[5], 5, proof, note, ORIGIN, KEYS)) == "note.unsigned"


def test_growth_is_proven_between_any_two_checkpoints() -> None:
    for new in (1, 2, 17, 40):
        for old in range(new + 1):
            proof = tree.consistency_proof(old, new, NODE)
            found = audit_growth(signed(old), signed(new), proof, ORIGIN, KEYS)
            assert found == checkpoint(new)


def test_a_rewritten_or_shrunk_log_is_found_out() -> None:
    rewritten = [*LEAVES[:3], event_leaf(b"another"), *LEAVES[4:20]]
    node = leaf_nodes(rewritten)
    forked = sign_checkpoint(Checkpoint(ORIGIN, 20, tree.root(20, node)), [SIGNER])
    honest = tree.consistency_proof(10, 20, NODE)
    forged = tree.consistency_proof(10, 20, node)
    for proof in (honest, forged):
        found = audit_growth(signed(10), forked, proof, ORIGIN, KEYS)
        assert code(found) == "proof.not_consistent"
    assert code(audit_growth(signed(20), signed(10), honest, ORIGIN, KEYS)) == "checkpoint.shrunk"
    assert code(audit_growth(signed(20), forked, (), ORIGIN, KEYS)) == "proof.not_consistent"


def test_both_checkpoints_must_be_the_logs_own() -> None:
    proof = tree.consistency_proof(10, 20, NODE)
    stranger = sign_checkpoint(checkpoint(20), [STRANGER])
    assert code(audit_growth(signed(10), stranger, proof, ORIGIN, KEYS)) == "note.unsigned"
    assert code(audit_growth(stranger, signed(20), proof, ORIGIN, KEYS)) == "note.unsigned"
