"""How a deal ends: every path to an end goes through one of these, so that the money adds up."""

from fairhold.domain.deal.money import AuthorisationCancelled, Refunded, Released
from fairhold.domain.deal.order import Completed, Voided
from fairhold.domain.deal.phases import MoneyPhase
from fairhold.domain.deal.state import Deal, DealEvent
from fairhold.kernel.instant import Instant
from fairhold.kernel.money import Money


def release(deal: Deal, at: Instant, basis: str) -> tuple[DealEvent, ...]:
    """Pay the seller all that is held; the deal is completed."""
    return (_released(deal, at, deal.money.remaining, basis), Completed(at=at, basis=basis))


def refund(deal: Deal, at: Instant, reason: str) -> tuple[DealEvent, ...]:
    """Give the buyer all that is held back; the deal is void."""
    return (_refunded(deal, at, deal.money.remaining, reason), Voided(at=at, reason=reason))


def award(deal: Deal, at: Instant, to_buyer: int, basis: str) -> tuple[DealEvent, ...]:
    """Divide what is held: ``to_buyer`` minor units back, the rest to the seller."""
    remaining = deal.money.remaining
    assert 0 <= to_buyer <= remaining, "an award divides what is held"
    if to_buyer == remaining:
        return refund(deal, at, basis)
    if to_buyer == 0:
        return release(deal, at, basis)
    return (
        _refunded(deal, at, to_buyer, basis),
        _released(deal, at, remaining - to_buyer, basis),
        Completed(at=at, basis=basis),
    )


def call_off(deal: Deal, at: Instant, reason: str) -> tuple[DealEvent, ...]:
    """End a deal before delivery, whether anything was paid or not."""
    if deal.money.remaining:
        return refund(deal, at, reason)
    if deal.money.phase is MoneyPhase.AUTHORISED:
        cancelled = AuthorisationCancelled(at=at, payment=deal.money.payment)
        return (cancelled, Voided(at=at, reason=reason))
    return (Voided(at=at, reason=reason),)


def _released(deal: Deal, at: Instant, minor: int, basis: str) -> Released:
    amount = Money(minor, deal.price.currency)
    return Released(
        at=at,
        payment=deal.money.payment,
        seller=deal.seller,
        amount=amount,
        fee=amount.share(deal.rules.fee_basis_points),
        basis=basis,
    )


def _refunded(deal: Deal, at: Instant, minor: int, reason: str) -> Refunded:
    amount = Money(minor, deal.price.currency)
    return Refunded(at=at, payment=deal.money.payment, amount=amount, reason=reason)
