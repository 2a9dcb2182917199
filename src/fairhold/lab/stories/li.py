"""Ms. Li saw "taken", sent number and password in chat; nobody had paid, the account was closed."""

from fairhold.kernel.instant import MINUTE
from fairhold.lab.stories import cards, checks, fraud
from fairhold.lab.stories.persons import NOT_PAID, Person
from fairhold.lab.stories.script import Ending, Story
from fairhold.lab.stories.stage import Stage
from fairhold.lab.stories.words import price

PRICE = 28_000
FEE = 280
PAID_FALSELY = "我已经付款了，快把卡密发给我。I have already paid, send me the code now."
FALSE_CLAIMS = {"fake_payment_claim", "secret_before_payment"}


def play(stage: Stage) -> Ending:
    """Taken and not paid: she is told so, her card stays hers, and he cannot slip away."""
    li, taker = Person(stage, "Ms. Li"), Person(stage, "quick taker")
    number, password = cards.issued(stage)
    listing = li.offers("Shopping card, 300 yuan", PRICE)
    deal = taker.takes(listing)
    _plain_words(li, deal)
    _lured(stage, li, taker, deal, number, password)
    _sealed_unpaid(li, taker, deal, number, password)
    fraud.from_outside(stage, Person(stage, "his friend"), deal, PRICE)
    fraud.by_buyer(stage, taker, deal)
    _runs_out(stage, li, taker, deal)
    sold, hers = _sold_after_all(stage, li, listing, number, password)
    _leaves(stage, li, taker, deal)
    checks.nowhere_in_the_clear(stage, number, password)
    checks.proven(stage, li, deal)
    checks.adds_up(stage, li, deal)
    over, nothing = checks.where(li, deal)
    done, money = checks.where(li, sold)
    return Ending(
        here=f"told NOT PAID, the card stayed hers: {over}; sold to one who paid: {done}; "
        "the taker could leave only when nothing was open, and stays on file",
        money=f"his deal: {nothing}; the honest one: {money}, {hers} in Ms. Li's wallet",
    )


def _plain_words(li: Person, deal: str) -> None:
    told = li.sees(deal, "sees that her card is taken")
    told.shows({"order.phase": "placed", "money.held": 0, "next_actions.role": "seller"})
    told.shows({"next_actions.deadline.turn": "buyer"})
    li.page_says(deal, words=NOT_PAID)


def _lured(stage: Stage, li: Person, taker: Person, deal: str, number: str, password: str) -> None:
    channel = li.sees(deal, "opens the deal's channel")["conversation"]
    taker.says(channel, PAID_FALSELY, "claims to have paid and asks for the code").done()
    rows = li.reads(channel, 1, "reads it, with the warning beside it")
    signals = set(rows["data.0.signals"] or ())
    rows.expect("the false claim is flagged to her", holds=signals >= FALSE_CLAIMS)
    text = f"卡号 {number} 密码 {password}"
    li.says(channel, text, "types number and password into the chat").refused(
        "conversation.secret_stopped", 422
    )
    li.says(channel, "I put it into the seal of this deal.", "writes that she seals it").done()
    read = taker.reads(channel, 2, "looks for the card in the chat")
    told = " ".join(str(row["text"]) for row in read["data"] or ())
    read.expect("nothing of it left her side", holds=number not in told and password not in told)
    checks.nowhere_in_the_clear(stage, number, password)


def _sealed_unpaid(li: Person, taker: Person, deal: str, number: str, password: str) -> None:
    li.moves(deal, "seal", "seals the card instead", number=number, password=password).done().shows(
        {"secret.phase": "sealed", "order.phase": "placed"}
    )
    taker.moves(deal, "open", "opens it without paying").refused("secret.not_paid", 409)
    taker.moves(deal, "read_again", "asks to read it again").refused("deal.not_now", 409)
    taker.moves(deal, "confirm", "confirms to get at it").refused("order.not_delivered_yet", 409)
    claim = {"claim": "code_never_worked"}
    taker.moves(deal, "open_case", "complains about what he never paid for", **claim).refused(
        "case.not_delivered_yet", 409
    )
    page = taker.goes_to_pay(deal)
    after = taker.presses(page, "decline", "lets the card be declined")
    taker.presses(after, "decline", "and once more")
    taker.sees(deal, "hopes that it counts as paid").shows({"order.phase": "placed"})
    li.page_says(deal, words=NOT_PAID)


def _runs_out(stage: Stage, li: Person, taker: Person, deal: str) -> None:
    page = taker.goes_to_pay(deal)
    due = li.sees(deal, "sees by when he must pay")["next_actions.deadline.due_at"]
    stage.advance_to(due, "a minute before his time is up", before=MINUTE)
    li.sees(deal, "waits; nothing is due from her").shows({"order.phase": "placed"})
    stage.advance(2 * MINUTE, "his quarter of an hour is over")
    over = {"order.phase": "void", "order.reason": "not_paid_in_time", "money.held": 0}
    li.waits(deal, over, "sees the order called off by itself")
    taker.presses(page, "pay", "pays on the old page after all")
    taker.sees(deal, "finds that nothing was taken").shows({**over, "money.phase": "none"})
    taker.moves(deal, "open", "opens the card after all").expect(
        "a void deal opens nothing", holds=not taker.may(deal)
    ).refused("deal.not_now", 409)


def _sold_after_all(
    stage: Stage, li: Person, listing: str, number: str, password: str
) -> tuple[str, str]:
    """The card is hers again: the very same one can be sealed for somebody who pays."""
    honest = Person(stage, "honest buyer")
    deal = honest.takes(listing)
    honest.pays(deal)
    li.moves(
        deal, "seal", "seals the same card for one who paid", number=number, password=password
    ).done()
    opened = honest.moves(deal, "open", "opens it").done()
    opened.shows({"opened_secret.number": number, "opened_secret.password": password})
    honest.moves(deal, "confirm", "confirms: it works").done().shows(
        {"order.phase": "completed", "money.released": PRICE}
    )
    wallet = stage.waits(
        li.name,
        "has the money in her wallet, less the fee",
        lambda: li.client.get("/v1/wallet"),
        {"available.0.amount": PRICE - FEE},
    )
    checks.adds_up(stage, honest, deal)
    return deal, price(wallet["available.0"])


def _leaves(stage: Stage, li: Person, taker: Person, deal: str) -> None:
    taker.does("closes the account now", "/v1/me/close").done()
    taker.asks("uses the old key", "/v1/me").refused("api_key.invalid", 401)
    again = {"email": taker.email, "handle": "newcomer", "password": taker.password}
    reply = stage.nobody.post("/v1/accounts", again)
    stage.step(taker.name, "signs up again as if new", reply).refused("account.email_taken", 409)
    told = li.sees(deal, "looks who it was")
    told.shows({"buyer": taker.account})
    seen = stage.operator.get(f"/v1/deals/{deal}")
    stage.step("the operator", "finds the deal with both parties on file", seen).done().shows(
        {"buyer": taker.account, "seller": li.account}
    )


STORY = Story(
    name="li",
    title="Ms. Li, a card taken and never paid",
    news="card and password sent in chat, nothing paid, the buyer's account gone; her own fault",
    play=play,
)
