"""What a rulebook says, value by value, with the range in which an operator may set it."""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct, structs

from fairhold.kernel.instant import DAY, HOUR, MINUTE, Instant, Span


class Rulebook(Struct, frozen=True, kw_only=True):
    """One edition. Spans end in ``_ms``; what silence does when one ends is in ``deal/clocks.py``.

    Anchors of the defaults: ``docs/rulebook.md``.
    """

    edition: str
    since: Instant
    # paying
    pay_ms: Span
    """From taking an offer to a payment that is on its way; then the order is void."""
    capture_ms: Span
    """From the payment's authorisation to money in hold; then the payment is given back."""
    # delivering
    deliver_secret_ms: Span
    """From money in hold to a sealed secret; then a full refund."""
    dispatch_ms: Span
    """From money in hold to the carrier's first scan; then a full refund."""
    dispatch_remind_ms: Span
    """How long after payment the seller is reminded to dispatch."""
    transit_ms: Span
    """From the carrier's first scan to delivery; then the parcel counts as lost: full refund."""
    meet_ms: Span
    """From money in hold to the meeting; then a full refund."""
    # looking at what came
    open_ms: Span
    """From sealing (and money in hold) to opening; then the seller is paid, the code stays."""
    open_remind_ms: tuple[Span, ...]
    """How long after sealing the buyer is reminded to open."""
    test_ms: Span
    """From opening to the end of the test; then the seller is paid."""
    inspect_ms: Span
    """From delivery on record to the end of inspection; then the seller is paid."""
    inspect_met_ms: Span
    """The same after a meeting in person."""
    inspect_least_ms: Span
    """What is left at least when a case that was withdrawn lets the inspection run on."""
    extension_ms: Span
    """How much one extension by the buyer adds."""
    extensions: int
    """How many extensions a buyer has in a deal."""
    # going back
    answer_return_ms: Span
    """From asking for a return to the seller's answer; then it is agreed."""
    ship_back_ms: Span
    """From the agreement to the carrier's first scan on the way back; then the seller is paid."""
    bring_back_ms: Span
    """From that scan, or from a refusal at the door, to the seller; then a full refund."""
    inspect_return_ms: Span
    """From the return's arrival to the seller's word on it; then it is accepted: full refund."""
    # disputes
    answer_claim_ms: Span
    """From the opening of a case to the other side's answer; then it is granted as asked."""
    decide_ms: Span
    """From the contest to the decision of a case officer; then the long-stop refunds the buyer."""
    case_openings: int
    """How often a buyer may open a case in one deal."""
    code_tries: int
    """How many mistaken meeting codes before the buyer has to make a new one."""
    # money
    fee_basis_points: int
    """What the platform takes from the seller's proceeds, in hundredths of a percent."""
    provider_hold_ms: Span
    """How long the payment provider can hold money: all internal steps must fit in it."""


RANGES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "pay_ms": (3 * MINUTE, DAY),
        "capture_ms": (MINUTE, DAY),
        "deliver_secret_ms": (5 * MINUTE, 72 * HOUR),
        "dispatch_ms": (DAY, 14 * DAY),
        "dispatch_remind_ms": (HOUR, 14 * DAY),
        "transit_ms": (3 * DAY, 21 * DAY),
        "meet_ms": (HOUR, 14 * DAY),
        "open_ms": (3 * DAY, 30 * DAY),
        "test_ms": (HOUR, 168 * HOUR),
        "inspect_ms": (DAY, 30 * DAY),
        "inspect_met_ms": (HOUR, 30 * DAY),
        "inspect_least_ms": (HOUR, DAY),
        "extension_ms": (HOUR, 7 * DAY),
        "extensions": (0, 2),
        "answer_return_ms": (DAY, 72 * HOUR),
        "ship_back_ms": (3 * DAY, 15 * DAY),
        "bring_back_ms": (3 * DAY, 21 * DAY),
        "inspect_return_ms": (DAY, 7 * DAY),
        "answer_claim_ms": (DAY, 72 * HOUR),
        "decide_ms": (DAY, 7 * DAY),
        "case_openings": (1, 5),
        "code_tries": (3, 10),
        "fee_basis_points": (0, 2_000),
        "provider_hold_ms": (30 * DAY, 365 * DAY),
    }
)


def faults(rulebook: Rulebook) -> tuple[str, ...]:
    """Name the values of an edition that lie outside their published range."""
    values = structs.asdict(rulebook)
    return tuple(name for name, (low, high) in RANGES.items() if not low <= values[name] <= high)
