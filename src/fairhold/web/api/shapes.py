"""Shapes that many resources share: amounts, lists, pages, and how ids and times are written."""

from collections.abc import Callable, Sequence
from typing import Annotated, Generic, Literal, TypeVar, get_args

import msgspec
from msgspec import Meta, Struct

from fairhold.engine.ports import Found
from fairhold.kernel.ids import public_id
from fairhold.kernel.instant import Instant, rfc3339
from fairhold.kernel.money import AMOUNT_MAX, EXPONENT, Money
from fairhold.kernel.wish import Refusal
from fairhold.web.api.operation import Call

ACCOUNT, LISTING, DEAL, CONVERSATION, WALLET = "acct", "lst", "deal", "conv", "wal"
PICTURE, ENDPOINT = "pic", "whe"

Currency = Literal["CNY", "EUR", "USD", "GBP", "HKD", "JPY", "KRW", "KWD"]
assert set(get_args(Currency)) == set(EXPONENT), "the API names every supported currency"

Time = Annotated[str, Meta(description="RFC 3339, UTC", extra_json_schema={"format": "date-time"})]
NoControls = Meta(pattern=r"^[^\x00-\x1f\x7f]*$")
"""One line of text: no control characters."""
NoNull = Meta(pattern=r"^[^\x00]*$")
"""Text of any number of lines."""
Said = Meta(pattern=r"^\s*[^\s\x00][^\x00]*$")
"""The same, and not blank."""
Titled = Meta(pattern=r"^ *[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$")
"""One line that is not blank."""


def id_of(prefix: str) -> Meta:
    """A public id with this prefix."""
    return Meta(pattern=f"^{prefix}_[0-9a-hjkmnp-tv-z]{{13}}$", examples=[public_id(prefix, 7)])


class Amount(Struct, frozen=True, kw_only=True):
    """An amount in minor units (fen, cent, yen) of one ISO 4217 currency."""

    amount: int
    currency: str


class AskedAmount(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount in minor units (fen, cent, yen) of one ISO 4217 currency."""

    amount: Annotated[int, Meta(ge=1, le=AMOUNT_MAX)]
    currency: Currency

    def money(self) -> Money:
        """As the domain counts it."""
        return Money(self.amount, self.currency)


def amount(money: Money) -> Amount:
    """Show an amount."""
    return Amount(amount=money.minor, currency=money.currency)


def time_of(at: Instant) -> str | None:
    """Show an instant; None when it has not come."""
    return rfc3339(at) if at else None


# -- lists ----------------------------------------------------------------------------------------

Row = TypeVar("Row")
Document = TypeVar("Document")

LIMIT_DEFAULT = 20
LIMIT_MAX = 100


Cursor = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{1,100}$", description="The id of an entry.")]


class ListOf(Struct, Generic[Row], frozen=True, kw_only=True):
    """One page, newest first. ``has_more`` says whether another page follows in this direction."""

    data: Sequence[Row]
    has_more: bool
    object: Literal["list"] = "list"


class Nothing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No arguments."""


class Page(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which page of a list; the two cursors exclude each other."""

    limit: Annotated[int, Meta(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT
    starting_after: Cursor | None = None
    ending_before: Cursor | None = None


class Dry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether to rehearse only: the same checks and the same answer, and nothing happens."""

    dry_run: Literal["1", "true", "0", "false"] = "0"

    @property
    def rehearse(self) -> bool:
        """Whether nothing may happen."""
        return self.dry_run in {"1", "true"}


BOTH_CURSORS = Refusal("request.cursor_conflict")


def find(
    call: Call, view: str, index: str, value: str, read: Callable[[str], str | None]
) -> Found | Refusal:
    """One page of a read model; ``read`` turns a public cursor into the id of a document."""
    page: Page = call.query
    if page.starting_after is not None and page.ending_before is not None:
        return BOTH_CURSORS
    after = before = None
    if page.starting_after is not None:
        after = read(page.starting_after)
        if after is None:
            return Refusal("request.cursor_unknown", {"field": "starting_after"})
    if page.ending_before is not None:
        before = read(page.ending_before)
        if before is None:
            return Refusal("request.cursor_unknown", {"field": "ending_before"})
    return call.desk.store.find(view, index, value, limit=page.limit, after=after, before=before)


def page_of(found: Found, type_: type[Document], show: Callable[[Document], Row]) -> ListOf[Row]:
    """Show a page of documents."""
    rows = [show(msgspec.json.decode(data, type=type_)) for _, data in found.rows]
    return ListOf(data=rows, has_more=found.more)


def cut(call: Call, rows: Sequence[Row], name: Callable[[Row], str]) -> ListOf[Row] | Refusal:
    """One page of a list that is at hand, newest first."""
    page: Page = call.query
    if page.starting_after is not None and page.ending_before is not None:
        return BOTH_CURSORS
    names = [name(row) for row in rows]
    first, last = 0, len(rows)
    if page.starting_after is not None:
        first = names.index(page.starting_after) + 1 if page.starting_after in names else last
    if page.ending_before is not None:
        last = names.index(page.ending_before) if page.ending_before in names else 0
        first = max(0, last - page.limit)
        return ListOf(data=rows[first:last], has_more=first > 0)
    return ListOf(data=rows[first : first + page.limit], has_more=first + page.limit < last)
