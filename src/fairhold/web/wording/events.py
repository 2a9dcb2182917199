"""What each fact on record is called in the timeline of a deal."""

from collections.abc import Mapping
from types import MappingProxyType

from fairhold.web.wording import N_

EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "order.placed": N_("took the offer for %(price)s; nothing is paid yet"),
        "order.paid": N_("The order is paid: now the seller delivers"),
        "order.fulfilled": N_("Delivery is on record"),
        "order.extended": N_("took more time to look"),
        "order.completed": N_("The deal is completed. %(reason)s"),
        "order.voided": N_("The deal is called off. %(reason)s"),
        "order.reminded": N_("A reminder went out"),
        "money.authorised": N_("A payment of %(amount)s is on its way"),
        "money.authorisation_declined": N_("A payment was given back uncharged. %(reason)s"),
        "money.stock_confirmed": N_("One piece is set aside for this deal"),
        "money.authorisation_cancelled": N_("The payment was given back; nothing was charged"),
        "money.held": N_("%(amount)s is held by the payment provider"),
        "money.frozen": N_("The money is frozen: no payment to anybody"),
        "money.unfrozen": N_("The money is no longer frozen"),
        "money.released": N_("%(amount)s goes to the seller, less a fee of %(fee)s"),
        "money.refunded": N_("%(amount)s goes back to the buyer. %(reason)s"),
        "money.charged_back": N_("The buyer's bank took the money back"),
        "money.captured_astray": N_("%(amount)s came that no order waits for; it is sent back"),
        "money.astray_returned": N_("%(amount)s is back with the buyer"),
        "money.executed": N_("The payment provider did as it was asked"),
        "secret.sealed": N_("sealed the code in the vault"),
        "secret.withdrawn": N_("took the sealed code back, unopened"),
        "secret.opened": N_("opened the code"),
        "secret.found_used": N_("The issuer says the code was used on %(used_at)s"),
        "secret.read_again": N_("looked at the code again"),
        "parcel.booked": N_("got a shipping label: %(tracking)s"),
        "parcel.scanned": N_("scanned the parcel: %(scan)s"),
        "meeting.met": N_("entered the right code: the goods are handed over"),
        "meeting.code_mistaken": N_("entered a wrong code"),
        "meeting.code_renewed": N_("made a new meeting code"),
        "return.asked": N_("asked to return it: %(reason)s"),
        "return.agreed": N_("The return is agreed"),
        "return.declined": N_("declined the return"),
        "return.booked": N_("got a label for the way back: %(tracking)s"),
        "return.refused_at_door": N_("The parcel was refused at the door and goes back"),
        "return.moved_back": N_("The goods are on their way back"),
        "return.arrived_back": N_("The parcel is back with the seller"),
        "return.lost": N_("The goods were lost on the way back"),
        "return.inspected": N_("What came back was inspected"),
        "return.lapsed": N_("The return lapsed: nothing was sent back"),
        "case.opened": N_("opened a case: %(claim)s. Asked for: %(amount)s"),
        "case.contested": N_("contested the claim"),
        "case.withdrawn": N_("gave the claim up"),
        "case.settled": N_("The claim is granted"),
        "case.decided": N_("The case is decided: %(amount)s back to the buyer"),
    }
)
"""By the stored name of the event. A text that begins small follows the name of who did it."""
