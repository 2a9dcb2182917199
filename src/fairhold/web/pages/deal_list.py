"""One's own deals as a list: yours to do first."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from fairhold.domain.deal.actions import NextActions, next_actions
from fairhold.domain.deal.state import Deal
from fairhold.engine.kinds import DEAL
from fairhold.kernel.actor import Role
from fairhold.kernel.ids import public_id, read_public_id
from fairhold.kernel.money import Money
from fairhold.web.pages.deal_view import money_sentence, turn_sentence
from fairhold.web.pages.market_view import goods
from fairhold.web.pages.visitor import Visitor, deal_path
from fairhold.web.present import moment_text
from fairhold.web.wording import N_
from fairhold.web.words import say

OPEN_MOST: Final = 100
A_PAGE: Final = 20


class Row(Struct, frozen=True, kw_only=True):
    """A deal in a list."""

    path: str
    title: str
    picture: str
    price: Money
    side: str
    money: str
    turn: str
    mine: bool
    stop: bool
    due: int
    due_text: str


class DealList(Struct, frozen=True, kw_only=True):
    """What is yours to do, what runs, what has ended (in pages)."""

    yours: Sequence[Row]
    running: Sequence[Row]
    ended: Sequence[Row]
    more: str


def deal_list(visitor: Visitor, after: str) -> DealList:
    """The deals of whoever looks."""
    store = visitor.desk.store
    account = str(visitor.account)
    rows = [
        row(int(number), visitor)
        for number, _ in store.find("deal", "party_open", account, limit=OPEN_MOST).rows
    ]
    last = read_public_id(DEAL.prefix, after)
    found = store.find(
        "deal", "party", account, limit=A_PAGE, after=str(last) if last is not None else None
    )
    numbers = [int(number) for number, _ in found.rows]
    ended = [number for number in numbers if _has_ended(number, visitor)]
    by_due = sorted(rows, key=lambda shown: shown.due)
    return DealList(
        yours=[shown for shown in by_due if shown.mine] if not after else (),
        running=[shown for shown in by_due if not shown.mine] if not after else (),
        ended=[row(number, visitor) for number in ended],
        more=public_id(DEAL.prefix, numbers[-1]) if found.more else "",
    )


def _has_ended(number: int, visitor: Visitor) -> bool:
    state: Deal | None = visitor.desk.engine.state(DEAL, number)
    return state is not None and state.ended


def row(number: int, visitor: Visitor) -> Row:
    """One deal for one person."""
    state: Deal | None = visitor.desk.engine.state(DEAL, number)
    assert state is not None, "the list names deals that there are"
    actions: NextActions = next_actions(state, visitor.actor)
    shown = goods(visitor, state.listing_body)
    sides = {Role.BUYER: N_("You buy"), Role.SELLER: N_("You sell")}
    due = actions.deadline.due if actions.deadline is not None else 0
    return Row(
        path=deal_path(number),
        title=shown.title,
        picture=shown.small[0] if shown.small else "",
        price=state.price,
        side=say(visitor.language, sides.get(actions.role, N_("Case"))),
        money=money_sentence(state, actions.role, visitor.language),
        turn=turn_sentence(state, actions, visitor.language),
        mine=actions.your_turn,
        stop=actions.role is Role.SELLER and state.order.phase.value == "placed",
        due=due,
        due_text=moment_text(due, visitor.language) if due else "",
    )
