"""Deals: taking an offer, paying, and every move of a person by its name in the tables."""

import asyncio
import hashlib
from urllib.parse import urlsplit

import msgspec

from fairhold.domain import listing as listing_domain
from fairhold.domain.deal.actions import is_open
from fairhold.domain.deal.moves import CHANGED
from fairhold.domain.deal.order import Place, Terms
from fairhold.domain.deal.phases import SecretPhase
from fairhold.domain.deal.state import Deal, role_of
from fairhold.engine.batching import Outcome, Receipt
from fairhold.engine.desk import people
from fairhold.engine.desk.asked import SecretFields
from fairhold.engine.desk.desk import Desk, deal_name
from fairhold.engine.desk.moves import PLAIN, MoveArguments, prepare
from fairhold.engine.engine import Key
from fairhold.engine.kinds import DEAL, LISTING
from fairhold.engine.outside import Checkout
from fairhold.kernel.actor import Actor, Role
from fairhold.kernel.wish import Refusal
from fairhold.rulebook import in_force

SITE_MAX = 100
PARTIES_MAX = 20_000
PREPARE_MAX = 3
"""How often a move is prepared when the deal changes under it each time."""


def take(
    desk: Desk,
    actor: Actor,
    listing: int,
    version: int,
    key: Key | None = None,
    *,
    came_from: str = "",
    rehearse: bool = False,
) -> Outcome:
    """Take the version of a listing that the buyer saw; nothing is paid yet."""
    offered: listing_domain.Listing | None = desk.engine.state(LISTING, listing)
    if offered is None:
        return Refusal("listing.unknown")
    if version != offered.version and not _repeats(desk, key):
        return Refusal("listing.changed", {"version": offered.version})
    refusal = listing_domain.buyable(offered)
    if refusal is None and people.actor_of(desk, offered.owner) is None:
        refusal = Refusal("listing.withdrawn")
    if refusal is not None and not _repeats(desk, key):
        return refusal
    terms = Terms(
        seller=offered.owner,
        listing=listing,
        listing_version=offered.version,
        listing_body=offered.offer.body,
        listing_digest=offered.offer.digest,
        price=offered.offer.price,
        jurisdiction=offered.jurisdiction,
    )
    wish = Place(
        by=actor,
        terms=terms,
        delivery=offered.offer.delivery,
        rules=in_force(desk.engine.now()),
        came_from=_site(came_from),
    )
    return desk.ask(DEAL, 0, wish, key, rehearse=rehearse)


def _repeats(desk: Desk, key: Key | None, stream: int = 0) -> bool:
    """Whether a request was answered before: then its answer stands, whatever has changed."""
    return key is not None and desk.engine.was_answered(key, stream)


def checkout(desk: Desk, actor: Actor, deal: int, return_url: str) -> Checkout | Refusal:
    """Where the buyer pays; the same page for every call about one deal."""
    state: Deal | None = desk.engine.state(DEAL, deal)
    if state is None:
        return Refusal("deal.unknown")
    if role_of(state, actor) is not Role.BUYER:
        return Refusal("deal.not_yours")
    if not is_open("checkout", state, Role.BUYER) or state.clock is None:
        return Refusal("deal.not_now", {"order": state.order.phase.value})
    name = deal_name(deal)
    return desk.payment.open_checkout(
        name, state.price, return_url, state.clock.due, f"checkout:{name}:{_tag(return_url)}"
    )


def _site(came_from: str) -> str:
    """The name of the site that led somebody here, and nothing else of its address."""
    try:
        host = urlsplit(came_from if "//" in came_from else f"//{came_from}").hostname or ""
    except ValueError:  # a bracket that is no address: whoever sent it came from nowhere
        return ""
    return "".join(letter for letter in host if letter.isalnum() or letter in ".-")[:SITE_MAX]


def _tag(return_url: str) -> str:
    """Tells checkouts apart that lead back to different places."""
    return hashlib.sha256(return_url.encode()).hexdigest()[:8]


def move(
    desk: Desk,
    actor: Actor,
    deal: int,
    name: str,
    arguments: MoveArguments,
    key: Key | None = None,
    *,
    rehearse: bool = False,
) -> Outcome:
    """Make one of the moves that ``next_actions`` offers; raises OutsideUnavailable.

    A refused preparation still goes through the lane when the request has a key, so that a
    repetition gets the first answer even though the deal has moved on. When the deal moves on
    between preparation and decision, the move is prepared again, a few times at most.
    """
    outcome: Outcome = Refusal("deal.unknown")
    for again in range(PREPARE_MAX):
        state: Deal | None = desk.engine.state(DEAL, deal)
        refusal = _why_not_theirs(state, actor)
        if state is None or refusal is not None:
            return refusal or outcome
        prepared = prepare(desk, actor, deal, state, name, arguments, rehearse=rehearse)
        if isinstance(prepared, Refusal):
            return prepared
        named = _key_of_attempt(key, again)
        outcome = desk.ask(DEAL, deal, prepared.command, named, rehearse=rehearse)
        if not isinstance(outcome, Refusal) and not outcome.repeated:
            return outcome
        prepared.undo()
        if not isinstance(outcome, Refusal) or outcome.code != CHANGED:
            return outcome
    return outcome


def _key_of_attempt(key: Key | None, again: int) -> Key | None:
    """A refused attempt stays on record; the next is found by a key that follows from the first.

    So a repetition goes the same way: it hears each refused attempt again, then the last answer.
    """
    if key is None or not again:
        return key
    return Key(hashlib.sha256(key.name + bytes([again])).digest(), key.body)


async def move_plainly(
    desk: Desk, actor: Actor, deal: int, name: str, key: Key | None = None
) -> Outcome:
    """:func:`move` from an event loop, for the moves of ``PLAIN``, which prepare nothing.

    Only the first request of somebody about a deal reads it; the lane, which has it at hand,
    decides all else.
    """
    if (deal, actor) not in desk.parties:
        state = await asyncio.to_thread(desk.engine.state, DEAL, deal)
        refusal = _why_not_theirs(state, actor)
        if refusal is not None:
            return refusal
        if len(desk.parties) >= PARTIES_MAX:
            desk.parties.clear()
        desk.parties.add((deal, actor))
    return await desk.engine.ask(DEAL, deal, PLAIN[name](by=actor), key)


def _why_not_theirs(state: Deal | None, actor: Actor) -> Refusal | None:
    """Whether somebody has no business with a deal at all."""
    if state is None:
        return Refusal("deal.unknown")
    return Refusal("deal.not_yours") if role_of(state, actor) is Role.STRANGER else None


def reveal(desk: Desk, actor: Actor, deal: int) -> SecretFields | Refusal:
    """The secret of a deal for its buyer, after its opening is on record.

    Whoever calls has just put the opening, or the reading again, on record.
    """
    state: Deal | None = desk.engine.state(DEAL, deal)
    if state is None:
        return Refusal("deal.unknown")
    if role_of(state, actor) is not Role.BUYER:
        return Refusal("deal.not_yours")
    if state.secret.phase is not SecretPhase.OPENED:
        return Refusal("secret.not_sealed")
    plain = desk.vault.read_secret(state.secret.body, deal_name(deal))
    return msgspec.json.decode(plain, type=SecretFields)


def meeting_code(desk: Desk, actor: Actor, deal: int) -> str | Refusal:
    """The one-time code that the buyer gives only with the goods in hand."""
    state: Deal | None = desk.engine.state(DEAL, deal)
    if state is None:
        return Refusal("deal.unknown")
    if role_of(state, actor) is not Role.BUYER:
        return Refusal("deal.not_yours")
    if not is_open("meeting_code", state, Role.BUYER):
        return Refusal("deal.not_now", {"order": state.order.phase.value})
    return desk.vault.meeting_code(deal, state.meeting.code)


def state_of(desk: Desk, receipt: Receipt) -> Deal:
    """The deal as a receipt leaves it."""
    deal: Deal = desk.after(DEAL, receipt)
    return deal
