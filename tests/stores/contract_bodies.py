"""Encrypted bodies and subject keys."""

import pytest

from fairhold.engine.ports import BodyRow, Store
from tests.stores.rows import BIGGEST, NOT_UTF8, at_once, id_in


class BodyContract:
    """Bodies and keys."""

    def test_a_body_is_kept_byte_for_byte(self, store: Store) -> None:
        rows = [
            BodyRow(id_in(0), "acc_1", "message", NOT_UTF8),
            BodyRow(id_in(3), "秘密", "secret", b""),
            BodyRow(BIGGEST, "acc_1", "picture", NOT_UTF8 * 4000),
        ]
        for row in rows:
            store.put_body(row)
        assert [store.body(row.id) for row in rows] == rows
        assert store.body(1) is None

    def test_the_same_body_again_is_no_change_and_another_is_a_bug(self, store: Store) -> None:
        row = BodyRow(id_in(0), "acc_1", "message", b"one")
        store.put_body(row)
        store.put_body(row)
        with pytest.raises(ValueError, match="differs"):
            store.put_body(BodyRow(id_in(0), "acc_1", "message", b"two"))
        assert store.body(row.id) == row

    def test_a_dropped_body_is_gone(self, store: Store) -> None:
        store.put_body(BodyRow(id_in(0), "acc_1", "message", b"one"))
        store.drop_body(id_in(0))
        store.drop_body(id_in(0))
        assert store.body(id_in(0)) is None

    def test_the_first_key_of_a_subject_stays_in_force(self, store: Store) -> None:
        assert store.subject_key("acc_1") is None
        assert store.put_subject_key("acc_1", NOT_UTF8) == NOT_UTF8
        assert store.put_subject_key("acc_1", b"other") == NOT_UTF8
        assert store.subject_key("acc_1") == NOT_UTF8

    def test_all_who_make_a_key_at_once_get_the_same(self, store: Store) -> None:
        got = at_once(8, lambda n: store.put_subject_key("acc_1", b"key-%d" % n))
        assert len(set(got)) == 1
        assert store.subject_key("acc_1") == got[0]

    def test_a_key_is_rewrapped_only_from_what_is_stored(self, store: Store) -> None:
        store.put_subject_key("acc_1", b"old")
        assert not store.replace_subject_key("acc_1", b"older", b"new")
        assert store.replace_subject_key("acc_1", b"old", b"new")
        assert store.subject_key("acc_1") == b"new"
        assert not store.replace_subject_key("acc_2", b"old", b"new")

    def test_a_destroyed_key_is_gone(self, store: Store) -> None:
        store.put_subject_key("acc_1", b"old")
        store.drop_subject_key("acc_1")
        store.drop_subject_key("acc_1")
        assert store.subject_key("acc_1") is None
        assert not store.replace_subject_key("acc_1", b"old", b"new")

    def test_subjects_are_walked_by_name(self, store: Store) -> None:
        names = ["b", "B", "a_1", "a.1", "托管", "a"]
        for name in names:
            store.put_subject_key(name, b"key")
        assert list(store.subjects("", 99)) == sorted(names)
        assert list(store.subjects("a", 2)) == ["a.1", "a_1"]
        assert list(store.subjects("托管", 2)) == []
