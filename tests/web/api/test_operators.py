"""What operators see: dead letters, and the provider's books beside ours."""

from fairhold.engine.followers import PATIENCE
from fairhold.engine.ports import RetryRow
from fairhold.house import House
from tests.web.api.conftest import Caller, Market


def dead(house: House) -> RetryRow:
    row = RetryRow("payments", 0, 1, house.store.log(0, 0, 1)[0].stream, 9, 1, True, "Broken")
    house.store.advance("payments", 0, house.store.cursor("payments", 0), 1, (), [row])
    return row


def test_a_dead_letter_is_shown_and_tried_again(operator: Caller, house: House) -> None:
    dead(house)
    letters = operator.got("/dead_letters")["data"]
    assert letters == [
        {
            "consumer": "payments",
            "event": "0-1",
            "stream": letters[0]["stream"],
            "tries": 9,
            "error": "Broken",
            "object": "dead_letter",
        }
    ]
    answer = operator.post("/dead_letters/payments/0-1/retry")
    assert answer.status_code == 202
    assert operator.got("/dead_letters")["data"] == []
    assert operator.post("/dead_letters/payments/0-1/retry").status_code == 404
    assert len(PATIENCE) < 9


def test_only_operators_look_behind_the_scenes(seller: Caller, nobody: Caller) -> None:
    for path in ("/dead_letters", "/reconciliation"):
        assert nobody.get(path).status_code == 401
        assert seller.get(path).status_code == 403
    assert seller.post("/dead_letters/payments/0-1/retry").status_code == 403


def test_the_providers_books_agree_with_the_record(
    market: Market, operator: Caller, house: House
) -> None:
    market.completed()
    cancelled = market.paid()
    market.seller.made(f"/deals/{cancelled['id']}/cancel")
    market.seller.made("/wallet/payouts", {"amount": 44_550, "currency": "CNY"})
    house.settle()
    house.advance(10_000)
    report = operator.got("/reconciliation")
    assert report["differences"] == []
    assert report["agrees"]
    assert report["lines_here"] == report["lines_there"] >= 4


def test_a_capture_that_no_notice_told_of_is_found_and_later_explained(
    market: Market, operator: Caller, house: House
) -> None:
    from fairhold.adapters.notices import NoticeFault  # noqa: PLC0415 — beside its only use

    deal = market.placed()
    assert house.provider is not None
    house.provider.spoil_notices(NoticeFault.NEVER, kind="payment.captured")
    checkout = market.buyer.made(f"/deals/{deal['id']}/checkout")
    house.provider.pay(checkout["payment"])
    house.settle()
    report = operator.got("/reconciliation")
    found = [(row["fact"], row["payment"], row["theirs"]) for row in report["differences"]]
    assert found == [("captured", checkout["payment"], 45_000)]
    assert not report["agrees"]
    house.provider.deliver_all()
    house.settle()
    assert operator.got("/reconciliation")["agrees"]
