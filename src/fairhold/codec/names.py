"""The stored name and version of every event.

A name is a promise to everybody who keeps the record: classes may be renamed, names may not. Only
the newest version of an event has a class; older bytes pass the upcasts in ``upcasts.py``.
"""

from collections.abc import Mapping
from types import MappingProxyType

from fairhold.domain import account, conversation, fingerprint, listing, wallet
from fairhold.domain.deal import case, meeting, money, order, parcel, returns, secret
from fairhold.kernel.wish import Event

EVENTS: Mapping[str, tuple[int, type[Event]]] = MappingProxyType(
    {
        "order.placed": (1, order.Placed),
        "order.paid": (1, order.Paid),
        "order.fulfilled": (1, order.Fulfilled),
        "order.extended": (1, order.Extended),
        "order.completed": (1, order.Completed),
        "order.voided": (1, order.Voided),
        "order.reminded": (1, order.Reminded),
        "money.authorised": (1, money.Authorised),
        "money.authorisation_declined": (1, money.AuthorisationDeclined),
        "money.stock_confirmed": (1, money.StockConfirmed),
        "money.authorisation_cancelled": (1, money.AuthorisationCancelled),
        "money.held": (1, money.Held),
        "money.frozen": (1, money.Frozen),
        "money.unfrozen": (1, money.Unfrozen),
        "money.released": (1, money.Released),
        "money.refunded": (1, money.Refunded),
        "money.charged_back": (1, money.ChargedBack),
        "money.captured_astray": (1, money.CapturedAstray),
        "money.astray_returned": (1, money.AstrayReturned),
        "money.executed": (1, money.Executed),
        "secret.sealed": (1, secret.Sealed),
        "secret.withdrawn": (1, secret.Withdrawn),
        "secret.opened": (1, secret.Opened),
        "secret.found_used": (1, secret.FoundUsed),
        "secret.read_again": (1, secret.ReadOnceMore),
        "parcel.booked": (1, parcel.Booked),
        "parcel.scanned": (1, parcel.Scanned),
        "meeting.met": (1, meeting.Met),
        "meeting.code_mistaken": (1, meeting.CodeMistaken),
        "meeting.code_renewed": (1, meeting.CodeRenewed),
        "return.asked": (1, returns.ReturnAsked),
        "return.agreed": (1, returns.ReturnAgreed),
        "return.declined": (1, returns.ReturnDeclined),
        "return.booked": (1, returns.ReturnBooked),
        "return.refused_at_door": (1, returns.RefusedAtDoor),
        "return.moved_back": (1, returns.MovedBack),
        "return.arrived_back": (1, returns.ArrivedBack),
        "return.lost": (1, returns.LostOnTheWayBack),
        "return.inspected": (1, returns.ReturnInspected),
        "return.lapsed": (1, returns.ReturnLapsed),
        "case.opened": (1, case.CaseOpened),
        "case.contested": (1, case.CaseContested),
        "case.withdrawn": (1, case.CaseWithdrawn),
        "case.settled": (1, case.CaseSettled),
        "case.decided": (1, case.CaseDecided),
        "listing.published": (1, listing.Published),
        "listing.revised": (1, listing.Revised),
        "listing.delisted": (1, listing.Delisted),
        "listing.relisted": (1, listing.Relisted),
        "listing.taken": (1, listing.Taken),
        "listing.unit_claimed": (1, listing.UnitClaimed),
        "listing.unit_denied": (1, listing.UnitDenied),
        "listing.given_back": (1, listing.GivenBack),
        "account.opened": (1, account.AccountOpened),
        "account.profile_revised": (1, account.ProfileRevised),
        "account.operator_granted": (1, account.OperatorGranted),
        "account.closed": (1, account.AccountClosed),
        "conversation.started": (1, conversation.Started),
        "conversation.posted": (1, conversation.Posted),
        "conversation.stopped": (1, conversation.Stopped),
        "conversation.recalled": (1, conversation.Recalled),
        "conversation.read": (1, conversation.Read),
        "conversation.blocked": (1, conversation.Blocked),
        "fingerprint.hold_taken": (1, fingerprint.HoldTaken),
        "fingerprint.hold_given_up": (1, fingerprint.HoldGivenUp),
        "fingerprint.hold_spent": (1, fingerprint.HoldSpent),
        "wallet.credited": (1, wallet.Credited),
        "wallet.payout_requested": (1, wallet.PayoutRequested),
        "wallet.paid_out": (1, wallet.PaidOut),
        "wallet.payout_returned": (1, wallet.PayoutReturned),
        "wallet.deposit_locked": (1, wallet.DepositLocked),
        "wallet.owed": (1, wallet.Owed),
        "wallet.recovered": (1, wallet.Recovered),
        "wallet.deposit_unlocked": (1, wallet.DepositUnlocked),
    }
)

NAME_OF: Mapping[type[Event], tuple[str, int]] = MappingProxyType(
    {cls: (name, version) for name, (version, cls) in EVENTS.items()}
)
