"""A state names its edition; a rulebook that was never published is kept in full."""

import msgspec
from msgspec import structs

from fairhold.domain.deal import deal as deal_domain
from fairhold.domain.deal.order import Place, Placed, Terms
from fairhold.domain.deal.state import Deal
from fairhold.domain.delivery import Delivery
from fairhold.kernel.actor import Actor
from fairhold.kernel.instant import HOUR
from fairhold.kernel.money import Money
from fairhold.rulebook import EDITIONS, Rulebook, brief, in_full


def placed(rules: Rulebook) -> tuple[Placed, Deal]:
    terms = Terms(
        seller=2,
        listing=3,
        listing_version=1,
        listing_body=4,
        listing_digest="",
        price=Money(100, "CNY"),
    )
    wish = Place(at=1, by=Actor(account=1), terms=terms, delivery=Delivery.SECRET, rules=rules)
    decision = deal_domain.decide(None, wish)
    assert isinstance(decision, tuple)
    (event,) = decision
    assert isinstance(event, Placed)
    return event, deal_domain.fold(None, decision)


def test_a_published_edition_is_named_in_the_state_and_whole_in_the_fact() -> None:
    event, deal = placed(EDITIONS[-1])
    assert (deal.rulebook, deal.rules) == (EDITIONS[-1].edition, EDITIONS[-1])
    assert event.rules == EDITIONS[-1]
    assert len(msgspec.json.encode(deal)) < 1_200


def test_a_rulebook_that_was_never_published_stays_in_the_state() -> None:
    rules = structs.replace(EDITIONS[-1], test_ms=HOUR)
    _, deal = placed(rules)
    stored = msgspec.json.decode(msgspec.json.encode(deal), type=Deal)
    assert stored == deal
    assert stored.rules == rules


def test_every_edition_is_found_by_its_name() -> None:
    assert [in_full(brief(edition)) for edition in EDITIONS] == list(EDITIONS)
    assert len({edition.edition for edition in EDITIONS}) == len(EDITIONS)
