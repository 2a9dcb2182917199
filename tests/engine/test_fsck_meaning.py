"""Fsck over Fairhold's own events: what the bytes settle about row, state and postings."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from fairhold.codec.events import encode
from fairhold.domain.account import OpenAccount
from fairhold.domain.deal.parcel import Booked
from fairhold.domain.deal.secret import IssuerWord, Sealed
from fairhold.domain.wallet import Credit, RequestPayout
from fairhold.engine.batching import Draft, Receipt, Work
from fairhold.engine.fsck import Finding, fsck
from fairhold.engine.fsck.meaning import facts, refold
from fairhold.engine.kinds import ACCOUNT, DEAL, WALLET, Kind
from fairhold.engine.ports import LogRow, Store
from fairhold.kernel.actor import PLATFORM, Actor
from fairhold.kernel.ids import make_id, public_id
from fairhold.kernel.money import Money
from fairhold.kernel.wish import Command, Event
from fairhold.stores.memory import MemoryStore
from fairhold.stores.sqlite import SqliteStore
from tests.engine.ledger import ORIGIN, SIGNER, START, integrator

OWNER = make_id(START, 0, 1)
PURSE = make_id(START, 0, 2)
WISHES: tuple[tuple[Kind, int, Command], ...] = (
    (ACCOUNT, OWNER, OpenAccount(by=Actor(OWNER), profile=7, digest="aa", consent="1")),
    (WALLET, PURSE, Credit(by=PLATFORM, owner=OWNER, deal=5, amount=Money(4_800, "CNY"))),
    (WALLET, PURSE, RequestPayout(by=Actor(OWNER), amount=Money(300, "CNY"))),
)


def trade(store: Store) -> None:
    """An account, and a wallet that was credited and paid out of; integrated and signed."""
    work = Work(0, 0, START, {})
    for kind, stream, command in WISHES:
        outcome = work.answer(Draft(kind=kind, stream=stream, command=command), stream)
        assert isinstance(outcome, Receipt)
    lane = store.lane(0)
    lane.commit(work.batch())
    lane.close()
    integrator(store).step(START)


def check(store: Store) -> list[Finding]:
    return list(fsck(store, ORIGIN, [SIGNER.verifier], facts, refold))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "record.sqlite3"
    store = SqliteStore(path)
    trade(store)
    store.close()
    return path


@pytest.fixture
def reopened(file: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(file)
    yield store
    store.close()


def tamper(file: Path, statement: str) -> None:
    """Change the file as somebody with a database tool would."""
    connection = sqlite3.connect(file)
    changed = connection.execute(statement).rowcount
    connection.commit()
    connection.close()
    assert changed == 1


def test_what_the_engine_wrote_has_nothing_to_report() -> None:
    store = MemoryStore()
    trade(store)
    assert store.tree_size() == 3
    assert check(store) == []


def test_the_same_holds_in_a_file(reopened: SqliteStore) -> None:
    assert check(reopened) == []


def swapped(table: str, column: str, old: str, new: str) -> str:
    """A statement that replaces text inside stored bytes."""
    return (
        f"UPDATE {table} SET {column} = CAST(replace(CAST({column} AS TEXT), '{old}', '{new}') "
        f"AS BLOB) WHERE CAST({column} AS TEXT) LIKE '%{old}%'"
    )


@pytest.mark.parametrize(
    ("statement", "code", "seq"),
    [
        ("DELETE FROM log WHERE seq = 2", "log.gap", 2),
        ("UPDATE log SET type = 'wallet.paid_out' WHERE seq = 2", "log.disagrees", 2),
        ("UPDATE log SET at = at + 1 WHERE seq = 3", "log.disagrees", 3),
        (f"UPDATE log SET stream = {OWNER} WHERE seq = 2", "log.disagrees", 2),
        ("UPDATE log SET lines = x'' WHERE seq = 3", "log.disagrees", 3),
        (swapped("log", "lines", "4800", "4900"), "log.disagrees", 2),
        (swapped("log", "data", "wallet.credited", "wallet.crowned"), "log.unreadable", 2),
        (swapped("log", "data", "4800", "9800"), "log.disagrees", 2),
        (swapped("log", "data", '"stream":"acct_', '"stream":"nix_'), "log.unreadable", 1),
        (swapped("log", "data", '"digest":"aa"', '"digest":"bb"'), "tree.leaf", 1),
        ("UPDATE balance SET minor = minor + 1 WHERE minor > 0", "books.balance", None),
        (swapped("state", "data", "4500", "9500"), "stream.state", 3),
        ("UPDATE tile SET data = substr(data, 1, 64) WHERE level = 0", "tree.tile", None),
        ("UPDATE checkpoint SET size = 2", "checkpoint.size", None),
    ],
)
def test_a_change_with_a_database_tool_is_named_first(
    file: Path, statement: str, code: str, seq: int | None
) -> None:
    tamper(file, statement)
    store = SqliteStore(file)
    finding = check(store)[0]
    store.close()
    assert (finding.code, finding.seq) == (code, seq), str(finding)


SEALED = Sealed(at=START, body=4, digest="ab", fingerprints=(5, 6), issuer=IssuerWord())


def written(event: Event) -> LogRow:
    """The row of one event of a deal."""
    stream = make_id(START, 0, 3)
    type_, data = encode(event, public_id(DEAL.prefix, stream), 1, "clock")
    return LogRow(0, 1, stream, 1, 0, type_, START, data, b"")


@pytest.mark.parametrize(
    "event",
    [
        structs.replace(SEALED, body=0),
        structs.replace(SEALED, digest=""),
        structs.replace(SEALED, fingerprints=()),
        structs.replace(SEALED, fingerprints=(5, 0)),
        Booked(at=START, carrier="c", tracking=""),
    ],
)
def test_an_empty_vault_or_label_on_record_is_named(event: Event) -> None:
    assert facts(written(SEALED)).type == "secret.sealed"
    with pytest.raises(ValueError, match="names nothing"):
        facts(written(event))
