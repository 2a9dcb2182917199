"""What axe finds on the main pages, and that nothing sticks out of a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import NewSitter, Sitter
from tests.browser.test_deal_by_two import new_secret, offer, take_and_pay

pytestmark = pytest.mark.browser

GRAVE = {"serious", "critical"}


def grave_findings(sitter: Sitter) -> list[str]:
    found = Axe().run(sitter.page).response["violations"]
    return [
        f"{sitter.path()} {finding['id']}: {node['html'][:120]}"
        for finding in found
        if finding["impact"] in GRAVE
        for node in finding["nodes"]
    ]


def sticks_out(sitter: Sitter) -> bool:
    return bool(
        sitter.page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1")
    )


def look_at(sitter: Sitter, paths: list[str]) -> None:
    findings: list[str] = []
    for path in paths:
        sitter.go(path)
        findings += grave_findings(sitter)
        if sticks_out(sitter):
            findings.append(f"{path} is wider than the window")
    assert findings == []
    assert sitter.faults == []


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_main_pages_are_for_everybody(*, language: str, dark: bool, sit: NewSitter) -> None:
    mark = f"{language}{'d' if dark else 'l'}"
    seller = sit(f"lin-{mark}", dark=dark)
    buyer = sit(f"nora-{mark}", dark=dark, width=390)
    listing = offer(seller, f"Card {mark}", "secret")
    deal = take_and_pay(buyer, listing)
    unpaid_listing = offer(seller, f"Lamp {mark}", "meeting")
    buyer.go(unpaid_listing)
    buyer.press("Take it for ¥480.00")
    buyer.page.wait_for_url("**/checkout")
    unpaid = buyer.path().removesuffix("/checkout")
    seller.go(deal)
    seller.press("Seal the code")
    seller.page.fill("[name=number]", new_secret())
    seller.page.locator("details[open] form button").click()
    said = f"?lang={language}"
    look_at(
        buyer,
        [f"{path}{said}" for path in ("/", listing, deal, unpaid, f"{unpaid}/checkout", "/deals")],
    )
    look_at(
        seller,
        [f"{path}{said}" for path in (unpaid, "/sell", "/wallet", "/me", "/talks", "/sandbox")],
    )
    look_at(sit(dark=dark, width=320), [f"{path}{said}" for path in ("/sign-in", "/sign-up", "/x")])
