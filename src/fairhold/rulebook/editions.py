"""The editions of the rulebook, oldest first."""

from fairhold.kernel.instant import DAY, HOUR, MINUTE, Instant
from fairhold.rulebook.values import Rulebook, faults

EDITIONS: tuple[Rulebook, ...] = (
    Rulebook(
        edition="2026-01",
        since=1_767_225_600_000,  # 2026-01-01T00:00:00Z
        pay_ms=15 * MINUTE,
        capture_ms=30 * MINUTE,
        deliver_secret_ms=24 * HOUR,
        dispatch_ms=5 * DAY,
        dispatch_remind_ms=48 * HOUR,
        transit_ms=10 * DAY,
        meet_ms=7 * DAY,
        open_ms=10 * DAY,
        open_remind_ms=(3 * DAY, 7 * DAY),
        test_ms=48 * HOUR,
        inspect_ms=72 * HOUR,
        inspect_met_ms=24 * HOUR,
        inspect_least_ms=24 * HOUR,
        extension_ms=3 * DAY,
        extensions=1,
        answer_return_ms=48 * HOUR,
        ship_back_ms=7 * DAY,
        bring_back_ms=10 * DAY,
        inspect_return_ms=72 * HOUR,
        answer_claim_ms=48 * HOUR,
        decide_ms=72 * HOUR,
        case_openings=3,
        code_tries=5,
        fee_basis_points=100,
        provider_hold_ms=90 * DAY,
    ),
)


_BY_NAME = {edition.edition: edition for edition in EDITIONS}


def brief(rules: Rulebook) -> Rulebook | str:
    """The name of a published edition; anything else in full.

    An edition that was published never changes, so its name stands for all of it.
    """
    return rules.edition if _BY_NAME.get(rules.edition) == rules else rules


def in_full(rules: Rulebook | str) -> Rulebook:
    """The rulebook behind what :func:`brief` wrote."""
    return _BY_NAME[rules] if isinstance(rules, str) else rules


def in_force(at: Instant) -> Rulebook:
    """The edition in force at an instant; the first one for anything earlier."""
    current = EDITIONS[0]
    for edition in EDITIONS:
        if edition.since <= at:
            current = edition
    assert not faults(current), "a published edition is within its ranges"
    return current
