"""The record over the API: a stranger can check it with what it serves and nothing else."""

import base64
from typing import Any

from fairhold.evidence.checkpoint import Checkpoint, open_checkpoint
from fairhold.evidence.tiles import TILE_WIDTH, edge_tiles, tile_path
from fairhold.evidence.tree import (
    event_leaf,
    verify_consistency,
    verify_inclusion,
)
from fairhold.house import House
from tests.web.api.conftest import Caller, Market


def raw(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def checkpoint(house: House, caller: Caller) -> Checkpoint:
    answer = caller.get("/record/checkpoint")
    assert answer.headers["content-type"].startswith("text/plain")
    keys = [house.signer.verifier]
    found = open_checkpoint(answer.content, house.settings.origin, keys)
    assert isinstance(found, Checkpoint)
    return found


def signed(house: House, market: Market) -> tuple[Any, Checkpoint]:
    deal = market.placed()
    house.settle()
    house.integrator.sign(house.clock.now())
    return deal, checkpoint(house, market.buyer)


def test_an_event_is_proven_to_be_under_the_signed_root(market: Market, house: House) -> None:
    deal, head = signed(house, market)
    event = market.buyer.got(f"/deals/{deal['id']}/events")["data"][-1]
    recorded = market.buyer.got(f"/record/events/{event['id']}")
    leaf = event_leaf(raw(recorded["bytes"]))
    assert leaf == raw(recorded["leaf_hash"])
    proof = market.buyer.got("/record/proof/inclusion", event=event["id"])
    assert proof["size"] == head.size
    assert proof["leaf_index"] == recorded["leaf_index"]
    path = [raw(each) for each in proof["path"]]
    assert verify_inclusion(leaf, proof["leaf_index"], head.size, path, head.root)


def test_a_newer_tree_is_proven_to_begin_with_an_older_one(market: Market, house: House) -> None:
    _, old = signed(house, market)
    _, new = signed(house, market)
    assert new.size > old.size
    proof = market.buyer.got("/record/proof/consistency", old=old.size, new=new.size)
    path = [raw(each) for each in proof["path"]]
    assert verify_consistency(old.size, new.size, path, old.root, new.root)
    assert (raw(proof["old_root"]), raw(proof["new_root"])) == (old.root, new.root)


def test_tiles_are_where_tlog_tiles_puts_them(market: Market, house: House, nobody: Caller) -> None:
    _, head = signed(house, market)
    address = edge_tiles(head.size)[0]
    assert address.width < TILE_WIDTH
    tile = nobody.get(f"/record/{tile_path(address)}")
    assert tile.headers["content-type"] == "application/octet-stream"
    assert "immutable" in tile.headers["cache-control"]
    assert len(tile.content) == 32 * address.width


def test_a_tile_wider_than_the_tree_or_misnamed_is_not_there(nobody: Caller) -> None:
    for name in ("tile/0/000", "tile/0/000.p/255", "tile/0/x000/000", "tile/9", "tile/0/../0"):
        assert nobody.get(f"/record/{name}").status_code == 404


def test_a_proof_for_a_tree_that_has_not_grown_yet_is_refused(market: Market, house: House) -> None:
    deal, head = signed(house, market)
    event = market.buyer.got(f"/deals/{deal['id']}/events")["data"][0]["id"]
    for size in (0, head.size + 1):
        answer = market.buyer.get("/record/proof/inclusion", event=event, size=size)
        assert (answer.status_code, answer.json()["code"]) == (409, "proof.not_yet")
    answer = market.buyer.get("/record/proof/consistency", old=2, new=1)
    assert answer.json()["code"] == "proof.not_yet"
    answer = market.buyer.get("/record/proof/inclusion", event="0-99999")
    assert (answer.status_code, answer.json()["code"]) == (404, "event.unknown")


def test_the_words_of_an_event_are_for_those_who_take_part(
    market: Market, house: House, stranger: Caller, nobody: Caller, operator: Caller
) -> None:
    deal, _ = signed(house, market)
    event = market.buyer.got(f"/deals/{deal['id']}/events")["data"][0]["id"]
    assert market.seller.get(f"/record/events/{event}").status_code == 200
    assert operator.get(f"/record/events/{event}").status_code == 200
    assert stranger.get(f"/record/events/{event}").status_code == 404
    assert nobody.get(f"/record/events/{event}").status_code == 401
    for name in ("0-0", "0-01", "256-1", "0--1", "x-1", "0-99999999999999999999"):
        assert market.buyer.get(f"/record/events/{name}").status_code == 404


def test_before_anything_is_signed_there_is_no_checkpoint(nobody: Caller) -> None:
    answer = nobody.get("/record/checkpoint")
    assert (answer.status_code, answer.json()["code"]) == (404, "checkpoint.unknown")
