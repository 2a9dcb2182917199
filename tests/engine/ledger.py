"""A store with a small past: streams of counted events that move money, integrated and signed."""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from fairhold.engine.fsck import Decode, Facts, Finding, fsck
from fairhold.engine.integrator import Integrator
from fairhold.engine.ports import BalanceRow, Batch, LogRow, StateRow, Store
from fairhold.evidence.note import Signer
from fairhold.kernel.ids import EPOCH_MS, make_id
from fairhold.kernel.instant import Instant
from fairhold.kernel.line import Line
from fairhold.stores.memory import MemoryStore

ORIGIN = "fairhold.example/log"
SIGNER = Signer(ORIGIN, bytes(range(32)))
START: Instant = EPOCH_MS + 1_000_000


def stream_id(part: int, number: int) -> int:
    return make_id(START, part, number)


def event_bytes(stream: int, version: int, at: Instant) -> bytes:
    return msgspec.json.encode(
        {"type": "deal.counted", "at": at, "stream": stream, "version": version}
    )


def lines(stream: int) -> bytes:
    return msgspec.json.encode([Line("clearing", 0, 100, "CNY"), Line("hold", stream, -100, "CNY")])


def folded(rows: Sequence[LogRow]) -> bytes:
    return b" ".join(row.data for row in rows)


def commit(store: Store, part: int, streams: Sequence[int], now: Instant) -> None:
    """One event more for each of the streams (numbers), in one batch."""
    lane = store.lane(part)
    head, last = lane.head()
    at = max(now, last)
    ids = [stream_id(part, number) for number in streams]
    states = dict(lane.load(ids))
    events, sums = [], []
    for seq, id_ in enumerate(ids, head + 1):
        old = states.get(id_, StateRow(id_, 0, 0, b""))
        data = event_bytes(id_, old.version + 1, at)
        events.append(
            LogRow(part, seq, id_, old.version + 1, old.head, "deal.counted", at, data, lines(id_))
        )
        joined = data if old.version == 0 else old.data + b" " + data
        states[id_] = StateRow(id_, old.version + 1, seq, joined)
        sums += [BalanceRow("clearing", 0, "CNY", 100), BalanceRow("hold", 0, "CNY", -100)]
    lane.commit(Batch(part, head, events, list(states.values()), sums))
    lane.close()


def fill(store: Store, batches: int = 12, width: int = 5) -> None:
    """Some events in every part, in interleaved streams."""
    for batch in range(batches):
        for part in range(store.part_count):
            numbers = [(batch + step) % (width + 3) for step in range(width)]
            commit(store, part, numbers, START + batch * 10)


def integrator(store: Store, batch: int = 1000) -> Integrator:
    return Integrator(store, SIGNER, ORIGIN, batch)


def recorded(part_count: int = 2, batches: int = 12) -> MemoryStore:
    """A healthy store: three checkpoints, the last over everything."""
    store = MemoryStore(part_count)
    for third in range(3):
        fill(store, batches // 3 + third)
        worker = integrator(store, batch=37)
        while worker.integrate():
            pass
        worker.sign(START + 100_000 * third)
    return store


def decode(row: LogRow) -> Facts:
    said = msgspec.json.decode(row.data, type=dict[str, int | str])
    return Facts(
        type=str(said["type"]),
        at=int(said["at"]),
        stream=int(said["stream"]),
        version=int(said["version"]),
    )


def decode_with_lines(row: LogRow) -> Facts:
    """As Fairhold's own events do: the bytes settle the postings too."""
    said = decode(row)
    return replace(said, lines=lines(said.stream or 0))


def findings(store: Store, reading: Decode = decode) -> list[Finding]:
    return list(fsck(store, ORIGIN, (SIGNER.verifier,), reading, folded))


def codes(store: Store) -> list[str]:
    return [finding.code for finding in findings(store)]


def alter(store: MemoryStore, part: int, seq: int, /, **changes: object) -> LogRow:
    """Change a stored entry behind everybody's back; return it as it was."""
    row = store._rows[part][seq - 1]
    store._rows[part][seq - 1] = replace(row, **changes)
    return row


def only(store: MemoryStore) -> Finding:
    (finding,) = findings(store)
    return finding


def place(finding: Finding) -> tuple[int | None, int | None]:
    return finding.part, finding.seq
