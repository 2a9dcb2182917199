"""The shelf: values with an expiry, and counters."""

import pytest

from fairhold.engine.ports import Store
from tests.stores.rows import NOT_UTF8, at_once


class ShelfContract:
    """Operational data."""

    def test_a_value_is_kept_byte_for_byte_and_replaced(self, store: Store) -> None:
        assert store.shelf_get("session", "a", 0) is None
        store.shelf_put("session", "a", NOT_UTF8)
        store.shelf_put("other", "a", b"")
        assert store.shelf_get("session", "a", 0) == NOT_UTF8
        assert store.shelf_get("other", "a", 0) == b""
        store.shelf_put("session", "a", b"new")
        assert store.shelf_get("session", "a", 0) == b"new"

    def test_an_expired_value_is_as_if_absent(self, store: Store) -> None:
        store.shelf_put("session", "a", b"x", expires=100)
        store.shelf_put("session", "b", b"y")
        assert store.shelf_get("session", "a", 99) == b"x"
        assert store.shelf_get("session", "a", 100) is None
        assert list(store.shelf_list("session", "", 99)) == [("a", b"x"), ("b", b"y")]
        assert list(store.shelf_list("session", "", 100)) == [("b", b"y")]
        store.shelf_put("session", "a", b"z")
        assert store.shelf_get("session", "a", 100) == b"z"

    def test_a_value_is_added_only_where_none_lives(self, store: Store) -> None:
        assert store.shelf_add("nonce", "a", b"1", 0, expires=100)
        assert not store.shelf_add("nonce", "a", b"2", 99, expires=500)
        assert store.shelf_get("nonce", "a", 99) == b"1"
        assert store.shelf_add("nonce", "a", b"3", 100)
        assert not store.shelf_add("nonce", "a", b"4", 10_000)
        assert store.shelf_get("nonce", "a", 10_000) == b"3"

    def test_of_those_who_add_at_once_one_succeeds(self, store: Store) -> None:
        assert sum(at_once(8, lambda n: store.shelf_add("nonce", "a", b"%d" % n, 0))) == 1

    def test_a_value_is_swapped_only_for_what_was_read(self, store: Store) -> None:
        assert not store.shelf_swap("hook", "a", b"", b"1")
        store.shelf_put("hook", "a", b"1", expires=50)
        assert not store.shelf_swap("hook", "a", b"0", b"2")
        assert store.shelf_swap("hook", "a", b"1", b"2", expires=100)
        assert store.shelf_get("hook", "a", 99) == b"2"
        assert store.shelf_get("hook", "a", 100) is None

    def test_swaps_at_once_lose_nothing(self, store: Store) -> None:
        store.shelf_put("hook", "a", b"0")

        def add(_number: int) -> None:
            done = 0
            while done < 5:
                old = store.shelf_get("hook", "a", 0) or b""
                done += store.shelf_swap("hook", "a", old, b"%d" % (int(old) + 1))

        at_once(4, add)
        assert store.shelf_get("hook", "a", 0) == b"20"

    def test_a_dropped_value_is_gone(self, store: Store) -> None:
        store.shelf_put("session", "a", b"x")
        store.shelf_drop("session", "a")
        store.shelf_drop("session", "a")
        assert store.shelf_get("session", "a", 0) is None

    def test_values_are_listed_by_prefix_in_pages(self, store: Store) -> None:
        for key in ["acc_1/b", "acc_1/a", "acc_1/c", "acc_10/a", "acc_2/a", "acc_1"]:
            store.shelf_put("key", key, key.encode())
        store.shelf_put("other", "acc_1/x", b"")

        def keys(prefix: str, after: str = "", limit: int = 100) -> list[str]:
            return [key for key, _ in store.shelf_list("key", prefix, 0, after=after, limit=limit)]

        assert keys("acc_1/") == ["acc_1/a", "acc_1/b", "acc_1/c"]
        assert keys("acc_1/", limit=2) == ["acc_1/a", "acc_1/b"]
        assert keys("acc_1/", after="acc_1/b") == ["acc_1/c"]
        assert keys("", after="acc_10/a") == ["acc_2/a"]
        assert keys("zzz") == []

    @pytest.mark.parametrize("last", ["\ud7ff", "\U0010ffff", "%", "_", "z"])
    def test_a_prefix_is_taken_literally_up_to_its_last_letter(
        self, store: Store, last: str
    ) -> None:
        inside = [f"a{last}", f"a{last}b", f"a{last}\U0010ffff\U0010ffff"]
        for key in [*inside, "a", "aa", "b", "ab"]:
            store.shelf_put("key", key, b"")
        found = [key for key, _ in store.shelf_list("key", f"a{last}", 0)]
        assert found == sorted(inside)

    def test_hits_are_counted_in_a_window_that_the_first_begins(self, store: Store) -> None:
        assert store.shelf_count("sign-in", "a", 1_000, 60) == (1, 1_060)
        assert store.shelf_count("sign-in", "a", 1_059, 60) == (2, 1_060)
        assert store.shelf_count("sign-in", "b", 1_059, 60, add=5) == (5, 1_119)
        assert store.shelf_count("sign-in", "a", 1_059, 60, add=0) == (2, 1_060)
        assert store.shelf_count("sign-in", "a", 1_060, 60) == (1, 1_120)
        assert store.shelf_count("other", "a", 1_060, 60) == (1, 1_120)

    def test_a_dropped_counter_begins_again(self, store: Store) -> None:
        store.shelf_count("sign-in", "a", 0, 60, add=9)
        store.shelf_drop("sign-in", "a")
        assert store.shelf_count("sign-in", "a", 1, 60) == (1, 61)

    def test_hits_at_once_are_all_counted(self, store: Store) -> None:
        def hit(_number: int) -> list[int]:
            return [store.shelf_count("sign-in", "a", 0, 60)[0] for _ in range(10)]

        counts = [count for counts in at_once(8, hit) for count in counts]
        assert sorted(counts) == list(range(1, 81))

    def test_a_sweep_removes_what_has_expired_up_to_a_limit(self, store: Store) -> None:
        for number in range(5):
            store.shelf_put("session", f"{number}", b"x", expires=number)
            store.shelf_count("sign-in", f"{number}", 0, number)
        store.shelf_put("session", "for ever", b"x")
        assert store.shelf_sweep(3, 3) == 3
        assert store.shelf_sweep(3, 99) == 5
        assert store.shelf_sweep(3, 99) == 0
        left = [key for key, _ in store.shelf_list("session", "", -1)]
        assert left == ["4", "for ever"]
        assert store.shelf_count("sign-in", "4", 3, 60) == (2, 4)
