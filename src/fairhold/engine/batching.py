"""From drafts to one batch: stamp, recall, load, decide in order, encode, gather what to write.

Everything here is computation on what the lane has read; nothing is written.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct, structs

from fairhold.codec.events import encode, encode_lines
from fairhold.engine.kinds import Kind, author, encode_state
from fairhold.engine.ports import BalanceRow, Batch, LogRow, ReceiptRow, StateRow, TimerRow
from fairhold.kernel.ids import public_id
from fairhold.kernel.instant import Instant
from fairhold.kernel.line import balanced
from fairhold.kernel.wish import Command, Event, Refusal


class Draft(Struct, frozen=True, gc=False, kw_only=True):
    """A wish handed to a lane. ``stream`` 0 asks for a new stream, which the lane names.

    ``key`` (32 bytes) makes it safe to repeat; ``body`` (32 bytes) is a hash of what was asked.
    """

    kind: Kind
    stream: int
    command: Command
    key: bytes = b""
    body: bytes = b""


class Receipt(Struct, frozen=True, gc=False, kw_only=True):
    """A wish came true: where in the record, and the state it led to.

    ``repeated`` marks the answer to a repetition; its ``events`` and ``state`` are then empty and
    can be had from the record at ``version``.
    """

    stream: int
    version: int
    seq: int
    at: Instant
    events: tuple[Event, ...] = ()
    state: Any = None
    repeated: bool = False


class Repeated(Refusal, frozen=True):
    """The refusal that the first request got, given again to its repetition."""


Outcome = Receipt | Refusal

NAMES_KEPT = 16_384
KEY_REUSED = "request.key_reused"
NO_SUCH_STREAM = "request.no_such_stream"


_name = lru_cache(NAMES_KEPT)(public_id)
"""Streams are named again and again while they are busy, and a name costs as much as an event."""


class Standing(Struct, frozen=True, gc=False):
    """A stream as the lane knows it: nothing yet at version 0."""

    kind: Kind | None
    version: int
    head: int
    state: Any


NOTHING = Standing(None, 0, 0, None)


class _Kept(Struct, frozen=True):
    """The stored form of an outcome."""

    stream: int = 0
    version: int = 0
    seq: int = 0
    at: Instant = 0
    code: str = ""
    values: Mapping[str, str | int] = {}


_kept = msgspec.json.Decoder(_Kept)
_encoder = msgspec.json.Encoder()


def keep(outcome: Outcome) -> bytes:
    """Write an outcome down for its repetition."""
    if isinstance(outcome, Refusal):
        return _encoder.encode(_Kept(code=outcome.code, values=outcome.values))
    return _encoder.encode(_Kept(outcome.stream, outcome.version, outcome.seq, outcome.at))


def read_kept(row: ReceiptRow, body: bytes) -> Outcome:
    """The answer to a repetition: the same again, or a refusal when something else is asked."""
    if row.body != body:
        return Refusal(KEY_REUSED)
    kept = _kept.decode(row.outcome)
    if kept.code:
        return Repeated(kept.code, kept.values)
    return Receipt(
        stream=kept.stream, version=kept.version, seq=kept.seq, at=kept.at, repeated=True
    )


class Work:
    """One batch in the making."""

    def __init__(self, part: int, head: int, at: Instant, known: dict[int, Standing]) -> None:
        """``known`` are the streams of this batch as they stand before it."""
        self.part = part
        self.head = head
        self.at = at
        self.known = known
        self.events: list[LogRow] = []
        self.changed: dict[int, Standing] = {}
        self.balances: dict[tuple[str, str], int] = {}
        self.timers: list[TimerRow] = []
        self.receipts: list[ReceiptRow] = []
        self._answered: dict[bytes, ReceiptRow] = {}

    def answer(self, draft: Draft, stream: int) -> Outcome:
        """Decide one draft; later drafts of the batch see what it changed."""
        if draft.key and draft.key in self._answered:
            return read_kept(self._answered[draft.key], draft.body)
        outcome = self._decide(draft, stream)
        if draft.key:
            row = ReceiptRow(draft.key, draft.body, keep(outcome), self.at)
            self._answered[draft.key] = row
            self.receipts.append(row)
        return outcome

    def _decide(self, draft: Draft, stream: int) -> Outcome:
        kind = draft.kind
        standing = self.changed.get(stream) or self.known.get(stream, NOTHING)
        if standing.kind is not None and standing.kind is not kind:
            return Refusal(NO_SUCH_STREAM)
        command = structs.replace(draft.command, at=self.at)
        settled = kind.settle(standing.state, command, stream)
        if isinstance(settled, Refusal):
            return settled
        decision, _ = settled
        if decision:
            standing = self._append(kind, stream, standing, command, settled)
        return Receipt(
            stream=stream,
            version=standing.version,
            seq=standing.head,
            at=self.at,
            events=decision,
            state=standing.state,
        )

    def _append(
        self,
        kind: Kind,
        stream: int,
        before: Standing,
        command: Command,
        settled: tuple[tuple[Event, ...], Any],
    ) -> Standing:
        version, head = before.version, before.head
        events, state = settled
        name, by = _name(kind.prefix, stream), author(command.by)
        for event in events:
            seq, version = self.head + len(self.events) + 1, version + 1
            type_, data = encode(event, name, version, by)
            lines = kind.postings(event, stream)
            if lines:
                assert balanced(lines), f"{type_} does not balance"
                for line in lines:
                    account = (line.account, line.currency)
                    self.balances[account] = self.balances.get(account, 0) + line.minor
            row = LogRow(
                self.part, seq, stream, version, head, type_, self.at, data, encode_lines(lines)
            )
            self.events.append(row)
            head = seq
        due = kind.wake(state)
        if due is not None and (before.state is None or kind.wake(before.state) != due):
            self.timers.append(TimerRow(due, stream, version))
        after = Standing(kind, version, head, state)
        self.changed[stream] = after
        return after

    def batch(self) -> Batch:
        """What to write: one transaction."""
        states = [
            StateRow(stream, standing.version, standing.head, encode_state(kind, standing.state))
            for stream, standing in self.changed.items()
            if (kind := standing.kind) is not None
        ]
        balances = [
            BalanceRow(account, 0, currency, minor)
            for (account, currency), minor in sorted(self.balances.items())
            if minor
        ]
        return Batch(
            self.part, self.head, self.events, states, balances, self.timers, self.receipts
        )
