"""The phases of each part of a deal."""

from enum import StrEnum


class OrderPhase(StrEnum):
    """Who agreed to what."""

    PLACED = "placed"
    PAID = "paid"
    FULFILLED = "fulfilled"
    COMPLETED = "completed"
    VOID = "void"


class MoneyPhase(StrEnum):
    """Where the buyer's money is."""

    NONE = "none"
    AUTHORISED = "authorised"
    HELD = "held"
    FROZEN = "frozen"
    RELEASED = "released"
    REFUNDED = "refunded"
    SPLIT = "split"


class SecretPhase(StrEnum):
    """Where a card's number and password, or a code, is."""

    NONE = "none"
    AWAITED = "awaited"
    SEALED = "sealed"
    WITHDRAWN = "withdrawn"
    OPENED = "opened"
    USED = "used"
    """The issuer's record says that it was used before it was opened."""


class ParcelPhase(StrEnum):
    """Where the parcel is, by the carrier's own scans."""

    NONE = "none"
    AWAITED = "awaited"
    HANDED_OVER = "handed_over"
    MOVING = "moving"
    DELIVERED = "delivered"
    REFUSED = "refused"
    LOST = "lost"


class MeetingPhase(StrEnum):
    """Whether buyer and seller have met."""

    NONE = "none"
    ARRANGED = "arranged"
    MET = "met"


class ReturnPhase(StrEnum):
    """Where the goods are on their way back."""

    NONE = "none"
    ASKED = "asked"
    DECLINED = "declined"
    AGREED = "agreed"
    MOVING_BACK = "moving_back"
    BACK = "back"
    INSPECTED = "inspected"
    CLOSED = "closed"


class CasePhase(StrEnum):
    """How far a dispute has come."""

    NONE = "none"
    OPENED = "opened"
    WITH_OFFICER = "with_officer"
    WITHDRAWN = "withdrawn"
    SETTLED = "settled"
    DECIDED = "decided"


ENDS = frozenset({OrderPhase.COMPLETED, OrderPhase.VOID})
