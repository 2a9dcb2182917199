"""Rows for the tests of the stores: short ways to write what a lane commits."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import msgspec

from fairhold.engine.ports import (
    BalanceRow,
    Batch,
    LogRow,
    ReceiptRow,
    RetryRow,
    StateRow,
    TimerRow,
)
from fairhold.kernel.ids import EPOCH_MS, make_id

T = TypeVar("T")

NOW = EPOCH_MS + 200_000_000_000
BIGGEST = (1 << 63) - 1
NOT_UTF8 = bytes(range(256))


def id_in(part: int, counter: int = 1) -> int:
    return make_id(NOW, part, counter)


def event(part: int, seq: int, **values: object) -> LogRow:
    row = LogRow(part, seq, id_in(part), 1, 0, "deal.placed", NOW + seq, b"data", b"")
    return msgspec.structs.replace(row, **values)


def events(part: int, first: int, count: int) -> list[LogRow]:
    return [event(part, seq, data=NOT_UTF8 + b"%d" % seq) for seq in range(first, first + count)]


def batch(
    part: int,
    head: int,
    count: int = 1,
    *,
    states: Sequence[StateRow] = (),
    balances: Sequence[BalanceRow] = (),
    timers: Sequence[TimerRow] = (),
    receipts: Sequence[ReceiptRow] = (),
) -> Batch:
    rows = events(part, head + 1, count)
    return Batch(part, head, rows, states, balances, timers, receipts)


def key(number: int) -> bytes:
    return number.to_bytes(4, "big") * 8


def receipt(number: int, at: int = NOW, outcome: bytes = NOT_UTF8) -> ReceiptRow:
    return ReceiptRow(key(number), key(number + 1), outcome, at)


def retry(
    seq: int, *, consumer: str = "mail", part: int = 0, due: int = 10, dead: bool = False
) -> RetryRow:
    return RetryRow(consumer, part, seq, id_in(part, seq), 1, due, dead, "no answer")


def at_once(count: int, act: Callable[[int], T]) -> list[T]:
    """Let so many threads act at the same moment; what each of them got."""
    barrier = Barrier(count)

    def run(number: int) -> T:
        barrier.wait()
        return act(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
