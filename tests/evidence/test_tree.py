"""The Merkle tree: published vectors, the RFC's definition in full, and everything altered."""

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhold.evidence import tree
from fairhold.evidence.tree import event_leaf, leaf_nodes, node_hash
from tests.evidence import vectors

SIZES = range(71)
LEAVES = [event_leaf(index.to_bytes(2, "big")) for index in range(512)]


def hexes(proof: Sequence[bytes]) -> tuple[str, ...]:
    return tuple(each.hex() for each in proof)


def defined_root(leaves: Sequence[bytes]) -> bytes:
    """MTH as RFC 6962 writes it: recursive, and of no use for a large tree."""
    if not leaves:
        return tree.EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    cut = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_hash(defined_root(leaves[:cut]), defined_root(leaves[cut:]))


def defined_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH as RFC 6962 writes it."""
    if len(leaves) == 1:
        return []
    cut = 1 << ((len(leaves) - 1).bit_length() - 1)
    if index < cut:
        return [*defined_path(index, leaves[:cut]), defined_root(leaves[cut:])]
    return [*defined_path(index - cut, leaves[cut:]), defined_root(leaves[:cut])]


def defined_growth(old: int, leaves: Sequence[bytes], *, whole: bool = True) -> list[bytes]:
    """SUBPROOF as RFC 6962 writes it."""
    if old == len(leaves):
        return [] if whole else [defined_root(leaves)]
    cut = 1 << ((len(leaves) - 1).bit_length() - 1)
    if old <= cut:
        return [*defined_growth(old, leaves[:cut], whole=whole), defined_root(leaves[cut:])]
    return [*defined_growth(old - cut, leaves[cut:], whole=False), defined_root(leaves[:cut])]


def spoiled(proof: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Every proof that differs from the given one by one byte, one hash, or one length."""
    for place, value in enumerate(proof):
        rest = list(proof)
        for byte in (0, 15, 31):
            changed = bytearray(value)
            changed[byte] ^= 0x08
            yield [*rest[:place], bytes(changed), *rest[place + 1 :]]
        yield [*rest[:place], *rest[place + 1 :]]
        yield [*rest[:place], value, *rest[place:]]
        yield [*rest[:place], value[:-1], *rest[place + 1 :]]
        yield [*rest[:place], value + b"\x00", *rest[place + 1 :]]
    yield [*proof, tree.EMPTY_ROOT]
    yield [tree.EMPTY_ROOT, *proof]
    yield [*proof, b""]


def test_the_empty_tree_has_the_published_root() -> None:
    assert tree.EMPTY_ROOT.hex() == vectors.EMPTY_ROOT


def test_leaves_and_nodes_hash_as_published() -> None:
    data, expected = vectors.LEAF
    assert event_leaf(data).hex() == expected
    left, right, above = vectors.NODE
    assert node_hash(left, right).hex() == above


@pytest.mark.parametrize("size", range(9))
def test_the_reference_tree_has_the_published_root_at_every_size(size: int) -> None:
    node = leaf_nodes([event_leaf(data) for data in vectors.INPUTS])
    assert tree.root(size, node).hex() == vectors.ROOTS[size]


@pytest.mark.parametrize(("index", "size", "path"), vectors.INCLUSION)
def test_published_inclusion_proofs_are_computed_and_hold(
    index: int, size: int, path: tuple[str, ...]
) -> None:
    leaves = [event_leaf(data) for data in vectors.INPUTS]
    proof = tree.inclusion_proof(index, size, leaf_nodes(leaves))
    assert hexes(proof) == path
    root = bytes.fromhex(vectors.ROOTS[size])
    assert tree.verify_inclusion(leaves[index], index, size, proof, root)


@pytest.mark.parametrize(("old", "new", "path"), vectors.CONSISTENCY)
def test_published_consistency_proofs_are_computed_and_hold(
    old: int, new: int, path: tuple[str, ...]
) -> None:
    node = leaf_nodes([event_leaf(data) for data in vectors.INPUTS])
    proof = tree.consistency_proof(old, new, node)
    assert hexes(proof) == path
    before, after = bytes.fromhex(vectors.ROOTS[old]), bytes.fromhex(vectors.ROOTS[new])
    assert tree.verify_consistency(old, new, proof, before, after)


@pytest.mark.parametrize("size", SIZES)
def test_roots_and_inclusion_proofs_follow_the_definition(size: int) -> None:
    leaves = LEAVES[:size]
    node = leaf_nodes(leaves)
    root = tree.root(size, node)
    assert root == defined_root(leaves)
    for index in range(size):
        proof = tree.inclusion_proof(index, size, node)
        assert list(proof) == defined_path(index, leaves)
        assert tree.verify_inclusion(leaves[index], index, size, proof, root)


@pytest.mark.parametrize("new", SIZES)
def test_consistency_proofs_follow_the_definition(new: int) -> None:
    node = leaf_nodes(LEAVES)
    for old in range(new + 1):
        proof = tree.consistency_proof(old, new, node)
        assert list(proof) == (defined_growth(old, LEAVES[:new]) if old else [])
        before, after = tree.root(old, node), tree.root(new, node)
        assert tree.verify_consistency(old, new, proof, before, after)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 13, 64, 70])
def test_an_altered_inclusion_proof_is_refused(size: int) -> None:
    node = leaf_nodes(LEAVES)
    root = tree.root(size, node)
    for index in range(size):
        proof = tree.inclusion_proof(index, size, node)
        for wrong in spoiled(proof):
            assert not tree.verify_inclusion(LEAVES[index], index, size, wrong, root)


def test_an_inclusion_proof_holds_for_no_other_leaf_place_size_or_root() -> None:
    node = leaf_nodes(LEAVES)
    size = 21
    root = tree.root(size, node)
    for index in range(size):
        proof = tree.inclusion_proof(index, size, node)
        for other in range(-2, size + 3):
            assert tree.verify_inclusion(LEAVES[index], other, size, proof, root) == (
                other == index
            )
        for leaf in (LEAVES[index + 1], b"", LEAVES[index][:-1], LEAVES[index] + b"\x00"):
            assert not tree.verify_inclusion(leaf, index, size, proof, root)
        for wrong in (tree.EMPTY_ROOT, LEAVES[index], b"", root[:-1], root + b"\x00"):
            assert not tree.verify_inclusion(LEAVES[index], index, size, proof, wrong)


def test_a_proof_for_a_tree_of_another_height_is_refused() -> None:
    node = leaf_nodes(LEAVES)
    root = tree.root(8, node)
    proof = tree.inclusion_proof(5, 8, node)
    for size in (0, -1, 4, 5, 16, 9, 1 << 62, 1 << 63, 1 << 80):
        assert not tree.verify_inclusion(LEAVES[5], 5, size, proof, root)


def test_nothing_is_included_in_the_empty_tree() -> None:
    assert not tree.verify_inclusion(tree.EMPTY_ROOT, 0, 0, [], tree.EMPTY_ROOT)


@pytest.mark.parametrize("new", [2, 3, 8, 13, 64, 70])
def test_an_altered_consistency_proof_is_refused(new: int) -> None:
    node = leaf_nodes(LEAVES)
    after = tree.root(new, node)
    for old in range(1, new + 1):
        before = tree.root(old, node)
        for wrong in spoiled(tree.consistency_proof(old, new, node)):
            assert not tree.verify_consistency(old, new, wrong, before, after)


def test_a_consistency_proof_holds_for_no_other_sizes_or_roots() -> None:
    node = leaf_nodes(LEAVES)
    new = 21
    after = tree.root(new, node)
    for old in range(1, new):
        before = tree.root(old, node)
        proof = tree.consistency_proof(old, new, node)
        for other in range(-1, new + 2):
            if other != old:
                assert not tree.verify_consistency(other, new, proof, before, after)
        assert not tree.verify_consistency(old, new, proof, after, before)
        assert not tree.verify_consistency(old, new, proof, before, before)
        assert not tree.verify_consistency(old, new, proof, before[:-1], after)
        assert not tree.verify_consistency(old, new, proof, before, after + b"\x00")
        assert not tree.verify_consistency(new, old, proof, after, before)


def test_growth_from_the_empty_tree_needs_no_proof_but_the_right_roots() -> None:
    root = tree.root(3, leaf_nodes(LEAVES))
    assert tree.verify_consistency(0, 3, [], tree.EMPTY_ROOT, root)
    assert tree.verify_consistency(0, 0, [], tree.EMPTY_ROOT, tree.EMPTY_ROOT)
    assert not tree.verify_consistency(0, 3, [root], tree.EMPTY_ROOT, root)
    assert not tree.verify_consistency(0, 3, [], root, root)
    assert not tree.verify_consistency(0, 0, [], tree.EMPTY_ROOT, root)


def test_a_tree_is_consistent_with_itself_only() -> None:
    node = leaf_nodes(LEAVES)
    three, four = tree.root(3, node), tree.root(4, node)
    assert tree.verify_consistency(3, 3, [], three, three)
    assert not tree.verify_consistency(3, 3, [], three, four)
    assert not tree.verify_consistency(3, 4, [], three, four)


def test_only_what_the_tree_holds_can_be_proven() -> None:
    node = leaf_nodes(LEAVES)
    for index, size in ((0, 0), (5, 5), (-1, 5)):
        with pytest.raises(AssertionError, match="only leaves of the tree"):
            tree.inclusion_proof(index, size, node)
    with pytest.raises(AssertionError, match="a tree only grows"):
        tree.consistency_proof(5, 4, node)


@given(st.data())
def test_proofs_in_larger_trees_hold(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, len(LEAVES)))
    index = data.draw(st.integers(0, new - 1))
    old = data.draw(st.integers(0, new))
    node = leaf_nodes(LEAVES)
    root = tree.root(new, node)
    proof = tree.inclusion_proof(index, new, node)
    assert tree.verify_inclusion(LEAVES[index], index, new, proof, root)
    growth = tree.consistency_proof(old, new, node)
    assert tree.verify_consistency(old, new, growth, tree.root(old, node), root)


@given(
    st.integers(0, 1 << 65),
    st.integers(0, 1 << 65),
    st.lists(st.binary(min_size=32, max_size=32), max_size=70),
)
def test_verifying_made_up_proofs_refuses_and_never_fails(
    small: int, large: int, proof: list[bytes]
) -> None:
    assert not tree.verify_inclusion(LEAVES[0], small, large, proof, LEAVES[1])
    assert not tree.verify_consistency(small, large, proof, LEAVES[0], LEAVES[1])
