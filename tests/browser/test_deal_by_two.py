"""A whole deal, walked by two people in two browsers, with a script and without any."""

import itertools

import pytest

from tests.browser.conftest import NewSitter, Sitter

pytestmark = pytest.mark.browser

_numbers = itertools.count(1001)


def new_secret() -> str:
    """Another card number each time: none can be sealed twice."""
    return f"QX77-4410-2288-{next(_numbers)}"


def offer(seller: Sitter, title: str, delivery: str) -> str:
    seller.go("/sell")
    seller.page.fill("[name=title]", title)
    seller.page.fill("[name=price]", "480")
    seller.page.check(f"[name=delivery][value={delivery}]")
    seller.press("Put it on the market")
    seller.page.wait_for_url("**/listings/**")
    return seller.path()


def take_and_pay(buyer: Sitter, listing: str) -> str:
    buyer.go(listing)
    buyer.press("Take it for ¥480.00")
    buyer.page.wait_for_url("**/checkout")
    deal = buyer.path().removesuffix("/checkout")
    buyer.press("On to the payment provider")
    buyer.page.wait_for_url("**/sandbox/pay/**")
    buyer.page.click("button[value=pay]")
    buyer.page.wait_for_load_state()
    buyer.served.house.settle()
    return deal


def says(sitter: Sitter, words: str) -> None:
    sitter.page.locator("main").get_by_text(words).first.wait_for()


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_a_code_is_sold_opened_and_paid(*, javascript: bool, sit: NewSitter) -> None:
    mark = "a" if javascript else "b"
    secret = new_secret()
    seller = sit(f"lin-{mark}", javascript=javascript)
    buyer = sit(f"nora-{mark}", javascript=javascript, width=390)
    deal = take_and_pay(buyer, offer(seller, f"Card {mark}", "secret"))
    seller.go(deal)
    says(seller, "¥480.00 is held for you.")
    seller.press("Seal the code")
    seller.page.fill("[name=number]", secret)
    seller.page.locator("details[open] form button").click()
    says(seller, "Waiting for the buyer to open the code.")
    buyer.go(deal)
    buyer.press("Open the code")
    buyer.press("Open it now")
    says(buyer, secret)
    buyer.press("Back to the deal")
    buyer.press("Confirm: all is well")
    buyer.press("Yes, pay the seller")
    says(buyer, "¥480.00 went to the seller.")
    seller.go("/wallet")
    says(seller, "¥475.20")
    assert seller.faults == buyer.faults == []


def test_goods_change_hands_in_person_by_the_buyers_code(sit: NewSitter) -> None:
    seller, buyer = sit("lin-c"), sit("nora-c", width=390, javascript=False)
    deal = take_and_pay(buyer, offer(seller, "Lamp", "meeting"))
    buyer.go(deal)
    buyer.press("Show the code for the meeting")
    code = buyer.page.locator(".code-big").inner_text()
    seller.go(deal)
    seller.press("Enter the buyer's code")
    seller.page.fill("[name=code]", code)
    seller.page.locator("details[open] form button").click()
    says(seller, "The buyer is looking at the goods.")


def test_an_open_page_changes_by_itself_when_the_other_side_acts(sit: NewSitter) -> None:
    seller, buyer = sit("lin-d"), sit("nora-d")
    deal = take_and_pay(buyer, offer(seller, "Card d", "secret"))
    buyer.go(deal)
    says(buyer, "Waiting for the seller to seal the code.")
    seller.go(deal)
    seller.page.fill("[name=text]", "One moment, please.")
    seller.press("Send")
    says(buyer, "One moment, please.")
    seller.press("Seal the code")
    seller.page.fill("[name=number]", new_secret())
    seller.page.locator("details[open] form button").click()
    says(buyer, "Your turn: open the code.")
    assert seller.faults == buyer.faults == []


def test_a_change_does_not_wipe_what_somebody_is_typing(sit: NewSitter) -> None:
    seller, buyer = sit("lin-e"), sit("nora-e")
    deal = take_and_pay(buyer, offer(seller, "Card e", "secret"))
    seller.go(deal)
    seller.press("Seal the code")
    seller.page.fill("[name=number]", "half a nu")
    buyer.go(deal)
    buyer.page.locator("summary", has_text="More").click()
    buyer.press("Cancel the deal")
    buyer.press("Yes, cancel the deal")
    says(seller, "This deal has just changed.")
    assert seller.page.input_value("[name=number]") == "half a nu"


def test_an_unpaid_order_is_told_to_the_seller_in_chinese(sit: NewSitter) -> None:
    seller, buyer = sit("lin-f", language="zh-CN", width=390), sit("nora-f")
    seller.go("/sell?lang=en")
    listing = offer(seller, "Card f", "secret")
    buyer.go(listing)
    buyer.press("Take it for ¥480.00")
    buyer.page.wait_for_url("**/checkout")
    seller.go(f"{buyer.path().removesuffix('/checkout')}?lang=zh")
    assert seller.page.locator("h1").inner_text().startswith("未付款，请勿发货。")
