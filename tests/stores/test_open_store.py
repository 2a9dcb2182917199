"""One setting names the database."""

from pathlib import Path

import pytest

from fairhold.stores import SQLITE_FILE, open_store
from fairhold.stores.memory import MemoryStore
from fairhold.stores.sqlite import SqliteStore


def test_without_a_setting_the_data_is_in_a_sqlite_file(tmp_path: Path) -> None:
    store = open_store(None, tmp_path / "deep" / "var")
    assert isinstance(store, SqliteStore)
    assert (tmp_path / "deep" / "var" / SQLITE_FILE).exists()
    store.close()


def test_a_store_in_memory_is_asked_for_by_name(tmp_path: Path) -> None:
    assert isinstance(open_store("memory:", tmp_path), MemoryStore)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["mysql://root@db/x", "", "fairhold.sqlite3", "memory", "sqlite:"])
def test_a_wrong_setting_is_refused_with_what_to_write(url: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="postgresql://user@host/name"):
        open_store(url, tmp_path)
