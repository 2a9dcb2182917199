"""From a stream as it stands to its document. Replaying old entries ends in the same documents."""

import msgspec

from fairhold.domain.account import Account
from fairhold.domain.conversation import Conversation, Posted
from fairhold.domain.deal.clocks import CLOCK_ROW
from fairhold.domain.deal.phases import CasePhase
from fairhold.domain.deal.state import Deal
from fairhold.domain.listing import Listing, Status
from fairhold.kernel.instant import Instant
from fairhold.projections.documents import (
    AccountDocument,
    ConversationDocument,
    DealDocument,
    ListingDocument,
    MessageDocument,
)

Index = tuple[tuple[str, str, int], ...]

VIEWS = ("listing", "deal", "conversation", "message", "account")

_encoder = msgspec.json.Encoder()
_OPEN_CASES = frozenset({CasePhase.OPENED, CasePhase.WITH_OFFICER})


class Document(msgspec.Struct, frozen=True):
    """A document to put: where it stands, what it says, under what it is found."""

    view: str
    id: str
    data: bytes
    index: Index


def of_listing(number: int, listing: Listing, first_at: Instant) -> Document:
    """A listing: on the market while it is open and something is left."""
    document = ListingDocument(
        id=number,
        owner=listing.owner,
        version=listing.version,
        status=listing.status.value,
        price=listing.offer.price,
        delivery=listing.offer.delivery.value,
        category=listing.offer.category,
        body=listing.offer.body,
        stock=listing.stock,
        left=listing.left,
        taken=len(listing.taken),
        published_at=first_at,
    )
    index: list[tuple[str, str, int]] = [("owner", str(listing.owner), first_at)]
    if listing.status is Status.OPEN and listing.left:
        index.append(("market", "open", first_at))
        index.append(("category", listing.offer.category, first_at))
    return Document("listing", str(number), _encoder.encode(document), tuple(index))


def of_deal(number: int, deal: Deal) -> Document:
    """A deal: found by its parties, by its phase, by its listing, and by an open case."""
    clock = None if deal.ended else deal.clock
    document = DealDocument(
        id=number,
        buyer=deal.buyer,
        seller=deal.seller,
        listing=deal.listing,
        listing_version=deal.listing_version,
        listing_body=deal.listing_body,
        order=deal.order.phase.value,
        reason=deal.order.reason,
        money=deal.money.phase.value,
        delivery=deal.delivery.value,
        price=deal.price,
        placed_at=deal.placed_at,
        clock=clock.name if clock else "",
        due=clock.due if clock else 0,
        turn=CLOCK_ROW[clock.name].turn.value if clock else "",
        case=deal.case.phase.value,
    )
    at = deal.placed_at
    parties = (str(deal.buyer), str(deal.seller))
    index = [("party", party, at) for party in parties]
    if not deal.ended:
        index += [("party_open", party, at) for party in parties]
        index.append(("running", "all", -document.due))
    if deal.case.phase in _OPEN_CASES:
        index.append(("case", "open", -document.due))
    index += [
        ("order", deal.order.phase.value, at),
        ("listing", str(deal.listing), at),
        ("all", "all", at),
    ]
    return Document("deal", str(number), _encoder.encode(document), tuple(index))


def of_conversation(number: int, conversation: Conversation, last_at: Instant) -> Document:
    """A conversation: found by the people in it."""
    document = ConversationDocument(
        id=number,
        about=conversation.about.value,
        subject=conversation.subject,
        people=conversation.people,
        messages=conversation.messages,
        read=conversation.read,
        last_at=last_at,
    )
    index = tuple(("person", str(person), last_at) for person in conversation.people)
    return Document("conversation", str(number), _encoder.encode(document), index)


def of_message(conversation: int, event: Posted, *, recalled: bool) -> Document:
    """One message of a conversation."""
    document = MessageDocument(
        conversation=conversation,
        number=event.number,
        author=event.author,
        body=event.body,
        signals=event.signals,
        at=event.at,
        recalled=recalled,
    )
    id_ = message_id(conversation, event.number)
    index = (("conversation", str(conversation), event.number),)
    return Document("message", id_, _encoder.encode(document), index)


def message_id(conversation: int, number: int) -> str:
    """The id of a message's document."""
    return f"{conversation}:{number:08d}"


def of_account(number: int, account: Account) -> Document:
    """An account: found by the operator."""
    document = AccountDocument(
        id=number,
        standing=account.standing.value,
        operator=account.operator,
        opened_at=account.opened_at,
    )
    index: list[tuple[str, str, int]] = [("all", "all", account.opened_at)]
    if account.operator:
        index.append(("operator", "yes", account.opened_at))
    return Document("account", str(number), _encoder.encode(document), tuple(index))
