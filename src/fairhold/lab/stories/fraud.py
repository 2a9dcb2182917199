"""The other moves of whoever means no good, tried in every story while a deal runs.

None of them may change the deal: its version is the same afterwards.
"""

from fairhold.lab.client import Client, Reply, look, new_key
from fairhold.lab.stories import notices
from fairhold.lab.stories.persons import Person
from fairhold.lab.stories.stage import Stage

NO_SUCH_DEAL = "deal_00000000000r7"
MADE_UP_KEY = "fhk_test_0123456789abcdefghijklmnopqrstuvwxyz"


def from_outside(stage: Stage, stranger: Person, deal: str, minor: int) -> None:
    """A stranger, somebody without a key, somebody with a made-up one, and a forged notice."""
    before = version(stage, deal)
    stranger.sees(deal, "looks at a deal of others").refused("deal.not_yours", 404)
    path = f"/v1/deals/{deal}/events"
    stranger.asks("looks into its record", path).refused("deal.unknown", 404)
    for move in ("confirm", "cancel", "open"):
        stranger.moves(deal, move, f"tries to {move} in a deal of others").refused(
            "deal.not_yours", 404
        )
    stranger.sees(NO_SUCH_DEAL, "guesses the name of a deal").refused("deal.unknown", 404)
    confirm = f"/v1/deals/{deal}/confirm"
    reply = stage.nobody.post(confirm)
    stage.step("somebody without a key", "confirms", reply).refused("account.not_signed_in", 401)
    with Client(stage.server.address, MADE_UP_KEY) as guesser:
        reply = guesser.post(confirm)
    stage.step("somebody with a made-up key", "confirms", reply).refused("api_key.invalid", 401)
    notices.forged(stage, stranger.name, deal, minor)
    unchanged(stage, deal, before)


def by_seller(stage: Stage, seller: Person, deal: str, minor: int) -> None:
    """The seller helps himself, or runs."""
    before = version(stage, deal)
    seller.moves(deal, "confirm", "confirms in the buyer's place").refused(
        "deal.not_for_your_role", 403
    )
    seller.moves(deal, "open", "opens in the buyer's place").refused("deal.not_for_your_role", 403)
    body = {"amount": minor, "currency": "CNY"}
    seller.does("asks for a payout of what is held", "/v1/wallet/payouts", body).refused(
        "wallet.not_enough", 409
    )
    seller.does("closes the account and runs", "/v1/me/close").refused(
        "account.has_open_deals", 409
    )
    unchanged(stage, deal, before)


def by_buyer(stage: Stage, buyer: Person, deal: str) -> None:
    """The buyer acts in the seller's place, confuses keys, or runs."""
    before = version(stage, deal)
    key = new_key()
    buyer.moves(deal, "seal", "seals in the seller's place", number="FH1").refused(
        "deal.not_for_your_role", 403
    )
    buyer.moves(deal, "decide_case", "decides as if an officer", amount=0, text="mine").refused(
        "deal.not_for_your_role", 403
    )
    buyer.moves(deal, "withdraw", "withdraws in the seller's place", key=key).refused(
        "deal.not_for_your_role", 403
    )
    buyer.does("closes the account and runs", "/v1/me/close").refused("account.has_open_deals", 409)
    unchanged(stage, deal, before)


def version(stage: Stage, deal: str) -> int:
    """How many events a deal has."""
    reply: Reply = stage.operator.get(f"/v1/deals/{deal}")
    return int(look(getattr(reply, "body", None), "version") or 0)


def unchanged(stage: Stage, deal: str, before: int) -> None:
    """Nothing that was tried left a trace in the deal."""
    reply = stage.operator.get(f"/v1/deals/{deal}")
    told = stage.step("the operator", "finds the deal as it was", reply).done()
    told.shows({"version": before})
