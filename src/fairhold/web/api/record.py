"""The record: signed checkpoints, proofs, tiles, and the exact bytes of one's own events.

Checkpoints and tiles are served as C2SP tlog-tiles lays them out, with ``/v1/record`` as prefix;
proofs spare a light client the tiles. Hashes are public; what they are hashes of is not.
"""

import base64
from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct

from fairhold.engine import integrator
from fairhold.engine.audience import may_see
from fairhold.evidence.tiles import TILE_WIDTH, read_tile_path
from fairhold.evidence.tree import HASH_SIZE, event_leaf
from fairhold.kernel.instant import rfc3339
from fairhold.kernel.wish import Refusal
from fairhold.web.api.facts import POSITION
from fairhold.web.api.operation import Access, Answer, Call, Operation
from fairhold.web.api.shapes import Time

TEXT = "text/plain; charset=utf-8"
OCTETS = "application/octet-stream"
Size = Annotated[int, Meta(ge=0, le=2**53)]
Hash = Annotated[str, Meta(description="32 bytes, base64")]


class WhichEvent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An event by its position, and the size of the tree: the newest checkpoint's when left out."""

    event: Annotated[str, POSITION]
    size: Size | None = None


class WhichTrees(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Two sizes of the tree."""

    old: Size
    new: Size


class InclusionProof(Struct, frozen=True, kw_only=True):
    """Proof that an event is leaf ``leaf_index`` of a tree of ``size`` leaves (RFC 6962 2.1.1)."""

    event: str
    leaf_index: int
    size: int
    leaf_hash: Hash
    root_hash: Hash
    path: Sequence[Hash]
    object: Literal["inclusion_proof"] = "inclusion_proof"


class ConsistencyProof(Struct, frozen=True, kw_only=True):
    """Proof that the tree of ``new`` leaves begins with the one of ``old`` (RFC 6962 2.1.2)."""

    old: int
    new: int
    old_root: Hash
    new_root: Hash
    path: Sequence[Hash]
    object: Literal["consistency_proof"] = "consistency_proof"


class RecordedEvent(Struct, frozen=True, kw_only=True):
    """An event exactly as it was hashed: SHA-256 over 0x00 and ``bytes`` is its leaf."""

    id: str
    stream_version: int
    type: str
    at: Time
    bytes: Annotated[str, Meta(description="base64")]
    leaf_hash: Hash
    leaf_index: int | None
    object: Literal["recorded_event"] = "recorded_event"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


PLACE_MAX = len(f"255-{2**63 - 1}")


def place_of(text: str) -> tuple[int, int] | None:
    """Part and number behind a position such as ``3-141``."""
    part, dash, seq = text.partition("-")
    if (
        len(text) > PLACE_MAX
        or not dash
        or not (part + seq).isascii()
        or not (part.isdigit() and seq.isdigit())
    ):
        return None
    if f"{int(part)}-{int(seq)}" != text or int(part) > 255 or int(seq) >= 2**63:  # noqa: PLR2004 — bits
        return None
    return int(part), int(seq)


def _checkpoint(call: Call) -> Answer | Refusal:
    row = call.desk.store.checkpoint()
    if row is None:
        return Refusal("checkpoint.unknown")
    return Answer(body=row.note, media=TEXT, headers={"Cache-Control": "no-cache"})


def _inclusion(call: Call) -> Answer | Refusal:
    asked: WhichEvent = call.query
    store, place = call.desk.store, place_of(asked.event)
    size = asked.size if asked.size is not None else _signed_size(call)
    row = store.event(*place) if place is not None else None
    if place is None or row is None:
        return Refusal("event.unknown")
    proof = integrator.inclusion(store, *place, size)
    root = integrator.root(store, size)
    if proof is None or root is None:
        return Refusal("proof.not_yet")
    body = InclusionProof(
        event=asked.event,
        leaf_index=proof.index,
        size=size,
        leaf_hash=_base64(event_leaf(row.data)),
        root_hash=_base64(root),
        path=[_base64(each) for each in proof.proof],
    )
    return Answer(body=body)


def _signed_size(call: Call) -> int:
    row = call.desk.store.checkpoint()
    return row.size if row is not None else 0


def _consistency(call: Call) -> Answer | Refusal:
    asked: WhichTrees = call.query
    store = call.desk.store
    proof = integrator.consistency(store, asked.old, asked.new)
    old, new = integrator.root(store, asked.old), integrator.root(store, asked.new)
    if proof is None or old is None or new is None:
        return Refusal("proof.not_yet")
    body = ConsistencyProof(
        old=asked.old,
        new=asked.new,
        old_root=_base64(old),
        new_root=_base64(new),
        path=[_base64(each) for each in proof],
    )
    return Answer(body=body)


def _event(call: Call) -> Answer | Refusal:
    place = place_of(call.path["event"])
    row = call.desk.store.event(*place) if place is not None else None
    if row is None or not may_see(call.desk.store, call.actor, row.stream):
        return Refusal("event.unknown")
    body = RecordedEvent(
        id=call.path["event"],
        stream_version=row.version,
        type=row.type,
        at=rfc3339(row.at),
        bytes=_base64(row.data),
        leaf_hash=_base64(event_leaf(row.data)),
        leaf_index=call.desk.store.leaf_index(row.part, row.seq),
    )
    return Answer(body=body, private=True)


def _tile(call: Call) -> Answer | Refusal:
    address = read_tile_path(f"tile/{str(call.path['address']).lstrip('/')}")
    if address is None:
        return Refusal("tile.unknown")
    data = call.desk.store.tile(address.level, address.index)
    if data is None or len(data) < address.width * HASH_SIZE:
        return Refusal("tile.unknown")
    # A tile never changes at a given width: what was served once is served for ever.
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    assert address.width <= TILE_WIDTH
    return Answer(body=data[: address.width * HASH_SIZE], media=OCTETS, headers=headers)


OPERATIONS = (
    Operation(
        id="getCheckpoint",
        method="GET",
        path="/v1/record/checkpoint",
        tag="Record",
        summary="The newest signed checkpoint: a C2SP signed note",
        call=_checkpoint,
        answers=str,
        gives=TEXT,
        access=Access.PUBLIC,
        refusals=("checkpoint.unknown",),
    ),
    Operation(
        id="proveInclusion",
        method="GET",
        path="/v1/record/proof/inclusion",
        tag="Record",
        summary="Proof that an event is in the tree",
        call=_inclusion,
        query=WhichEvent,
        answers=InclusionProof,
        access=Access.PUBLIC,
        refusals=("event.unknown", "proof.not_yet"),
    ),
    Operation(
        id="proveConsistency",
        method="GET",
        path="/v1/record/proof/consistency",
        tag="Record",
        summary="Proof that a newer tree begins with an older one",
        call=_consistency,
        query=WhichTrees,
        answers=ConsistencyProof,
        access=Access.PUBLIC,
        refusals=("proof.not_yet",),
    ),
    Operation(
        id="getRecordedEvent",
        method="GET",
        path="/v1/record/events/{event}",
        tag="Record",
        summary="The exact bytes of an event, for those who take part in its stream",
        call=_event,
        answers=RecordedEvent,
        scope="deals:read",
        refusals=("event.unknown",),
    ),
    Operation(
        id="getTile",
        method="GET",
        path="/v1/record/tile/{address}",
        tag="Record",
        summary="A tile of hashes, at the paths of C2SP tlog-tiles",
        call=_tile,
        answers=bytes,
        gives=OCTETS,
        access=Access.PUBLIC,
        refusals=("tile.unknown",),
    ),
)
