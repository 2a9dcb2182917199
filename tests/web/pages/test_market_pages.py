"""The market, selling, pictures, the wallet and the sandbox as people use them."""

import re

import pytest

from fairhold.house import House
from tests.web.conftest import NewClient, post_form
from tests.web.pages.walk import Person, forms_on, number_of, offer, pay, photo, take, text_of


def test_an_empty_market_says_so_and_what_to_do(new_client: NewClient) -> None:
    page = new_client().get("/", headers={"accept-language": "zh-CN,zh;q=0.9"})
    assert "这里暂时没有商品。" in text_of(page)
    assert '<html lang="zh-CN">' in page.text


def test_a_card_on_the_market_shows_title_price_delivery_and_who_is_about_to_pay(
    seller: Person, buyer: Person
) -> None:
    listing = offer(seller, stock="2")
    take(buyer, listing)
    page = buyer.see("/")
    assert listing in page.text
    text = text_of(page)
    for words in ("Game card 500", "¥480.00", "Card or code", "1 about to pay"):
        assert words in text


def test_categories_narrow_the_market(seller: Person) -> None:
    listing = offer(seller)
    assert listing in seller.see("/?category=cards").text
    assert listing not in seller.see("/?category=books").text
    assert listing in seller.see("/?category=nonsense").text


def test_what_is_sold_is_no_longer_on_the_market(seller: Person, buyer: Person) -> None:
    listing = offer(seller)
    pay(buyer, take(buyer, listing))
    assert listing not in buyer.see("/").text
    assert "This is sold." in text_of(buyer.see(listing))


def test_a_picture_goes_through_the_form_and_comes_back_clean(seller: Person) -> None:
    files = {"pictures": ("lipstick.jpg", photo(), "image/jpeg")}
    fields = {"title": "Lipstick", "price": "185", "currency": "CNY", "delivery": "parcel"}
    answer = seller.send("/sell", "/sell", fields, files)
    page = seller.see(answer.headers["location"])
    found = re.search(r'src="(/pictures/pic_\w+)"', page.text)
    assert found is not None
    for address in (found.group(1), f"{found.group(1)}?size=small"):
        picture = seller.client.get(address)
        assert picture.status_code == 200
        assert picture.headers["content-type"] == "image/webp"
        assert "immutable" in picture.headers["cache-control"]
        assert picture.content[8:12] == b"WEBP"


def test_a_file_that_is_no_picture_is_refused_and_nothing_typed_is_lost(seller: Person) -> None:
    files = {"pictures": ("evil.jpg", b"<script>alert(1)</script>", "image/jpeg")}
    fields = {"title": "Lipstick", "price": "185", "currency": "CNY", "delivery": "meeting"}
    answer = seller.send("/sell", "/sell", fields, files)
    assert answer.status_code == 422
    assert "This file is not a picture that can be shown." in text_of(answer)
    assert 'value="Lipstick"' in answer.text
    assert re.search(r'value="meeting"\s+checked', answer.text)


def test_pictures_that_arrived_survive_a_refused_form(seller: Person) -> None:
    files = {"pictures": ("a.png", photo(form="PNG"), "image/png")}
    fields = {"title": "Lipstick", "price": "a lot", "currency": "CNY", "delivery": "parcel"}
    answer = seller.send("/sell", "/sell", fields, files)
    assert answer.status_code == 422
    hidden = forms_on(answer)["/sell"]
    assert hidden["kept"].startswith("pic_")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("title", " ", "The title is missing."),
        ("title", "x" * 90, "The title is too long."),
        ("description", "x" * 5000, "The description is too long."),
        ("price", "-5", "The price has to be more than nothing"),
        ("price", "0", "The price has to be more than nothing"),
        ("price", "1.234", "The price has to be more than nothing"),
        ("price", "9" * 40, "The price has to be more than nothing"),
        ("price", "NaN", "The price has to be more than nothing"),
        ("currency", "XXX", "This currency is not supported."),
        ("category", "weapons", "Choose one of the categories."),
        ("delivery", "pigeon", "Choose how it changes hands."),
        ("stock", "0", "You can offer between"),
        ("stock", "99999999999", "You can offer between"),
        ("stock", "two", "You can offer between"),
    ],
)
def test_a_wrong_field_is_named_in_words(
    field: str, value: str, words: str, seller: Person
) -> None:
    fields = {
        "title": "Lamp",
        "price": "75",
        "currency": "CNY",
        "delivery": "parcel",
        "category": "home",
        "stock": "1",
        field: value,
    }
    answer = seller.send("/sell", "/sell", fields)
    assert 400 <= answer.status_code < 500
    assert words in text_of(answer)


def test_a_version_that_changed_under_the_buyer_is_shown_again(
    seller: Person, buyer: Person
) -> None:
    listing = offer(seller)
    seen = forms_on(buyer.see(listing))[f"{listing}/take"]
    changed = {"title": "Card", "price": "490", "currency": "CNY", "delivery": "secret"}
    seller.send(f"{listing}/edit", f"{listing}/edit", changed)
    answer = buyer.client.post(
        f"{listing}/take", data=seen, headers={"origin": "http://fairhold.test"}
    )
    assert answer.status_code == 409
    assert "The seller has changed this listing since you saw it." in text_of(answer)
    assert "¥490.00" in text_of(answer)


def test_nobody_changes_the_listing_of_another(seller: Person, buyer: Person) -> None:
    listing = offer(seller)
    assert buyer.see(f"{listing}/edit").status_code == 404
    token = forms_on(buyer.see(listing))[f"{listing}/take"]
    answer = buyer.client.post(
        f"{listing}/delist", data=token, headers={"origin": "http://fairhold.test"}
    )
    assert answer.status_code == 404


def test_where_a_buyer_came_from_is_on_record(seller: Person, buyer: Person, house: House) -> None:
    listing = offer(seller)
    hidden = forms_on(buyer.see(f"{listing}?from=other-market.example"))[f"{listing}/take"]
    answer = buyer.client.post(
        f"{listing}/take", data=hidden, headers={"origin": "http://fairhold.test"}
    )
    deal = answer.headers["location"].removesuffix("/checkout")
    (_, placed), *_ = house.engine.history(number_of(deal))
    assert getattr(placed, "came_from", "") == "other-market.example"
    assert "other-market.example" in text_of(seller.see(deal))


# -- talking --------------------------------------------------------------------------------------


def test_the_two_sides_of_a_deal_talk_and_each_sees_what_was_read(
    seller: Person, buyer: Person
) -> None:
    deal = take(buyer, offer(seller))
    buyer.send(deal, f"{deal}/messages", {"text": "Is it <b>unused</b>?"})
    page = seller.see(deal)
    assert "Is it &lt;b&gt;unused&lt;/b&gt;?" in page.text
    seller.house.settle()
    assert " read " in text_of(buyer.see(deal))


def test_a_lure_to_confirm_early_warns_the_buyer_at_the_message(
    seller: Person, buyer: Person
) -> None:
    deal = take(buyer, offer(seller))
    pay(buyer, deal)
    seller.send(deal, f"{deal}/messages", {"text": "Please confirm receipt first."})
    assert "You are asked to confirm before delivery." in text_of(buyer.see(deal))
    assert "You are asked to confirm before delivery." not in text_of(seller.see(deal))


def test_a_code_typed_into_chat_never_leaves(seller: Person, buyer: Person) -> None:
    deal = take(buyer, offer(seller))
    words = {"text": "card number 6222 0011 2233 4455, password 998877"}
    answer = seller.send(deal, f"{deal}/messages", words)
    assert answer.status_code == 422
    assert "Your message was stopped before it left" in text_of(answer)
    assert "6222" not in buyer.see(deal).text


def test_a_message_that_is_taken_back_leaves_its_trace(seller: Person, buyer: Person) -> None:
    deal = take(buyer, offer(seller))
    buyer.send(deal, f"{deal}/messages", {"text": "Forget this."})
    buyer.send(deal, f"{deal}/messages/1/recall")
    page = seller.see(deal)
    assert "Forget this." not in page.text
    assert "This message was taken back. The record keeps it." in text_of(page)


def test_somebody_asks_about_a_listing_before_buying(
    seller: Person, buyer: Person, house: House, new_client: NewClient
) -> None:
    listing = offer(seller)
    talk = buyer.send(listing, f"{listing}/ask").headers["location"]
    buyer.send(talk, f"{talk}/messages", {"text": "Does it still work?"})
    assert "1 new" in text_of(seller.see("/talks"))
    assert "Does it still work?" in text_of(seller.see(talk))
    stranger = Person(new_client(), house, "mallory")
    assert stranger.see(talk).status_code == 404
    assert stranger.see(f"{talk}/live").status_code == 404


# -- money and tools ------------------------------------------------------------------------------


def earn(seller: Person, buyer: Person) -> None:
    deal = take(buyer, offer(seller))
    pay(buyer, deal)
    seller.move(deal, "seal", number="QX77-4410-2288-9913")
    buyer.move(deal, "open")
    buyer.move(deal, "confirm")


def test_money_is_paid_out_once_however_often_the_form_is_sent(
    seller: Person, buyer: Person
) -> None:
    earn(seller, buyer)
    hidden = forms_on(seller.see("/wallet"))["/wallet/payout"]
    for _ in range(2):
        seller.client.post(
            "/wallet/payout",
            data={**hidden, "amount": "100"},
            headers={"origin": "http://fairhold.test"},
        )
    assert "¥375.20" in text_of(seller.see("/wallet"))


def test_more_than_there_is_cannot_be_paid_out(seller: Person, buyer: Person) -> None:
    earn(seller, buyer)
    answer = seller.send("/wallet", "/wallet/payout", {"amount": "1000"})
    assert answer.status_code == 409
    assert "There is not that much: you have ¥475.20." in text_of(answer)
    assert 'value="1000"' in answer.text


def test_a_deposit_is_set_aside_and_taken_back(seller: Person, buyer: Person) -> None:
    earn(seller, buyer)
    seller.send("/wallet", "/wallet/lock", {"amount": "75.20"})
    assert "Deposit ¥75.20" in text_of(seller.see("/wallet"))
    seller.send("/wallet", "/wallet/unlock", {"amount": "75.20"})
    assert "Deposit ¥0.00" in text_of(seller.see("/wallet"))


def test_the_sandbox_scans_parcels_and_lets_time_pass(seller: Person, buyer: Person) -> None:
    deal = take(buyer, offer(seller, "parcel"))
    pay(buyer, deal)
    seller.move(deal, "book_parcel")
    found = re.search(r"/sandbox\?tracking=(\w+)", seller.see(deal).text)
    assert found is not None
    for kind in ("accepted", "delivered"):
        seller.send("/sandbox", "/sandbox/scan", {"tracking": found.group(1), "kind": kind})
    assert "Your turn: look at the goods." in text_of(buyer.see(deal))
    seller.send("/sandbox", "/sandbox/clock", {"by": "3d"})
    assert "is yours. The deal is completed." in text_of(seller.see(deal))
    answer = seller.send("/sandbox", "/sandbox/scan", {"tracking": "nope", "kind": "delivered"})
    assert "No parcel of this deal has that number." in text_of(answer)


def test_the_operators_page_is_for_operators(buyer: Person, new_client: NewClient) -> None:
    assert buyer.see("/operator").status_code == 403
    assert new_client().get("/operator").status_code == 303


# -- the frame ------------------------------------------------------------------------------------


def test_the_language_that_was_chosen_stays(new_client: NewClient) -> None:
    client = new_client()
    assert "集市" in client.get("/?lang=zh").text
    assert "集市" in client.get("/").text
    assert "Market" in client.get("/?lang=en").text


def test_no_page_holds_a_script_or_a_style_of_its_own(seller: Person, buyer: Person) -> None:
    deal = take(buyer, offer(seller))
    for path in ("/", "/sell", "/deals", "/wallet", "/sandbox", deal, f"{deal}/checkout"):
        page = buyer.see(path)
        assert not re.search(
            r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|javascript:", page.text
        )


def test_every_static_file_of_a_page_is_there_and_kept_for_ever(new_client: NewClient) -> None:
    client = new_client()
    for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', client.get("/").text):
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["cache-control"]


def test_nobody_moves_the_sandbox_without_being_signed_in(new_client: NewClient) -> None:
    visitor = new_client()
    assert visitor.get("/sandbox").status_code == 303
    before = visitor.app.state.services.desk.engine.now()
    for path, fields in (
        ("/sandbox/clock", {"by": "1d"}),
        ("/sandbox/scan", {"tracking": "SX1", "kind": "lost"}),
    ):
        answer = post_form(visitor, path, **fields)
        assert answer.status_code in {303, 401}
        assert "/sandbox?" not in answer.headers.get("location", "")
    assert visitor.app.state.services.desk.engine.now() == before


def test_each_reads_only_ones_own_mails(seller: Person, buyer: Person, house: House) -> None:
    house.mail.send("lin@example.com", "For Lin alone", "text", "m1")
    house.mail.send("nora@example.com", "For Nora alone", "text", "m2")
    assert "For Lin alone" in seller.see("/sandbox").text
    assert "For Nora alone" not in seller.see("/sandbox").text
    assert "For Nora alone" in buyer.see("/sandbox").text
