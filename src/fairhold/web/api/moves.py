"""Every move of a person in a deal: one operation each, named as in the tables of the domain."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args

import msgspec
from anyio import to_thread
from msgspec import Meta, Struct

from fairhold.domain.deal.actions import next_actions
from fairhold.domain.deal.case import CLAIMS
from fairhold.domain.deal.returns import REASONS
from fairhold.domain.deal.state import Deal
from fairhold.engine.batching import Outcome, Receipt
from fairhold.engine.desk import trade
from fairhold.engine.desk.asked import FIELD_MAX, TEXT_MAX
from fairhold.engine.desk.moves import MOVES, PLAIN, MoveArguments
from fairhold.engine.kinds import DEAL
from fairhold.engine.vault import Gone
from fairhold.kernel.money import AMOUNT_MAX
from fairhold.kernel.wish import Refusal
from fairhold.web.api.deal_shown import DealShown, SecretRead, actions_shown
from fairhold.web.api.deals import after
from fairhold.web.api.operation import REPLAYED, Answer, Call, Operation, is_replay
from fairhold.web.api.shapes import Dry, NoControls, NoNull, Nothing, Said
from fairhold.web.problems import Refused, status_of

SHOWS_SECRET = frozenset({"open", "read_again"})
CONFLICT = 409

Reason = Literal["changed_mind", "not_as_described", "damaged", "wrong_goods", "other"]
Claim = Literal[
    "code_already_used",
    "code_never_worked",
    "not_as_described",
    "damaged_in_transit",
    "counterfeit",
    "wrong_goods",
]
assert get_args(Reason) == REASONS
assert get_args(Claim) == CLAIMS
Text = Annotated[str, Meta(max_length=TEXT_MAX), NoNull]
Field = Annotated[str, Meta(max_length=FIELD_MAX), NoControls]


class Sealing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A card or code as its seller types it: a number, a password, or both."""

    number: Field = ""
    password: Field = ""
    card_kind: Annotated[str, Meta(max_length=40), NoControls] = "card"


class Code(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The code that the buyer says when the goods are in hand."""

    code: Annotated[str, Meta(min_length=1, max_length=FIELD_MAX), NoControls]


class Returning(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the goods go back."""

    reason: Reason


class Claiming(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is wrong, and what the buyer wants back: all that is held when no amount is named."""

    claim: Claim
    amount: Annotated[int, Meta(ge=1, le=AMOUNT_MAX)] | None = None
    text: Text = ""


class Statement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The caller's words, kept encrypted with the deal."""

    text: Text = ""


class Ruling(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes back to the buyer, in minor units of the deal's currency, and why."""

    amount: Annotated[int, Meta(ge=0, le=AMOUNT_MAX)]
    text: Annotated[str, Meta(min_length=1, max_length=TEXT_MAX), Said]


BODIES: Mapping[str, type[Struct]] = MappingProxyType(
    {
        "seal": Sealing,
        "present_code": Code,
        "ask_return": Returning,
        "open_case": Claiming,
        "dispute_return": Statement,
        "contest_claim": Statement,
        "decide_case": Ruling,
    }
)
"""What a move has to be told; those not named here are told nothing."""

SUMMARIES: Mapping[str, str] = MappingProxyType(
    {
        "cancel": "Call the deal off before delivery",
        "confirm": "Confirm that all is well: the money is released",
        "extend": "Take more time to look",
        "seal": "Lock the card or code away for the buyer",
        "withdraw": "Take an unopened secret back",
        "open": "Open the secret: once, and on record",
        "read_again": "Read the opened secret once more",
        "book_parcel": "Book a parcel to the buyer",
        "present_code": "Show the code that the buyer gave with the goods in hand",
        "renew_code": "Make another meeting code",
        "ask_return": "Ask to give the goods back",
        "agree_return": "Agree to a return",
        "decline_return": "Decline a return",
        "book_return": "Book the parcel back",
        "accept_return": "Accept what came back: the buyer is refunded",
        "open_case": "Say that something is wrong: the money freezes",
        "dispute_return": "Say that what came back is not what was sent",
        "withdraw_case": "Give one's own claim up",
        "accept_claim": "Grant what was asked",
        "contest_claim": "Contest the claim: a case officer decides",
        "decide_case": "Decide a case (operators)",
    }
)

EXAMPLES: Mapping[str, object] = MappingProxyType(
    {
        "seal": {"number": "6222 0000 1234 5678", "password": "ab12cd", "card_kind": "card"},
        "present_code": {"code": "041 277"},
        "ask_return": {"reason": "not_as_described"},
        "open_case": {"claim": "code_already_used", "text": "The balance was zero."},
        "contest_claim": {"text": "It was unused when I sealed it."},
        "dispute_return": {"text": "A different phone came back."},
        "decide_case": {"amount": 45000, "text": "The issuer's record shows earlier use."},
    }
)


def make_move(call: Call, name: str) -> Answer | Refusal:
    """Make one move. A conflict says in ``allowed_actions`` what is possible instead."""
    number = call.path["deal"]
    told = _told(call.body)
    rehearse = call.query.rehearse
    outcome = trade.move(call.desk, call.actor, number, name, told, call.key, rehearse=rehearse)
    return _answer(call, name, outcome)


async def make_plain_move(call: Call, name: str) -> Answer | Refusal:
    """The same for a move of ``PLAIN``, without leaving the event loop where nothing is read."""
    if call.query.rehearse:
        return await to_thread.run_sync(make_move, call, name)
    outcome = await trade.move_plainly(call.desk, call.actor, call.path["deal"], name, call.key)
    if isinstance(outcome, Refusal) or outcome.repeated or name in SHOWS_SECRET:
        return await to_thread.run_sync(_answer, call, name, outcome)
    return _answer(call, name, outcome)


def _answer(call: Call, name: str, outcome: Outcome) -> Answer | Refusal:
    if isinstance(outcome, Refusal):
        return _refused(call, call.path["deal"], outcome)
    shown = after(call, outcome)
    if name in SHOWS_SECRET and not call.query.rehearse:
        shown = msgspec.structs.replace(shown, opened_secret=_revealed(call, outcome))
    return Answer(body=shown, private=True, replayed=outcome.repeated)


def _told(body: Any) -> MoveArguments:  # noqa: ANN401 — one of BODIES
    return MoveArguments(**msgspec.structs.asdict(body))


def _revealed(call: Call, receipt: Receipt) -> SecretRead | None:
    """What was opened; nothing when the issuer's record showed that it was used before."""
    try:
        fields = trade.reveal(call.desk, call.actor, receipt.stream)
    except Gone:
        return None
    if isinstance(fields, Refusal):
        return None
    return SecretRead(number=fields.number, password=fields.password, card_kind=fields.card_kind)


def _refused(call: Call, number: int, refusal: Refusal) -> Refusal:
    if status_of(refusal.code) != CONFLICT:
        return refusal
    deal: Deal | None = call.desk.engine.state(DEAL, number)
    if deal is None:
        return refusal
    allowed = actions_shown(next_actions(deal, call.actor), number, call.language)
    headers = {REPLAYED: "true"} if is_replay(refusal) else {}
    raise Refused(refusal, allowed_actions=allowed, headers=headers)


def _call(name: str) -> Callable[[Call], Answer | Refusal]:
    return lambda call: make_move(call, name)


def _prompt(name: str) -> Callable[[Call], Awaitable[Answer | Refusal]]:
    return lambda call: make_plain_move(call, name)


def _operation(name: str) -> Operation:
    words = name.split("_")
    camel = words[0] + "".join(word.title() for word in words[1:])
    return Operation(
        id=f"{camel}Deal" if len(words) == 1 else camel,
        method="POST",
        path=f"/v1/deals/{{deal}}/{name}",
        tag="Moves",
        summary=SUMMARIES[name],
        call=_call(name),
        prompt=_prompt(name) if name in PLAIN else None,
        body=BODIES.get(name, Nothing),
        query=Dry,
        answers=DealShown,
        scope="deals:write",
        keyed=True,
        refusals=("deal.unknown", "deal.not_for_your_role", "deal.not_now"),
        example=EXAMPLES.get(name, {}),
    )


OPERATIONS = tuple(_operation(name) for name in MOVES)
