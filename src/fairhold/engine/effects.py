"""What follows from facts: wishes for other streams, and calls to the payment provider.

Handlers of :class:`fairhold.engine.followers.Effect`. Each call to the provider carries a business
number made from the fact's place in its stream, so that saying it twice does it once.
"""

from collections.abc import Sequence

from fairhold.codec.events import decode
from fairhold.domain import listing, reactions, wallet
from fairhold.domain.deal import money, secret
from fairhold.domain.deal.phases import SecretPhase
from fairhold.domain.reactions import Reaction
from fairhold.engine.desk.desk import Desk, deal_name
from fairhold.engine.followers import Later
from fairhold.engine.kinds import (
    ACCOUNT,
    CONVERSATION,
    DEAL,
    FINGERPRINT,
    LISTING,
    WALLET,
    Kind,
)
from fairhold.engine.outside import Declined, OutsideUnavailable, Split
from fairhold.engine.ports import LogRow
from fairhold.kernel.actor import PROVIDER
from fairhold.kernel.ids import public_id
from fairhold.kernel.wish import Command, Event, Refusal

PLATFORM_BALANCE = "platform"
"""The platform's own balance at the provider: where fees go."""
UNKNOWN_PAYMENT = "payment.unknown"
"""The provider has never heard of a payment: that says nothing about the buyer's money."""

_KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (DEAL, LISTING, CONVERSATION, FINGERPRINT, WALLET)
}


class Broken(Exception):
    """A reaction was refused: the aggregates do not agree, and a person has to look."""


class Reactions:
    """Turns facts of one stream into wishes for others."""

    name = "reactions"

    def __init__(self, desk: Desk) -> None:
        """Asks through the desk's engine."""
        self._desk = desk

    @staticmethod
    def wants(type_: str) -> bool:
        """Whether facts of this name can have reactions."""
        return type_.split(".", 1)[0] in {"order", "money", "secret", "listing"}

    def handle(self, row: LogRow) -> None:
        """Make every wish that follows from one fact."""
        event = decode(row.data)
        for reaction in self._reactions(row, event):
            kind = _KINDS[reaction.kind]
            stream = reaction.stream or self._derived(reaction)
            if not stream:
                continue
            outcome = self._desk.engine.do(kind, stream, reaction.command)
            if isinstance(outcome, Refusal):
                raise Broken(outcome.code)

    def _reactions(self, row: LogRow, event: Event) -> Sequence[Reaction]:
        if isinstance(event, listing.ListingEvent):
            return reactions.of_listing(event)
        deal = self._desk.engine.state(DEAL, row.stream)
        if deal is None:
            return ()
        return reactions.of_deal(row.stream, deal, event, row.version)

    def _derived(self, reaction: Reaction) -> int:
        if reaction.kind == CONVERSATION.name:
            return self._desk.derived("conversation", "deal", reaction.of)
        if reaction.kind == WALLET.name:
            return self._desk.derived("wallet", reaction.of)
        return 0


class Payments:
    """Asks the payment provider to do what was decided."""

    name = "payments"

    def __init__(self, desk: Desk) -> None:
        """Calls the desk's payment port."""
        self._desk = desk

    @staticmethod
    def wants(type_: str) -> bool:
        """Whether the provider has something to do for facts of this name."""
        return type_ in {
            "money.stock_confirmed",
            "money.authorisation_cancelled",
            "money.authorisation_declined",
            "money.captured_astray",
            "money.refunded",
            "money.released",
            "wallet.payout_requested",
        }

    def handle(self, row: LogRow) -> None:
        """Make the one call that a fact asks for; a final no becomes a fact of its own."""
        event = decode(row.data)
        if isinstance(event, wallet.PayoutRequested) and not self._is_pending(row, event.number):
            return
        try:
            self._call(event, f"{deal_name(row.stream)}:{row.version}")
        except OutsideUnavailable as error:
            message = "the payment provider does not answer"
            raise Later(message) from error
        except Declined as refusal:
            self._declined(row, event, refusal)

    def _is_pending(self, row: LogRow, number: int) -> bool:
        """Whether a payout still waits for its end.

        A payout that was declined is back in the wallet; asking again, because the cursor was
        lost, might this time be granted.
        """
        purse = self._desk.engine.state(WALLET, row.stream)
        return purse is not None and number in {payout.number for payout in purse.pending}

    def _call(self, event: Event, key: str) -> None:
        payment = self._desk.payment
        match event:
            case money.StockConfirmed():
                payment.capture(event.payment, key)
            case money.AuthorisationCancelled() | money.AuthorisationDeclined():
                payment.cancel(event.payment, key)
            case money.CapturedAstray() | money.Refunded():
                payment.refund(event.payment, event.amount, key)
            case money.Released(seller=seller, amount=amount, fee=fee):
                splits = [Split(public_id(ACCOUNT.prefix, seller), amount - fee)]
                if fee.minor:
                    splits.append(Split(PLATFORM_BALANCE, fee))
                payment.release(event.payment, splits, key)
            case wallet.PayoutRequested(owner=owner, number=number, amount=amount):
                account = public_id(ACCOUNT.prefix, owner)
                payment.payout(account, amount, payout_key(account, number))
            case _:
                message = f"the provider is not asked about {type(event).__name__}"
                raise AssertionError(message)

    def _declined(self, row: LogRow, event: Event, refusal: Declined) -> None:
        """Where a no is part of the business, tell the stream; elsewhere a person has to look."""
        if refusal.code == UNKNOWN_PAYMENT:
            # We have the payment's name from the provider itself: it will know it again, or it
            # has lost its memory, and then a person has to look before anybody's deal ends.
            message = "the payment provider does not know the payment"
            raise Later(message) from refusal
        wish: Command
        match event:
            case money.StockConfirmed(payment=payment):
                wish = money.NoteFailed(by=PROVIDER, payment=payment)
                self._desk.engine.do(DEAL, row.stream, wish)
            case money.AuthorisationCancelled() | money.AuthorisationDeclined():
                return  # it is already given back, or was captured and comes back as stray money
            case wallet.PayoutRequested(number=number):
                wish = wallet.NotePayout(by=PROVIDER, number=number, paid=False)
                self._desk.engine.do(WALLET, row.stream, wish)
            case _:
                raise Broken(refusal.code)


class Shredder:
    """Forgets secrets that nobody opened and nobody will: withdrawn, or of a deal that is void."""

    name = "shredder"

    def __init__(self, desk: Desk) -> None:
        """Drops bodies from the desk's vault."""
        self._desk = desk

    @staticmethod
    def wants(type_: str) -> bool:
        """Whether facts of this name can leave a secret behind."""
        return type_ in {"secret.withdrawn", "order.voided"}

    def handle(self, row: LogRow) -> None:
        """Drop the body; it may be gone already."""
        event = decode(row.data)
        if isinstance(event, secret.Withdrawn):
            self._desk.vault.drop_secret(event.body)
            return
        deal = self._desk.engine.state(DEAL, row.stream)
        if deal is not None and deal.secret.phase is SecretPhase.SEALED:
            self._desk.vault.drop_secret(deal.secret.body)


def payout_key(account: str, number: int) -> str:
    """The business number of a payout; the provider's notice brings it back."""
    return f"payout:{account}:{number}"
