"""The Merkle tree over stored event bytes: RFC 6962 section 2.1, verified as in RFC 9162.

A leaf is hashed behind a zero byte, an inner node behind a one byte, so that neither can be
passed off as the other. Proofs are computed from a :data:`NodeReader`, which answers with the
hash of any perfect subtree; whoever holds tiles or leaf hashes can be one.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final, TypeAlias

HASH_SIZE: Final = 32
SIZE_MAX: Final = (1 << 63) - 1
"""No tree has more leaves; keeps every size within a signed 64-bit column."""

EMPTY_ROOT: Final = sha256(b"").digest()

NodeReader: TypeAlias = Callable[[int, int], bytes]
"""``node(level, index)``: hash of the leaves ``index * 2**level … (index + 1) * 2**level - 1``."""


def event_leaf(data: bytes) -> bytes:
    """The leaf hash of one stored event: over exactly the bytes in the log, nothing re-encoded."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node above two subtrees."""
    return sha256(b"\x01" + left + right).digest()


def perfect_root(hashes: bytes) -> bytes:
    """The root above 2**n concatenated hashes."""
    count = len(hashes) // HASH_SIZE
    assert count > 0, "a perfect subtree has leaves"
    assert count & (count - 1) == 0, "a perfect subtree has a power of two of them"
    assert len(hashes) == count * HASH_SIZE, "whole hashes only"
    pair = 2 * HASH_SIZE
    while len(hashes) > HASH_SIZE:
        starts = range(0, len(hashes), pair)
        hashes = b"".join(
            [sha256(b"\x01" + hashes[start : start + pair]).digest() for start in starts]
        )
    return hashes


def leaf_nodes(leaves: Sequence[bytes]) -> NodeReader:
    """Read nodes from leaf hashes held in memory; for small trees and for checking."""

    def node(level: int, index: int) -> bytes:
        span = leaves[index << level : (index + 1) << level]
        assert len(span) == 1 << level, "the subtree reaches beyond the leaves"
        return perfect_root(b"".join(span))

    return node


# -- computing ------------------------------------------------------------------------------------


def _split(width: int) -> int:
    """The largest power of two below ``width``: where RFC 6962 cuts a range in two."""
    return 1 << ((width - 1).bit_length() - 1)


def _range_hash(begin: int, end: int, node: NodeReader) -> bytes:
    """MTH(D[begin:end]) for a range that hangs below one node of an RFC 6962 tree.

    Such a range is a row of perfect subtrees, largest first, folded from the right.
    """
    found: bytes | None = None
    while end > begin:
        level = ((end - begin) & -(end - begin)).bit_length() - 1
        left = node(level, (end >> level) - 1)
        found = left if found is None else node_hash(left, found)
        end -= 1 << level
    assert found is not None, "an empty range has no hash"
    return found


def root(size: int, node: NodeReader) -> bytes:
    """The tree hash over the first ``size`` leaves (RFC 6962 section 2.1)."""
    assert 0 <= size <= SIZE_MAX
    return _range_hash(0, size, node) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, node: NodeReader) -> tuple[bytes, ...]:
    """The audit path of leaf ``index`` in the tree of ``size`` leaves (RFC 6962 section 2.1.1)."""
    assert 0 <= index < size <= SIZE_MAX, "only leaves of the tree can be proven"
    proof = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            proof.append(_range_hash(middle, end, node))
            end = middle
        else:
            proof.append(_range_hash(begin, middle, node))
            begin = middle
    return tuple(reversed(proof))


def consistency_proof(old: int, new: int, node: NodeReader) -> tuple[bytes, ...]:
    """Proof that the tree of ``new`` leaves begins with that of ``old`` (RFC 6962 section 2.1.2).

    Empty when the sizes are equal, and from the empty tree, which every tree begins with.
    """
    assert 0 <= old <= new <= SIZE_MAX, "a tree only grows"
    if old in {0, new}:
        return ()
    proof = []
    begin, end = 0, new
    while end != old:
        middle = begin + _split(end - begin)
        if old <= middle:
            proof.append(_range_hash(middle, end, node))
            end = middle
        else:
            proof.append(_range_hash(begin, middle, node))
            begin = middle
    if begin > 0:
        # At 0 the old tree is one perfect subtree, and the verifier holds its hash: the old root.
        proof.append(_range_hash(begin, end, node))
    return tuple(reversed(proof))


# -- verifying ------------------------------------------------------------------------------------


def _all_hashes(values: Sequence[bytes]) -> bool:
    return all(isinstance(value, bytes) and len(value) == HASH_SIZE for value in values)


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root_hash: bytes
) -> bool:
    """Whether the leaf is entry ``index`` of the tree with this size and root.

    RFC 9162 section 2.1.3.2; refuses out-of-range numbers, hashes of a wrong length and proofs
    that are too short or too long.
    """
    if not (0 <= index < size <= SIZE_MAX and _all_hashes((leaf, root_hash, *proof))):
        return False
    position, last = index, size - 1
    found = leaf
    for sibling in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            found = node_hash(sibling, found)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            found = node_hash(found, sibling)
        position >>= 1
        last >>= 1
    return last == 0 and found == root_hash


def verify_consistency(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """Whether the tree with ``new_root`` begins with the one that had ``old_root``.

    RFC 9162 section 2.1.4.2. Every tree begins with the empty one, whose root is known.
    """
    if not (0 <= old <= new <= SIZE_MAX and _all_hashes((old_root, new_root, *proof))):
        return False
    if old == 0:
        return not proof and old_root == EMPTY_ROOT and (new > 0 or new_root == EMPTY_ROOT)
    if old == new:
        return not proof and old_root == new_root
    return bool(proof) and _verify_growth(old, new, proof, old_root, new_root)


def _verify_growth(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    path = (old_root, *proof) if old & (old - 1) == 0 else proof
    position, last = old - 1, new - 1
    while position & 1:
        position >>= 1
        last >>= 1
    found_old = found_new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            found_old = node_hash(sibling, found_old)
            found_new = node_hash(sibling, found_new)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            found_new = node_hash(found_new, sibling)
        position >>= 1
        last >>= 1
    return last == 0 and found_old == old_root and found_new == new_root
