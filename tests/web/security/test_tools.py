"""The small tools of the doors: passwords, tokens, networks, limits, cookies, browsers."""

import threading

import pytest

from fairhold.engine.clock import TestClock
from fairhold.kernel.instant import MINUTE
from fairhold.stores.memory import MemoryStore
from fairhold.web.security.agents import browser_words
from fairhold.web.security.cookies import read_cookies
from fairhold.web.security.credentials import Credentials
from fairhold.web.security.limits import RateLimiter
from fairhold.web.security.lockout import NEAR, Lockout
from fairhold.web.security.networks import address_of, network_of
from fairhold.web.security.passwords import Argon2
from fairhold.web.security.tokens import new_token, read_token
from tests.web.conftest import START, CheapHasher


def test_argon2_keeps_a_password_and_knows_its_own_age() -> None:
    old, new = Argon2(memory_kib=64, passes=1), Argon2(memory_kib=128, passes=1)
    stored = old.hash("three quiet herons")
    assert stored.startswith("$argon2id$")
    assert new.verify(stored, "three quiet herons")
    assert not new.verify(stored, "three quiet heron")
    assert not new.verify("no hash at all", "three quiet herons")
    assert new.is_old(stored)
    assert not old.is_old(stored)


def test_the_published_settings_are_what_is_recommended() -> None:
    assert "$m=19456,t=2,p=1$" in Argon2().hash("x")


def test_an_old_hash_is_renewed_at_the_next_sign_in() -> None:
    store, wall = MemoryStore(), TestClock(START)
    old = Credentials(store, wall, Argon2(memory_kib=64, passes=1))
    old.put(7, old.hash("three quiet herons"))
    before = store.shelf_get("password", "7", START)
    new = Credentials(store, wall, CheapHasher())
    assert not new.verify(7, "three quiet herons")
    stronger = Credentials(store, wall, Argon2(memory_kib=128, passes=1))
    assert stronger.verify(7, "three quiet herons")
    after = store.shelf_get("password", "7", START)
    assert before != after
    assert stronger.verify(7, "three quiet herons")
    assert store.shelf_get("password", "7", START) == after


def test_a_token_names_its_account_and_differs_every_time() -> None:
    tokens = [new_token(911_918_864_793_600_352) for _ in range(50)]
    assert len({token.text for token in tokens}) == 50
    for token in tokens:
        assert read_token(token.text) == token
        assert token.text not in token.key


@pytest.mark.parametrize("text", ["", "0" * 76, "0" * 78, "é" * 77, "u" * 77, "0" * 76 + "\n"])
def test_text_that_is_no_token_is_none(text: str) -> None:
    assert read_token(text) is None


@pytest.mark.parametrize(
    ("host", "address", "network"),
    [
        ("198.51.100.7", "198.51.100.7", "198.51.100.0/24"),
        ("::ffff:198.51.100.7", "198.51.100.7", "198.51.100.0/24"),
        ("2001:db8:1:2345::9", "2001:db8:1:2300::/56", "2001:db8:1:2300::/56"),
        ("testclient", "testclient", "testclient"),
        ("", "", ""),
    ],
)
def test_a_caller_is_seen_as_wide_as_needed(host: str, address: str, network: str) -> None:
    assert (address_of(host), network_of(host)) == (address, network)


def test_no_process_lets_more_through_than_published() -> None:
    store, wall = MemoryStore(), TestClock(START)
    first, second = RateLimiter(store, wall), RateLimiter(store, wall)
    let_through = sum(
        limiter.hit("key:1", 100) == 0 for _ in range(100) for limiter in (first, second)
    )
    assert let_through <= 100
    assert let_through >= 90
    wall.advance(MINUTE)
    assert first.hit("key:1", 100) == 0


def test_counting_in_memory_writes_once_in_a_handful(monkeypatch: pytest.MonkeyPatch) -> None:
    store, wall = MemoryStore(), TestClock(START)
    limiter = RateLimiter(store, wall)
    original, writes = store.shelf_count, []

    def spy(*args: object, **more: object) -> object:
        writes.append(args)
        return original(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "shelf_count", spy)
    assert sum(limiter.hit("key:1", 1_000) == 0 for _ in range(2_000)) == 1_000
    assert len(writes) == 21


def test_a_limit_of_one_lets_one_through() -> None:
    limiter = RateLimiter(MemoryStore(), TestClock(START))
    assert [limiter.hit("a", 1) for _ in range(3)] == [0, 60, 60]


def test_a_hundred_guesses_at_once_are_no_better_than_one_after_another() -> None:
    lockout = Lockout(MemoryStore(), TestClock(START))
    passed: list[int] = []
    barrier = threading.Barrier(16)

    def guess() -> None:
        barrier.wait()
        waits = [lockout.try_("name", "net", known_device=None) for _ in range(7)]
        passed.append(waits.count(0))

    threads = [threading.Thread(target=guess) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(passed) == NEAR.free


def test_an_odd_cookie_of_a_neighbour_does_no_harm() -> None:
    header = 'a[]="{x"; fairhold=token; =x; b; fairhold=other'
    assert read_cookies(header)["fairhold"] == "token"
    assert read_cookies("") == {}


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/126.0 Safari/537.36 Edg/126.0", "Edge · Windows"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/126.0 MicroMessenger/8.0", "WeChat · Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14) Gecko Firefox/127.0", "Firefox · Mac"),
        ("curl/8.5", "curl/8.5"),
        ("", "—"),
    ],
)
def test_people_recognise_their_browser(agent: str, words: str) -> None:
    assert browser_words(agent) == words
