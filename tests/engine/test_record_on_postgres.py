"""The record on PostgreSQL: integrators of two processes, proofs, and a change made behind them."""

import psycopg
import pytest

from fairhold.engine.integrator import inclusion
from fairhold.evidence.auditor import audit_entry
from fairhold.evidence.checkpoint import Checkpoint
from fairhold.stores.postgres import PostgresStore
from tests.engine.ledger import ORIGIN, SIGNER, START, fill, findings, integrator

pytestmark = pytest.mark.postgres


def test_two_integrators_make_one_record_and_a_change_is_named(postgres_url: str) -> None:
    stores = [PostgresStore(postgres_url, part_count=3) for _ in range(2)]
    workers = [integrator(store, batch=11) for store in stores]
    for turn in range(12):
        fill(stores[turn % 2], batches=2)
        for worker in workers:
            worker.step(START + 400 * turn)
    for worker in workers:
        while worker.integrate():
            pass
        worker.sign(START + 10**6)
    store = stores[0]
    row, event = store.checkpoint(), store.event(2, 17)
    assert row is not None
    assert event is not None
    assert row.size == store.tree_size() == 360
    found = inclusion(store, 2, 17, row.size)
    assert found is not None
    keys = [SIGNER.verifier]
    audited = audit_entry(event.data, found.index, found.proof, row.note, ORIGIN, keys)
    assert isinstance(audited, Checkpoint)
    assert findings(store) == []
    with psycopg.connect(postgres_url) as connection:
        connection.execute("UPDATE log SET at = at + 1 WHERE part = 2 AND seq = 17")
    first = findings(store)[0]
    assert (first.code, first.part, first.seq) == ("log.disagrees", 2, 17)
    for each in stores:
        each.close()
