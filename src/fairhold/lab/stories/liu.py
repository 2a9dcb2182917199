"""Ms. Liu paid; the seller sent nothing and kept urging her to confirm."""

import json

from fairhold.kernel.instant import HOUR, MINUTE
from fairhold.lab.client import Answer, look
from fairhold.lab.stories import checks, fraud, notices
from fairhold.lab.stories.persons import Person
from fairhold.lab.stories.script import Ending, Story
from fairhold.lab.stories.stage import Stage

PRICE = 8_000
URGING = "亲，先确认收货，我马上给您发。Please confirm the receipt first, then I send."
CONFIRM_EARLY = "confirm_before_delivery"
LATE_CODE = "FH77 1234 5678 9012 34"


def play(stage: Stage) -> Ending:
    """Taken, paid, urged; nothing comes; the money goes back by itself."""
    seller, liu = Person(stage, "cheap coupons"), Person(stage, "Ms. Liu")
    friend = Person(stage, "seller’s friend")
    listing = seller.offers("Shopping coupon, 100 yuan", PRICE)
    deal = liu.takes(listing)
    notices.forged(stage, seller.name, deal, PRICE)
    paid = liu.pays(deal, "notice_five_times", "pays; the provider tells it five times")
    paid.shows({"money.held": PRICE, "money.remaining": PRICE})
    _paid_again(liu, deal)
    notices.replayed(stage, seller.name, deal, liu.payments[deal], PRICE)
    message = _urged(seller, liu, deal)
    _early(liu, deal)
    fraud.from_outside(stage, friend, deal, PRICE)
    fraud.by_seller(stage, seller, deal, PRICE)
    seller.does("deletes the listing", f"/v1/listings/{listing}/delist").done()
    liu.asks("still reads what she bought", f"/v1/listings/{listing}", {"version": 1}).done().shows(
        {"price.amount": PRICE, "status": "withdrawn"}
    )
    due = liu.sees(deal, "sees by when the code must come")["next_actions.deadline.due_at"]
    stage.advance_to(due, "a minute before the promised time", before=MINUTE)
    liu.sees(deal, "looks: the money is still held").shows({"money.phase": "held"})
    stage.advance(2 * MINUTE, "past the promised time; nobody does anything")
    _over(stage, seller, liu, deal)
    _on_record(stage, liu, deal, message)
    checks.proven(stage, liu, deal)
    checks.adds_up(stage, liu, deal)
    over, money = checks.where(liu, deal)
    return Ending(here=f"{over}, by itself; the urging is on record", money=money)


def _paid_again(liu: Person, deal: str) -> None:
    liu.does("asks for the payment page again", f"/v1/deals/{deal}/checkout").refused(
        "deal.not_now", 409
    )
    liu.sees(deal, "sees one hold, not five").shows({"money.held": PRICE})


def _urged(seller: Person, liu: Person, deal: str) -> int:
    channel = liu.sees(deal, "looks for the deal's channel")["conversation"]
    seller.says(channel, URGING, "urges her to confirm before anything is sent").done()
    read = liu.reads(channel, 1, "reads it, with the warning beside it")
    rows = read["data"] or ()
    flagged = [row for row in rows if CONFIRM_EARLY in (row.get("signals") or ())]
    read.expect("the urging is flagged to the buyer", holds=len(flagged) == 1)
    return int(flagged[0]["number"]) if flagged else 0


def _early(liu: Person, deal: str) -> None:
    liu.moves(deal, "confirm", "gives in and confirms").refused("order.not_delivered_yet", 409)
    liu.rehearses(deal, "confirm", "tries the same without effect").refused(
        "order.not_delivered_yet"
    )
    liu.sees(deal, "looks for a confirm button").expect(
        "confirm does not exist before delivery", holds="confirm" not in liu.may(deal)
    )
    liu.moves(deal, "open", "opens what was never sealed").refused("secret.not_sealed", 409)


def _over(stage: Stage, seller: Person, liu: Person, deal: str) -> None:
    liu.waits(
        deal,
        {
            "order.phase": "void",
            "order.reason": "not_delivered_in_time",
            "money.phase": "refunded",
            "money.refunded": PRICE,
            "money.remaining": 0,
        },
        "has her money back; nobody had to do anything",
    )
    seller.moves(deal, "seal", "seals a code after all", number=LATE_CODE).refused(
        "deal.not_now", 409
    )
    liu.moves(deal, "confirm", "is talked into confirming afterwards").refused("deal.not_now", 409)
    notices.replayed(stage, seller.name, deal, liu.payments[deal], PRICE)
    stage.advance(HOUR, "nothing more comes of it")
    liu.sees(deal, "looks once more").shows({"money.phase": "refunded", "money.held": PRICE})


def _on_record(stage: Stage, liu: Person, deal: str, message: int) -> None:
    """The urging is a fact of the record, in its exact bytes, not a note beside it."""
    channel = liu.sees(deal, "opens the deal's channel")["conversation"]
    places: list[str] = []

    def found() -> bool:
        reply = liu.client.get("/v1/events", {"limit": 100})
        rows = reply["data"] if isinstance(reply, Answer) else ()
        places[:] = [
            row["id"]
            for row in rows
            if row["type"] == "conversation.posted" and row["stream"] == channel
        ]
        return bool(places)

    step = stage.note("Ms. Liu", "finds the urging in the record", "")
    if not stage.until(found, "the message is on record"):
        return
    data = checks.stored(liu.client, places[0])
    event = look(json.loads(data), "data") if data else None
    signals = look(event, "signals") or ()
    step.came = f"conversation.posted at {places[0]}: {', '.join(signals)}"
    if CONFIRM_EARLY not in signals or look(event, "number") != message:
        step.differs.append(f"message {message} must be on record with its signal")


STORY = Story(
    name="liu",
    title="Ms. Liu, a coupon that never came",
    news="paid and urged to confirm; refunded only after she applied and proved her case",
    play=play,
)
