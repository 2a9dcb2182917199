"""Followers: cursors, read models, retries and leases."""

import pytest

from fairhold.engine.ports import Drop, Fenced, Put, Store
from tests.stores.rows import NOT_UTF8, at_once, id_in, retry


def listing(number: int, *, sort: int | None = None, seller: str = "liu") -> Put:
    id_ = f"lst_{number:03}"
    order = number if sort is None else sort
    return Put("listing", id_, b"%d" % number, [("seller", seller, order), ("all", "", order)])


def show(store: Store, *changes: Put | Drop) -> None:
    at = store.cursor("lists", 0)
    store.advance("lists", 0, at, at + 1, changes)


def page(store: Store, value: str = "liu", **place: str) -> list[int]:
    """The numbers of the listings on a page of three."""
    found = store.find("listing", "seller", value, limit=3, **place)
    assert all(data == str(int(id_[4:])).encode() for id_, data in found.rows)
    return [int(id_[4:]) for id_, _ in found.rows]


class FollowContract:
    """What followers write."""

    def test_a_cursor_begins_at_nothing_and_moves(self, store: Store) -> None:
        assert store.cursor("lists", 1) == 0
        store.advance("lists", 1, 0, 5)
        store.advance("lists", 1, 5, 9)
        assert store.cursor("lists", 1) == 9
        assert store.cursor("lists", 0) == 0
        assert store.cursor("mail", 1) == 0

    @pytest.mark.parametrize("expected", [0, 4, 6])
    def test_a_cursor_that_moved_on_fences_and_nothing_is_applied(
        self, store: Store, expected: int
    ) -> None:
        store.advance("lists", 0, 0, 5, [listing(1)])
        with pytest.raises(Fenced):
            store.advance(
                "lists", 0, expected, 7, [listing(2), Drop("listing", "lst_001")], [retry(6)]
            )
        assert store.cursor("lists", 0) == 5
        assert page(store) == [1]
        assert not store.waiting("mail", 0, id_in(0, 6))

    def test_a_cursor_nobody_moved_is_not_found_further_on(self, store: Store) -> None:
        with pytest.raises(Fenced):
            store.advance("lists", 0, 3, 4)
        assert store.cursor("lists", 0) == 0

    def test_of_followers_that_advance_at_once_one_wins_each_step(self, store: Store) -> None:
        def follow(_number: int) -> int:
            won = 0
            for seq in range(10):
                try:
                    store.advance("lists", 0, seq, seq + 1, [listing(seq)])
                except Fenced:
                    continue
                won += 1
            return won

        assert sum(at_once(4, follow)) == 10
        assert store.cursor("lists", 0) == 10
        assert store.count("listing", "seller", "liu") == 10

    # -- documents -------------------------------------------------------------------------------

    def test_a_document_is_kept_byte_for_byte(self, store: Store) -> None:
        show(store, Put("blob", "a", NOT_UTF8), Put("blob", "b", b""))
        assert store.document("blob", "a") == NOT_UTF8
        assert store.document("blob", "b") == b""
        assert store.document("blob", "c") is None
        assert store.document("other", "a") is None

    def test_documents_are_found_newest_first_and_then_by_id(self, store: Store) -> None:
        show(store, listing(1, sort=7), listing(2, sort=9), listing(3, sort=7))
        assert page(store) == [2, 3, 1]

    def test_a_replaced_document_leaves_its_old_places(self, store: Store) -> None:
        show(store, listing(1), listing(2))
        show(store, listing(1, sort=5), listing(2, seller="wang"))
        assert page(store, "liu") == [1]
        assert page(store, "wang") == [2]
        assert store.count("listing", "all", "") == 2
        show(store, Put("listing", "lst_001", b"1"))
        assert page(store, "liu") == []
        assert store.document("listing", "lst_001") == b"1"

    def test_a_dropped_document_is_gone_with_its_places(self, store: Store) -> None:
        show(store, listing(1), listing(2))
        show(store, Drop("listing", "lst_001"), Drop("listing", "lst_009"))
        assert page(store) == [2]
        assert store.document("listing", "lst_001") is None
        assert store.count("listing", "all", "") == 1

    def test_the_last_change_of_a_document_counts(self, store: Store) -> None:
        show(store, listing(1, seller="wang"), listing(1), Drop("listing", "lst_002"), listing(2))
        show(store, listing(3), Drop("listing", "lst_003"))
        assert page(store) == [2, 1]
        assert page(store, "wang") == []

    def test_the_last_entry_of_an_index_value_counts(self, store: Store) -> None:
        show(store, Put("listing", "lst_001", b"1", [("seller", "liu", 1), ("seller", "liu", 9)]))
        show(store, listing(5))
        assert page(store) == [1, 5]
        assert store.count("listing", "seller", "liu") == 2

    def test_sorts_may_be_negative_or_very_large(self, store: Store) -> None:
        top, bottom = (1 << 63) - 1, -(1 << 63)
        show(store, listing(1, sort=bottom), listing(2, sort=top), listing(3, sort=0))
        assert page(store) == [2, 3, 1]
        assert page(store, after="lst_003") == [1]
        assert page(store, before="lst_003") == [2]

    def test_pages_follow_each_other_both_ways(self, store: Store) -> None:
        show(store, *[listing(n) for n in range(1, 9)])
        assert page(store) == [8, 7, 6]
        assert page(store, after="lst_006") == [5, 4, 3]
        assert page(store, after="lst_003") == [2, 1]
        assert page(store, before="lst_002") == [5, 4, 3]
        assert page(store, before="lst_005") == [8, 7, 6]
        assert page(store, before="lst_008") == []
        assert page(store, after="lst_001") == []

    def test_a_page_says_whether_there_is_more_in_its_direction(self, store: Store) -> None:
        show(store, *[listing(n) for n in range(1, 7)])

        def more(**place: str) -> bool:
            return store.find("listing", "seller", "liu", limit=3, **place).more

        assert more()
        assert not more(after="lst_004")
        assert more(after="lst_005")
        assert not more(before="lst_003")
        assert more(before="lst_002")
        assert not store.find("listing", "seller", "liu", limit=6).more

    def test_pages_stay_where_they_are_while_documents_come_and_go(self, store: Store) -> None:
        show(store, *[listing(n) for n in range(1, 9)])
        assert page(store) == [8, 7, 6]
        show(store, listing(20), listing(21), Drop("listing", "lst_007"))
        assert page(store, after="lst_006") == [5, 4, 3]
        assert page(store, before="lst_006") == [21, 20, 8]

    def test_an_id_that_is_not_in_the_index_gives_an_empty_page(self, store: Store) -> None:
        show(store, listing(1), listing(2, seller="wang"))
        assert page(store, after="lst_002") == []
        assert page(store, before="lst_002") == []
        assert page(store, after="lst_999") == []
        assert not store.find("listing", "seller", "liu", limit=3, after="").more
        assert page(store, "nobody") == []

    def test_a_forgotten_view_can_be_built_again(self, store: Store) -> None:
        show(store, listing(1), Put("deal", "dl_1", b"d", [("all", "", 1)]))
        store.drop_view(["listing", "unheard"])
        store.drop_view([])
        assert page(store) == []
        assert store.document("listing", "lst_001") is None
        assert store.document("deal", "dl_1") == b"d"
        assert store.count("deal", "all", "") == 1
        show(store, listing(1, sort=9))
        assert page(store) == [1]

    def test_a_consumer_begins_again_everywhere_without_its_old_retries(self, store: Store) -> None:
        store.advance("mail", 0, 0, 5, (), [retry(5)])
        store.advance("mail", 1, 0, 7)
        store.advance("lists", 0, 0, 9)
        store.reset_cursor("mail")
        assert (store.cursor("mail", 0), store.cursor("mail", 1)) == (0, 0)
        assert store.cursor("lists", 0) == 9
        assert list(store.retries("mail", 99, 9)) == []
        store.advance("mail", 0, 0, 1)

    # -- retries ---------------------------------------------------------------------------------

    def test_due_retries_come_in_the_order_of_the_log(self, store: Store) -> None:
        rows = [retry(9, due=1), retry(3, due=5), retry(2, part=1, due=2), retry(4, due=11)]
        store.advance("mail", 0, 0, 9, (), [*rows, retry(1, consumer="other")])
        assert list(store.retries("mail", 10, 9)) == [rows[1], rows[0], rows[2]]
        assert list(store.retries("mail", 10, 1)) == [rows[1]]

    def test_a_stream_waits_for_its_retry_even_a_dead_one(self, store: Store) -> None:
        store.advance("mail", 0, 0, 9, (), [retry(3), retry(4, dead=True)])
        assert store.waiting("mail", 0, id_in(0, 3))
        assert store.waiting("mail", 0, id_in(0, 4))
        assert not store.waiting("mail", 0, id_in(0, 5))
        assert not store.waiting("other", 0, id_in(0, 3))
        assert not store.waiting("mail", 1, id_in(0, 3))

    def test_a_retry_is_settled_by_another_try_by_giving_up_or_by_success(
        self, store: Store
    ) -> None:
        store.advance("mail", 0, 0, 9, (), [retry(1), retry(2), retry(3)])
        store.settle("mail", 0, 1, retry(1, due=50))
        store.settle("mail", 0, 2, retry(2, dead=True))
        store.settle("mail", 0, 3, None)
        store.settle("mail", 0, 4, None)
        assert list(store.retries("mail", 10, 9)) == []
        assert list(store.retries("mail", 50, 9)) == [retry(1, due=50)]
        assert list(store.dead_letters("mail", 9)) == [retry(2, dead=True)]

    def test_dead_letters_come_oldest_first_of_one_or_of_all(self, store: Store) -> None:
        mine = [retry(1, due=30, dead=True), retry(2, due=10, dead=True)]
        theirs = retry(3, consumer="hooks", due=20, dead=True)
        store.advance("mail", 0, 0, 9, (), [*mine, theirs, retry(4)])
        assert list(store.dead_letters("mail", 9)) == [mine[1], mine[0]]
        assert list(store.dead_letters(None, 9)) == [mine[1], theirs, mine[0]]
        assert list(store.dead_letters(None, 1)) == [mine[1]]
        assert list(store.dead_letters("nobody", 9)) == []

    # -- leases ----------------------------------------------------------------------------------

    def test_a_lease_is_held_until_it_ends_or_is_given_back(self, store: Store) -> None:
        assert store.lease("part-0", "ann", 100, 200)
        assert not store.lease("part-0", "bob", 199, 300)
        assert store.lease("part-1", "bob", 199, 300)
        assert store.lease("part-0", "ann", 150, 250)
        assert not store.lease("part-0", "bob", 249, 300)
        assert store.lease("part-0", "bob", 250, 300)
        store.release("part-0", "ann")
        assert not store.lease("part-0", "ann", 260, 300)
        store.release("part-0", "bob")
        assert store.lease("part-0", "ann", 260, 300)

    def test_of_those_who_ask_at_once_one_gets_the_lease(self, store: Store) -> None:
        assert sum(at_once(8, lambda n: store.lease("part-0", f"owner-{n}", 1, 9))) == 1
