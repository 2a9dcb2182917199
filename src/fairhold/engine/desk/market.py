"""Listings: offering, changing, taking off the market, reading what was offered in any version."""

import msgspec
from msgspec import Struct

from fairhold.domain.delivery import Delivery
from fairhold.domain.listing import Delist, Listing, Offer, Publish, Relist, Revise
from fairhold.engine.batching import Outcome
from fairhold.engine.desk.asked import CATEGORIES, Words, fault_of_words
from fairhold.engine.desk.desk import Desk
from fairhold.engine.engine import Key
from fairhold.engine.kinds import LISTING
from fairhold.kernel.actor import Actor
from fairhold.kernel.money import Money
from fairhold.kernel.wish import Refusal


class Asked(Struct, frozen=True, kw_only=True):
    """A listing as its seller fills it in."""

    words: Words
    price: Money
    delivery: Delivery
    category: str = "other"
    stock: int = 1


def subject(listing: int) -> str:
    """Whose key encrypts a listing's words and pictures: the listing's own, kept with its deals."""
    return f"listing:{listing}"


def publish(
    desk: Desk, actor: Actor, asked: Asked, key: Key | None = None, *, rehearse: bool = False
) -> Outcome:
    """Offer something."""
    fault = _fault(asked)
    if fault is not None:
        return fault
    listing = desk.engine.new_stream(key)
    offer = _offer(desk, listing, asked, store=not rehearse)
    wish = Publish(by=actor, offer=offer, stock=asked.stock)
    return desk.ask(LISTING, listing, wish, key, rehearse=rehearse)


def revise(
    desk: Desk,
    actor: Actor,
    listing: int,
    asked: Asked,
    key: Key | None = None,
    *,
    rehearse: bool = False,
) -> Outcome:
    """Make another version."""
    state: Listing | None = desk.engine.state(LISTING, listing)
    if state is None:
        return Refusal("listing.unknown")
    if state.owner != actor.account:
        return Refusal("listing.not_yours")
    fault = _fault(asked)
    if fault is not None:
        return fault
    offer = _offer(desk, listing, asked, store=not rehearse)
    wish = Revise(by=actor, offer=offer, stock=asked.stock)
    return desk.ask(LISTING, listing, wish, key, rehearse=rehearse)


def delist(
    desk: Desk, actor: Actor, listing: int, key: Key | None = None, *, rehearse: bool = False
) -> Outcome:
    """Take a listing off the market."""
    return desk.ask(LISTING, listing, Delist(by=actor), key, rehearse=rehearse)


def relist(
    desk: Desk, actor: Actor, listing: int, key: Key | None = None, *, rehearse: bool = False
) -> Outcome:
    """Put it back."""
    return desk.ask(LISTING, listing, Relist(by=actor), key, rehearse=rehearse)


def words_of(desk: Desk, body: int) -> Words:
    """The words of one version of a listing; raises Gone when they were erased."""
    return msgspec.json.decode(desk.vault.get(body, "listing"), type=Words)


def keep_picture(desk: Desk, actor: Actor, data: bytes) -> int:
    """Store a picture that was checked and cleaned (``engine.pictures``); its number."""
    return desk.vault.put(f"pictures:{actor.account}", "picture", data).body


def picture(desk: Desk, number: int) -> bytes:
    """A stored picture; raises Gone."""
    return desk.vault.get(number, "picture")


def _fault(asked: Asked) -> Refusal | None:
    if asked.category not in CATEGORIES:
        return Refusal("listing.category_unknown", {"categories": ", ".join(CATEGORIES)})
    return fault_of_words(asked.words)


def _offer(desk: Desk, listing: int, asked: Asked, *, store: bool) -> Offer:
    body, digest = 0, ""
    if store:
        body, digest = desk.put_json(subject(listing), "listing", asked.words)
    return Offer(
        price=asked.price,
        delivery=asked.delivery,
        category=asked.category,
        body=body,
        digest=digest,
    )
