"""What docs/security.md promises is what the code does."""

from pathlib import Path

import pytest

from fairhold.kernel.instant import MINUTE
from fairhold.web.security.api_keys import SCOPES
from fairhold.web.security.limits import PUBLISHED
from fairhold.web.security.lockout import ALL, NEAR
from fairhold.web.security.passwords import LENGTH_MAX, LENGTH_MIN
from fairhold.web.security.sessions import IDLE, LONGEST
from fairhold.web.services import WebSettings

DAY_MS = 24 * 60 * MINUTE


@pytest.fixture(scope="module")
def page(checkout: Path) -> str:
    text = (checkout / "docs" / "security.md").read_text("utf-8")
    return " ".join(text.split())


@pytest.mark.parametrize("caller", ["nobody", "person", "key"])
def test_the_published_limits_are_the_ones_that_count(page: str, caller: str) -> None:
    quota = getattr(PUBLISHED, caller)
    row = page.partition(f"| {caller} |")[2].split("|")
    assert [int(row[1]), int(row[2])] == [quota.queries, quota.commands]


def test_every_number_of_the_page_is_the_codes(page: str) -> None:
    for promise in (
        f"ends after {LONGEST // DAY_MS} days, after {IDLE // DAY_MS} days without use",
        f"At least {LENGTH_MIN} and at most {LENGTH_MAX} characters",
        f"| {NEAR.free} | 1 s, doubling | {NEAR.longest_wait // MINUTE} min |",
        f"| {ALL.free} | 1 s, doubling | {ALL.longest_wait // MINUTE} min |",
        f"{WebSettings().body_max // 1_000_000} MB; forms with pictures",
        f"`/v1/pictures` {WebSettings().upload_max // 1_000_000} MB",
    ):
        assert promise in page


def test_every_scope_is_named(page: str) -> None:
    for scope in SCOPES:
        assert f"`{scope}`" in page
