"""The caller's wallet: what is there, paying it out, and the guarantee deposit."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from msgspec import Struct

from fairhold.domain.wallet import Wallet
from fairhold.engine.batching import Outcome
from fairhold.engine.desk import purse
from fairhold.engine.kinds import WALLET
from fairhold.kernel.ids import public_id
from fairhold.kernel.money import Money
from fairhold.kernel.wish import Refusal
from fairhold.web.api import shapes
from fairhold.web.api.operation import Answer, Call, Operation, answer
from fairhold.web.api.shapes import Amount, AskedAmount, Dry, amount


class PayoutShown(Struct, frozen=True, kw_only=True):
    """Money on its way to the owner's bank."""

    number: int
    amount: Amount
    object: Literal["payout"] = "payout"


class WalletShown(Struct, frozen=True, kw_only=True):
    """What deals released and what stands as a guarantee, by currency."""

    id: Annotated[str, shapes.id_of(shapes.WALLET)]
    owner: Annotated[str, shapes.id_of(shapes.ACCOUNT)]
    available: Sequence[Amount]
    deposit: Sequence[Amount]
    pending_payouts: Sequence[PayoutShown]
    livemode: bool
    object: Literal["wallet"] = "wallet"


def _show(call: Call, wallet: Wallet) -> WalletShown:
    return WalletShown(
        id=public_id(shapes.WALLET, purse.stream_of(call.desk, wallet.owner)),
        owner=public_id(shapes.ACCOUNT, wallet.owner),
        available=_amounts(wallet.available),
        deposit=_amounts(wallet.deposit),
        pending_payouts=[
            PayoutShown(number=payout.number, amount=amount(payout.amount))
            for payout in wallet.pending
        ],
        livemode=call.livemode,
    )


def _amounts(purse_: Mapping[str, int]) -> list[Amount]:
    return [amount(Money(minor, currency)) for currency, minor in sorted(purse_.items())]


def _get(call: Call) -> Answer | Refusal:
    wallet = purse.wallet_of(call.desk, call.actor.account)
    return Answer(body=_show(call, wallet), private=True)


def _after(call: Call, outcome: Outcome) -> Answer | Refusal:
    if isinstance(outcome, Refusal):
        return outcome
    return answer(
        outcome, lambda receipt: _show(call, call.desk.after(WALLET, receipt)), private=True
    )


def _pay_out(call: Call) -> Answer | Refusal:
    asked: AskedAmount = call.body
    rehearse = call.query.rehearse
    return _after(
        call, purse.pay_out(call.desk, call.actor, asked.money(), call.key, rehearse=rehearse)
    )


def _lock(call: Call) -> Answer | Refusal:
    asked: AskedAmount = call.body
    rehearse = call.query.rehearse
    return _after(
        call, purse.lock_deposit(call.desk, call.actor, asked.money(), call.key, rehearse=rehearse)
    )


def _unlock(call: Call) -> Answer | Refusal:
    asked: AskedAmount = call.body
    rehearse = call.query.rehearse
    return _after(
        call,
        purse.unlock_deposit(call.desk, call.actor, asked.money(), call.key, rehearse=rehearse),
    )


EXAMPLE = {"amount": 10000, "currency": "CNY"}

OPERATIONS = (
    Operation(
        id="getWallet",
        method="GET",
        path="/v1/wallet",
        tag="Wallet",
        summary="What is in my wallet",
        call=_get,
        answers=WalletShown,
        scope="wallet:write",
    ),
    Operation(
        id="createPayout",
        method="POST",
        path="/v1/wallet/payouts",
        tag="Wallet",
        summary="Send available money to my bank account",
        call=_pay_out,
        body=AskedAmount,
        query=Dry,
        answers=WalletShown,
        status=201,
        scope="wallet:write",
        keyed=True,
        refusals=("wallet.not_enough",),
        example=EXAMPLE,
    ),
    Operation(
        id="lockDeposit",
        method="POST",
        path="/v1/wallet/deposit/lock",
        tag="Wallet",
        summary="Set available money aside as a guarantee for buyers",
        call=_lock,
        body=AskedAmount,
        query=Dry,
        answers=WalletShown,
        scope="wallet:write",
        keyed=True,
        refusals=("wallet.not_enough",),
        example=EXAMPLE,
    ),
    Operation(
        id="unlockDeposit",
        method="POST",
        path="/v1/wallet/deposit/unlock",
        tag="Wallet",
        summary="Take the guarantee back, when no deal is open",
        call=_unlock,
        body=AskedAmount,
        query=Dry,
        answers=WalletShown,
        scope="wallet:write",
        keyed=True,
        refusals=("wallet.not_enough", "wallet.deposit_is_needed"),
        example=EXAMPLE,
    ),
)
