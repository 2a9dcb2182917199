"""The kinds of streams there are: how each decides, folds, posts to the books and wakes."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Struct

from fairhold.domain import account, conversation, fingerprint, listing, wallet
from fairhold.domain.deal import deal, money
from fairhold.domain.deal.state import Deal
from fairhold.kernel.actor import Actor
from fairhold.kernel.ids import public_id
from fairhold.kernel.instant import Instant
from fairhold.kernel.line import Line
from fairhold.kernel.wish import Command, Event, Refusal

Decision = Refusal | tuple[Event, ...]
Settled = Refusal | tuple[tuple[Event, ...], Any]


class Kind(Struct, frozen=True, kw_only=True):
    """One kind of stream. ``prefix`` begins its public ids and is never reused.

    ``settle`` answers what ``decide`` answers and adds the state that its facts lead to.
    """

    name: str
    prefix: str
    decide: Callable[[Any, Command, int], Decision]
    settle: Callable[[Any, Command, int], Settled]
    evolve: Callable[[Any, Any], Any]
    wake: Callable[[Any], Instant | None]
    postings: Callable[[Any, int], tuple[Line, ...]]
    decoder: msgspec.json.Decoder[Any]


def _no_postings(_event: Event, _stream: int) -> tuple[Line, ...]:
    return ()


def _folded(
    decide: Callable[[Any, Command, int], Decision], evolve: Callable[[Any, Any], Any]
) -> Callable[[Any, Command, int], Settled]:
    """Decide and fold, for kinds whose deciding does not fold by itself."""

    def settle(state: Any, command: Command, stream: int) -> Settled:  # noqa: ANN401 — any kind's
        decision = decide(state, command, stream)
        if isinstance(decision, Refusal):
            return decision
        for event in decision:
            state = evolve(state, event)
        return decision, state

    return settle


def _plain(decide: Callable[[Any, Command], Decision]) -> Callable[[Any, Command, int], Decision]:
    return lambda state, command, _self: decide(state, command)


DEAL = Kind(
    name="deal",
    prefix="deal",
    decide=_plain(deal.decide),
    settle=lambda state, command, _self: deal.settle(state, command),
    evolve=deal.evolve,
    wake=deal.wake,
    postings=money.postings,
    decoder=msgspec.json.Decoder(Deal),
)
LISTING = Kind(
    name="listing",
    prefix="lst",
    decide=_plain(listing.decide),
    settle=_folded(_plain(listing.decide), listing.evolve),
    evolve=listing.evolve,
    wake=listing.wake,
    postings=_no_postings,
    decoder=msgspec.json.Decoder(listing.Listing),
)
ACCOUNT = Kind(
    name="account",
    prefix="acct",
    decide=account.decide,
    settle=_folded(account.decide, account.evolve),
    evolve=account.evolve,
    wake=account.wake,
    postings=_no_postings,
    decoder=msgspec.json.Decoder(account.Account),
)
CONVERSATION = Kind(
    name="conversation",
    prefix="conv",
    decide=_plain(conversation.decide),
    settle=_folded(_plain(conversation.decide), conversation.evolve),
    evolve=conversation.evolve,
    wake=conversation.wake,
    postings=_no_postings,
    decoder=msgspec.json.Decoder(conversation.Conversation),
)
FINGERPRINT = Kind(
    name="fingerprint",
    prefix="fpr",
    decide=_plain(fingerprint.decide),
    settle=_folded(_plain(fingerprint.decide), fingerprint.evolve),
    evolve=fingerprint.evolve,
    wake=fingerprint.wake,
    postings=_no_postings,
    decoder=msgspec.json.Decoder(fingerprint.Fingerprint),
)
WALLET = Kind(
    name="wallet",
    prefix="wal",
    decide=_plain(wallet.decide),
    settle=_folded(_plain(wallet.decide), wallet.evolve),
    evolve=wallet.evolve,
    wake=wallet.wake,
    postings=wallet.postings,
    decoder=msgspec.json.Decoder(wallet.Wallet),
)

KINDS: Mapping[str, Kind] = MappingProxyType(
    {kind.prefix: kind for kind in (DEAL, LISTING, ACCOUNT, CONVERSATION, FINGERPRINT, WALLET)}
)

_encoder = msgspec.json.Encoder()


def encode_state(kind: Kind, state: object) -> bytes:
    """A folded state as stored: the prefix of its kind, a colon, JSON."""
    return kind.prefix.encode() + b":" + _encoder.encode(state)


def decode_state(data: bytes) -> tuple[Kind, Any]:
    """Read a stored state and say of which kind it is."""
    prefix, _, body = data.partition(b":")
    kind = KINDS[prefix.decode()]
    return kind, kind.decoder.decode(body)


def fold(kind: Kind, state: Any, events: Sequence[Event]) -> Any:  # noqa: ANN401 — any kind's state
    """The state after some facts."""
    for event in events:
        state = kind.evolve(state, event)
    return state


@lru_cache(4_096)
def author(by: Actor) -> str:
    """How the record names who acted: a machine by its role, a person by account."""
    return by.machine.value if by.machine is not None else public_id(ACCOUNT.prefix, by.account)
