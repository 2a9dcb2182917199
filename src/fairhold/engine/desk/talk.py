"""Talking: about a listing before a deal, and in a deal. The guard looks before words go out."""

import msgspec

from fairhold.domain.conversation import (
    About,
    Block,
    Conversation,
    MarkRead,
    Post,
    Posted,
    Recall,
    Start,
)
from fairhold.domain.deal.phases import CasePhase
from fairhold.domain.deal.state import Deal
from fairhold.domain.listing import Listing
from fairhold.engine.batching import Outcome
from fairhold.engine.desk.asked import MESSAGE_MAX
from fairhold.engine.desk.desk import Desk
from fairhold.engine.engine import Key
from fairhold.engine.kinds import CONVERSATION, DEAL, LISTING
from fairhold.guard.text import Setting, review
from fairhold.kernel.actor import PLATFORM, Actor
from fairhold.kernel.wish import Refusal


def channel_of_deal(desk: Desk, deal: int) -> int:
    """The conversation that every deal has."""
    return desk.derived("conversation", "deal", deal)


def open_channel(desk: Desk, number: int) -> int:
    """The same conversation, begun here when the record's own follower has not come to it yet."""
    channel = channel_of_deal(desk, number)
    deal: Deal | None = desk.engine.state(DEAL, number)
    if deal is not None and desk.engine.state(CONVERSATION, channel) is None:
        start = Start(
            by=PLATFORM, about=About.DEAL, subject=number, people=(deal.buyer, deal.seller)
        )
        desk.ask(CONVERSATION, channel, start)
    return channel


def may_read(desk: Desk, actor: Actor, conversation: Conversation) -> bool:
    """Whether somebody may read what was said: the two people, and an officer with a case."""
    if actor.account and actor.account in conversation.people:
        return True
    if not actor.operator or conversation.about is not About.DEAL:
        return False
    deal: Deal | None = desk.engine.state(DEAL, conversation.subject)
    return deal is not None and is_evidence(deal)


def is_evidence(deal: Deal) -> bool:
    """Whether what was said in a deal is an officer's to read: from its case on, not before."""
    return deal.case.phase is not CasePhase.NONE


def ask_about(desk: Desk, actor: Actor, listing: int) -> int | Refusal:
    """The conversation of one person with a listing's seller; begun when it is new."""
    state: Listing | None = desk.engine.state(LISTING, listing)
    if state is None:
        return Refusal("listing.unknown")
    if state.owner == actor.account:
        return Refusal("order.own_listing")
    stream = desk.derived("conversation", "listing", listing, actor.account)
    start = Start(
        by=PLATFORM,
        about=About.LISTING,
        subject=listing,
        people=(actor.account, state.owner),
    )
    outcome = desk.ask(CONVERSATION, stream, start)
    return outcome if isinstance(outcome, Refusal) else stream


def say(desk: Desk, actor: Actor, conversation: int, text: str, key: Key | None = None) -> Outcome:
    """Say something. A secret typed into chat is stopped before it leaves, and not stored."""
    state: Conversation | None = desk.engine.state(CONVERSATION, conversation)
    if state is None:
        return Refusal("conversation.unknown")
    if actor.account not in state.people:
        return Refusal("conversation.not_yours")
    plain = text.strip()
    if not plain:
        return Refusal("conversation.empty")
    if len(plain) > MESSAGE_MAX:
        return Refusal("conversation.too_long", {"most": MESSAGE_MAX})
    verdict = review(plain, _setting(desk, state, actor))
    if verdict.stops:
        wish = Post(by=actor, body=0, digest="", signals=verdict.labels, blocked=True)
        outcome = desk.ask(CONVERSATION, conversation, wish, key)
        return outcome if isinstance(outcome, Refusal) else Refusal("conversation.secret_stopped")
    subject = f"conversation:{conversation}"
    body, digest = desk.put_json(subject, "message", plain)
    wish = Post(by=actor, body=body, digest=digest, signals=verdict.labels)
    return desk.ask(CONVERSATION, conversation, wish, key)


def _setting(desk: Desk, state: Conversation, actor: Actor) -> Setting:
    if state.about is About.LISTING:
        return Setting(paid=False, delivered=False, speaker_sells=state.people[1] == actor.account)
    deal: Deal | None = desk.engine.state(DEAL, state.subject)
    assert deal is not None, "a deal's channel has a deal"
    return Setting(
        paid=deal.money.held > 0,
        delivered=deal.order.phase.value in {"fulfilled", "completed"},
        speaker_sells=deal.seller == actor.account,
    )


def words_of(desk: Desk, event: Posted) -> str:
    """What a message says; raises Gone when it was erased."""
    return msgspec.json.decode(desk.vault.get(event.body, "message"), type=str)


def recall(
    desk: Desk, actor: Actor, conversation: int, number: int, key: Key | None = None
) -> Outcome:
    """Take a message back from the other's sight; the record keeps it."""
    return desk.ask(CONVERSATION, conversation, Recall(by=actor, number=number), key)


def block(desk: Desk, actor: Actor, conversation: int, key: Key | None = None) -> Outcome:
    """Hear nothing more from the other about a listing; a deal's channel stays open."""
    return desk.ask(CONVERSATION, conversation, Block(by=actor), key)


def mark_read(desk: Desk, actor: Actor, conversation: int, number: int) -> Outcome:
    """Everything up to a number has been seen."""
    return desk.ask(CONVERSATION, conversation, MarkRead(by=actor, number=number))
