"""Reconciliation agrees when all is well, and names each difference that is planted."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from fairhold.domain.deal.money import NoteCaptured
from fairhold.engine import reconcile as module
from fairhold.engine.kinds import DEAL
from fairhold.engine.outside import PaymentFact, ProviderEntry
from fairhold.engine.reconcile import Cause, Difference, Report, reconcile
from fairhold.kernel.actor import PROVIDER
from fairhold.kernel.instant import HOUR, MINUTE
from fairhold.kernel.money import Money
from tests.house.market import PRICE, Market, granted, market_in

FEE = PRICE // 100


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Market]:
    with market_in(tmp_path) as market:
        yield market


@pytest.fixture
def traded(shop: Market) -> Market:
    """One deal that ended well and was paid out, one that was refunded, one that is held."""
    listing = shop.publish(stock=3)
    good, bad, open_ = (shop.take(listing) for _ in range(3))
    for deal in (good, bad, open_):
        shop.pay(deal)
    shop.complete(good)
    granted(shop.move(shop.seller, bad, "cancel"))
    granted(shop.pay_out(1_000))
    shop.house.advance(HOUR)
    return shop


class Retold:
    """A payment port whose statement somebody has changed."""

    def __init__(self, shop: Market) -> None:
        self._port = shop.desk.payment
        self.entries = list(self._port.statement("", 500))
        shop.desk.payment = self  # type: ignore[assignment]

    def statement(self, since: str, limit: int) -> Sequence[ProviderEntry]:
        places = {entry.id: place for place, entry in enumerate(self.entries)}
        start = places[since] + 1 if since else 0
        return self.entries[start : start + limit]

    def find(self, kind: PaymentFact) -> int:
        return next(place for place, entry in enumerate(self.entries) if entry.kind is kind)


def only(report: Report) -> Difference:
    (difference,) = report.differences
    assert report.faults == report.differences
    assert not report.agrees
    return difference


def totals(report: Report) -> dict[str, tuple[int, int]]:
    return {total.fact: (total.ours, total.theirs) for total in report.totals}


def test_two_sides_that_tell_the_same_agree_to_the_minor_unit(traded: Market) -> None:
    report = reconcile(traded.desk)
    assert report.agrees
    assert totals(report) == {
        "captured": (3 * PRICE, 3 * PRICE),
        "released": (PRICE, PRICE),
        "refunded": (PRICE, PRICE),
        "paid_out": (1_000, 1_000),
        "held": (PRICE, PRICE),
        "clearing": (2 * PRICE - 1_000, 2 * PRICE - 1_000),
    }
    assert (report.lines_here, report.lines_there) == (7, 7)


def test_nothing_agrees_with_nothing(shop: Market) -> None:
    report = reconcile(shop.desk)
    assert report.agrees
    assert report.totals == ()


def test_pages_of_any_size_tell_the_same(traded: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = reconcile(traded.desk)
    monkeypatch.setattr(module, "PAGE", 2)
    assert reconcile(traded.desk) == whole


@pytest.mark.parametrize(
    "kind",
    [
        PaymentFact.CAPTURED,
        PaymentFact.RELEASED,
        PaymentFact.REFUNDED,
        PaymentFact.PAID_OUT,
    ],
)
def test_what_the_provider_has_not_done_is_named(traded: Market, kind: PaymentFact) -> None:
    told = Retold(traded)
    gone = told.entries.pop(told.find(kind))
    difference = only(reconcile(traded.desk))
    assert difference.cause is Cause.MISSING_THERE
    assert difference.movement.fact is kind
    assert difference.movement.payment == (gone.payment or gone.key)
    assert (difference.ours, difference.theirs) == (gone.amount.minor, 0)


@pytest.mark.parametrize(
    "kind",
    [PaymentFact.CAPTURED, PaymentFact.CHARGED_BACK, PaymentFact.PAYOUT_FAILED],
)
def test_what_we_never_heard_of_is_named(traded: Market, kind: PaymentFact) -> None:
    told = Retold(traded)
    model = told.entries[told.find(PaymentFact.CAPTURED)]
    told.entries.append(replace(model, id="ent_x", kind=kind, payment="pay_x", key="key_x"))
    difference = only(reconcile(traded.desk))
    assert difference.cause is Cause.MISSING_HERE
    assert difference.movement.fact is kind
    assert (difference.ours, difference.theirs) == (0, PRICE)


@pytest.mark.parametrize("minor", [1, -1])
@pytest.mark.parametrize("kind", [PaymentFact.CAPTURED, PaymentFact.RELEASED, PaymentFact.REFUNDED])
def test_an_amount_that_differs_by_one_minor_unit_is_named(
    traded: Market, kind: PaymentFact, minor: int
) -> None:
    told = Retold(traded)
    place = told.find(kind)
    entry = told.entries[place]
    other = Money(entry.amount.minor + minor, "CNY")
    told.entries[place] = replace(entry, amount=other)
    difference = only(reconcile(traded.desk))
    assert difference.cause is Cause.AMOUNT
    assert difference.theirs - difference.ours == minor


def test_money_that_went_to_another_account_is_named_on_both_accounts(traded: Market) -> None:
    told = Retold(traded)
    place = told.find(PaymentFact.RELEASED)
    told.entries[place] = replace(told.entries[place], account="acct_thief")
    report = reconcile(traded.desk)
    assert {(each.cause, each.ours, each.theirs) for each in report.differences} == {
        (Cause.MISSING_THERE, PRICE - FEE, 0),
        (Cause.MISSING_HERE, 0, PRICE - FEE),
    }
    assert totals(report)["released"] == (PRICE, PRICE)


def test_one_line_that_comes_twice_is_a_wrong_amount(traded: Market) -> None:
    told = Retold(traded)
    entry = told.entries[told.find(PaymentFact.CAPTURED)]
    told.entries.append(replace(entry, id="ent_again"))
    difference = only(reconcile(traded.desk))
    assert (difference.cause, difference.theirs) == (Cause.AMOUNT, 2 * PRICE)


def test_another_currency_is_another_movement(traded: Market) -> None:
    told = Retold(traded)
    place = told.find(PaymentFact.CAPTURED)
    told.entries[place] = replace(told.entries[place], amount=Money(PRICE, "EUR"))
    causes = {(each.cause, each.movement.currency) for each in reconcile(traded.desk).differences}
    assert causes == {(Cause.MISSING_THERE, "CNY"), (Cause.MISSING_HERE, "EUR")}


def test_what_is_young_may_still_be_on_its_way_and_is_a_fault_when_it_is_old(
    shop: Market,
) -> None:
    deal = shop.take(shop.publish())
    payment = shop.checkout(deal)
    wish = NoteCaptured(by=PROVIDER, payment=payment, amount=Money(PRICE, "CNY"))
    shop.house.engine.do(DEAL, deal, wish)  # a notice that the provider never sent
    report = reconcile(shop.desk)
    assert {each.cause for each in report.differences} == {Cause.IN_FLIGHT}
    assert report.faults == ()
    assert not report.agrees
    shop.house.clock.advance(10 * MINUTE)  # type: ignore[attr-defined]
    causes = {(each.cause, each.movement.fact) for each in reconcile(shop.desk).faults}
    assert causes == {
        (Cause.MISSING_THERE, PaymentFact.CAPTURED),
        (Cause.MISSING_THERE, PaymentFact.REFUNDED),
    }


def test_books_that_drifted_from_their_own_lines_show_in_the_total(traded: Market) -> None:
    balances = traded.house.store._balances[0]  # type: ignore[attr-defined]
    balances["clearing", 0, "CNY"] += 3
    report = reconcile(traded.desk)
    assert report.differences == ()
    assert not report.agrees
    assert totals(report)["clearing"] == (2 * PRICE - 997, 2 * PRICE - 1_000)


def test_a_report_beside_running_trade_names_nothing_but_what_is_on_its_way(
    shop: Market,
) -> None:
    listing = shop.publish(stock=40)
    reports: list[Report] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.is_set():
            reports.append(reconcile(shop.desk))

    watcher = threading.Thread(target=watch)
    watcher.start()
    for _ in range(10):
        shop.pay(shop.take(listing))
    ended.set()
    watcher.join()
    assert reports
    assert [fault for report in reports for fault in report.faults] == []
    assert reconcile(shop.desk).agrees
