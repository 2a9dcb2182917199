"""Fsck: re-derive everything that is stored from the event bytes, and name what is wrong.

Nothing is repaired and nothing is trusted: the log is read twice from end to end (by part, then
in the order of the tree), every stream is folded again, every hash and signature is made again.
Memory grows with the tables that are compared (one bit an event, one sum a balance), never with
the log itself.
"""

from collections.abc import Iterator, Sequence

from fairhold.engine.fsck.finding import Decode, Facts, Finding, Refold
from fairhold.engine.fsck.log import check_log
from fairhold.engine.fsck.streams import check_streams
from fairhold.engine.fsck.tree import check_tree
from fairhold.engine.ports import Store
from fairhold.evidence.note import VerifierKey

__all__ = ["Decode", "Facts", "Finding", "Refold", "fsck"]


def fsck(
    store: Store,
    origin: str,
    verifiers: Sequence[VerifierKey],
    decode: Decode,
    refold: Refold | None = None,
) -> Iterator[Finding]:
    """Everything that is wrong with a store, part by part in log order, then the tree.

    ``verifiers`` are all keys that may have signed checkpoints of ``origin``. ``decode`` tells
    what the bytes of an event say about their own row; ``refold`` folds a stream's rows to the
    bytes its state must have, and answers None for a stream that it does not fold. The store
    should be at rest: what is written meanwhile may be reported as missing elsewhere.
    """
    for part in store.parts():
        walked = yield from check_log(store, part, decode)
        yield from check_streams(store, part, walked, refold)
    yield from check_tree(store, origin, verifiers)
