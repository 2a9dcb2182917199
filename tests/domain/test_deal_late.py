"""A deadline holds to the millisecond, however late the timer is."""

from fairhold.domain.deal import case, money, order, returns, secret
from fairhold.domain.deal.phases import OrderPhase, ReturnPhase
from fairhold.kernel.actor import PROVIDER
from fairhold.kernel.instant import MINUTE
from tests.domain.spec import BUYER, RULES, SELLER, Deed, parcel_deal, secret_deal

SEAL = {"body": 1, "digest": "d", "fingerprints": (2,)}


def _due(deed: Deed) -> int:
    assert deed.deal.clock is not None
    return deed.deal.clock.due


def test_a_seal_after_the_deadline_is_refused_and_one_before_it_is_not() -> None:
    deed = secret_deal().pays()
    wait = _due(deed) - deed.at
    deed.after(wait - 1).tries(secret.Seal, SELLER, **SEAL).kinds(secret.Sealed)
    deed.after(1).tries(secret.Seal, SELLER, **SEAL).refused("deal.not_now")


def test_a_complaint_after_the_inspection_is_refused() -> None:
    deed = parcel_deal().pays().delivered().after(RULES.inspect_ms)
    wish = {"claim": "counterfeit", "asked": deed.deal.price}
    deed.tries(case.OpenCase, BUYER, **wish).refused("deal.not_now")


def test_a_late_promise_to_pay_finds_the_order_void_and_is_given_back() -> None:
    deed = secret_deal().after(RULES.pay_ms)
    answer = deed.tries(money.NoteAuthorised, PROVIDER, payment="p1", amount=deed.deal.price)
    answer.kinds(order.Voided, money.AuthorisationDeclined)


def test_a_label_for_a_return_that_silence_has_agreed_is_granted_with_it() -> None:
    deed = parcel_deal().pays().delivered().asks_return()
    deed.after(RULES.answer_return_ms + MINUTE)
    deed.tries(returns.BookReturn, BUYER, carrier="c", tracking="t").kinds(
        returns.ReturnAgreed, returns.ReturnBooked
    )
    deed.does(returns.BookReturn, BUYER, carrier="c", tracking="t")
    assert deed.deal.back.phase is ReturnPhase.AGREED
    assert deed.deal.order.phase is OrderPhase.FULFILLED
    assert deed.deal.clock is not None
    assert deed.deal.clock.name == "ship_back"
