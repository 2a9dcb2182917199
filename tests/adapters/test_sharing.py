"""Several sandboxes on one journal are one sandbox, as they are in several processes."""

import logging
from pathlib import Path

import pytest

from fairhold.adapters.carrier.sandbox import CarrierSettings, SandboxCarrier, Script
from fairhold.adapters.issuer.sandbox import SandboxIssuer, make_card
from fairhold.adapters.mail.sandbox import SandboxMail
from fairhold.adapters.payment.sandbox import Choice, Problem, Provider
from fairhold.adapters.payment.sandbox.moves import Capture
from fairhold.adapters.payment.sandbox.things import Open
from fairhold.adapters.payment.sandbox.words import DAY_MS
from fairhold.engine.outside import IssuerStatus, ScanKind
from fairhold.kernel.instant import HOUR
from tests.adapters.payments import MINUTE, SECRET, START, Clock, settings


def terms(minor: int = 5_000) -> Open:
    return Open("deal_1", minor, "CNY", "/deals/1", START + 30 * MINUTE)


class Pair:
    """Two providers on one journal, each with a clock of its own."""

    def __init__(self, folder: Path) -> None:
        self.journal = str(folder / "payment.jsonl")
        self.clocks = (Clock(), Clock())
        self.one, self.two = (Provider(settings(self.journal), clock) for clock in self.clocks)

    def alike(self) -> bool:
        """Whether both, and a third that only reads, tell the same."""
        third = Provider(settings(self.journal), lambda: START)
        seen = [
            (list(each.statement("", 500)), each.balances()) for each in (self.one, self.two, third)
        ]
        third.close()
        return seen[0] == seen[1] == seen[2]


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def test_a_checkout_of_one_is_paid_at_the_other_and_captured_by_the_first(pair: Pair) -> None:
    opened = pair.one.call("o1", terms())
    payment, token = str(opened["payment"]), str(opened["token"])
    assert pair.two.checkout(token).id == payment
    assert pair.two.choose(token, Choice.PAY)
    assert pair.one.call("c1", Capture(payment))["status"] == "captured"
    assert pair.two.call("c1", Capture(payment))["status"] == "captured"
    assert [line.kind for line in pair.two.statement("", 10)] == ["authorised", "captured"]
    pair.two.check()
    assert pair.alike()


def test_a_key_acts_once_whoever_is_asked(pair: Pair) -> None:
    assert pair.one.call("o1", terms()) == pair.two.call("o1", terms())
    with pytest.raises(Problem) as no:
        pair.two.call("o1", terms(6_000))
    assert no.value.code == "key.reused"


def test_two_payments_never_have_one_name(pair: Pair) -> None:
    names = {pair.one.call(f"a{number}", terms())["payment"] for number in range(5)} | {
        pair.two.call(f"b{number}", terms())["payment"] for number in range(5)
    }
    assert len(names) == 10


def test_what_time_did_for_one_it_did_for_the_other_whose_clock_is_behind(pair: Pair) -> None:
    payment = str(pair.one.call("o1", terms())["payment"])
    pair.one.pay(payment)
    pair.clocks[0].now += 8 * DAY_MS
    assert pair.one.payment(payment)["status"] == "cancelled"
    with pytest.raises(Problem) as no:
        pair.two.call("c1", Capture(payment))
    assert no.value.code == "payment.cancelled"
    assert pair.alike()


def test_times_on_record_do_not_go_back(pair: Pair) -> None:
    payment = str(pair.one.call("o1", terms())["payment"])
    pair.clocks[0].now += 5 * MINUTE
    pair.one.pay(payment)
    pair.two.call("c1", Capture(payment))
    times = [line.at for line in pair.two.statement("", 10)]
    assert times == [START + 5 * MINUTE] * 2


def test_one_of_two_delivers_and_the_other_takes_over(pair: Pair) -> None:
    payment = str(pair.one.call("o1", terms())["payment"])
    pair.two.pay(payment)
    first = pair.one.take_due()
    assert len(first) == 1
    assert pair.two.take_due() == ()
    pair.one.settle(first[0].id, 500)
    pair.one.close()
    pair.clocks[1].now += MINUTE
    second = pair.two.take_due()
    assert [attempt.id for attempt in second] == [first[0].id]
    pair.two.settle(second[0].id, 200)
    assert pair.two.next_due() is None


def test_a_provider_starts_in_spite_of_a_record_it_cannot_perform(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    pair.one.call("o1", terms())
    lost = b'{"at":1,"key":"c9","move":{"type":"capture","payment":"pay_lost"}}\n'
    with Path(pair.journal).open("ab") as file:
        file.write(lost)
    with caplog.at_level(logging.ERROR):
        again = Provider(settings(pair.journal), Clock())
    assert "is passed over: Problem" in caplog.text
    assert str(again.call("o2", terms())["payment"]).startswith("pay_")


# -- the others -----------------------------------------------------------------------------------


def carriers(folder: Path) -> tuple[SandboxCarrier, SandboxCarrier, Clock]:
    mine = CarrierSettings(webhook_secret=SECRET, journal=str(folder / "carrier.jsonl"))
    clock = Clock()
    return SandboxCarrier(mine, clock), SandboxCarrier(mine, lambda: START), clock


def test_no_two_parcels_have_one_tracking_number(tmp_path: Path) -> None:
    one, two, _ = carriers(tmp_path)
    label = one.book("deal_1", "out", "k1")
    assert two.book("deal_2", "out", "k2").tracking != label.tracking
    assert two.book("deal_1", "out", "k1") == label


def test_scripts_and_scans_of_one_carrier_are_those_of_the_other(tmp_path: Path) -> None:
    one, two, clock = carriers(tmp_path)
    one.script_next(Script.SILENCE)
    tracking = two.book("deal_1", "out", "k1").tracking
    clock.now += 20 * HOUR
    assert one.take_due() == []
    two.scan(tracking, ScanKind.ACCEPTED)
    attempts = one.take_due()
    scans = [one.verify_notice(each.headers, each.body, clock.now) for each in attempts]
    assert [(scan.tracking, scan.kind) for scan in scans] == [(tracking, ScanKind.ACCEPTED)]
    assert two.take_due() == ()


def test_scans_made_by_time_are_made_once_and_bear_one_name(tmp_path: Path) -> None:
    one, two, clock = carriers(tmp_path)
    two.book("deal_1", "out", "k1")
    clock.now += 5 * HOUR
    mine = [each.id for each in one.take_due()]
    tracking = two.book("deal_2", "out", "k2").tracking
    two.scan(tracking, ScanKind.ACCEPTED)
    one.close()
    assert sorted(each.id for each in two.take_due())[:1] == mine


def test_a_card_used_at_one_issuer_is_used_at_the_other(tmp_path: Path) -> None:
    file = str(tmp_path / "issuer.jsonl")
    one, two = (SandboxIssuer(b"secret", file) for _ in range(2))
    card = make_card(7)
    assert one.redeem(card, START)
    assert not two.redeem(card, START + 1)
    assert two.status("", card, START) == IssuerStatus(known=True, used_at=START)


def test_a_letter_sent_by_one_is_not_sent_again_by_the_other(tmp_path: Path) -> None:
    file = str(tmp_path / "mail.jsonl")
    one, two = (SandboxMail(file) for _ in range(2))
    one.send("li@example.org", "s", "t", "k")
    two.send("li@example.org", "s", "t", "k")
    two.send("li@example.org", "s", "t", "k2")
    assert len(one.letters()) == len(two.letters()) == 2
