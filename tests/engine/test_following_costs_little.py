"""What following costs: no lease and no cursor is written more often than it has to be."""

from fairhold.engine.clock import TestClock
from fairhold.engine.followers import LEASE_MS, Effect
from fairhold.engine.kinds import WALLET
from fairhold.engine.ports import LogRow
from fairhold.kernel.ids import make_id
from fairhold.stores.memory import MemoryStore
from tests.engine.desks import NOW, credit, granted, running

ANNA, BELA = make_id(NOW, 0, 20), make_id(NOW, 0, 21)


def test_entries_that_concern_nobody_are_passed_with_the_next_that_does() -> None:
    store, wanted, handled = MemoryStore(), set[str](), list[LogRow]()
    effect = Effect("mail", store, TestClock(NOW), handled.append, lambda type_: type_ in wanted)
    with running(store) as engine:
        granted(engine.do(WALLET, ANNA, credit(1)))
        assert effect.step() == 1
        assert store.cursor("mail", 0) == 0, "nothing was written for it"
        wanted.add(store.log(0, 0, 1)[0].type)
        granted(engine.do(WALLET, BELA, credit(1)))
        assert effect.step() == 1
    assert [row.stream for row in handled] == [BELA]
    assert store.cursor("mail", 0) == 2


def test_a_lease_is_renewed_when_half_of_it_has_gone_by() -> None:
    store, machine = MemoryStore(), TestClock(1_000)
    effect = Effect("mail", store, TestClock(NOW), lambda _row: None, machine=machine)
    effect.step()
    ends = 1_000 + LEASE_MS
    machine.advance(LEASE_MS // 2 - 1)
    effect.step()
    assert store.lease("mail", "another", ends, ends + 1), "it was not renewed"
    store.release("mail", "another")
    machine.advance(1)
    effect.step()
    assert not store.lease("mail", "another", ends, ends + 1)
