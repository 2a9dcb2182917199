"""The desk's tools, and the asking of one wish."""

import hashlib
import time
from collections.abc import Callable
from typing import Any

import msgspec

from fairhold.domain.fingerprint import Hold
from fairhold.engine import views
from fairhold.engine.batching import Outcome, Receipt
from fairhold.engine.engine import Engine, Key
from fairhold.engine.kinds import ACCOUNT, DEAL, FINGERPRINT, Kind
from fairhold.engine.outside import CarrierPort, IssuerPort, PaymentPort
from fairhold.engine.vault import Vault
from fairhold.kernel.actor import PLATFORM, Actor
from fairhold.kernel.ids import hashed_id, public_id
from fairhold.kernel.wish import Command, Refusal

WAIT_S, LOOK_S = 2.0, 0.02
"""How long to wait for the read models, and how long between two looks, in seconds."""


class Desk:
    """Everything the functions of this folder need; one per process. All calls block.

    ``parties`` are deals and people of whom it is known that they take part: who buys and who sells
    never changes, so a deal that a busy program moves on is not read again for that.
    """

    def __init__(
        self,
        engine: Engine,
        vault: Vault,
        payment: PaymentPort,
        carrier: CarrierPort,
        issuer: IssuerPort,
    ) -> None:
        """Only keeps what it is given."""
        self.engine = engine
        self.store = engine.store
        self.vault = vault
        self.payment = payment
        self.carrier = carrier
        self.issuer = issuer
        self.parties: set[tuple[int, Actor]] = set()
        self.catch_up: Callable[[float], bool] = self._look
        self._account_listeners: list[Callable[[int], None]] = []

    def on_account(self, listener: Callable[[int], None]) -> None:
        """Be told an account's number after each wish about it that this process has handed in."""
        self._account_listeners.append(listener)

    def ask(
        self,
        kind: Kind,
        stream: int,
        command: Command,
        key: Key | None = None,
        *,
        rehearse: bool = False,
    ) -> Outcome:
        """Hand in one wish, or only rehearse it (nothing is written)."""
        if rehearse:
            return self.engine.rehearse(kind, stream, command)
        try:
            return self.engine.do(kind, stream, command, key)
        finally:
            if kind is ACCOUNT:
                for listener in self._account_listeners:
                    listener(stream)

    def key(self, caller: str, word: str, body: bytes) -> Key:
        """The idempotency key of a request that came through a door."""
        return Key.of(caller, word, body, self.vault.pepper)

    def after(self, kind: Kind, receipt: Receipt) -> Any:  # noqa: ANN401 — any kind's state
        """The state a receipt speaks of, also when it answers a repetition."""
        if receipt.state is not None:
            return receipt.state
        return self.engine.state_at(kind, receipt.stream, receipt.version)

    def derived(self, *names: str | int) -> int:
        """The stream that is named by other names instead of by the time it began."""
        digest = hashlib.sha256("/".join(map(str, names)).encode()).digest()
        return hashed_id(digest, digest[8] % self.store.part_count)

    def hold_fingerprint(
        self, fingerprint: bytes, holder: int, mark: int = 0
    ) -> tuple[int, Refusal | None]:
        """Be the only holder of a keyed fingerprint: its stream, and why not."""
        stream = hashed_id(fingerprint, fingerprint[8] % self.store.part_count)
        wish = Hold(by=PLATFORM, fingerprint=fingerprint.hex(), holder=holder, mark=mark)
        outcome = self.engine.do(FINGERPRINT, stream, wish)
        return stream, outcome if isinstance(outcome, Refusal) else None

    def is_current(self) -> bool:
        """Whether the read models have seen everything that is on record now; waits a moment."""
        return self.catch_up(WAIT_S)

    def _look(self, timeout_s: float) -> bool:
        """Look at the cursor of the read models until it is where the log is now."""
        heads = {part: self.store.log_head(part) for part in self.store.parts()}
        end = time.monotonic() + timeout_s
        while any(self.store.cursor(views.NAME, part) < head for part, head in heads.items()):
            if time.monotonic() >= end:
                return False
            time.sleep(LOOK_S)
        return True

    def holder_of(self, fingerprint: bytes) -> int | None:
        """Who holds a keyed fingerprint now."""
        stream = hashed_id(fingerprint, fingerprint[8] % self.store.part_count)
        state = self.engine.state(FINGERPRINT, stream)
        holding = state.held.get(fingerprint.hex()) if state is not None else None
        return holding.holder if holding is not None else None

    def put_json(self, subject: str, kind: str, value: object) -> tuple[int, str]:
        """Store a value as an encrypted body; its number and salted digest."""
        stored = self.vault.put(subject, kind, msgspec.json.encode(value))
        return stored.body, stored.digest


def deal_name(deal: int) -> str:
    """The public id of a deal, which is also its name for the world outside."""
    return public_id(DEAL.prefix, deal)
