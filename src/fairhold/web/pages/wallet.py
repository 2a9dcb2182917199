"""The wallet: what deals brought, what is on its way to the bank, what stands as a guarantee."""

from collections.abc import Callable
from typing import Any, Final

from litestar import get, post
from litestar.params import FromPath
from msgspec import Struct

from fairhold.domain.wallet import Wallet
from fairhold.engine.desk import purse
from fairhold.kernel.money import EXPONENT, Money
from fairhold.kernel.wish import Refusal
from fairhold.web.pages.answer import Page, posted, said
from fairhold.web.pages.forms import Form, minor_units
from fairhold.web.pages.render import page, see
from fairhold.web.pages.visitor import AnyRequest, Serving, Visitor, visitor
from fairhold.web.problems import Refused, status_of
from fairhold.web.security.identity import signed_in

WAYS: Final[dict[str, Callable[..., Any]]] = {
    "payout": purse.pay_out,
    "lock": purse.lock_deposit,
    "unlock": purse.unlock_deposit,
}


class Purse(Struct, frozen=True, kw_only=True):
    """One currency of a wallet."""

    currency: str
    available: Money
    deposit: Money
    pending: Money


@get("/wallet", guards=[signed_in], sync_to_thread=True)
def wallet_page(request: AnyRequest, services: Serving) -> Page:
    """One's own wallet."""
    return _wallet_page(request, visitor(services, request))


def _wallet_page(
    request: AnyRequest,
    who: Visitor,
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
) -> Page:
    wallet = purse.wallet_of(who.desk, who.account)
    return page(
        request,
        "wallet.html",
        status=status_of(refusal.code) if refusal is not None else 200,
        purses=_purses(wallet),
        pending=wallet.pending,
        typed=typed or {},
        refusal=said(refusal, who),
    )


def _purses(wallet: Wallet) -> list[Purse]:
    currencies = {*wallet.available, *wallet.deposit} or {"CNY"}
    return [
        Purse(
            currency=currency,
            available=Money(wallet.available.get(currency, 0), currency),
            deposit=Money(wallet.deposit.get(currency, 0), currency),
            pending=Money(
                sum(p.amount.minor for p in wallet.pending if p.amount.currency == currency),
                currency,
            ),
        )
        for currency in sorted(currencies)
    ]


@post("/wallet/{way:str}", guards=[signed_in])
async def move_money(request: AnyRequest, services: Serving, way: FromPath[str]) -> Page:
    """Pay out, or set aside, or take back what was set aside."""
    if way not in WAYS:
        raise Refused(Refusal("request.not_found"))

    def work(who: Visitor, form: Form) -> Page:
        currency = form.get("currency")
        minor = minor_units(form.get("amount"), currency)
        typed = {**form.typed(), "way": way}
        if minor is None or currency not in EXPONENT:
            refusal = Refusal("request.amount_invalid")
            return _wallet_page(request, who, refusal, typed)
        key = form.key(who.desk, who.account, f"wallet:{way}")
        outcome = WAYS[way](who.desk, who.actor, Money(minor, currency), key)
        if isinstance(outcome, Refusal):
            return _wallet_page(request, who, outcome, typed)
        return see("/wallet")

    return await posted(request, services, work)


HANDLERS: Final[tuple[Any, ...]] = (wallet_page, move_money)
