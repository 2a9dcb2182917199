"""A program for the kill tests: commits for ever and prints each seq that was acknowledged.

Arguments: the database (a url, or a folder for SQLite). Each event says which batch it belongs to;
each batch adds its size to a balance and moves one state to the part's new head, so that whoever
looks later can tell a whole batch from a torn one. A commit in doubt is settled by reading the
head, as the engine does.
"""

import sys
import time
from pathlib import Path

from fairhold.engine.ports import (
    BalanceRow,
    Batch,
    InDoubt,
    LaneStore,
    StateRow,
    Store,
    Unavailable,
)
from fairhold.stores import open_store
from tests.stores.rows import event, id_in, receipt

PATIENCE_S = 0.01


def open_database(place: str) -> Store:
    if place.startswith("postgresql:"):
        return open_store(place, Path())
    return open_store(None, Path(place))


def numbered(number: int, head: int) -> Batch:
    size = 1 + number % 7
    rows = [event(0, head + 1 + n, data=b"%d" % number) for n in range(size)]
    return Batch(
        0,
        head,
        rows,
        [StateRow(id_in(0), number, head + size, b"%d" % number)],
        [BalanceRow("written", 0, "CNY", size)],
        receipts=[receipt(number)],
    )


def patient_head(lane: LaneStore) -> int:
    while True:
        try:
            return lane.head()[0]
        except Unavailable:
            time.sleep(PATIENCE_S)


def commit(lane: LaneStore, batch: Batch) -> None:
    while True:
        try:
            lane.commit(batch)
        except InDoubt:
            if patient_head(lane) == batch.head + len(batch.events):
                return
        except Unavailable:
            time.sleep(PATIENCE_S)
        else:
            return


def main() -> None:
    lane = open_database(sys.argv[1]).lane(0)
    head, _ = lane.head()
    number = 0
    while True:
        number += 1
        batch = numbered(number, head)
        commit(lane, batch)
        head += len(batch.events)
        print(head, flush=True)


if __name__ == "__main__":
    main()
