"""Mr. Guo, 50 yuan: confirm first; then a used code; the listing deleted; up to the dispute."""

from fairhold.kernel.instant import HOUR, MINUTE
from fairhold.lab.stories import cards, checks, fraud
from fairhold.lab.stories.persons import Person
from fairhold.lab.stories.script import Ending, Story
from fairhold.lab.stories.stage import Stage, instant

PRICE = 5_000
TITLE = "Game recharge card, 50 yuan"
CAME_FROM = "https://shop.example/item/8812?from=share"
SITE = "shop.example"
URGING = "先点一下确认收货，我才能发卡密。Click “confirm receipt” first, then I can send the card."
CONFIRM_EARLY = "confirm_before_delivery"


def play(stage: Stage) -> Ending:
    """Used at sealing, used before opening, and a code that nobody can be asked about."""
    seller, guo = Person(stage, "game cards"), Person(stage, "Mr. Guo")
    listing = seller.offers(TITLE, PRICE, category="games", stock=5)
    first = _used(stage, seller, guo, listing)
    second = _never_works(stage, seller, guo, listing)
    _listing_deleted(seller, guo, listing, second)
    _frozen(stage, seller, guo, second)
    checks.proven(stage, guo, first)
    checks.proven(stage, guo, second)
    checks.adds_up(stage, guo, second)
    used, back = checks.where(guo, first)
    disputed, frozen = checks.where(guo, second)
    return Ending(
        here=f"used codes, refused at sealing and found at opening: {used}; "
        f"a code that nobody can be asked about: {disputed}",
        money=f"{back}; {frozen}",
    )


def _bought(stage: Stage, seller: Person, guo: Person, listing: str) -> str:
    """He comes in from another platform, pays, is urged, and cannot confirm."""
    deal = guo.takes(listing, came_from=CAME_FROM)
    guo.sees(deal, "has on record how he came in").shows({"came_from": SITE})
    guo.pays(deal)
    channel = guo.sees(deal, "opens the deal's channel")["conversation"]
    seller.says(channel, URGING, "demands that he confirms first").done()
    read = guo.reads(channel, 1, "reads it, with the warning beside it")
    signals = read["data.0.signals"] or ()
    read.expect("the demand is flagged to him", holds=CONFIRM_EARLY in signals)
    guo.moves(deal, "confirm", "does as he is told").refused("order.not_delivered_yet", 409)
    guo.sees(deal, "looks for a confirm button").expect(
        "confirm does not exist before delivery", holds="confirm" not in guo.may(deal)
    )
    del stage
    return deal


def _used(stage: Stage, seller: Person, guo: Person, listing: str) -> str:
    """Variants A and B: the issuer knows."""
    deal = _bought(stage, seller, guo, listing)
    used, password = cards.issued(stage)
    cards.redeemed(stage, seller.name, "uses a card up himself", used)
    seller.moves(deal, "seal", "seals the used card", number=used, password=password).refused(
        "secret.used_before_sealing", 409
    )
    fresh, password = cards.issued(stage)
    seller.moves(deal, "seal", "seals a good one", number=fresh, password=password).done()
    guo.moves(deal, "confirm", "is urged again, and confirms").refused("order.not_opened_yet", 409)
    stage.advance(HOUR, "the seller waits until it is sealed")
    cards.redeemed(stage, seller.name, "uses the sealed card up himself", fresh)
    stage.advance(MINUTE, "Mr. Guo comes back")
    opened = guo.moves(deal, "open", "opens it; the issuer is asked").done()
    opened.shows({"secret.phase": "used", "order.reason": "used_before_opening"})
    opened.shows({"opened_secret": None, "money.phase": "refunded", "money.refunded": PRICE})
    _within_a_minute(stage, guo, deal)
    return deal


def _within_a_minute(stage: Stage, guo: Person, deal: str) -> None:
    """The finding and the refund stand in the record at one moment; the provider has done it."""
    asked = {"limit": 100}
    stage.until(
        lambda: "money.executed" in checks.types(guo, deal), "the provider carries the refund out"
    )
    told = guo.asks("finds the refund on record", f"/v1/deals/{deal}/events", asked)
    times = {row["type"]: instant(row["at"]) for row in told["data"] or ()}
    spans = [
        times.get(name, 0) - times.get("secret.found_used", 0)
        for name in ("money.refunded", "money.executed")
    ]
    told.expect("refunded within a minute", holds=all(0 <= span <= MINUTE for span in spans))


def _never_works(stage: Stage, seller: Person, guo: Person, listing: str) -> str:
    """Variant C: an issuer that cannot be asked. He claims, the money freezes."""
    deal = _bought(stage, seller, guo, listing)
    claim = {"claim": "code_already_used", "text": "It says that it was used before."}
    guo.moves(deal, "open_case", "complains before there is anything", **claim).refused(
        "case.not_delivered_yet", 409
    )
    seller.moves(deal, "seal", "seals a code of no known issuer", number=_code(stage)).done()
    guo.moves(deal, "open", "opens it").done().shows({"opened_secret.number": _code(stage)})
    stage.advance(5 * MINUTE, "he tries it: used already")
    guo.moves(deal, "open_case", "asks for more than he paid", **claim, amount=PRICE + 1).refused(
        "case.amount_out_of_range", 422
    )
    guo.moves(deal, "open_case", "opens a case", **claim).done().shows(
        {"case.phase": "opened", "money.phase": "frozen", "money.remaining": PRICE}
    )
    return deal


def _code(stage: Stage) -> str:
    return f"{cards.OF_NO_ISSUER}-{stage.run}"


def _listing_deleted(seller: Person, guo: Person, listing: str, deal: str) -> None:
    seller.does("deletes the listing", f"/v1/listings/{listing}/delist").done()
    late = {"listing": listing, "version": 1}
    guo.does("takes what is deleted", "/v1/deals", late).refused("listing.withdrawn", 409)
    bought = guo.sees(deal, "looks up what he bought")["listing_version"]
    guo.asks(
        "reads the listing as he bought it", f"/v1/listings/{listing}", {"version": int(bought)}
    ).done().shows({"title": TITLE, "price.amount": PRICE, "status": "withdrawn"})


def _frozen(stage: Stage, seller: Person, guo: Person, deal: str) -> None:
    seller.moves(deal, "cancel", "calls the deal off to be rid of the case").refused(
        "deal.not_now", 409
    )
    guo.moves(deal, "confirm", "is talked into confirming after all").refused("deal.not_now", 409)
    fraud.from_outside(stage, Person(stage, "his friend"), deal, PRICE)
    fraud.by_seller(stage, seller, deal, PRICE)
    fraud.by_buyer(stage, guo, deal)
    seller.moves(deal, "contest_claim", "denies everything", text="Not my problem.").done()
    stage.advance(24 * HOUR, "a day goes by")
    guo.waits(
        deal,
        {
            "case.phase": "with_officer",
            "money.phase": "frozen",
            "money.remaining": PRICE,
            "next_actions.deadline.benefits": "buyer",
        },
        "sees the case with an officer, the money frozen, and by when",
    )


STORY = Story(
    name="guo",
    title="Mr. Guo, confirm first, and a used card",
    news="no compensation; the listing gone, the seller's account merely downgraded",
    play=play,
)
