"""Settings are read once, all faults are told at once, and keys are made once and kept safe."""

import asyncio
import stat
import threading
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.types import Receive, Scope, Send

from fairhold.app import config_of
from fairhold.settings import Keys, Settings, WrongSettings, add_master, read_keys, read_settings
from fairhold.stores import open_store


def test_an_empty_environment_is_a_small_installation() -> None:
    settings = read_settings({})
    assert (settings.host, settings.port, settings.var) == ("127.0.0.1", 8000, Path("var"))
    assert settings.database_url == ""
    assert settings.address == "http://127.0.0.1:8000"
    assert settings.test_clock == 0


def test_every_fault_is_told_at_once() -> None:
    wrong = {
        "PORT": "70000",
        "FAIRHOLD_TEST_CLOCK": "tomorrow",
        "FAIRHOLD_DATABASE_URL": "mysql://x",
    }
    with pytest.raises(WrongSettings) as told:
        read_settings(wrong)
    assert [line.split()[0] for line in str(told.value).splitlines()] == [
        "PORT",
        "FAIRHOLD_TEST_CLOCK",
        "FAIRHOLD_DATABASE_URL",
    ]


@pytest.mark.parametrize("url", ["sqlite:x.db", "mysql://x", "x"])
def test_a_database_that_no_store_opens_is_refused_at_once(url: str, tmp_path: Path) -> None:
    with pytest.raises(WrongSettings):
        read_settings({"FAIRHOLD_DATABASE_URL": url})
    with pytest.raises(ValueError, match="database url"):
        open_store(url, tmp_path)


def test_keys_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "installation.json"
    keys = read_keys(file)
    assert read_keys(file) == keys
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert len(bytes.fromhex(keys.masters[keys.current])) == 32


def test_processes_that_begin_at_once_agree_on_the_keys(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "installation.json"
    found: list[Keys] = []
    threads = [threading.Thread(target=lambda: found.append(read_keys(file))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(keys == found[0] for keys in found)
    assert [path.name for path in file.parent.iterdir()] == ["installation.json"]


def test_a_new_master_key_is_added_and_the_old_one_stays(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "installation.json"
    old = read_keys(file)
    new = add_master(file)
    assert read_keys(file) == new
    assert new.current != old.current
    assert new.masters[old.current] == old.masters[old.current]
    assert new.log_seed == old.log_seed


def test_the_var_folder_is_its_owners_alone(tmp_path: Path) -> None:
    read_keys(tmp_path / "var" / "keys" / "installation.json")
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700


def test_only_proxies_that_were_named_say_for_whom_they_ask() -> None:
    app = Litestar()
    plain = config_of(read_settings({}), app)
    assert not plain.proxy_headers
    named = config_of(read_settings({"FAIRHOLD_PROXIES": "10.0.0.1, 10.1.0.0/16"}), app)
    assert named.proxy_headers
    assert named.forwarded_allow_ips == ["10.0.0.1", "10.1.0.0/16"]
    for wrong in ("*", "proxy.example", "10.0.0.1/8"):
        with pytest.raises(WrongSettings, match="FAIRHOLD_PROXIES"):
            read_settings({"FAIRHOLD_PROXIES": wrong})


@pytest.mark.parametrize(("proxies", "seen"), [((), "127.0.0.1"), (("127.0.0.1",), "203.0.113.9")])
def test_a_caller_says_nothing_of_its_own_address(proxies: tuple[str, ...], seen: str) -> None:
    asked: list[object] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        asked.append(scope["client"][0])  # type: ignore[index]

    config = config_of(Settings(proxies=proxies), app)  # type: ignore[arg-type]
    config.load()
    scope = {
        "type": "http",
        "client": ("127.0.0.1", 4711),
        "headers": [(b"x-forwarded-for", b"203.0.113.9")],
    }
    asyncio.run(config.loaded_app(scope, None, None))
    assert asked == [seen]
