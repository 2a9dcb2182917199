"""The secret: sealed by the seller, withdrawn until opened, opened once by the buyer who paid."""

import pytest

from fairhold.domain.deal import order, secret
from fairhold.domain.deal.phases import SecretPhase
from fairhold.kernel.actor import CLOCK, Actor
from fairhold.kernel.instant import HOUR
from tests.domain.spec import BUYER, NOW, OPERATOR, RULES, SELLER, parcel_deal, secret_deal

SEAL = {"body": 20, "digest": "s", "fingerprints": (21, 22)}
USED = secret.IssuerWord(asked=True, used_at=NOW)


def test_a_seal_names_its_body_and_nothing_of_the_secret() -> None:
    secret_deal().tries(secret.Seal, SELLER, **SEAL).then(
        secret.Sealed(
            at=NOW, body=20, digest="s", fingerprints=(21, 22), issuer=secret.IssuerWord()
        )
    )


def test_sealing_before_payment_leaves_the_money_to_come() -> None:
    sealed = secret_deal().seals()
    assert (sealed.phases, sealed.clock) == (("placed", "none"), "pay")
    assert sealed.pays().clock == "open"


def test_a_secret_that_the_issuer_knows_as_used_is_not_sealed() -> None:
    secret_deal().tries(secret.Seal, SELLER, **SEAL, issuer=USED).refused(
        "secret.used_before_sealing", used_at=NOW
    )


@pytest.mark.parametrize("missing", [{"body": 0}, {"digest": ""}, {"fingerprints": ()}])
def test_a_seal_that_was_not_prepared_is_never_granted(missing: dict[str, object]) -> None:
    secret_deal().tries(secret.Seal, SELLER, **{**SEAL, **missing}).refused("deal.changed")


@pytest.mark.parametrize("body", [0, 19])
def test_only_the_secret_that_the_issuer_was_asked_about_is_opened(body: int) -> None:
    secret_deal().pays().seals().tries(secret.Open, BUYER, body=body).refused("deal.changed")


def test_a_second_secret_is_not_sealed_over_the_first() -> None:
    secret_deal().seals().tries(secret.Seal, SELLER, **SEAL).refused("secret.already_sealed")


def test_a_deal_about_a_parcel_has_no_secret() -> None:
    parcel_deal().pays().tries(secret.Seal, SELLER, **SEAL).refused("deal.not_now")


def test_nobody_opens_before_paying() -> None:
    secret_deal().tries(secret.Open, BUYER).refused("secret.not_paid")
    secret_deal().seals().tries(secret.Open, BUYER).refused("secret.not_paid")


def test_there_is_nothing_to_open_before_sealing() -> None:
    paid = secret_deal().pays()
    paid.tries(secret.Open, BUYER).refused("secret.not_sealed")
    paid.tries(secret.ReadAgain, BUYER).refused("secret.not_sealed")
    paid.tries(secret.Withdraw, SELLER).refused("secret.not_sealed")


@pytest.mark.parametrize("who", [SELLER, OPERATOR])
def test_nobody_but_the_buyer_opens(who: Actor) -> None:
    secret_deal().pays().seals().tries(secret.Open, who).refused("deal.not_for_your_role")


def test_opening_is_the_receipt_of_delivery() -> None:
    sealed = secret_deal().pays().seals()
    sealed.tries(secret.Open, BUYER, body=20).kinds(secret.Opened, order.Fulfilled)
    assert sealed.opens().clock == "test"


def test_a_second_opening_says_when_the_first_was() -> None:
    opened = secret_deal().pays().seals().opens()
    opened.after(HOUR).tries(secret.Open, BUYER).refused("secret.already_opened", opened_at=NOW)


def test_reading_again_shows_the_first_opening() -> None:
    opened = secret_deal().pays().seals().opens().after(HOUR)
    opened.tries(secret.ReadAgain, BUYER).then(
        secret.ReadOnceMore(at=NOW + HOUR, first_opened_at=NOW)
    )
    assert opened.does(secret.ReadAgain, BUYER).deal.secret.reads == 1


def test_an_open_secret_is_read_after_the_end_too() -> None:
    done = secret_deal().pays().seals().opens().does(order.Confirm, BUYER)
    assert done.may(BUYER) == ("read_again",)


def test_a_sealed_secret_is_withdrawn_until_it_is_opened() -> None:
    sealed = secret_deal().pays().seals()
    sealed.tries(secret.Withdraw, SELLER).then(
        secret.Withdrawn(at=NOW, body=20, fingerprints=(21, 22))
    )
    assert sealed.does(secret.Withdraw, SELLER).clock == "deliver"
    assert "seal" in sealed.may(SELLER)


def test_an_opened_secret_is_not_withdrawn() -> None:
    opened = secret_deal().pays().seals().opens()
    opened.tries(secret.Withdraw, SELLER).refused("secret.already_opened")
    opened.tries(secret.Seal, SELLER, **SEAL).refused("secret.already_opened")


def test_withdrawing_gives_the_seller_no_more_time_to_deliver() -> None:
    deed = secret_deal().pays().seals().after(HOUR).does(secret.Withdraw, SELLER)
    assert deed.due == NOW + RULES.deliver_secret_ms


def test_withdrawing_after_the_time_to_deliver_refunds_the_buyer() -> None:
    deed = secret_deal().pays().seals().after(RULES.deliver_secret_ms)
    deed.does(secret.Withdraw, SELLER)
    assert deed.phases == ("void", "refunded")
    assert deed.deal.order.reason == "not_delivered_in_time"


def test_a_secret_used_before_opening_is_refunded_at_once_and_never_shown() -> None:
    deed = secret_deal().pays().seals().opens(USED)
    assert deed.phases == ("void", "refunded")
    assert deed.deal.secret.phase is SecretPhase.USED
    assert deed.deal.order.reason == "used_before_opening"
    deed.tries(secret.ReadAgain, BUYER).refused("deal.not_now")


def test_a_secret_that_nobody_opens_is_paid_and_can_still_be_opened_once() -> None:
    silent = secret_deal().pays().seals()
    while silent.clock:
        silent.silence()
    assert silent.phases == ("completed", "released")
    assert silent.may(BUYER) == ("open",)
    silent.tries(secret.Open, BUYER, body=20).kinds(secret.Opened)
    assert silent.opens().may(BUYER) == ("read_again",)


def test_the_secret_of_a_void_order_stays_closed() -> None:
    void = secret_deal().pays().seals().does(order.Cancel, SELLER)
    void.tries(secret.Open, BUYER).refused("deal.not_now")
    assert void.may(BUYER) == ()


def test_the_buyer_is_reminded_to_open() -> None:
    sealed = secret_deal().pays().seals()
    assert sealed.deal.clock is not None
    due = sealed.due
    for span in RULES.open_remind_ms:
        sealed.at = NOW + span
        sealed.tries(order.Elapse, CLOCK).then(order.Reminded(at=sealed.at, name="open"))
        sealed.does(order.Elapse, CLOCK).tries(order.Elapse, CLOCK).nothing()
    assert (sealed.due, sealed.deal.clock.remind) == (due, ())
