"""The contract of the payment port; every provider's client passes it."""

import pytest

from fairhold.adapters.payment.sandbox import ApiFault
from fairhold.adapters.webhook import signed_headers
from fairhold.engine.outside import (
    BadNotice,
    Declined,
    OutsideUnavailable,
    PaymentFact,
    PaymentPort,
    Split,
)
from fairhold.kernel.money import Money
from tests.adapters.payments import MINUTE, SECRET, Stage, yuan


class TestSandboxPayment:
    """To hold another provider to this contract, give it a stage of its own."""

    @pytest.fixture
    def stage(self) -> Stage:
        return Stage()

    @pytest.fixture
    def port(self, stage: Stage) -> PaymentPort:
        return stage.port

    def test_a_captured_payment_is_released_refunded_and_paid_out(
        self, stage: Stage, port: PaymentPort
    ) -> None:
        payment = stage.hold(10_000)
        port.release(payment, [Split("acc_seller", yuan(6_800)), Split("fee", yuan(200))], "r1")
        port.refund(payment, yuan(3_000), "f1")
        port.payout("acc_seller", yuan(6_800), "p1")
        stage.clock.now += MINUTE
        lines = port.statement("", 100)
        assert [(line.kind, line.account, line.amount.minor) for line in lines] == [
            (PaymentFact.AUTHORISED, "", 10_000),
            (PaymentFact.CAPTURED, "", 10_000),
            (PaymentFact.RELEASED, "acc_seller", 6_800),
            (PaymentFact.RELEASED, "fee", 200),
            (PaymentFact.REFUNDED, "", 3_000),
            (PaymentFact.PAID_OUT, "acc_seller", 6_800),
        ]
        assert {line.deal for line in lines[:-1]} == {"deal_1"}
        assert lines[-1].key == "p1"
        stage.provider.check()

    def test_the_same_key_never_moves_money_twice(self, stage: Stage, port: PaymentPort) -> None:
        payment = stage.hold()
        for _ in range(3):
            port.capture(payment, "capture-open-1")
            port.refund(payment, yuan(1_000), "f1")
            port.release(payment, [Split("a", yuan(500))], "r1")
            port.payout("a", yuan(500), "p1")
        stage.clock.now += MINUTE
        kinds = ["authorised", "captured", "refunded", "released", "paid_out"]
        assert stage.kinds() == kinds

    def test_the_same_checkout_is_opened_once(self, stage: Stage) -> None:
        assert stage.open() == stage.open()
        assert stage.open(key="open-2") != stage.open()

    def test_a_key_used_for_something_else_is_declined(
        self, stage: Stage, port: PaymentPort
    ) -> None:
        payment = stage.hold()
        port.refund(payment, yuan(1_000), "f1")
        with pytest.raises(Declined) as no:
            port.refund(payment, yuan(1_001), "f1")
        assert no.value.code == "key.reused"

    def test_more_than_is_held_is_declined_and_nothing_moves(
        self, stage: Stage, port: PaymentPort
    ) -> None:
        payment = stage.hold(5_000)
        port.refund(payment, yuan(1), "f1")
        with pytest.raises(Declined) as refund:
            port.refund(payment, yuan(5_000), "f2")
        with pytest.raises(Declined) as release:
            port.release(payment, [Split("a", yuan(4_999)), Split("b", yuan(1))], "r1")
        assert {refund.value.code, release.value.code} == {"hold.too_small"}
        port.release(payment, [Split("a", yuan(4_999))], "r2")
        assert stage.kinds() == ["authorised", "captured", "refunded", "released"]

    def test_a_declined_call_may_succeed_later_with_its_key(
        self, stage: Stage, port: PaymentPort
    ) -> None:
        payment = stage.open()
        with pytest.raises(Declined) as no:
            port.capture(payment, "c1")
        assert no.value.code == "payment.open"
        stage.provider.pay(payment)
        port.capture(payment, "c1")
        assert stage.kinds() == ["authorised", "captured"]

    def test_a_cancelled_authorisation_cannot_be_captured(
        self, stage: Stage, port: PaymentPort
    ) -> None:
        payment = stage.open()
        stage.provider.pay(payment)
        port.cancel(payment, "x1")
        port.cancel(payment, "x1")
        with pytest.raises(Declined) as no:
            port.capture(payment, "c1")
        assert no.value.code == "payment.cancelled"
        assert stage.kinds() == ["authorised", "cancelled"]

    def test_a_captured_payment_cannot_be_cancelled(self, stage: Stage, port: PaymentPort) -> None:
        payment = stage.hold()
        with pytest.raises(Declined) as no:
            port.cancel(payment, "x1")
        assert no.value.code == "payment.captured"

    def test_an_unpaid_checkout_is_closed_without_a_line(
        self, stage: Stage, port: PaymentPort
    ) -> None:
        payment = stage.open()
        port.cancel(payment, "x1")
        with pytest.raises(Exception, match=r"payment\.cancelled"):
            stage.provider.pay(payment)
        assert stage.kinds() == []

    def test_another_currency_is_declined(self, stage: Stage, port: PaymentPort) -> None:
        payment = stage.hold()
        with pytest.raises(Declined) as no:
            port.refund(payment, Money(100, "EUR"), "f1")
        assert no.value.code == "currency.differs"

    def test_an_unknown_payment_is_declined(self, port: PaymentPort) -> None:
        for odd in ("pay_0", "../balances", "付款", ""):
            with pytest.raises(Declined) as no:
                port.capture(odd, "c1")
            assert no.value.code in {"payment.unknown", "route.unknown"}

    def test_a_payout_needs_a_balance(self, port: PaymentPort) -> None:
        with pytest.raises(Declined) as no:
            port.payout("nobody", yuan(1), "p1")
        assert no.value.code == "balance.too_small"

    def test_the_statement_goes_on_after_a_line(self, stage: Stage, port: PaymentPort) -> None:
        payment = stage.hold()
        port.refund(payment, yuan(1), "f1")
        first, second, third = port.statement("", 10)
        assert list(port.statement("", 2)) == [first, second]
        assert list(port.statement(second.id, 10)) == [third]
        assert list(port.statement(third.id, 10)) == []
        with pytest.raises(Declined):
            port.statement("ent_unknown", 10)

    def test_no_answer_is_not_a_no(self, stage: Stage, port: PaymentPort) -> None:
        payment = stage.hold()
        stage.provider.spoil_calls(ApiFault.UNAVAILABLE, 3, "refund")
        with pytest.raises(OutsideUnavailable):
            port.refund(payment, yuan(100), "f1")
        port.refund(payment, yuan(100), "f1")
        assert stage.kinds().count("refunded") == 1

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"webhook-signature": "v1,AAAA"}, "notice.wrong_signature"),
            ({"webhook-id": "ntc_other"}, "notice.wrong_signature"),
            ({"webhook-signature": ""}, "notice.malformed"),
            ({"webhook-timestamp": "yesterday"}, "notice.malformed"),
            ({"webhook-timestamp": "-5"}, "notice.malformed"),
        ],
    )
    def test_a_notice_that_was_touched_is_not_believed(
        self, stage: Stage, port: PaymentPort, change: dict[str, str], code: str
    ) -> None:
        stage.hold()
        attempt = stage.provider.take_due()[0]
        with pytest.raises(BadNotice) as bad:
            port.verify_notice({**attempt.headers, **change}, attempt.body, stage.clock.now)
        assert bad.value.code == code
        with pytest.raises(BadNotice):
            port.verify_notice(attempt.headers, attempt.body + b" ", stage.clock.now)

    def test_an_old_notice_is_not_believed(self, stage: Stage, port: PaymentPort) -> None:
        stage.hold()
        attempt = stage.provider.take_due()[0]
        for shift in (-6 * MINUTE, 6 * MINUTE):
            with pytest.raises(BadNotice) as bad:
                port.verify_notice(attempt.headers, attempt.body, stage.clock.now + shift)
            assert bad.value.code == "notice.old_timestamp"

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"data": {"kind": "stolen"}}'])
    def test_a_signed_notice_that_says_nothing_known_is_malformed(
        self, stage: Stage, port: PaymentPort, body: bytes
    ) -> None:
        now = stage.clock.now
        headers = signed_headers((SECRET,), "ntc_1", now // 1_000, body)
        with pytest.raises(BadNotice) as bad:
            port.verify_notice(headers, body, now)
        assert bad.value.code == "notice.malformed"

    def test_header_names_are_read_without_regard_to_case(
        self, stage: Stage, port: PaymentPort
    ) -> None:
        payment = stage.hold()
        attempt = stage.provider.take_due()[0]
        shouted = {name.upper(): value for name, value in attempt.headers.items()}
        notice = port.verify_notice(shouted, attempt.body, stage.clock.now)
        assert (notice.payment, notice.kind) == (payment, PaymentFact.AUTHORISED)
        assert (notice.deal, notice.key) == ("deal_1", "open-1")
        assert notice.amount == yuan(5_000)
