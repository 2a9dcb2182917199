"""Situations of a deal by name: the rows of the golden grid, and what the table is compared with.

Between them they reach every row of the table of moves and every clock.
"""

from collections.abc import Callable, Mapping

from fairhold.domain.deal import case, meeting, money, order, returns, secret
from fairhold.domain.deal.phases import ParcelPhase
from fairhold.kernel.actor import PROVIDER
from tests.domain.spec import (
    BUYER,
    HALF,
    NOW,
    OPERATOR,
    PRICE,
    RULES,
    SELLER,
    Deed,
    meeting_deal,
    parcel_deal,
    secret_deal,
)


def _promised(deed: Deed) -> Deed:
    return deed.does(money.NoteAuthorised, PROVIDER, payment="p1", amount=deed.deal.price)


def _silent_to_the_end(deed: Deed) -> Deed:
    while deed.clock:
        deed.silence()
    return deed


def _mistaken() -> Deed:
    deed = meeting_deal().pays()
    for _ in range(RULES.code_tries):
        deed.does(meeting.PresentCode, SELLER, code=1, matches=False)
    return deed


def _often_withdrawn() -> Deed:
    deed = parcel_deal().pays().delivered()
    for _ in range(RULES.case_openings):
        deed.complains().does(case.WithdrawCase, BUYER)
    return deed


def _sent() -> Deed:
    return parcel_deal().pays().books().scanned(ParcelPhase.HANDED_OVER)


def _delivered() -> Deed:
    return parcel_deal().pays().delivered()


def _agreed() -> Deed:
    return _delivered().asks_return().does(returns.AgreeReturn, SELLER)


def _refused() -> Deed:
    return parcel_deal().pays().books().scanned(ParcelPhase.REFUSED)


def _decided(deed: Deed) -> Deed:
    deed.does(case.ContestClaim, SELLER)
    return deed.does(case.DecideCase, OPERATOR, to_buyer=HALF, body=1, digest="d")


SITUATIONS: Mapping[str, Callable[[], Deed]] = {
    "secret, unpaid": secret_deal,
    "secret, sealed before payment": lambda: secret_deal().seals(),
    "secret, payment on its way": lambda: _promised(secret_deal()),
    "secret, paid": lambda: secret_deal().pays(),
    "secret, paid and sealed": lambda: secret_deal().pays().seals(),
    "secret, paid and withdrawn": lambda: (
        secret_deal().pays().seals().does(secret.Withdraw, SELLER)
    ),
    "secret, opened": lambda: secret_deal().pays().seals().opens(),
    "secret, found used": lambda: (
        secret_deal().pays().seals().opens(secret.IssuerWord(asked=True, used_at=NOW))
    ),
    "secret, case open": lambda: secret_deal().pays().seals().opens().complains(),
    "secret, paid out unopened": lambda: _silent_to_the_end(secret_deal().pays().seals()),
    "secret, confirmed": lambda: secret_deal().pays().seals().opens().does(order.Confirm, BUYER),
    "parcel, unpaid": parcel_deal,
    "parcel, payment on its way": lambda: _promised(parcel_deal()),
    "parcel, void unpaid": lambda: parcel_deal().silence(),
    "parcel, paid": lambda: parcel_deal().pays(),
    "parcel, booked": lambda: parcel_deal().pays().books(),
    "parcel, handed over": _sent,
    "parcel, moving": lambda: _sent().scanned(ParcelPhase.MOVING),
    "parcel, lost": lambda: _sent().scanned(ParcelPhase.LOST),
    "parcel, refused at the door": _refused,
    "parcel, refused and back": lambda: _refused().scanned(ParcelPhase.DELIVERED),
    "parcel, delivered": _delivered,
    "parcel, delivered and extended": lambda: _delivered().does(order.Extend, BUYER),
    "parcel, return asked": lambda: _delivered().asks_return(),
    "parcel, return declined": lambda: (
        _delivered().asks_return().does(returns.DeclineReturn, SELLER)
    ),
    "parcel, return agreed": _agreed,
    "parcel, return booked": lambda: _agreed().books_return(),
    "parcel, return moving": lambda: _agreed().books_return().scanned(ParcelPhase.MOVING, "back"),
    "parcel, return back": lambda: _delivered().came_back(),
    "parcel, return accepted": lambda: _delivered().came_back().does(returns.AcceptReturn, SELLER),
    "parcel, return disputed": lambda: _delivered().came_back().does(case.DisputeReturn, SELLER),
    "parcel, return with officer": lambda: (
        _delivered().came_back().does(case.DisputeReturn, SELLER).does(case.ContestClaim, BUYER)
    ),
    "parcel, case open": lambda: _delivered().complains(),
    "parcel, case with officer": lambda: _delivered().complains().does(case.ContestClaim, SELLER),
    "parcel, case withdrawn": lambda: _delivered().complains().does(case.WithdrawCase, BUYER),
    "parcel, case withdrawn too often": _often_withdrawn,
    "parcel, case settled": lambda: _delivered().complains(HALF).silence(),
    "parcel, case decided": lambda: _decided(_delivered().complains()),
    "parcel, charged back": lambda: _delivered().does(
        money.NoteChargeback, PROVIDER, payment="p1", amount=PRICE, notice="n1"
    ),
    "meeting, unpaid": meeting_deal,
    "meeting, paid": lambda: meeting_deal().pays(),
    "meeting, code mistaken too often": _mistaken,
    "meeting, met": lambda: meeting_deal().pays().meets(),
    "meeting, confirmed": lambda: meeting_deal().pays().meets().does(order.Confirm, BUYER),
}
