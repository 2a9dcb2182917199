"""A deal as a resource: where the money is, whose turn it is, and what the caller can do."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from msgspec import Struct

from fairhold.domain.deal.actions import NextActions, next_actions
from fairhold.domain.deal.phases import (
    CasePhase,
    MeetingPhase,
    ParcelPhase,
    ReturnPhase,
    SecretPhase,
)
from fairhold.domain.deal.state import Deal, role_of
from fairhold.engine.desk.talk import channel_of_deal
from fairhold.kernel.actor import Role
from fairhold.kernel.ids import public_id
from fairhold.kernel.instant import rfc3339
from fairhold.kernel.money import Money
from fairhold.web.api import shapes
from fairhold.web.api.operation import Call
from fairhold.web.api.shapes import Amount, Time, amount, time_of
from fairhold.web.words import move_words, outcome_words


class MoveShown(Struct, frozen=True, kw_only=True):
    """One move that the caller can make now; ``href`` takes a POST."""

    name: str
    href: str
    label: str
    effect: str


class DeadlineShown(Struct, frozen=True, kw_only=True):
    """The clock that runs: until when, whose turn, what silence does and for whom."""

    name: str
    due_at: Time
    turn: str
    outcome: str
    words: str
    benefits: str
    basis: str


class NextActionsShown(Struct, frozen=True, kw_only=True):
    """Who the caller is in this deal, what they can do, and what happens if nobody does.

    ``places`` are addresses to go to without anything happening to the deal, by name.
    """

    role: str
    your_turn: bool
    moves: Sequence[MoveShown]
    places: Mapping[str, str]
    deadline: DeadlineShown | None = None
    object: Literal["next_actions"] = "next_actions"


class MoneyShown(Struct, frozen=True, kw_only=True):
    """Where the buyer's money is; amounts in minor units of ``currency``."""

    phase: str
    currency: str
    held: int
    released: int
    refunded: int
    remaining: int


class SecretShown(Struct, frozen=True, kw_only=True):
    """Where the sealed code is; never what it says."""

    phase: str
    sealed_at: Time | None = None
    opened_at: Time | None = None
    reads: int = 0


class ParcelShown(Struct, frozen=True, kw_only=True):
    """Where a parcel is, by the carrier's own scans."""

    phase: str
    carrier: str = ""
    tracking: str = ""


class MeetingShown(Struct, frozen=True, kw_only=True):
    """Whether the parties have met, and how many codes were mistaken."""

    phase: str
    mistakes: int = 0


class CaseShown(Struct, frozen=True, kw_only=True):
    """The dispute."""

    phase: str
    claim: str
    asked: Amount


class OrderShown(Struct, frozen=True, kw_only=True):
    """Who agreed to what, and how it ended."""

    phase: str
    reason: str = ""
    paid_at: Time | None = None
    extensions: int = 0


class SecretRead(Struct, frozen=True, kw_only=True):
    """What was sealed, for the buyer alone. Do not log it, do not keep it."""

    number: str
    password: str
    card_kind: str
    object: Literal["secret"] = "secret"


class DealShown(Struct, frozen=True, kw_only=True, rename={"return_": "return"}):
    """A deal. ``version`` counts its events; parts that it does not have are null."""

    id: Annotated[str, shapes.id_of(shapes.DEAL)]
    buyer: Annotated[str, shapes.id_of(shapes.ACCOUNT)]
    seller: Annotated[str, shapes.id_of(shapes.ACCOUNT)]
    listing: Annotated[str, shapes.id_of(shapes.LISTING)]
    listing_version: int
    conversation: Annotated[str, shapes.id_of(shapes.CONVERSATION)]
    delivery: str
    price: Amount
    fee: Amount
    order: OrderShown
    money: MoneyShown
    ended: bool
    version: int
    jurisdiction: str
    rulebook: str
    placed_at: Time
    livemode: bool
    next_actions: NextActionsShown
    secret: SecretShown | None = None
    parcel: ParcelShown | None = None
    meeting: MeetingShown | None = None
    return_: ParcelShown | None = None
    case: CaseShown | None = None
    came_from: str | None = None
    opened_secret: SecretRead | None = None
    dry_run: bool = False
    object: Literal["deal"] = "deal"


def deal_shown(call: Call, number: int, deal: Deal, version: int) -> DealShown:
    """A deal for whoever asks."""
    role = role_of(deal, call.actor)
    return DealShown(
        id=public_id(shapes.DEAL, number),
        buyer=public_id(shapes.ACCOUNT, deal.buyer),
        seller=public_id(shapes.ACCOUNT, deal.seller),
        listing=public_id(shapes.LISTING, deal.listing),
        listing_version=deal.listing_version,
        conversation=public_id(shapes.CONVERSATION, channel_of_deal(call.desk, number)),
        delivery=deal.delivery.value,
        price=amount(deal.price),
        fee=amount(deal.fee),
        order=OrderShown(
            phase=deal.order.phase.value,
            reason=deal.order.reason,
            paid_at=time_of(deal.order.paid_at),
            extensions=deal.order.extensions,
        ),
        money=_money(deal),
        ended=deal.ended,
        version=version,
        jurisdiction=deal.jurisdiction,
        rulebook=deal.rules.edition,
        placed_at=rfc3339(deal.placed_at),
        livemode=call.livemode,
        next_actions=_actions(call, number, deal),
        secret=_secret(deal),
        parcel=_parcel(deal),
        meeting=_meeting(deal),
        return_=_return(deal),
        case=_case(deal),
        came_from=deal.came_from if role in {Role.BUYER, Role.OPERATOR} else None,
    )


def _money(deal: Deal) -> MoneyShown:
    return MoneyShown(
        phase=deal.money.phase.value,
        currency=deal.price.currency,
        held=deal.money.held,
        released=deal.money.released,
        refunded=deal.money.refunded,
        remaining=deal.money.remaining,
    )


def _secret(deal: Deal) -> SecretShown | None:
    if deal.secret.phase is SecretPhase.NONE:
        return None
    return SecretShown(
        phase=deal.secret.phase.value,
        sealed_at=time_of(deal.secret.sealed_at),
        opened_at=time_of(deal.secret.opened_at),
        reads=deal.secret.reads,
    )


def _parcel(deal: Deal) -> ParcelShown | None:
    if deal.parcel.phase is ParcelPhase.NONE:
        return None
    part = deal.parcel
    return ParcelShown(phase=part.phase.value, carrier=part.carrier, tracking=part.tracking)


def _meeting(deal: Deal) -> MeetingShown | None:
    if deal.meeting.phase is MeetingPhase.NONE:
        return None
    return MeetingShown(phase=deal.meeting.phase.value, mistakes=deal.meeting.mistakes)


def _return(deal: Deal) -> ParcelShown | None:
    if deal.back.phase is ReturnPhase.NONE:
        return None
    part = deal.back
    return ParcelShown(phase=part.phase.value, carrier=part.carrier, tracking=part.tracking)


def _case(deal: Deal) -> CaseShown | None:
    if deal.case.phase is CasePhase.NONE:
        return None
    asked = amount(Money(deal.case.asked, deal.price.currency))
    return CaseShown(phase=deal.case.phase.value, claim=deal.case.claim, asked=asked)


def _actions(call: Call, number: int, deal: Deal) -> NextActionsShown:
    return actions_shown(next_actions(deal, call.actor), number, call.language)


def actions_shown(actions: NextActions, number: int, language: str) -> NextActionsShown:
    """What somebody can do, with the words of their language."""
    base = f"/v1/deals/{public_id(shapes.DEAL, number)}"
    moves = []
    for name in actions.moves:
        label, effect = move_words(name, language)
        moves.append(MoveShown(name=name, href=f"{base}/{name}", label=label, effect=effect))
    deadline = actions.deadline
    return NextActionsShown(
        role=actions.role.value,
        your_turn=actions.your_turn,
        moves=moves,
        places={place: f"{base}/{place}" for place in actions.places},
        deadline=None
        if deadline is None
        else DeadlineShown(
            name=deadline.name,
            due_at=rfc3339(deadline.due),
            turn=deadline.turn.value,
            outcome=deadline.outcome,
            words=outcome_words(deadline.outcome, language),
            benefits=deadline.benefits.value,
            basis=deadline.basis,
        ),
    )
