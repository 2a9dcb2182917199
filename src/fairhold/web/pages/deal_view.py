"""The page of a deal as plain values: where the money is, whose turn it is, what can be done.

What can be done comes from ``next_actions`` and from nowhere else; here it only gets its words.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from fairhold.domain.deal.actions import NextActions, next_actions
from fairhold.domain.deal.phases import (
    CasePhase,
    MeetingPhase,
    MoneyPhase,
    OrderPhase,
    ParcelPhase,
    ReturnPhase,
    SecretPhase,
)
from fairhold.domain.deal.state import Deal
from fairhold.domain.delivery import Delivery
from fairhold.kernel.actor import Role
from fairhold.kernel.money import Money
from fairhold.web.pages.forms import major_units
from fairhold.web.pages.visitor import Visitor
from fairhold.web.present import moment_text, money_text, span_text
from fairhold.web.wording import N_, deals, market
from fairhold.web.words import move_words, outcome_words, reason_words, say

CHIEF_MOST: Final = 2
_WRONG: Final = frozenset({"open_case", "ask_return"})
_ASIDE: Final = frozenset(
    {"accept_claim", "cancel", "extend", "renew_code", "withdraw", "withdraw_case"}
)
_FINAL: Final[Mapping[str, str]] = {
    "confirm": N_("Yes, pay the seller"),
    "cancel": N_("Yes, cancel the deal"),
    "withdraw": N_("Yes, take it back"),
    "accept_return": N_("Yes, refund the buyer"),
    "accept_claim": N_("Yes, grant it"),
    "withdraw_case": N_("Yes, give it up"),
    "decline_return": N_("Yes, decline it"),
    "open": N_("Open it now"),
}
"""Moves that nobody should make by a slip: the button of the second step."""


class Choice(Struct, frozen=True):
    """One choice of a field."""

    value: str
    label: str


class Field(Struct, frozen=True, kw_only=True):
    """One thing that a move has to be told."""

    name: str
    label: str
    kind: str = "text"
    hint: str = ""
    value: str = ""
    choices: Sequence[Choice] = ()
    needed: bool = True


class MoveView(Struct, frozen=True, kw_only=True):
    """A button: what it says, what it does, what it asks first; ``final`` asks once more."""

    name: str
    label: str
    effect: str
    fields: Sequence[Field] = ()
    final: str = ""
    danger: bool = False


class Standing(Struct, frozen=True, kw_only=True):
    """Above the fold."""

    tone: str
    money: str
    turn: str
    mine: bool
    why: str = ""
    due: int = 0
    left: str = ""
    due_text: str = ""
    silence: str = ""
    favour: str = ""


class Station(Struct, frozen=True):
    """A stop on the rail: past, now, ahead or ended."""

    label: str
    state: str


class DealView(Struct, frozen=True, kw_only=True):
    """Everything about a deal that its page says in words."""

    role: str
    standing: Standing
    rail: Sequence[Station]
    pay: bool
    chief: Sequence[MoveView]
    more: Sequence[MoveView]
    wrong: Sequence[MoveView]


def deal_view(deal: Deal, visitor: Visitor, typed: Mapping[str, str]) -> DealView:
    """The page of one deal for one person; ``typed`` is what a refused form held."""
    actions = next_actions(deal, visitor.actor)
    moves = [_move(name, deal, visitor, typed) for name in actions.moves]
    chief = [move for move in moves if move.name not in _WRONG | _ASIDE][:CHIEF_MOST]
    rest = [move for move in moves if move not in chief]
    return DealView(
        role=actions.role.value,
        standing=_standing(deal, actions, visitor),
        rail=_rail(deal, visitor.language),
        pay="checkout" in actions.places,
        chief=chief,
        more=[move for move in rest if move.name not in _WRONG],
        wrong=[move for move in rest if move.name in _WRONG],
    )


# -- above the fold -------------------------------------------------------------------------------


def _standing(deal: Deal, actions: NextActions, visitor: Visitor) -> Standing:
    language, role, deadline = visitor.language, actions.role, actions.deadline
    base = Standing(
        tone=_tone(deal, role),
        money=money_sentence(deal, role, language),
        turn=turn_sentence(deal, actions, language),
        mine=actions.your_turn,
        why=reason_words(deal.order.reason, language) if deal.ended else "",
    )
    if deadline is None:
        return base
    favour = N_("Silence is in your favour.") if deadline.benefits is role else ""
    if deadline.benefits in {Role.BUYER, Role.SELLER} and deadline.benefits is not role:
        favour = (
            N_("Silence is in the buyer's favour.")
            if deadline.benefits is Role.BUYER
            else N_("Silence is in the seller's favour.")
        )
    return Standing(
        tone=base.tone,
        money=base.money,
        turn=base.turn,
        mine=base.mine,
        due=deadline.due,
        due_text=moment_text(deadline.due, language),
        left=span_text(max(0, deadline.due - visitor.now), language),
        silence=outcome_words(deadline.outcome, language),
        favour=say(language, favour) if favour else "",
    )


def _tone(deal: Deal, role: Role) -> str:
    if deal.ended:
        return "ended"
    if deal.order.phase is OrderPhase.PLACED:
        return "stop" if role is Role.SELLER else "wait"
    return "frozen" if deal.money.phase is MoneyPhase.FROZEN else "held"


def money_name(deal: Deal) -> str:
    """Where the money is, as a name in the tables of words."""
    if deal.money.phase is MoneyPhase.NONE:
        return "void" if deal.ended else "unpaid"
    if deal.money.phase is MoneyPhase.AUTHORISED and deal.ended:
        return "void"
    return deal.money.phase.value


def money_sentence(deal: Deal, role: Role, language: str) -> str:
    """Where the money is, in the words of one side."""
    currency, part = deal.price.currency, deal.money
    name = money_name(deal)
    fee = Money(part.released, currency).share(deal.rules.fee_basis_points)
    values = {
        "amount": money_text(_amount(deal, name), language),
        "released": money_text(Money(part.released, currency) - fee, language),
        "refunded": money_text(Money(part.refunded, currency), language),
    }
    if role is Role.BUYER:
        # What the buyer paid away is the whole amount; the fee is the seller's business.
        values["released"] = money_text(Money(part.released, currency), language)
        return say(language, market.MONEY[name][0], **values)
    if role is Role.SELLER:
        return say(language, market.MONEY[name][1], **values)
    return say(language, market.MONEY_TO_OFFICER[name], **values)


def _amount(deal: Deal, name: str) -> Money:
    currency, part = deal.price.currency, deal.money
    minor = {
        "held": part.remaining,
        "frozen": part.remaining,
        "released": part.released,
        "refunded": part.refunded,
    }.get(name, deal.price.minor)
    return Money(minor, currency)


def turn_sentence(deal: Deal, actions: NextActions, language: str) -> str:
    """Whose turn it is, and for what."""
    if deal.ended or actions.deadline is None:
        return say(language, deals.ENDS[deal.order.phase.value])
    mine, theirs = deals.TURNS[actions.deadline.name]
    return say(language, mine if actions.your_turn else theirs)


# -- the rail -------------------------------------------------------------------------------------


def _rail(deal: Deal, language: str) -> Sequence[Station]:
    stations = [(name, past) for name, past in _stations(deal) if past or not deal.ended]
    if deal.ended:
        last = "done" if deal.order.phase is OrderPhase.COMPLETED else "void"
        stations = [row for row in stations if row[0] != "done"]
        shown = [Station(say(language, market.STEPS[name]), "past") for name, _ in stations]
        state = "past" if last == "done" else "ended"
        return [*shown, Station(say(language, market.STEPS[last]), state)]
    now = next(index for index, (_, past) in enumerate(stations) if not past)
    return [
        Station(
            say(language, market.STEPS[name]),
            "past" if past else "now" if index == now else "ahead",
        )
        for index, (name, past) in enumerate(stations)
    ]


def _stations(deal: Deal) -> list[tuple[str, bool]]:
    """Every station of this way of delivery, and whether it is behind us."""
    rows = [("taken", True), ("paid", deal.order.paid_at > 0)]
    delivered = deal.order.phase in {OrderPhase.FULFILLED, OrderPhase.COMPLETED}
    match deal.delivery:
        case Delivery.SECRET:
            sealed = deal.secret.phase in {SecretPhase.SEALED, SecretPhase.OPENED, SecretPhase.USED}
            rows += [("sealed", sealed), ("opened", deal.secret.phase is SecretPhase.OPENED)]
        case Delivery.PARCEL:
            sent = deal.parcel.phase not in {ParcelPhase.NONE, ParcelPhase.AWAITED}
            rows += [("sent", sent), ("delivered", delivered)]
        case Delivery.MEETING:
            rows.append(("met", deal.meeting.phase is MeetingPhase.MET))
    if deal.back.phase not in {ReturnPhase.NONE, ReturnPhase.DECLINED}:
        rows = [row for row in rows if row[1]]
        inspected = deal.back.phase in {ReturnPhase.INSPECTED, ReturnPhase.CLOSED}
        rows.append(("return", inspected))
    if deal.case.phase in {CasePhase.OPENED, CasePhase.WITH_OFFICER}:
        rows.append(("case", False))
    elif deal.case.phase in {CasePhase.SETTLED, CasePhase.DECIDED}:
        rows.append(("case", True))
    return [*rows, ("done", deal.order.phase is OrderPhase.COMPLETED)]


# -- moves ----------------------------------------------------------------------------------------


def _move(name: str, deal: Deal, visitor: Visitor, typed: Mapping[str, str]) -> MoveView:
    label, effect = move_words(name, visitor.language)
    final = _FINAL.get(name, "")
    return MoveView(
        name=name,
        label=label,
        effect=effect,
        fields=_fields(name, deal, visitor.language, typed if typed.get("move") == name else {}),
        final=say(visitor.language, final) if final else "",
        danger=name in {"cancel", "accept_claim", "withdraw_case"},
    )


def _fields(name: str, deal: Deal, language: str, typed: Mapping[str, str]) -> Sequence[Field]:
    def field(field_name: str, label: str, **more: Any) -> Field:  # noqa: ANN401 — passed on
        hint = more.pop("hint", "")
        return Field(
            name=field_name,
            label=say(language, label),
            hint=say(language, hint) if hint else "",
            value=typed.get(field_name, more.pop("value", "")),
            **more,
        )

    text = field("text", N_("In your words"), kind="long", needed=False)
    match name:
        case "seal":
            return (
                field("number", N_("Card number or code"), kind="plain", needed=False),
                field("password", N_("Card password, if there is one"), kind="plain", needed=False),
            )
        case "present_code":
            return (field("code", N_("The buyer's six digits"), kind="digits"),)
        case "ask_return":
            choices = _choices(deals.RETURN_REASONS, language)
            return (field("reason", N_("Why"), kind="choice", choices=choices),)
        case "open_case":
            claims = {k: v for k, v in deals.CLAIMS.items() if k != "swapped_on_return"}
            return (
                field(
                    "claim", N_("What is wrong"), kind="choice", choices=_choices(claims, language)
                ),
                field("amount", N_("How much do you want back"), kind="amount", value=_held(deal)),
                text,
            )
        case "dispute_return" | "contest_claim":
            return (text,)
        case "decide_case":
            return (
                field("amount", N_("Back to the buyer"), kind="amount", value=_held(deal)),
                field("text", N_("Findings and reasons"), kind="long"),
            )
        case _:
            return ()


def _held(deal: Deal) -> str:
    return major_units(deal.money.remaining, deal.price.currency)


def _choices(table: Mapping[str, str], language: str) -> Sequence[Choice]:
    return [Choice(value, say(language, label)) for value, label in table.items()]
