"""Whatever is asked in whatever order, with whatever faults: the provider's books stay exact."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from fairhold.adapters.payment.sandbox import ApiFault, Choice, NoticeFault, Problem
from fairhold.engine.outside import Declined, OutsideUnavailable, Split
from tests.adapters.payments import MINUTE, Stage, yuan

Act = tuple[str, int, int, int]

acts = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "open",
                "pay",
                "pay",
                "capture",
                "capture",
                "cancel",
                "release",
                "release",
                "refund",
                "payout",
                "chargeback",
                "fail_payout",
                "spoil_call",
                "spoil_notice",
                "wait",
                "deliver",
            ]
        ),
        st.integers(0, 3),
        st.integers(1, 130),
        st.integers(0, 4),
    ),
    max_size=60,
)


class Play:
    """Does acts to a stage and keeps its own plain account of what the calls answered."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.payments: list[str] = []
        self.acts: dict[str, Callable[[int, int, int], None]] = {
            "open": self.open,
            "pay": self.pay,
            "capture": lambda n, _, k: stage.port.capture(self.payment(n), f"c{n}-{k}"),
            "cancel": lambda n, _, k: stage.port.cancel(self.payment(n), f"x{n}-{k}"),
            "release": self.release,
            "refund": lambda n, minor, k: stage.port.refund(
                self.payment(n), yuan(minor), f"f{n}-{minor}-{k}"
            ),
            "payout": lambda n, minor, k: stage.port.payout(
                self.account(n), yuan(minor), f"p{n}-{minor}-{k}"
            ),
            "chargeback": self.charge_back,
            "fail_payout": lambda n, _, __: stage.provider.fail_payout(self.account(n)),
            "spoil_call": self.spoil_call,
            "spoil_notice": self.spoil_notice,
            "wait": self.wait,
            "deliver": self.deliver,
        }

    def payment(self, number: int) -> str:
        return self.payments[number % len(self.payments)] if self.payments else "pay_0"

    def account(self, number: int) -> str:
        return ("a", "b", "platform")[number % 3]

    def open(self, number: int, minor: int, _: int) -> None:
        payment = self.stage.open(minor, f"o{number}-{minor}")
        if payment not in self.payments:
            self.payments.append(payment)

    def pay(self, number: int, minor: int, _: int) -> None:
        choices = (Choice.PAY, Choice.PAY_TWICE, Choice.PAY_LATE, Choice.DECLINE)
        self.stage.provider.pay(self.payment(number), choices[minor % 4])
        for entry in self.stage.port.statement("", 500):
            if entry.payment and entry.payment not in self.payments:
                self.payments.append(entry.payment)

    def release(self, number: int, minor: int, key: int) -> None:
        splits = [Split("a", yuan(minor)), Split(self.account(key), yuan(1))]
        self.stage.port.release(self.payment(number), splits, f"r{number}-{minor}-{key}")

    def charge_back(self, number: int, minor: int, key: int) -> None:
        self.stage.provider.charge_back(self.payment(number), minor if key else None)

    def spoil_call(self, number: int, minor: int, _: int) -> None:
        faults = tuple(ApiFault)
        self.stage.provider.spoil_calls(faults[minor % len(faults)], number + 1)

    def spoil_notice(self, number: int, minor: int, _: int) -> None:
        faults = tuple(NoticeFault)
        self.stage.provider.spoil_notices(faults[minor % len(faults)], number + 1)

    def wait(self, number: int, minor: int, _: int) -> None:
        self.stage.clock.now += minor * (1, 1_000, MINUTE, 60 * MINUTE)[number]

    def deliver(self, *_: int) -> None:
        asyncio.run(self.stage.sender.step())

    def do(self, act: Act) -> None:
        name, number, minor, key = act
        try:
            self.acts[name](number, minor, key)
        except (Declined, OutsideUnavailable, Problem):
            return


def exact(stage: Stage) -> None:
    """Recompute every balance from the statement alone and compare it with the books."""
    stage.provider._armed.clear()
    stage.provider.check()
    sums: dict[str, int] = {}
    moved: set[tuple[str, str, str, int]] = set()
    for entry in stage.port.statement("", 500):
        minor = entry.amount.minor
        if entry.key and entry.kind.value in {"captured", "refunded"}:
            once = (entry.kind.value, entry.key, entry.payment, minor)
            assert once not in moved
            moved.add(once)
        match entry.kind.value:
            case "captured":
                sums["cards"] = sums.get("cards", 0) - minor
            case "refunded" | "charged_back":
                sums["cards"] = sums.get("cards", 0) + minor
            case "paid_out":
                sums["banks"] = sums.get("banks", 0) + minor
            case _:
                pass
    balances = {account: minor for account, _, minor in stage.provider.balances()}
    for account in ("cards", "banks"):
        assert balances.pop(account, 0) == sums.get(account, 0)
    inside = sum(balances.values())
    assert inside + sum(sums.values()) == 0
    assert all(minor > 0 for account, minor in balances.items() if account != "owed")


@given(acts)
def test_any_sequence_of_calls_keys_and_faults_keeps_the_books_exact(played: list[Act]) -> None:
    stage = Stage(magic=False)
    play = Play(stage)
    for act in played:
        play.do(act)
        stage.provider.check()
    exact(stage)


@given(acts)
def test_in_the_end_every_fact_has_been_told_and_none_was_made_up(played: list[Act]) -> None:
    stage = Stage(magic=False)
    play = Play(stage)
    for act in played:
        play.do(act)
    stage.provider._armed.clear()
    stage.provider.deliver_all()
    while asyncio.run(stage.sender.step()):
        stage.clock.now += 30_000
    told = {(row.kind, row.payment, row.key, row.amount, row.at) for row in stage.heard}
    lines = stage.port.statement("", 500)
    stated = {(row.kind, row.payment, row.key, row.amount, row.at) for row in lines}
    late = {row for row in stated if row not in told and row[4] >= stage.clock.now - 30_000}
    assert told | late == stated


def test_a_journal_replays_to_the_same_provider(tmp_path: Path) -> None:
    number = 0

    @given(acts)
    def replays(played: list[Act]) -> None:
        nonlocal number
        number += 1
        journal = str(tmp_path / f"{number}.jsonl")
        stage = Stage(journal, magic=False)
        play = Play(stage)
        for act in played:
            play.do(act)
        stage.provider._armed.clear()
        before = (stage.port.statement("", 500), stage.provider.balances())
        told = {row.id: (row.state, row.tries) for row in stage.provider.notices(1_000)}
        stage.provider.close()
        stage.start(journal, magic=False)
        assert (stage.port.statement("", 500), stage.provider.balances()) == before
        after = {row.id: (row.state, row.tries) for row in stage.provider.notices(1_000)}
        assert after == told
        stage.provider.close()

    replays()
