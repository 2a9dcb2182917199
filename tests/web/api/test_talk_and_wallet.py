"""Conversations, wallets, keys, listings and pictures over the API."""

import io

from PIL import Image

from fairhold.house import House
from fairhold.web.services import Services
from tests.web.api.conftest import Caller, Enter, Market


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(out, "PNG")
    return out.getvalue()


def upload(caller: Caller, key: str = "pic") -> str:
    headers = {**caller.headers, "Idempotency-Key": key, "Content-Type": "image/png"}
    answer = caller.client.post("/v1/pictures", content=_picture(), headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_a_buyer_asks_and_the_seller_answers(market: Market, house: House) -> None:
    listing = market.listing()
    talk = market.buyer.made(f"/listings/{listing['id']}/conversations")
    assert market.buyer.made(f"/listings/{listing['id']}/conversations")["id"] == talk["id"]
    path = f"/conversations/{talk['id']}/messages"
    market.buyer.made(path, {"text": "Is it still there?"})
    market.seller.made(path, {"text": "It is."})
    house.settle()
    page = market.buyer.got(path)
    assert [message["text"] for message in page["data"]] == ["It is.", "Is it still there?"]
    assert market.seller.got("/conversations")["data"][0]["unread"] == 2
    read = market.seller.made(f"/conversations/{talk['id']}/read", {"number": 2})
    assert read["unread"] == 0


def test_a_recalled_message_is_gone_from_sight(market: Market, house: House) -> None:
    deal = market.placed()
    path = f"/conversations/{deal['conversation']}"
    said = market.buyer.made(f"{path}/messages", {"text": "Oops"})
    market.buyer.made(f"{path}/recall", {"number": said["number"]})
    house.settle()
    shown = market.seller.got(f"{path}/messages")["data"][0]
    assert (shown["recalled"], shown["text"]) == (True, None)
    refused = market.seller.post(f"{path}/recall", {"number": said["number"]})
    assert refused.status_code == 404


def test_messages_are_read_page_by_page(market: Market, house: House) -> None:
    deal = market.placed()
    path = f"/conversations/{deal['conversation']}/messages"
    for number in range(3):
        market.buyer.made(path, {"text": f"message {number}"})
    house.settle()
    first = market.buyer.got(path, limit=2)
    rest = market.buyer.got(path, limit=2, starting_after=first["data"][-1]["id"])
    texts = [message["text"] for message in (*first["data"], *rest["data"])]
    assert texts == ["message 2", "message 1", "message 0"]
    assert first["has_more"]
    assert not rest["has_more"]


def test_a_code_typed_into_chat_does_not_leave(market: Market, house: House) -> None:
    deal = market.placed()
    path = f"/conversations/{deal['conversation']}/messages"
    answer = market.seller.post(path, {"text": "card number 6222 0000 1234 5678 password ab12cd"})
    assert answer.status_code == 422
    assert answer.json()["code"] == "conversation.secret_stopped"
    house.settle()
    assert market.buyer.got(path)["data"] == []


def test_a_conversation_is_a_stranger_to_strangers(
    market: Market, stranger: Caller, operator: Caller
) -> None:
    deal = market.placed()
    path = f"/conversations/{deal['conversation']}/messages"
    assert stranger.get(path).status_code == 404
    assert stranger.post(path, {"text": "Hello"}).status_code == 404
    assert operator.get(path).status_code == 403


def test_an_officer_reads_what_was_said_once_there_is_a_case_and_not_before(
    market: Market, house: House, operator: Caller, services: Services
) -> None:
    deal = market.opened()
    path = f"/conversations/{deal['conversation']}/messages"
    market.seller.made(path, {"text": "Only for your eyes."})
    house.settle()
    issued = services.keeper.api_keys.issue(
        operator.account, "reader", frozenset({"operator", "messages:write"})
    )
    officer = Caller(operator.client, "officer", issued.secret, operator.id)  # type: ignore[union-attr]
    refused = officer.get(path)
    assert (refused.status_code, refused.json()["code"]) == (404, "conversation.not_yours")
    claim = {"claim": "code_already_used"}
    market.buyer.made(f"/deals/{deal['id']}/open_case", claim)
    assert officer.got(path)["data"][0]["text"] == "Only for your eyes."


def test_the_conversation_that_a_new_deal_names_is_there(market: Market) -> None:
    listing = market.listing()
    deal = market.buyer.made("/deals", {"listing": listing["id"], "version": 1})
    path = f"/conversations/{deal['conversation']}/messages"
    assert market.buyer.get(path).status_code == 200
    assert market.buyer.post(path, {"text": "Hello"}).status_code == 201
    market.house.settle()
    assert market.seller.got(path)["data"][0]["text"] == "Hello"


def test_a_rehearsed_deal_begins_no_conversation(market: Market) -> None:
    listing = market.listing()
    before = market.house.store.log_head(0)
    market.buyer.made("/deals?dry_run=1", {"listing": listing["id"], "version": 1})
    assert market.house.store.log_head(0) == before


def test_money_is_paid_out_and_set_aside(market: Market, house: House) -> None:
    market.completed()
    locked = market.seller.made("/wallet/deposit/lock", {"amount": 10_000, "currency": "CNY"})
    assert locked["deposit"] == [{"amount": 10_000, "currency": "CNY"}]
    rehearsed = market.seller.made("/wallet/payouts?dry_run=1", {"amount": 1, "currency": "CNY"})
    assert rehearsed["available"] == [{"amount": 34_549, "currency": "CNY"}]
    out = market.seller.made("/wallet/payouts", {"amount": 34_550, "currency": "CNY"})
    assert out["pending_payouts"][0]["amount"] == {"amount": 34_550, "currency": "CNY"}
    house.advance(10_000)
    assert market.seller.got("/wallet")["pending_payouts"] == []
    back = market.seller.made("/wallet/deposit/unlock", {"amount": 10_000, "currency": "CNY"})
    assert back["available"] == [{"amount": 10_000, "currency": "CNY"}]


def test_a_guarantee_stays_while_a_deal_is_open(market: Market) -> None:
    market.completed()
    body = {"amount": 10_000, "currency": "CNY"}
    market.seller.made("/wallet/deposit/lock", body)
    market.placed()
    refused = market.seller.post("/wallet/deposit/unlock", body)
    assert refused.json()["code"] == "wallet.deposit_is_needed"


def test_a_listing_shows_its_pictures_cleaned(market: Market) -> None:
    name = upload(market.seller)
    listing = market.listing(pictures=[name])
    assert listing["pictures"] == [name]
    for size in ("full", "small"):
        shown = market.buyer.get(f"/pictures/{name}", size=size)
        assert shown.headers["content-type"] == "image/webp"
        assert Image.open(io.BytesIO(shown.content)).size == (64, 48)


def test_nobody_shows_anothers_picture_as_their_own(market: Market, stranger: Caller) -> None:
    name = upload(stranger)
    body = {
        "title": "Book",
        "price": {"amount": 1, "currency": "CNY"},
        "delivery": "meeting",
        "pictures": [name],
    }
    refused = market.seller.post("/listings", body)
    assert (refused.status_code, refused.json()["code"]) == (404, "picture.unknown")


def test_a_listing_leaves_the_market_and_comes_back(market: Market, house: House) -> None:
    listing = market.listing()
    path = f"/listings/{listing['id']}"
    for move, status, shown in (("delist", "withdrawn", []), ("relist", "open", [listing["id"]])):
        assert market.seller.made(f"{path}/{move}")["status"] == status
        house.settle()
        assert [row["id"] for row in market.buyer.got("/listings")["data"]] == shown
        assert market.seller.got("/listings", mine=1)["data"][0]["id"] == listing["id"]
    assert market.buyer.post(f"{path}/delist").status_code == 404


def test_the_market_has_corners(market: Market) -> None:
    listing = market.listing()
    assert market.buyer.got("/listings", category="cards")["data"][0]["id"] == listing["id"]
    assert market.buyer.got("/listings", category="books")["data"] == []


def test_keys_are_made_listed_and_revoked(seller: Caller, enter: Enter) -> None:
    made = seller.made("/api_keys", {"name": "reader", "scopes": ["deals:read"]})
    reader = Caller(seller.client, "reader", made["secret"], seller.id)
    assert reader.got("/me")["scopes"] == ["deals:read"]
    refused = reader.post("/listings", {})
    assert (refused.status_code, refused.json()["code"]) == (403, "request.scope_missing")
    shown = {key["id"]: key for key in seller.got("/api_keys")["data"]}
    assert shown[made["id"]]["secret"] is None
    assert enter("other").delete(f"/api_keys/{made['id']}").status_code == 404
    assert seller.delete(f"/api_keys/{made['id']}").status_code == 204
    assert reader.get("/me").status_code == 401


def test_a_key_makes_no_key_that_may_do_more(seller: Caller) -> None:
    scopes = ["deals:read", "keys:write"]
    made = seller.made("/api_keys", {"name": "reader", "scopes": scopes})
    reader = Caller(seller.client, "reader", made["secret"], seller.id)
    wider = reader.post("/api_keys", {"name": "wider", "scopes": ["deals:write"]})
    assert (wider.status_code, wider.json()["code"]) == (403, "request.scope_missing")
    same = reader.made("/api_keys", {"name": "same"})
    assert same["scopes"] == scopes


def test_every_fault_of_a_sign_up_is_told_at_once(nobody: Caller) -> None:
    body = {"email": "admin@example.com", "handle": "admin", "password": "aaaaaaaaaaaa"}
    answer = nobody.post("/accounts", body)
    assert answer.status_code == 422
    assert sorted(fault["pointer"] for fault in answer.json()["errors"]) == ["/handle", "/password"]
