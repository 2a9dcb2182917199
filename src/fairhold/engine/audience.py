"""Who takes part in a stream, and so may see that it exists and what happened in it."""

from fairhold.engine.kinds import (
    ACCOUNT,
    CONVERSATION,
    DEAL,
    LISTING,
    WALLET,
    Kind,
    decode_state,
)
from fairhold.engine.ports import ReadStore
from fairhold.kernel.actor import Actor


def people_of(store: ReadStore, stream: int) -> tuple[Kind | None, tuple[int, ...]]:
    """A stream's kind and the accounts that take part in it; (None, ()) when there is none.

    Fingerprints concern nobody by name: who held which secret is not for the other's eyes.
    """
    row = store.state(stream) if stream else None
    if row is None:
        return None, ()
    kind, state = decode_state(row.data)
    people: tuple[int, ...] = ()
    if kind is DEAL:
        people = (state.buyer, state.seller)
    elif kind is CONVERSATION:
        people = tuple(state.people)
    elif kind in {LISTING, WALLET}:
        people = (state.owner,)
    elif kind is ACCOUNT:
        people = (stream,)
    return kind, people


def may_see(store: ReadStore, viewer: Actor, stream: int) -> bool:
    """Whether somebody may read a stream: those in it, and an operator when it is a deal."""
    kind, people = people_of(store, stream)
    if viewer.account and viewer.account in people:
        return True
    return viewer.operator and kind is DEAL
