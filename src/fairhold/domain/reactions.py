"""Reactions: what a fact of one aggregate means for others. The only module that knows several.

Each reaction is a wish for another stream. It may be made twice; each aggregate hears a repeated
wish as something that is already so.
"""

from collections.abc import Sequence

from msgspec import Struct

from fairhold.domain import conversation, fingerprint, listing, wallet
from fairhold.domain.deal import money, order, secret
from fairhold.domain.deal.phases import MeetingPhase, ParcelPhase, SecretPhase
from fairhold.domain.deal.state import Deal
from fairhold.kernel.actor import PLATFORM
from fairhold.kernel.wish import Command, Event


class Reaction(Struct, frozen=True):
    """A wish for the stream of a kind; ``stream`` 0 stands for "derived from ``of``"."""

    kind: str
    stream: int
    command: Command
    of: int = 0


def of_deal(deal_id: int, deal: Deal, event: Event, version: int) -> Sequence[Reaction]:
    """What follows from a fact of a deal, its ``version``-th; ``deal`` is as it stands by now."""
    listing_id = deal.listing
    match event:
        case order.Placed():
            start = conversation.Start(
                by=PLATFORM,
                about=conversation.About.DEAL,
                subject=deal_id,
                people=(deal.buyer, deal.seller),
            )
            return (
                Reaction("listing", listing_id, listing.Take(by=PLATFORM, deal=deal_id)),
                Reaction("conversation", 0, start, of=deal_id),
            )
        case money.Authorised():
            claim = listing.ClaimUnit(by=PLATFORM, deal=deal_id, version=deal.listing_version)
            return (Reaction("listing", listing_id, claim),)
        case order.Voided():
            return (*_give_back(deal_id, deal), *_let_go_unopened(deal_id, deal, version))
        case secret.Withdrawn(fingerprints=numbers):
            return _let_go(deal_id, numbers, version)
        case secret.Opened() | secret.FoundUsed():
            spend = fingerprint.Spend(by=PLATFORM, holder=deal_id)
            return [Reaction("fingerprint", one, spend) for one in deal.secret.fingerprints]
        case money.ChargedBack():
            return _owed(deal_id, event)
        case money.Released(amount=amount, fee=fee, seller=seller):
            credit = wallet.Credit(by=PLATFORM, owner=seller, deal=deal_id, amount=amount - fee)
            return (Reaction("wallet", 0, credit, of=seller),)
        case _:
            return ()


def of_listing(event: Event) -> Sequence[Reaction]:
    """What follows from a fact of a listing."""
    match event:
        case listing.UnitClaimed(deal=deal_id):
            return (Reaction("deal", deal_id, money.ConfirmStock(by=PLATFORM)),)
        case listing.UnitDenied(deal=deal_id):
            return (Reaction("deal", deal_id, money.DenyStock(by=PLATFORM)),)
        case _:
            return ()


def _owed(deal_id: int, event: money.ChargedBack) -> Sequence[Reaction]:
    """Each side owes what it had received and the bank has taken from us."""
    cause = f"{deal_id}:{event.notice}"
    sides = ((event.seller, event.from_seller), (event.buyer, event.from_buyer))
    return tuple(
        Reaction(
            "wallet", 0, wallet.Owe(by=PLATFORM, owner=owner, cause=cause, amount=amount), owner
        )
        for owner, amount in sides
        if amount.minor
    )


def _give_back(deal_id: int, deal: Deal) -> Sequence[Reaction]:
    """Free the unit when it never left the seller; what came back is offered anew by its seller."""
    left = (
        deal.secret.phase in {SecretPhase.OPENED, SecretPhase.USED}
        or deal.parcel.phase not in {ParcelPhase.NONE, ParcelPhase.AWAITED}
        or deal.meeting.phase is MeetingPhase.MET
    )
    if left:
        return ()
    return (Reaction("listing", deal.listing, listing.GiveBack(by=PLATFORM, deal=deal_id)),)


def _let_go_unopened(deal_id: int, deal: Deal, version: int) -> Sequence[Reaction]:
    if deal.secret.phase is SecretPhase.SEALED:
        return _let_go(deal_id, deal.secret.fingerprints, version)
    return ()


def _let_go(deal_id: int, numbers: Sequence[int], version: int) -> Sequence[Reaction]:
    """A secret that is sealed again meanwhile has a newer hold, which stays."""
    before = fingerprint.mark_of(version)
    let_go = fingerprint.LetGo(by=PLATFORM, holder=deal_id, before=before)
    return [Reaction("fingerprint", number, let_go) for number in numbers]
