"""Deals for tests of the engine: placed and paid by wishes alone, without people or a provider."""

from fairhold.domain.deal import money, order, secret
from fairhold.domain.deal.state import Deal
from fairhold.domain.delivery import Delivery
from fairhold.engine.engine import Engine
from fairhold.engine.kinds import DEAL
from fairhold.kernel.actor import PLATFORM, PROVIDER, Actor
from fairhold.kernel.ids import make_id
from fairhold.rulebook import in_force
from tests.engine.desks import NOW, OWNER, granted, yuan

BUYER = make_id(NOW, 0, 3)
LISTING = make_id(NOW, 0, 4)


def place(delivery: Delivery = Delivery.SECRET, price: int = 5_000) -> order.Place:
    terms = order.Terms(
        seller=OWNER,
        listing=LISTING,
        listing_version=1,
        listing_body=1,
        listing_digest="aa",
        price=yuan(price),
    )
    return order.Place(by=Actor(BUYER), terms=terms, delivery=delivery, rules=in_force(NOW))


def placed(engine: Engine, price: int = 5_000) -> int:
    """A new deal that nobody has paid."""
    return granted(engine.do(DEAL, 0, place(price=price))).stream


def sealed(engine: Engine) -> int:
    """A paid deal whose secret waits to be opened."""
    deal = placed(engine)
    for wish in (
        money.NoteAuthorised(by=PROVIDER, payment="pay_1", amount=yuan(5_000)),
        money.ConfirmStock(by=PLATFORM),
        money.NoteCaptured(by=PROVIDER, payment="pay_1", amount=yuan(5_000)),
        secret.Seal(by=Actor(OWNER), body=9, digest="bb", fingerprints=(10,)),
    ):
        granted(engine.do(DEAL, deal, wish))
    return deal


def state(engine: Engine, deal: int) -> Deal:
    found = engine.state(DEAL, deal)
    assert isinstance(found, Deal)
    return found


def types(engine: Engine, stream: int) -> list[str]:
    return [row.type for row, _ in engine.history(stream)]
