"""The sample market: whole or not offered, made by one server, and only where it can be."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from fairhold.app import take_address
from fairhold.engine.desk import people
from fairhold.engine.desk.asked import Profile
from fairhold.house import House
from fairhold.lab import sample
from fairhold.lab.client import Browser
from fairhold.lab.sample import BEGUN, COMPLETE, MARK, SPACE, ensure_sample, welcome
from fairhold.settings import Settings
from fairhold.stores import open_store

Said = list[str]


def mark(settings: Settings, value: bytes | None = None) -> bytes | None:
    """Read the mark, or write it."""
    store = open_store(settings.database_url or None, settings.var)
    if value is not None:
        store.shelf_put(SPACE, MARK, value)
    found = store.shelf_get(SPACE, MARK, 0)
    store.close()
    return found


def greeting(settings: Settings) -> str:
    store = open_store(settings.database_url or None, settings.var)
    text = welcome(settings, store)
    store.close()
    return text


def is_empty(settings: Settings) -> bool:
    store = open_store(settings.database_url or None, settings.var)
    empty = not store.parts()
    store.close()
    return empty


class Interrupted(BaseException):
    """The process ends here."""


def interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let making end when the people are there and nothing else is."""

    def end(_maker: sample.Maker) -> None:
        raise Interrupted

    monkeypatch.setattr(sample.Maker, "_things", end)


def test_a_whole_sample_market_is_marked_and_offered(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path)
    said: Said = []
    ensure_sample(settings, said.append)
    assert mark(settings) == COMPLETE
    assert said == []
    assert "Sign in as one of these" in greeting(settings)


def test_a_half_made_sample_market_is_said_to_be_one_and_never_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(var=tmp_path)
    said: Said = []
    with monkeypatch.context() as short:
        interrupt(short)
        with pytest.raises(Interrupted):
            ensure_sample(settings, said.append)
    ensure_sample(settings, said.append)
    assert mark(settings) == BEGUN
    text = greeting(settings)
    assert "Sign in" not in text
    assert "The sample market is not complete" in text
    assert f"remove the folder {tmp_path}, and start again" in text


def test_what_was_interrupted_before_anything_was_made_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(var=tmp_path)
    mark(settings, BEGUN)
    monkeypatch.setattr(sample.Maker, "make", lambda _maker: None)
    ensure_sample(settings, pytest.fail)
    assert mark(settings) == COMPLETE


def test_a_market_of_other_people_is_left_alone(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path)
    house = House(settings)
    people.sign_up(house.desk, Profile(email="li@example.org", handle="li"))
    heads = {part: house.store.log_head(part) for part in house.store.parts()}
    ensure_sample(settings, pytest.fail)
    assert {part: house.store.log_head(part) for part in house.store.parts()} == heads
    assert "Sign in" not in welcome(settings, house.store)
    house.stop()


def test_with_a_provider_outside_there_is_no_sample_market(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path, provider_url="http://127.0.0.1:9")
    said: Said = []
    ensure_sample(settings, said.append)
    assert len(said) == 1
    assert said[0].startswith("No sample market: ")
    assert "FAIRHOLD_PROVIDER_URL" in said[0]
    assert is_empty(settings)
    assert "Sign in" not in greeting(settings)


def test_beside_the_business_of_another_database_there_is_no_sample_market(tmp_path: Path) -> None:
    (tmp_path / "sandbox").mkdir()
    (tmp_path / "sandbox" / "payment.jsonl").write_text("{}\n")
    settings = Settings(var=tmp_path)
    said: Said = []
    ensure_sample(settings, said.append)
    assert len(said) == 1
    assert "another database" in said[0]
    assert is_empty(settings)


def test_an_address_that_is_taken_ends_the_server_before_it_did_anything(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = Settings(var=tmp_path / "var", port=taken.getsockname()[1])
        with pytest.raises(SystemExit, match="set PORT to a free one"):
            take_address(settings)
    assert not (tmp_path / "var").exists()


# -- as processes ---------------------------------------------------------------------------------


@contextmanager
def serving(checkout: Path, var: Path, url: str, port: int) -> Iterator["subprocess.Popen[str]"]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(checkout / "src"),
        "FAIRHOLD_VAR": str(var),
        "FAIRHOLD_DATABASE_URL": url,
        "PORT": str(port),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "fairhold", "serve"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def read_until(process: "subprocess.Popen[str]", is_last: Callable[[str], bool]) -> str:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if is_last(line):
            break
    return "".join(lines)


def password_in(text: str) -> str:
    return text.partition("(password: ")[2].partition(")")[0]


def sign_in(address: str, password: str) -> None:
    with closing(Browser(address)) as browser:
        page = browser.open("/sign-in")
        form = page.form_with("email", "password")
        assert form is not None
        email = "nora@sample.fairhold.example"
        answer = browser.submit(page, form, email=email, password=password)
        assert answer.status == httpx.codes.OK
        assert "/sign-in" not in answer.url


@pytest.mark.postgres
def test_two_servers_that_start_at_once_on_an_empty_database_share_one_sample_market(
    tmp_path: Path, checkout: Path, postgres_url: str
) -> None:
    one, two = free_ports(2)
    with (
        serving(checkout, tmp_path, postgres_url, one) as first,
        serving(checkout, tmp_path, postgres_url, two) as second,
    ):
        texts = [read_until(each, lambda line: "sandbox" in line) for each in (first, second)]
        passwords = {password_in(text) for text in texts}
        assert len(passwords) == 1, texts
        for port in (one, two):
            sign_in(f"http://127.0.0.1:{port}", passwords.copy().pop())
    assert sum("Another server" in text for text in texts) <= 1
