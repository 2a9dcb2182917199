"""The first stories of the news, as far as one deal goes: how each has to end."""

from fairhold.domain.deal import case, meeting, order, parcel, secret
from fairhold.domain.deal.phases import SecretPhase
from fairhold.kernel.actor import CLOCK
from fairhold.kernel.instant import HOUR, MINUTE
from tests.domain.spec import BUYER, NOW, PRICE, RULES, SELLER, parcel_deal, secret_deal


def test_liu_paid_and_the_seller_sent_nothing_and_kept_urging_her_to_confirm() -> None:
    liu = parcel_deal().pays()
    liu.after(HOUR).tries(order.Confirm, BUYER).refused("order.not_delivered_yet")
    assert "confirm" not in liu.may(BUYER)
    liu.tries(order.Confirm, SELLER).refused("deal.not_for_your_role")
    liu.books()  # a number that the seller types proves nothing
    liu.tries(order.Confirm, BUYER).refused("order.not_delivered_yet")
    assert liu.outcome == "refund_not_dispatched"
    liu.silence()
    assert (liu.phases, liu.money) == (("void", "refunded"), (0, 0, PRICE.minor))


def test_li_believed_the_card_was_bought_and_the_buyer_had_not_paid() -> None:
    li = secret_deal()
    assert li.deal.order.phase == "placed"
    li.tries(secret.Open, BUYER).refused("secret.not_paid")
    li.seals()
    li.tries(secret.Open, BUYER).refused("secret.not_paid")
    li.after(RULES.pay_ms).does(order.Elapse, CLOCK)
    assert li.phases == ("void", "none")
    li.tries(secret.Open, BUYER).refused("deal.not_now")
    li.tries(secret.ReadAgain, BUYER).refused("deal.not_now")
    assert li.deal.secret.opened_at == 0


def test_li_is_told_to_send_nothing_whatever_the_goods_are() -> None:
    parcel_deal().tries(parcel.BookParcel, SELLER, carrier="c", tracking="t").refused(
        "parcel.not_paid"
    )
    parcel_deal().tries(meeting.PresentCode, SELLER, code=1, matches=True).refused("deal.not_now")


def test_wang_could_not_call_the_card_back() -> None:
    wang = secret_deal().seals().after(MINUTE)
    assert "withdraw" in wang.may(SELLER)
    wang.does(secret.Withdraw, SELLER)
    assert wang.deal.secret.phase is SecretPhase.WITHDRAWN
    wang.pays()
    wang.tries(secret.Open, BUYER).refused("secret.not_sealed")
    wang.seals().does(secret.Withdraw, SELLER).does(order.Cancel, SELLER)
    assert wang.phases == ("void", "refunded")


def test_wang_learns_when_the_card_was_opened_and_is_paid_when_the_buyer_is_silent() -> None:
    wang = secret_deal().pays().seals().after(HOUR).opens()
    wang.tries(secret.Withdraw, SELLER).refused("secret.already_opened", opened_at=NOW + HOUR)
    assert wang.outcome == "release_after_test"
    assert wang.silence().phases == ("completed", "released")


def test_guo_bought_a_code_that_was_used_and_the_issuer_says_so() -> None:
    guo = secret_deal().pays()
    guo.tries(order.Confirm, BUYER).refused("order.not_delivered_yet")
    guo.seals().tries(order.Confirm, BUYER).refused("order.not_opened_yet")
    used = secret.IssuerWord(asked=True, used_at=NOW - HOUR)
    guo.after(MINUTE).opens(used)
    assert (guo.phases, guo.money) == (("void", "refunded"), (0, 0, PRICE.minor))
    assert guo.deal.order.reason == "used_before_opening"


def test_guo_bought_a_code_that_was_used_and_the_issuer_has_no_interface() -> None:
    guo = secret_deal().pays().seals().opens().after(HOUR)
    guo.does(case.OpenCase, BUYER, claim="code_already_used", asked=PRICE)
    assert guo.phases == ("fulfilled", "frozen")
    guo.after(2 * RULES.test_ms - guo.at + NOW)
    assert guo.silence().phases == ("void", "refunded")


def test_guos_seller_who_contests_meets_an_officer() -> None:
    guo = secret_deal().pays().seals().opens()
    guo.does(case.OpenCase, BUYER, claim="code_already_used", asked=PRICE)
    guo.does(case.ContestClaim, SELLER)
    assert (guo.clock, guo.outcome) == ("decide", "refund_not_decided")
