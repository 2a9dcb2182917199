"""What an outsider checks: this entry is in the log, and the log has only ever grown."""

from collections.abc import Iterable, Sequence

from fairhold.evidence.checkpoint import Checkpoint, open_checkpoint
from fairhold.evidence.fault import Fault
from fairhold.evidence.note import VerifierKey
from fairhold.evidence.tree import event_leaf, verify_consistency, verify_inclusion


def audit_entry(
    data: bytes,
    index: int,
    proof: Sequence[bytes],
    note: bytes,
    origin: str,
    keys: Iterable[VerifierKey],
) -> Checkpoint | Fault:
    """The checkpoint under which these bytes are proven to be entry ``index`` of the log."""
    checkpoint = open_checkpoint(note, origin, keys)
    if isinstance(checkpoint, Fault):
        return checkpoint
    if not 0 <= index < checkpoint.size:
        return Fault("proof.beyond_tree", f"the checkpoint covers {checkpoint.size} entries")
    if not verify_inclusion(event_leaf(data), index, checkpoint.size, proof, checkpoint.root):
        return Fault("proof.not_included", f"these bytes are not entry {index} of the log")
    return checkpoint


def audit_growth(
    older: bytes,
    newer: bytes,
    proof: Sequence[bytes],
    origin: str,
    keys: Iterable[VerifierKey],
) -> Checkpoint | Fault:
    """The newer checkpoint, once proven to keep every entry of the older one in its place."""
    known = tuple(keys)
    first = open_checkpoint(older, origin, known)
    if isinstance(first, Fault):
        return first
    second = open_checkpoint(newer, origin, known)
    if isinstance(second, Fault):
        return second
    if second.size < first.size:
        return Fault("checkpoint.shrunk", f"{first.size} entries became {second.size}")
    if not verify_consistency(first.size, second.size, proof, first.root, second.root):
        return Fault("proof.not_consistent", "the newer tree does not begin with the older one")
    return second
