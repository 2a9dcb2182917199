"""The contract of the carrier port, and how the sandbox carrier misbehaves."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from fairhold.adapters.carrier.sandbox import CarrierSettings, SandboxCarrier, Script
from fairhold.adapters.notices import NoticeSender
from fairhold.adapters.webhook import signed_headers
from fairhold.engine.outside import (
    BadNotice,
    CarrierPort,
    Declined,
    OutsideUnavailable,
    Scan,
    ScanKind,
)
from fairhold.kernel.instant import DAY, HOUR
from tests.adapters.payments import SECRET, START, Clock


class Road:
    """One carrier, its clock, and the scans that somebody heard of."""

    def __init__(self, journal: str = "") -> None:
        self.clock = Clock()
        self.heard: list[Scan] = []
        self.start(journal)

    def start(self, journal: str = "") -> None:
        settings = CarrierSettings(webhook_secret=SECRET, journal=journal)
        self.carrier = SandboxCarrier(settings, self.clock)
        self.sender = NoticeSender(self.carrier, self.receive)

    async def receive(self, headers: Mapping[str, str], body: bytes) -> int:
        self.heard.append(self.carrier.verify_notice(headers, body, self.clock.now))
        return 200

    def wait(self, span: int) -> None:
        self.clock.now += span
        while asyncio.run(self.sender.step()):
            pass

    def kinds(self) -> list[str]:
        return [scan.kind.value for scan in self.heard]


@pytest.fixture
def road() -> Road:
    return Road()


class TestSandboxCarrier:
    """What any carrier's client must do."""

    @pytest.fixture
    def port(self, road: Road) -> CarrierPort:
        return road.carrier

    def test_the_same_key_books_one_parcel(self, port: CarrierPort) -> None:
        label = port.book("deal_1", "out", "b1")
        assert port.book("deal_1", "out", "b1") == label
        assert port.book("deal_1", "back", "b2").tracking != label.tracking

    def test_a_key_used_for_another_parcel_is_declined(self, port: CarrierPort) -> None:
        port.book("deal_1", "out", "b1")
        with pytest.raises(Declined) as no:
            port.book("deal_1", "back", "b1")
        assert no.value.code == "key.reused"

    def test_a_touched_or_old_scan_is_not_believed(self, road: Road, port: CarrierPort) -> None:
        port.book("deal_1", "out", "b1")
        road.clock.now += 4 * HOUR
        attempt = road.carrier.take_due()[0]
        scan = port.verify_notice(attempt.headers, attempt.body, road.clock.now)
        assert (scan.kind, scan.at) == (ScanKind.ACCEPTED, road.clock.now)
        with pytest.raises(BadNotice, match="wrong_signature"):
            port.verify_notice(attempt.headers, attempt.body + b"x", road.clock.now)
        empty = signed_headers((SECRET,), "scn_1", road.clock.now // 1_000, b"{}")
        with pytest.raises(BadNotice, match="malformed"):
            port.verify_notice(empty, b"{}", road.clock.now)
        with pytest.raises(BadNotice, match="old_timestamp"):
            port.verify_notice(attempt.headers, attempt.body, road.clock.now + HOUR)


def test_a_parcel_is_accepted_moves_and_is_delivered(road: Road) -> None:
    label = road.carrier.book("deal_1", "out", "b1")
    road.wait(5 * DAY)
    assert road.kinds() == ["accepted", "moving", "delivered"]
    assert {scan.tracking for scan in road.heard} == {label.tracking}
    assert [scan.at - START for scan in road.heard] == [4 * HOUR, DAY, 3 * DAY]


@pytest.mark.parametrize(
    ("script", "days", "kinds"),
    [
        (Script.REFUSE, 5, ["accepted", "moving", "refused"]),
        (Script.LOSE, 5, ["accepted", "moving"]),
        (Script.LOSE, 10, ["accepted", "moving", "lost"]),
        (Script.DELAY, 11, ["accepted", "moving"]),
        (Script.DELAY, 12, ["accepted", "moving", "delivered"]),
        (Script.SILENCE, 90, []),
        (Script.DUPLICATE, 5, ["accepted", "accepted", "moving", "moving", "delivered"]),
        (Script.OUT_OF_ORDER, 5, ["accepted", "delivered", "moving"]),
    ],
)
def test_a_parcel_follows_its_script(
    road: Road, script: Script, days: int, kinds: list[str]
) -> None:
    road.carrier.script_next(script)
    road.carrier.book("deal_1", "out", "b1")
    road.wait(days * DAY)
    assert road.kinds()[: len(kinds)] == kinds
    assert len({scan.id for scan in road.heard}) == len(set(kinds))


def test_a_script_is_for_one_parcel(road: Road) -> None:
    road.carrier.script_next(Script.SILENCE)
    road.carrier.book("deal_1", "out", "b1")
    road.carrier.book("deal_2", "out", "b2")
    road.wait(5 * DAY)
    assert road.kinds() == ["accepted", "moving", "delivered"]


def test_a_script_can_change_on_the_way(road: Road) -> None:
    label = road.carrier.book("deal_1", "out", "b1")
    road.wait(2 * DAY)
    road.carrier.play(label.tracking, Script.LOSE)
    road.wait(20 * DAY)
    assert road.kinds() == ["accepted", "moving", "lost"]


def test_a_scan_by_hand_that_ends_the_way_ends_the_script(road: Road) -> None:
    label = road.carrier.book("deal_1", "out", "b1")
    road.carrier.scan(label.tracking, ScanKind.DELIVERED)
    road.wait(20 * DAY)
    assert road.kinds() == ["delivered"]
    with pytest.raises(Declined, match=r"parcel\.unknown"):
        road.carrier.scan("SX0", ScanKind.LOST)


def test_a_sender_that_runs_by_itself_hears_of_a_scan_by_hand(road: Road) -> None:
    label = road.carrier.book("deal_1", "out", "b1")

    async def watch() -> None:
        told = asyncio.Event()

        async def tell(headers: Mapping[str, str], body: bytes) -> int:
            told.set()
            return await road.receive(headers, body)

        running = asyncio.create_task(NoticeSender(road.carrier, tell).run())
        road.carrier.scan(label.tracking, ScanKind.LOST)
        await told.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(watch())
    assert road.kinds() == ["lost"]


def test_a_booking_fails_as_asked(road: Road) -> None:
    road.carrier.fail_next(OutsideUnavailable("strike"))
    with pytest.raises(OutsideUnavailable):
        road.carrier.book("deal_1", "out", "b1")
    assert road.carrier.book("deal_1", "out", "b1").carrier == "Sandbox Express"


def test_a_restarted_carrier_takes_up_where_it_stopped(tmp_path: Path) -> None:
    journal = str(tmp_path / "carrier.jsonl")
    road = Road(journal)
    road.carrier.script_next(Script.REFUSE)
    label = road.carrier.book("deal_1", "out", "b1")
    road.wait(2 * DAY)
    road.carrier.close()
    road.start(journal)
    assert road.carrier.book("deal_1", "out", "b1") == label
    road.wait(2 * DAY)
    assert road.kinds() == ["accepted", "moving", "refused"]
    assert len({scan.id for scan in road.heard}) == 3
    road.carrier.close()


def test_a_busy_second_gives_every_parcel_its_own_number(road: Road) -> None:
    labels = [road.carrier.book("deal_1", "out", f"b{number}") for number in range(2_500)]
    assert len({label.tracking for label in labels}) == 2_500
