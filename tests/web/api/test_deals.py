"""Deals over the API, from taking an offer to the money's end."""

from fairhold.house import House
from fairhold.web.words import say
from tests.web.api.conftest import CARD, Caller, Market


def test_a_deal_goes_from_a_listing_to_released_money(market: Market) -> None:
    done = market.completed()
    assert done["order"]["phase"] == "completed"
    assert done["money"]["phase"] == "released"
    wallet = market.seller.got("/wallet")
    assert wallet["available"] == [{"amount": 44_550, "currency": "CNY"}]


def test_next_actions_says_who_may_do_what_until_when_and_what_silence_does(
    market: Market,
) -> None:
    deal = market.sealed()
    for_buyer = market.buyer.got(f"/deals/{deal['id']}")["next_actions"]
    assert for_buyer["role"] == "buyer"
    assert for_buyer["your_turn"]
    assert [move["name"] for move in for_buyer["moves"]] == ["open", "cancel"]
    assert for_buyer["moves"][0]["href"] == f"/v1/deals/{deal['id']}/open"
    assert for_buyer["deadline"]["outcome"] == "release_unopened"
    assert for_buyer["deadline"]["benefits"] == "seller"
    for_seller = market.seller.got(f"/deals/{deal['id']}")["next_actions"]
    assert not for_seller["your_turn"]


def test_every_move_on_offer_has_an_operation_behind_it(market: Market) -> None:
    deal = market.sealed()
    actions = market.buyer.got(f"/deals/{deal['id']}")["next_actions"]
    paths = market.buyer.got("/openapi.json")["paths"]
    for move in actions["moves"]:
        assert move["href"].replace(deal["id"], "{deal}") in paths


def test_the_buyer_alone_sees_the_secret_and_only_by_opening_it(market: Market) -> None:
    deal = market.sealed()
    assert CARD["password"] not in market.buyer.get(f"/deals/{deal['id']}").text
    refused = market.seller.post(f"/deals/{deal['id']}/open")
    assert refused.status_code == 403
    assert refused.json()["code"] == "deal.not_for_your_role"
    answer = market.buyer.post(f"/deals/{deal['id']}/open")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["opened_secret"]["password"] == CARD["password"]
    for caller in (market.buyer, market.seller):
        assert CARD["password"] not in caller.get(f"/deals/{deal['id']}").text


def test_reading_again_shows_the_secret_and_the_time_of_the_first_opening(market: Market) -> None:
    deal = market.opened()
    again = market.buyer.made(f"/deals/{deal['id']}/read_again")
    assert again["opened_secret"]["number"] == CARD["number"]
    assert again["secret"]["opened_at"] == deal["secret"]["opened_at"]
    assert again["secret"]["reads"] == 1


def test_a_rehearsal_answers_like_the_move_and_changes_nothing(market: Market) -> None:
    deal = market.paid()
    path = f"/deals/{deal['id']}"
    rehearsed = market.seller.made(f"{path}/seal?dry_run=1", CARD)
    assert rehearsed["dry_run"]
    assert rehearsed["secret"]["phase"] == "sealed"
    assert market.seller.got(path)["secret"]["phase"] == "awaited"
    assert market.seller.got(path)["version"] == deal["version"]


def test_a_rehearsed_opening_shows_no_secret(market: Market) -> None:
    deal = market.sealed()
    rehearsed = market.buyer.made(f"/deals/{deal['id']}/open?dry_run=true")
    assert rehearsed["opened_secret"] is None
    assert market.buyer.got(f"/deals/{deal['id']}")["secret"]["phase"] == "sealed"


def test_a_rehearsed_offer_is_nowhere_to_be_found(market: Market) -> None:
    body = {"title": "x", "price": {"amount": 1, "currency": "CNY"}, "delivery": "meeting"}
    rehearsed = market.seller.made("/listings?dry_run=1", body)
    assert market.seller.get(f"/listings/{rehearsed['id']}").status_code == 404


def test_a_move_out_of_turn_says_what_is_possible_instead(market: Market) -> None:
    deal = market.placed()
    refused = market.buyer.post(f"/deals/{deal['id']}/open")
    assert refused.status_code == 409
    assert refused.headers["content-type"] == "application/problem+json"
    problem = refused.json()
    assert problem["code"] == "secret.not_paid"
    assert [move["name"] for move in problem["allowed_actions"]["moves"]] == ["cancel"]


def test_a_deal_is_a_stranger_to_strangers(market: Market, stranger: Caller) -> None:
    deal = market.paid()
    for path in ("", "/events", "/meeting_code"):
        answer = stranger.get(f"/deals/{deal['id']}{path}")
        assert answer.status_code == 404
        assert "45000" not in answer.text
    assert stranger.post(f"/deals/{deal['id']}/cancel").status_code == 404
    assert stranger.post(f"/deals/{deal['id']}/checkout").status_code == 404
    assert stranger.got("/deals")["data"] == []


def test_taking_an_old_version_tells_the_new_one(market: Market) -> None:
    listing = market.listing()
    body = {"title": "Dearer", "price": {"amount": 2, "currency": "CNY"}, "delivery": "secret"}
    market.seller.made(f"/listings/{listing['id']}/revise", body)
    refused = market.buyer.post("/deals", {"listing": listing["id"], "version": 1})
    assert refused.status_code == 409
    assert refused.json()["code"] == "listing.changed"
    assert refused.json()["values"] == {"version": 2}


def test_an_older_version_of_a_listing_stays_readable(market: Market) -> None:
    listing = market.listing()
    body = {"title": "Dearer", "price": {"amount": 2, "currency": "CNY"}, "delivery": "secret"}
    market.seller.made(f"/listings/{listing['id']}/revise", body)
    old = market.buyer.got(f"/listings/{listing['id']}", version=1)
    assert (old["title"], old["price"]["amount"]) == (listing["title"], 45_000)
    assert (old["version"], old["newest_version"]) == (1, 2)
    assert market.buyer.get(f"/listings/{listing['id']}").json()["title"] == "Dearer"
    assert market.buyer.get(f"/listings/{listing['id']}", version=3).status_code == 404


def test_the_timeline_is_the_record_newest_first(market: Market) -> None:
    deal = market.buyer.got(f"/deals/{market.completed()['id']}")
    page = market.buyer.got(f"/deals/{deal['id']}/events", limit=100)
    versions = [event["version"] for event in page["data"]]
    assert versions == list(range(deal["version"], 0, -1))
    assert page["data"][-1]["type"] == "order.placed"
    placed = page["data"][-1]
    assert placed["by"] == market.buyer.id
    recorded = market.buyer.got(f"/record/events/{placed['id']}")
    assert recorded["type"] == "order.placed"


def test_a_timeline_is_read_page_by_page(market: Market) -> None:
    deal = market.completed()
    path = f"/deals/{deal['id']}/events"
    whole = [event["id"] for event in market.buyer.got(path, limit=100)["data"]]
    first = market.buyer.got(path, limit=2)
    second = market.buyer.got(path, limit=2, starting_after=first["data"][-1]["id"])
    assert [event["id"] for event in (*first["data"], *second["data"])] == whole[:4]
    assert first["has_more"]
    back = market.buyer.got(path, limit=2, ending_before=second["data"][0]["id"])
    assert back["data"] == first["data"]
    assert not back["has_more"]


def test_goods_in_person_change_hands_by_a_code(market: Market) -> None:
    deal = market.paid("meeting")
    path = f"/deals/{deal['id']}"
    assert market.seller.get(f"{path}/meeting_code").status_code == 404
    code = market.buyer.got(f"{path}/meeting_code")["code"]
    wrong = market.seller.made(f"{path}/present_code", {"code": "not it"})
    assert wrong["meeting"] == {"phase": "arranged", "mistakes": 1}
    right = market.seller.made(f"{path}/present_code", {"code": code})
    assert right["meeting"]["phase"] == "met"
    assert right["order"]["phase"] == "fulfilled"


def test_a_parcel_is_followed_by_the_carriers_scans(market: Market, house: House) -> None:
    deal = market.paid("parcel")
    path = f"/deals/{deal['id']}"
    booked = market.seller.made(f"{path}/book_parcel")
    for kind, phase in (("accepted", "handed_over"), ("delivered", "delivered")):
        body = {"tracking": booked["parcel"]["tracking"], "kind": kind}
        assert market.seller.made("/sandbox/scans", body)["object"] == "scan"
        house.settle()
        assert market.buyer.got(path)["parcel"]["phase"] == phase


def test_a_case_freezes_the_money_and_an_operator_decides_it(
    market: Market, operator: Caller
) -> None:
    deal = market.opened()
    path = f"/deals/{deal['id']}"
    claim = {"claim": "code_already_used", "amount": 20_000, "text": "The balance was zero."}
    opened = market.buyer.made(f"{path}/open_case", claim)
    assert opened["money"]["phase"] == "frozen"
    assert opened["case"] == {
        "phase": "opened",
        "claim": "code_already_used",
        "asked": {"amount": 20_000, "currency": "CNY"},
    }
    refused = market.buyer.post(f"{path}/confirm")
    assert refused.status_code == 409
    market.seller.made(f"{path}/contest_claim", {"text": "It was fine."})
    assert market.buyer.post(f"{path}/decide_case", {"amount": 1, "text": "me"}).status_code == 403
    decided = operator.made(f"{path}/decide_case", {"amount": 20_000, "text": "Half each."})
    assert decided["money"]["phase"] == "split"
    assert decided["money"]["refunded"] == 20_000


def test_deals_are_listed_newest_first_and_stably(market: Market, house: House) -> None:
    made = []
    for _ in range(3):
        house.clock.advance(1_000)  # type: ignore[attr-defined]
        made.append(market.placed()["id"])
    page = market.buyer.got("/deals", limit=2)
    assert [deal["id"] for deal in page["data"]] == made[:0:-1]
    assert page["has_more"]
    house.clock.advance(1_000)  # type: ignore[attr-defined]
    market.placed()
    rest = market.buyer.got("/deals", limit=2, starting_after=page["data"][-1]["id"])
    assert [deal["id"] for deal in rest["data"]] == made[:1]
    assert not rest["has_more"]


def test_open_deals_leave_out_those_that_ended(market: Market, house: House) -> None:
    market.completed()
    running = market.placed()
    house.settle()
    open_ = market.buyer.got("/deals", open=1)["data"]
    assert [deal["id"] for deal in open_] == [running["id"]]


def test_words_come_in_the_callers_language(market: Market) -> None:
    deal = market.placed()
    english = market.buyer.got(f"/deals/{deal['id']}")["next_actions"]["moves"][0]["label"]
    answer = market.buyer.client.get(
        f"/v1/deals/{deal['id']}", headers={**market.buyer.headers, "Accept-Language": "zh-CN"}
    )
    chinese = answer.json()["next_actions"]["moves"][0]["label"]
    assert english == "Cancel the deal"
    assert chinese == say("zh", "Cancel the deal")
