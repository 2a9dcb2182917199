"""Ms. Wang, 480 yuan: sent before payment, could not call it back, read, then blocked."""

from fairhold.kernel.instant import MINUTE
from fairhold.lab.client import new_key
from fairhold.lab.stories import cards, checks, fraud, notices
from fairhold.lab.stories.persons import NOT_PAID, Person, offer
from fairhold.lab.stories.script import Ending, Story
from fairhold.lab.stories.stage import Stage
from fairhold.lab.stories.words import price

PRICE = 48_000
FEE = 480
TITLE = "Electronic card, 500 yuan"


def play(stage: Stage) -> Ending:
    """What she sends can be called back; blocking cuts nothing; who pays is served and she paid."""
    wang, blocker = Person(stage, "Ms. Wang"), Person(stage, "blocker")
    number, password = cards.issued(stage)
    listing = wang.offers(TITLE, PRICE)
    deal = blocker.takes(listing)
    _called_back(wang, blocker, deal, number, password)
    _blocked(wang, blocker, listing, deal)
    _unpaid_ends(stage, wang, deal)
    checks.proven(stage, wang, deal)
    sold = _honest(stage, wang, listing, number, password)
    paid = _paid_out(stage, wang)
    checks.nowhere_in_the_clear(stage, number, password)
    checks.proven(stage, wang, sold)
    checks.adds_up(stage, wang, sold)
    called_off, _ = checks.where(wang, deal)
    done, money = checks.where(wang, sold)
    return Ending(
        here=f"unpaid: {called_off}, called back before it was opened, the deal's channel open; "
        f"paid: {done}, opened on record",
        money=f"{money}, {paid} of it in Ms. Wang's bank",
    )


def _called_back(wang: Person, blocker: Person, deal: str, number: str, password: str) -> None:
    wang.moves(
        deal,
        "seal",
        "does not look, and sends the card: it is sealed",
        number=number,
        password=password,
    ).done().shows({"secret.phase": "sealed"})
    wang.page_says(deal, words=NOT_PAID)
    blocker.moves(deal, "open", "opens it without paying").refused("secret.not_paid", 409)
    wang.moves(deal, "withdraw", "finds that she was wrong, and takes it back").done().shows(
        {"secret.phase": "withdrawn"}
    )
    blocker.moves(deal, "open", "opens what is no longer there").refused("secret.not_paid", 409)


def _blocked(wang: Person, blocker: Person, listing: str, deal: str) -> None:
    asked = blocker.does("asks about the listing", f"/v1/listings/{listing}/conversations").done()
    about = asked["id"]
    channel = wang.sees(deal, "opens the deal's channel")["conversation"]
    wang.says(channel, "请尽快付款。Please pay, or let it go.", "urges him to pay").done()
    read = {"number": 1}
    blocker.does("reads it", f"/v1/conversations/{channel}/read", read).done()
    blocker.does("blocks her about the listing", f"/v1/conversations/{about}/block").done()
    wang.says(about, "Will you pay?", "writes about the listing").refused(
        "conversation.blocked", 409
    )
    blocker.does("blocks her in the deal too", f"/v1/conversations/{channel}/block").refused(
        "conversation.deal_channel_stays_open", 409
    )
    wang.says(channel, "我要举报你。I shall report you.", "is still heard in the deal").done()
    wang.reads(channel, 2, "has both messages on record")


def _unpaid_ends(stage: Stage, wang: Person, deal: str) -> None:
    due = wang.sees(deal, "sees by when he must pay")["next_actions.deadline.due_at"]
    stage.advance_to(due, "a minute before his time is up", before=MINUTE)
    stage.advance(2 * MINUTE, "his quarter of an hour is over")
    wang.waits(
        deal,
        {"order.phase": "void", "order.reason": "not_paid_in_time", "money.held": 0},
        "sees the order called off by itself",
    )


# -- the same card, and somebody honest ------------------------------------------------------------


def _honest(stage: Stage, wang: Person, listing: str, number: str, password: str) -> str:
    zhao, stranger = Person(stage, "Mr. Zhao"), Person(stage, "stranger")
    wang.does(
        "writes the listing anew", f"/v1/listings/{listing}/revise", offer(TITLE, PRICE)
    ).done()
    stale = {"listing": listing, "version": 1}
    zhao.does("takes a version that is out of date", "/v1/deals", stale).refused(
        "listing.changed", 409
    )
    deal = zhao.takes(listing, version=2)
    zhao.pays(deal, "pay_twice", "pays, and his bank pays twice")
    zhao.sees(deal, "sees one payment held, not two").shows({"money.held": PRICE})
    _second_given_back(stage, zhao, deal)
    wang.moves(deal, "seal", "seals the card again", number=number, password=password).done()
    _foreign(stage, wang, zhao, stranger, deal, number, password)
    _opened(wang, zhao, deal, number, password)
    key = new_key()
    zhao.moves(deal, "confirm", "confirms: it works", key=key).done().shows(
        {"order.phase": "completed", "money.phase": "released", "money.released": PRICE}
    )
    zhao.moves(deal, "confirm", "sends the same confirmation twice", key=key).replayed()
    zhao.does("uses the same key for more", f"/v1/deals/{deal}/extend", key=key).refused(
        "request.key_reused", 422
    )
    notices.replayed(stage, "somebody", deal, zhao.payments[deal], PRICE)
    return deal


def _second_given_back(stage: Stage, zhao: Person, deal: str) -> None:
    """What the bank paid twice is not kept: the second promise is given back, or the money is."""
    back = {"money.authorisation_declined", "money.astray_returned"}
    step = stage.note(zhao.name, "gets the second payment back", "")
    stage.until(lambda: bool(back & checks.types(zhao, deal)), "the second payment goes back")
    step.came = ", ".join(sorted(back & checks.types(zhao, deal)))


def _foreign(
    stage: Stage,
    wang: Person,
    zhao: Person,
    stranger: Person,
    deal: str,
    number: str,
    password: str,
) -> None:
    zhao.moves(deal, "confirm", "confirms before opening").refused("order.not_opened_yet", 409)
    fraud.from_outside(stage, stranger, deal, PRICE)
    fraud.by_seller(stage, wang, deal, PRICE)
    fraud.by_buyer(stage, zhao, deal)
    second = wang.offers("The same card once more", PRICE)
    other = stranger.takes(second)
    wang.moves(
        other,
        "seal",
        "sells the same card twice, spelled differently",
        number=cards.respelled(number),
        password=password,
    ).refused("secret.sold_before", 409)
    stranger.moves(other, "cancel", "lets it go").done()


def _opened(wang: Person, zhao: Person, deal: str, number: str, password: str) -> None:
    opened = zhao.moves(deal, "open", "opens the card").done()
    opened.shows({"opened_secret.number": number, "opened_secret.password": password})
    first = opened["secret.opened_at"]
    zhao.moves(deal, "open", "opens it a second time").refused("secret.already_opened", 409)
    again = zhao.moves(deal, "read_again", "reads it again").done()
    again.shows({"opened_secret.number": number, "secret.opened_at": first})
    wang.moves(deal, "withdraw", "takes it back after it was opened").refused(
        "secret.already_opened", 409
    )
    events = wang.asks("finds the opening on record", f"/v1/deals/{deal}/events")
    rows = [row for row in events["data"] or () if row["type"] == "secret.opened"]
    events.expect("it was opened once, at that time", holds=[row["at"] for row in rows] == [first])


def _paid_out(stage: Stage, wang: Person) -> str:
    net = PRICE - FEE
    stage.waits(
        wang.name,
        "has the money in her wallet, less the fee",
        lambda: wang.client.get("/v1/wallet"),
        {"available.0.amount": net, "available.0.currency": "CNY"},
    )
    body = {"amount": net, "currency": "CNY"}
    asked = wang.does("asks for her money", "/v1/wallet/payouts", body).done()
    stage.advance(MINUTE, "the bank works")
    told = stage.waits(
        wang.name,
        "has it in her bank",
        lambda: wang.client.get("/v1/wallet"),
        {"pending_payouts": []},
    )
    told.expect("nothing is left behind", holds=not any(row["amount"] for row in told["available"]))
    wang.does("asks for it again", "/v1/wallet/payouts", body).refused("wallet.not_enough", 409)
    return price(asked["pending_payouts.0.amount"])


STORY = Story(
    name="wang",
    title="Ms. Wang, 480 yuan, and a message that could not be called back",
    news="the card was read, she was blocked, and the platform asked her to be patient",
    play=play,
)
