"""The dispute, first steps of the ladder: claim, answer, and the decision of a case officer.

Opening freezes the money in the same decision. Either side may end a dispute against itself at
any time before the decision; silence of the side that has to answer grants what was asked.
"""

from msgspec.structs import replace

from fairhold.domain.deal.endings import award, refund
from fairhold.domain.deal.money import Frozen, Unfrozen
from fairhold.domain.deal.moves import Move, move, when
from fairhold.domain.deal.phases import (
    CasePhase,
    MoneyPhase,
    OrderPhase,
    ReturnPhase,
)
from fairhold.domain.deal.returns import ReturnInspected
from fairhold.domain.deal.state import Case, Deal, DealEvent
from fairhold.kernel.actor import Role
from fairhold.kernel.instant import Span
from fairhold.kernel.money import Money
from fairhold.kernel.wish import Command, Refusal

CLAIMS = (
    "code_already_used",
    "code_never_worked",
    "not_as_described",
    "damaged_in_transit",
    "counterfeit",
    "wrong_goods",
)
"""What a buyer may claim; a seller's claim about a return is always ``swapped_on_return``."""


class OpenCase(Command, frozen=True, kw_only=True):
    """Something is wrong: ``asked`` is what the buyer wants back; words are in ``body``."""

    claim: str
    asked: Money
    body: int = 0
    digest: str = ""


class DisputeReturn(Command, frozen=True, kw_only=True):
    """What came back is not what was sent."""

    body: int = 0
    digest: str = ""


class WithdrawCase(Command, frozen=True, kw_only=True):
    """The side that opened the case gives it up."""


class AcceptClaim(Command, frozen=True, kw_only=True):
    """The side that answers grants what was asked."""


class ContestClaim(Command, frozen=True, kw_only=True):
    """The side that answers does not grant it: a case officer decides."""

    body: int = 0
    digest: str = ""


class DecideCase(Command, frozen=True, kw_only=True):
    """The officer's decision: what goes back to the buyer, with reasons in ``body``."""

    to_buyer: Money
    body: int
    digest: str


class CaseOpened(DealEvent, frozen=True, kw_only=True):
    """A dispute is open."""

    by: Role
    claim: str
    asked: Money
    body: int
    digest: str
    left_ms: Span


class CaseContested(DealEvent, frozen=True, kw_only=True):
    """The other side does not agree."""

    body: int
    digest: str


class CaseWithdrawn(DealEvent, frozen=True, kw_only=True):
    """The claim was given up."""


class CaseSettled(DealEvent, frozen=True, kw_only=True):
    """The claim was granted; ``basis`` says by word or by silence."""

    basis: str


class CaseDecided(DealEvent, frozen=True, kw_only=True):
    """An officer decided, or the long-stop did (officer 0)."""

    to_buyer: Money
    officer: int
    body: int
    digest: str


CaseEvent = CaseOpened | CaseContested | CaseWithdrawn | CaseSettled | CaseDecided

_OPENABLE = when(
    OrderPhase.FULFILLED,
    MoneyPhase.HELD,
    ReturnPhase.NONE,
    ReturnPhase.DECLINED,
    CasePhase.NONE,
    CasePhase.WITHDRAWN,
)
_BACK = when(ReturnPhase.BACK, MoneyPhase.HELD)
_OPENED = when(CasePhase.OPENED, MoneyPhase.FROZEN)
_WITH_OFFICER = when(CasePhase.WITH_OFFICER, MoneyPhase.FROZEN)
_OPEN = when(CasePhase.OPENED, CasePhase.WITH_OFFICER, MoneyPhase.FROZEN)
_BUYERS = when(
    ReturnPhase.NONE,
    ReturnPhase.DECLINED,
    CasePhase.OPENED,
    CasePhase.WITH_OFFICER,
    MoneyPhase.FROZEN,
)
_SELLERS = when(ReturnPhase.INSPECTED, CasePhase.OPENED, CasePhase.WITH_OFFICER, MoneyPhase.FROZEN)
_BUYERS_OPENED = when(ReturnPhase.NONE, ReturnPhase.DECLINED, CasePhase.OPENED, MoneyPhase.FROZEN)
_SELLERS_OPENED = when(ReturnPhase.INSPECTED, CasePhase.OPENED, MoneyPhase.FROZEN)
_GRANTED = when(CasePhase.SETTLED, MoneyPhase.RELEASED, MoneyPhase.REFUNDED, MoneyPhase.SPLIT)
_DECIDED = when(CasePhase.DECIDED, MoneyPhase.RELEASED, MoneyPhase.REFUNDED, MoneyPhase.SPLIT)
_RESUMED = when(OrderPhase.FULFILLED, CasePhase.WITHDRAWN, MoneyPhase.HELD)
_GIVEN_UP = when(OrderPhase.VOID, CasePhase.WITHDRAWN, MoneyPhase.REFUNDED)

MOVES: tuple[Move, ...] = (
    move("case", "open_case", OpenCase, Role.BUYER, _OPENABLE, _OPENED),
    move("case", "dispute_return", DisputeReturn, Role.SELLER, _BACK, _OPENED),
    move("case", "accept_claim", AcceptClaim, Role.SELLER, _BUYERS, _GRANTED),
    move("case", "accept_claim", AcceptClaim, Role.BUYER, _SELLERS, _GRANTED),
    move("case", "contest_claim", ContestClaim, Role.SELLER, _BUYERS_OPENED, _WITH_OFFICER),
    move("case", "contest_claim", ContestClaim, Role.BUYER, _SELLERS_OPENED, _WITH_OFFICER),
    move("case", "withdraw_case", WithdrawCase, Role.BUYER, _BUYERS, _RESUMED),
    move("case", "withdraw_case", WithdrawCase, Role.SELLER, _SELLERS, _GIVEN_UP),
    move("case", "decide_case", DecideCase, Role.OPERATOR, _WITH_OFFICER, _DECIDED),
)

REFUSALS = (
    "case.not_delivered_yet",
    "case.unknown_claim",
    "case.amount_out_of_range",
    "case.opened_too_often",
)


def why_not(deal: Deal, command: Command) -> Refusal | None:
    """The reason that helps most about a dispute."""
    early = {OrderPhase.PLACED, OrderPhase.PAID}
    if isinstance(command, OpenCase) and deal.order.phase in early:
        return Refusal("case.not_delivered_yet")
    return None


def decide_case(
    deal: Deal,
    command: OpenCase | DisputeReturn | WithdrawCase | AcceptClaim | ContestClaim | DecideCase,
) -> Refusal | tuple[DealEvent, ...]:
    """Answer a wish in a dispute."""
    at = command.at
    match command:
        case OpenCase():
            return _open(deal, command)
        case DisputeReturn(body=body, digest=digest):
            opened = CaseOpened(
                at=at,
                by=Role.SELLER,
                claim="swapped_on_return",
                asked=deal.price.zero(),
                body=body,
                digest=digest,
                left_ms=0,
            )
            return (ReturnInspected(at=at, accepted=False), opened, Frozen(at=at))
        case WithdrawCase():
            withdrawn = CaseWithdrawn(at=at)
            if deal.back.phase is ReturnPhase.INSPECTED:
                return (withdrawn, *refund(deal, at, "returned"))
            return (withdrawn, Unfrozen(at=at))
        case AcceptClaim():
            return (CaseSettled(at=at, basis="accepted"), *grant(deal, at, "claim_accepted"))
        case ContestClaim(body=body, digest=digest):
            return (CaseContested(at=at, body=body, digest=digest),)
        case DecideCase():
            return _decide(deal, command)


def _open(deal: Deal, command: OpenCase) -> Refusal | tuple[DealEvent, ...]:
    if command.claim not in CLAIMS:
        return Refusal("case.unknown_claim", {"claims": ", ".join(CLAIMS)})
    fits = 0 < command.asked.minor <= deal.money.remaining
    if not fits or command.asked.currency != deal.price.currency:
        return _out_of_range(deal)
    if deal.case.openings >= deal.rules.case_openings:
        return Refusal("case.opened_too_often", {"times": deal.rules.case_openings})
    assert deal.clock is not None, "an inspection runs against a clock"
    opened = CaseOpened(
        at=command.at,
        by=Role.BUYER,
        claim=command.claim,
        asked=command.asked,
        body=command.body,
        digest=command.digest,
        left_ms=max(0, deal.clock.due - command.at),
    )
    return (opened, Frozen(at=command.at))


def _decide(deal: Deal, command: DecideCase) -> Refusal | tuple[DealEvent, ...]:
    most, to_buyer = deal.money.remaining, command.to_buyer
    if not 0 <= to_buyer.minor <= most or to_buyer.currency != deal.price.currency:
        return _out_of_range(deal)
    decided = CaseDecided(
        at=command.at,
        to_buyer=to_buyer,
        officer=command.by.account,
        body=command.body,
        digest=command.digest,
    )
    return (decided, *award(deal, command.at, to_buyer.minor, "decision"))


def _out_of_range(deal: Deal) -> Refusal:
    most, currency = deal.money.remaining, deal.price.currency
    return Refusal("case.amount_out_of_range", {"most": most, "currency": currency})


def grant(deal: Deal, at: int, basis: str) -> tuple[DealEvent, ...]:
    """Give the side that opened the case what it asked for."""
    return award(deal, at, min(deal.case.asked, deal.money.remaining), basis)


def evolve_case(case: Case, event: CaseEvent) -> Case:
    """Fold one fact of the dispute."""
    match event:
        case CaseOpened(claim=claim, asked=asked, left_ms=left_ms):
            return Case(CasePhase.OPENED, claim, asked.minor, case.openings + 1, left_ms)
        case CaseContested():
            return replace(case, phase=CasePhase.WITH_OFFICER)
        case CaseWithdrawn():
            return replace(case, phase=CasePhase.WITHDRAWN)
        case CaseSettled():
            return replace(case, phase=CasePhase.SETTLED)
        case CaseDecided():
            return replace(case, phase=CasePhase.DECIDED)
