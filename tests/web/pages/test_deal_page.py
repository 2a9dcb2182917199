"""The order page: what each side reads and may press, at every station."""

import re

import pytest

from fairhold.domain.deal.actions import next_actions
from fairhold.domain.deal.state import Deal
from fairhold.engine.desk import trade
from fairhold.engine.kinds import DEAL
from fairhold.engine.outside import ScanKind
from fairhold.house import House
from fairhold.kernel.actor import Actor
from fairhold.kernel.ids import part_of
from fairhold.kernel.instant import DAY, MINUTE
from tests.web.conftest import NewClient
from tests.web.pages.walk import (
    Person,
    forms_on,
    number_of,
    offer,
    pay,
    take,
    text_of,
)

SECRET = "QX77-4410-2288-9913"


def moves_on(person: Person, deal: str) -> set[str]:
    prefix = f"{deal}/moves/"
    forms = forms_on(person.see(deal))
    return {action.removeprefix(prefix) for action in forms if action.startswith(prefix)}


def state_of(house: House, deal: str) -> Deal:
    state: Deal | None = house.engine.state(DEAL, number_of(deal))
    assert state is not None
    return state


def allowed(house: House, person: Person, deal: str) -> set[str]:
    return set(next_actions(state_of(house, deal), Actor(account=person.account)).moves)


def scan(house: House, deal: str, kind: ScanKind, *, back: bool = False) -> None:
    state = state_of(house, deal)
    house.carrier.scan(state.back.tracking if back else state.parcel.tracking, kind)
    house.settle()


def test_an_unpaid_order_tells_the_seller_to_send_nothing(seller: Person, buyer: Person) -> None:
    deal = take(buyer, offer(seller))
    assert "NOT PAID – SEND NOTHING." in text_of(seller.see(deal))
    assert "未付款，请勿发货。" in text_of(seller.see(f"{deal}?lang=zh"))
    assert "Nothing is paid yet. Your turn: pay." in text_of(buyer.see(f"{deal}?lang=en"))


def test_a_code_goes_from_seal_to_buyer_and_the_money_to_the_seller(
    seller: Person, buyer: Person, house: House
) -> None:
    deal = take(buyer, offer(seller))
    pay(buyer, deal)
    assert "¥480.00 is held for you. Your turn: seal the code." in text_of(seller.see(deal))
    assert seller.move(deal, "seal", number=SECRET).status_code == 303
    assert "Your ¥480.00 is held safely. Your turn: open the code." in text_of(buyer.see(deal))
    shown = buyer.move(deal, "open")
    assert SECRET in shown.text
    assert shown.headers["cache-control"] == "no-store"
    assert SECRET not in buyer.see(deal).text
    again = buyer.move(deal, "read_again")
    assert "First opened on 21 Nov, 18:00" in text_of(again)
    assert buyer.move(deal, "confirm").status_code == 303
    assert "¥475.20 is yours. The deal is completed." in text_of(seller.see(deal))
    assert "¥480.00 went to the seller." in text_of(buyer.see(deal))
    assert "¥475.20" in text_of(seller.see("/wallet"))


@pytest.mark.parametrize("delivery", ["secret", "parcel", "meeting"])
def test_the_buttons_are_the_moves_that_the_domain_allows(
    delivery: str, seller: Person, buyer: Person, house: House
) -> None:
    deal = take(buyer, offer(seller, delivery))
    for _ in range(2):
        for person in (seller, buyer):
            assert moves_on(person, deal) == allowed(house, person, deal)
        if state_of(house, deal).order.phase.value == "placed":
            pay(buyer, deal)


def test_both_sides_read_the_same_deadline_and_what_silence_does(
    seller: Person, buyer: Person
) -> None:
    deal = take(buyer, offer(seller, "parcel"))
    pay(buyer, deal)
    told = "Until 26 Nov, 18:00 ( 5 days ). If nothing happens by then, the buyer gets all the"
    for person, favour in ((buyer, "in your favour"), (seller, "in the buyer's favour")):
        text = text_of(person.see(deal))
        assert told in text
        assert favour in text


def test_a_parcel_that_is_refused_goes_back_and_is_inspected_before_any_refund(
    seller: Person, buyer: Person, house: House
) -> None:
    deal = take(buyer, offer(seller, "parcel"))
    pay(buyer, deal)
    seller.move(deal, "book_parcel")
    scan(house, deal, ScanKind.ACCEPTED)
    scan(house, deal, ScanKind.REFUSED)
    assert "The goods are on their way back." in text_of(buyer.see(deal))
    scan(house, deal, ScanKind.DELIVERED, back=True)
    text = text_of(seller.see(deal))
    assert "Your turn: look at what came back." in text
    assert moves_on(seller, deal) == {"accept_return", "dispute_return"}
    seller.move(deal, "dispute_return", text="This is another lipstick.")
    page = text_of(buyer.see(deal))
    assert "Your ¥480.00 is frozen. Your turn: answer the claim." in page
    assert "This is another lipstick." in page


def test_at_a_meeting_the_buyer_holds_the_code_and_only_the_buyer(
    seller: Person, buyer: Person, house: House
) -> None:
    deal = take(buyer, offer(seller, "meeting"))
    pay(buyer, deal)
    code = trade.meeting_code(house.desk, Actor(account=buyer.account), number_of(deal))
    assert isinstance(code, str)
    assert code in buyer.see(deal).text
    assert code not in seller.see(deal).text
    wrong = "000000" if code != "000000" else "111111"
    seller.move(deal, "present_code", code=wrong)
    assert "You entered a wrong code" in text_of(seller.see(deal))
    seller.move(deal, "present_code", code=code)
    assert "Your turn: look at the goods." in text_of(buyer.see(deal))


def test_a_case_reaches_the_officer_and_the_decision_both_sides(
    seller: Person, buyer: Person, house: House, new_client: NewClient
) -> None:
    officer = Person(new_client(), house, "chen")
    deal = take(buyer, offer(seller))
    pay(buyer, deal)
    buyer.send(deal, f"{deal}/messages", {"text": "Is it good at every till?"})
    seller.move(deal, "seal", number=SECRET)
    buyer.move(deal, "open")
    told = {"claim": "code_never_worked", "amount": "480", "text": "It is refused at the till."}
    assert buyer.move(deal, "open_case", **told).status_code == 303
    seller.move(deal, "contest_claim", text="It worked yesterday.")
    promote(house, officer)
    assert "Game card 500" in text_of(officer.see("/operator"))
    assert "Is it good at every till? nora" in text_of(officer.see(deal))
    decision = {"amount": "300.50", "text": "The till's record was not brought."}
    assert officer.move(deal, "decide_case", **decision).status_code == 303
    assert "¥300.50 came back to you, ¥179.50 went to the seller." in text_of(buyer.see(deal))
    assert "The till's record was not brought." in text_of(seller.see(deal))


def test_an_officer_reads_what_was_said_only_when_there_is_a_case(
    seller: Person, buyer: Person, house: House, new_client: NewClient
) -> None:
    officer = Person(new_client(), house, "chen")
    promote(house, officer)
    deal = take(buyer, offer(seller))
    buyer.send(deal, f"{deal}/messages", {"text": "Is it good at every till?"})
    assert "Is it good at every till?" not in officer.see(deal).text


def promote(house: House, person: Person) -> None:
    from fairhold.engine.desk import people  # noqa: PLC0415 — beside its only use
    from tests.web.conftest import sign_in  # noqa: PLC0415

    people.grant_operator(house.desk, person.account)
    sign_in(person.client, "chen")


def test_a_stranger_sees_nothing_of_a_deal(
    seller: Person, buyer: Person, house: House, new_client: NewClient
) -> None:
    deal = take(buyer, offer(seller))
    stranger = Person(new_client(), house, "mallory")
    for path in (deal, f"{deal}/checkout", f"{deal}/live", "/deals/deal_0000000000000", "/deals/x"):
        assert stranger.see(path).status_code == 404
    assert new_client().get(deal).headers["location"].startswith("/sign-in?next=")


def test_pressing_twice_does_nothing_twice(seller: Person, buyer: Person, house: House) -> None:
    listing = offer(seller, stock="5")
    fields = forms_on(buyer.see(listing))[f"{listing}/take"]
    first, second = (
        buyer.client.post(
            f"{listing}/take", data=fields, headers={"origin": "http://fairhold.test"}
        )
        for _ in range(2)
    )
    assert first.headers["location"] == second.headers["location"]


def test_a_refusal_shows_where_it_came_from_with_what_was_typed(
    seller: Person, buyer: Person
) -> None:
    deal = take(buyer, offer(seller))
    pay(buyer, deal)
    seller.move(deal, "seal", number=SECRET)
    buyer.move(deal, "open")
    answer = buyer.move(
        deal, "open_case", claim="code_never_worked", amount="900", text="The till refused it."
    )
    assert answer.status_code == 422
    assert "The amount has to be between nothing and ¥480.00." in text_of(answer)
    assert "The till refused it." in answer.text
    assert 'value="900"' in answer.text


def test_a_secret_that_was_refused_is_not_shown_again(seller: Person, buyer: Person) -> None:
    deal = take(buyer, offer(seller))
    answer = seller.move(deal, "seal", number=SECRET, password="x" * 300)
    assert "too long" in text_of(answer)
    assert SECRET not in answer.text


def test_a_stale_button_is_answered_in_words(seller: Person, buyer: Person, house: House) -> None:
    deal = take(buyer, offer(seller))
    fields = forms_on(seller.see(deal))[f"{deal}/moves/cancel"]
    house.advance(16 * MINUTE)
    answer = seller.client.post(
        f"{deal}/moves/cancel", data=fields, headers={"origin": "http://fairhold.test"}
    )
    assert answer.status_code == 409
    assert "the deal has moved on" in text_of(answer)


def test_an_order_that_is_never_paid_says_how_it_ended(
    seller: Person, buyer: Person, house: House
) -> None:
    deal = take(buyer, offer(seller))
    house.advance(16 * MINUTE)
    text = text_of(buyer.see(deal))
    assert "Nothing was paid. The deal is called off. It was not paid in time." in text


def test_every_entry_of_the_record_says_where_it_is_proven(
    seller: Person, buyer: Person, house: House
) -> None:
    deal = take(buyer, offer(seller))
    pay(buyer, deal)
    house.integrator.sign(house.engine.now())
    page = buyer.see(deal)
    number = number_of(deal)
    for row, _ in house.engine.history(number):
        assert f"{part_of(number)}-{row.seq}" in page.text
    proofs = re.findall(r'href="(/v1/record/proof/inclusion[^"]+)"', page.text)
    assert len(proofs) == len(house.engine.history(number))


def test_the_listing_as_bought_stays_readable_after_it_is_gone(
    seller: Person, buyer: Person
) -> None:
    listing = offer(seller)
    deal = take(buyer, listing)
    seller.send(
        f"{listing}/edit",
        f"{listing}/edit",
        {
            "title": "Something else",
            "price": "1",
            "currency": "CNY",
            "delivery": "secret",
        },
    )
    seller.send(listing, f"{listing}/delist")
    page = text_of(buyer.see(deal))
    assert "Game card 500" in page
    assert "Never used." in page
    assert "Something else" not in page


def test_confirming_early_cannot_be_pressed_or_sent(seller: Person, buyer: Person) -> None:
    deal = take(buyer, offer(seller))
    pay(buyer, deal)
    fields = forms_on(buyer.see(deal))[f"{deal}/moves/cancel"]
    answer = buyer.client.post(
        f"{deal}/moves/confirm", data=fields, headers={"origin": "http://fairhold.test"}
    )
    assert answer.status_code == 409
    assert "You cannot confirm yet: delivery is not on record." in text_of(answer)


def test_the_list_has_what_is_yours_to_do_first(
    seller: Person, buyer: Person, house: House
) -> None:
    waiting = take(buyer, offer(seller, title="Waiting thing"))
    pay(buyer, waiting)
    mine = take(buyer, offer(seller, title="Mine to pay"))
    page = buyer.see("/deals").text
    assert page.index("Yours to do") < page.index(mine) < page.index("Waiting for others")
    assert page.index("Waiting for others") < page.index(waiting)
    house.advance(2 * DAY)
    page = buyer.see("/deals").text
    assert page.index("Ended") < page.index(mine)
