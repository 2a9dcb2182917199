"""How the sandbox provider's notices arrive: well, late, twice, at once, out of order, never."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from fairhold.adapters.notices import deliver_over_http
from fairhold.adapters.payment.sandbox import Choice, NoticeFault, NoticeSender
from fairhold.engine.outside import Declined, PaymentFact, Split
from tests.adapters.payments import MINUTE, Stage, yuan


@pytest.fixture
def stage() -> Stage:
    return Stage()


def step(stage: Stage) -> int:
    return asyncio.run(stage.sender.step())


def heard(stage: Stage) -> list[str]:
    return [notice.kind.value for notice in stage.heard]


def test_each_fact_is_told_once(stage: Stage) -> None:
    payment = stage.hold()
    stage.port.refund(payment, yuan(5_000), "f1")
    step(stage)
    assert heard(stage) == ["authorised", "captured", "refunded"]
    assert step(stage) == 0
    assert len({notice.id for notice in stage.heard}) == 3


def test_a_failed_delivery_is_tried_again_on_schedule_and_then_given_up(stage: Stage) -> None:
    stage.provider.pay(stage.open())
    stage.answers = [500, 0, 302, 500]
    waits = [0, 1_000, 5_000, 30_000]
    for wait in waits:
        if wait:
            stage.clock.now += wait - 1
            assert step(stage) == 0
            stage.clock.now += 1
        assert step(stage) == 1
    assert stage.provider.notices()[0].state == "given_up"
    stage.clock.now += 60 * MINUTE
    assert step(stage) == 0
    assert stage.provider.deliver_all() == 1
    assert step(stage) == 1
    assert heard(stage) == ["authorised"]


@pytest.mark.parametrize(
    ("choice", "copies"),
    [
        (Choice.PAY, 1),
        (Choice.NOTICE_TWICE, 2),
        (Choice.NOTICE_FIVE_TIMES, 5),
        (Choice.NOTICE_TOGETHER, 5),
    ],
)
def test_a_repeated_notice_keeps_its_id(stage: Stage, choice: Choice, copies: int) -> None:
    stage.provider.pay(stage.open(), choice)
    step(stage)
    assert len(stage.heard) == copies
    assert len({notice.id for notice in stage.heard}) == 1


def test_notices_at_once_are_all_under_way_before_one_is_answered(stage: Stage) -> None:
    under_way = 0
    most = 0

    async def slow(_headers: object, _body: bytes) -> int:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return 200

    stage.sender._deliver = slow
    stage.provider.pay(stage.open(), Choice.NOTICE_TOGETHER)
    step(stage)
    assert most == 5


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        (Choice.NOTICE_WRONG_SIGNATURE, "notice.wrong_signature"),
        (Choice.NOTICE_OLD_TIMESTAMP, "notice.old_timestamp"),
    ],
)
def test_a_false_copy_comes_before_the_true_one(stage: Stage, choice: Choice, code: str) -> None:
    stage.provider.pay(stage.open(), choice)
    step(stage)
    assert (stage.rejected, stage.heard) == ([code], [])
    stage.clock.now += 1_000
    step(stage)
    assert heard(stage) == ["authorised"]


def test_a_late_notice_waits(stage: Stage) -> None:
    stage.provider.pay(stage.open(), Choice.NOTICE_LATE)
    assert step(stage) == 0
    stage.clock.now += 10 * MINUTE
    step(stage)
    assert heard(stage) == ["authorised"]


def test_a_notice_held_back_follows_the_next_one_of_its_payment(stage: Stage) -> None:
    stage.provider.spoil_notices(NoticeFault.OUT_OF_ORDER, 1, "payment.captured")
    payment = stage.hold()
    step(stage)
    stage.port.refund(payment, yuan(5_000), "f1")
    step(stage)
    step(stage)
    assert heard(stage) == ["authorised", "refunded", "captured"]


def test_a_notice_that_never_comes_is_found_in_the_statement(stage: Stage) -> None:
    payment = stage.open()
    stage.provider.pay(payment, Choice.NOTICE_NEVER)
    stage.clock.now += 60 * MINUTE
    assert step(stage) == 0
    assert [line.payment for line in stage.port.statement("", 10)] == [payment]
    stage.provider.deliver_all()
    step(stage)
    assert heard(stage) == ["authorised"]


def test_a_delivered_notice_can_be_asked_for_again(stage: Stage) -> None:
    stage.provider.pay(stage.open())
    step(stage)
    stage.provider.repeat_notice(stage.heard[0].id)
    step(stage)
    assert len({notice.id for notice in stage.heard}) == 1
    assert len(stage.heard) == 2


def test_the_buyer_who_pays_twice_makes_two_payments_of_one_deal(stage: Stage) -> None:
    payment = stage.open()
    stage.provider.pay(payment, Choice.PAY_TWICE)
    step(stage)
    first, second = stage.heard
    assert first.payment == payment != second.payment
    assert (first.deal, first.key) == (second.deal, second.key)
    stage.port.cancel(second.payment, "x1")
    stage.port.capture(payment, "c1")


def test_a_late_payment_arrives_although_the_checkout_was_closed(stage: Stage) -> None:
    payment = stage.open()
    stage.provider.pay(payment, Choice.PAY_LATE)
    stage.clock.now += 30 * MINUTE
    stage.port.cancel(payment, "x1")
    assert step(stage) == 0
    stage.clock.now += MINUTE
    step(stage)
    assert [(notice.kind, notice.payment) for notice in stage.heard] == [
        (PaymentFact.AUTHORISED, payment)
    ]
    stage.port.cancel(payment, "x2")
    assert stage.kinds() == ["authorised", "cancelled"]


def test_a_declined_card_may_be_tried_again(stage: Stage) -> None:
    payment = stage.open()
    assert not stage.provider.pay(payment, Choice.DECLINE)
    assert stage.provider.pay(payment)
    assert stage.kinds() == ["authorised"]


def test_an_authorisation_that_nobody_takes_runs_out(stage: Stage) -> None:
    payment = stage.open()
    stage.provider.pay(payment)
    stage.clock.now += 8 * 24 * 60 * MINUTE
    step(stage)
    assert heard(stage) == ["authorised", "cancelled"]
    assert stage.heard[-1].at < stage.clock.now


def test_a_payout_that_the_bank_sends_back_stands_in_the_balance_again(stage: Stage) -> None:
    payment = stage.hold()
    stage.port.release(payment, [Split("a", yuan(5_000))], "r1")
    stage.provider.fail_payout("a")
    stage.port.payout("a", yuan(5_000), "p1")
    stage.clock.now += MINUTE
    step(stage)
    assert heard(stage)[-1] == "payout_failed"
    assert stage.heard[-1].key == "p1"
    stage.port.payout("a", yuan(5_000), "p2")
    stage.clock.now += MINUTE
    step(stage)
    assert heard(stage)[-1] == "paid_out"


def test_a_chargeback_takes_the_hold_then_the_platform_then_makes_a_debt(stage: Stage) -> None:
    payment = stage.hold(5_000)
    stage.port.release(payment, [Split("a", yuan(3_000)), Split("platform", yuan(500))], "r1")
    stage.provider.charge_back(payment)
    assert stage.kinds()[-1] == "charged_back"
    balances = {account: minor for account, _, minor in stage.provider.balances()}
    assert balances == {"balance:a": 3_000, "owed": -3_000}
    stage.provider.check()


def test_a_platform_that_owes_after_a_chargeback_is_not_paid_out(stage: Stage) -> None:
    payment = stage.hold(5_000)
    stage.port.release(payment, [Split("a", yuan(5_000))], "r1")
    stage.provider.charge_back(payment)
    second = stage.hold(500, "open-2")
    stage.port.release(second, [Split("platform", yuan(500))], "r2")
    with pytest.raises(Declined) as no:
        stage.port.payout("platform", yuan(500), "p1")
    assert no.value.code == "payout.platform_owes"
    stage.port.payout("a", yuan(5_000), "p2")


def test_magic_amounts_go_wrong_by_themselves(stage: Stage) -> None:
    assert not stage.provider.pay(stage.open(66_601, "o1"))
    stage.provider.pay(stage.open(66_606, "o2"))
    step(stage)
    assert len(stage.heard) == 5


def test_a_sender_that_runs_by_itself_wakes_up_for_a_change(stage: Stage) -> None:
    async def watch() -> None:
        told = asyncio.Event()

        async def tell(headers: Mapping[str, str], body: bytes) -> int:
            status = await stage.receive(headers, body)
            told.set()
            return status

        running = asyncio.create_task(NoticeSender(stage.provider, tell).run())
        stage.provider.pay(stage.open())
        await told.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(watch())
    assert heard(stage) == ["authorised"]


def test_a_restarted_provider_takes_up_where_it_stopped(tmp_path: Path) -> None:
    file = tmp_path / "provider.jsonl"
    journal = str(file)
    stage = Stage(journal)
    payment = stage.hold()
    stage.port.refund(payment, yuan(1_000), "f1")
    asyncio.run(stage.sender.step())
    before = list(stage.port.statement("", 100))
    balances = stage.provider.balances()
    stage.provider.close()
    file.write_bytes(file.read_bytes() + b'{"at":179500')
    stage.start(journal)
    assert list(stage.port.statement("", 100)) == before
    assert stage.provider.balances() == balances
    stage.port.refund(payment, yuan(1_000), "f1")
    assert asyncio.run(stage.sender.step()) == 0
    stage.port.refund(payment, yuan(4_000), "f2")
    asyncio.run(stage.sender.step())
    assert [notice.kind for notice in stage.heard] == [PaymentFact.REFUNDED]
    stage.provider.close()
    stage.start(journal)
    assert len(stage.port.statement("", 100)) == 4
    stage.provider.close()


def test_a_sender_that_is_stopped_half_way_leaves_the_rest_to_the_next(stage: Stage) -> None:
    stage.hold()

    async def stop(_headers: Mapping[str, str], _body: bytes) -> int:
        raise asyncio.CancelledError

    async def stopped() -> None:
        with pytest.raises(asyncio.CancelledError):
            await NoticeSender(stage.provider, stop).step()

    asyncio.run(stopped())
    step(stage)
    assert heard(stage) == ["authorised", "captured"]


def test_a_receiver_that_breaks_is_told_again(stage: Stage) -> None:
    async def broken(_headers: Mapping[str, str], _body: bytes) -> int:
        raise ValueError

    stage.provider.pay(stage.open())
    asyncio.run(NoticeSender(stage.provider, broken).step())
    stage.clock.now += 1_000
    step(stage)
    assert heard(stage) == ["authorised"]


def test_notices_over_http_count_answers_and_never_follow(stage: Stage) -> None:
    answers: dict[str, httpx.Response | Exception] = {
        "/ok": httpx.Response(202),
        "/moved": httpx.Response(302, headers={"location": "/ok"}),
        "/gone": httpx.ConnectError("nobody there"),
    }

    def reply(request: httpx.Request) -> httpx.Response:
        given = answers[request.url.path]
        if isinstance(given, Exception):
            raise given
        return given

    async def ask() -> list[int]:
        async with httpx.AsyncClient(transport=httpx.MockTransport(reply)) as client:
            return [
                await deliver_over_http(client, f"http://shop{path}")({}, b"{}") for path in answers
            ]

    assert asyncio.run(ask()) == [202, 302, 0]


def test_the_provider_tells_when_the_next_notice_is_due(stage: Stage) -> None:
    assert stage.provider.next_due() is None
    stage.provider.pay(stage.open(), Choice.NOTICE_LATE)
    assert stage.provider.next_due() == stage.clock.now + 10 * MINUTE
    stage.provider.advance(10 * MINUTE)
    asyncio.run(NoticeSender(stage.provider, stage.receive).step())
    assert stage.rejected == ["notice.old_timestamp"]
