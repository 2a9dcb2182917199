"""The words of a deal: its moves, clocks, phases, reasons, claims and ways of delivery.

Where both sides see a text, there is one for each: ``(to whom it concerns, to the other)``. The
operator reads the second.
"""

from collections.abc import Mapping
from types import MappingProxyType

from fairhold.web.wording import N_

MOVES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "cancel": (
            N_("Cancel the deal"),
            N_("Ends it for both. Whatever is held goes back to the buyer in full."),
        ),
        "confirm": (
            N_("Confirm: all is well"),
            N_("The money goes to the seller at once. This cannot be taken back."),
        ),
        "extend": (
            N_("Take more time"),
            N_("More time to look at the goods; the money stays held."),
        ),
        "seal": (
            N_("Seal the code"),
            N_("Goes encrypted into the vault. Only the buyer who has paid can open it."),
        ),
        "withdraw": (
            N_("Take the code back"),
            N_("Possible until the buyer opens it. The clock for delivering runs on."),
        ),
        "open": (
            N_("Open the code"),
            N_("Shows it to you and goes on record as delivered. Then your time to test begins."),
        ),
        "read_again": (
            N_("Show the code again"),
            N_("Goes on record, with the time when it was first opened."),
        ),
        "book_parcel": (
            N_("Get the shipping label"),
            N_("The carrier's own scans then move the deal on, nobody's word."),
        ),
        "present_code": (
            N_("Enter the buyer's code"),
            N_("Let go of the goods only when the code is accepted: that counts as delivery."),
        ),
        "renew_code": (
            N_("Make a new meeting code"),
            N_("The old one is worthless at once."),
        ),
        "ask_return": (
            N_("Ask to return it"),
            N_("The seller answers; silence means yes. The money stays held."),
        ),
        "agree_return": (
            N_("Agree to the return"),
            N_("The buyer sends it back; you look at it before anything is refunded."),
        ),
        "decline_return": (
            N_("Decline the return"),
            N_("The buyer can still open a case."),
        ),
        "book_return": (
            N_("Get the return label"),
            N_("Send it back with this label; the carrier's scans prove it."),
        ),
        "accept_return": (
            N_("Accept what came back"),
            N_("The buyer gets the money back in full."),
        ),
        "open_case": (
            N_("Open a case"),
            N_("Freezes the money at once. The seller has to answer, then an officer decides."),
        ),
        "dispute_return": (
            N_("This is not what I sent"),
            N_("Freezes the money at once. The buyer has to answer, then an officer decides."),
        ),
        "withdraw_case": (
            N_("Give up the claim"),
            N_("Ends the case; the deal goes on where it stopped."),
        ),
        "accept_claim": (
            N_("Grant what is asked"),
            N_("Ends the case at once as the other side asks."),
        ),
        "contest_claim": (
            N_("Contest the claim"),
            N_("A case officer decides. The money stays frozen until then."),
        ),
        "decide_case": (
            N_("Decide the case"),
            N_("Divides what is held, with reasons for both sides."),
        ),
        "pay": (
            N_("Pay now"),
            N_("The payment provider holds the money; the seller does not get it yet."),
        ),
    }
)
"""What a button says, and what pressing it does; ``pay`` leads to the provider's page."""

OUTCOMES: Mapping[str, str] = MappingProxyType(
    {
        "void_unpaid": N_("the order ends unpaid, and nothing is owed"),
        "void_not_captured": N_("the payment is given back and the order ends"),
        "refund_not_delivered": N_("the buyer gets all the money back"),
        "release_unopened": N_("the seller is paid; the code can still be opened"),
        "release_after_test": N_("the code counts as good and the seller is paid"),
        "refund_not_dispatched": N_("the buyer gets all the money back"),
        "refund_not_arrived": N_("the parcel counts as lost; the buyer gets all the money back"),
        "refund_not_met": N_("the buyer gets all the money back"),
        "release_after_inspection": N_("the goods count as good and the seller is paid"),
        "return_agreed": N_("the return counts as agreed"),
        "release_never_sent_back": N_("the return lapses and the seller is paid"),
        "refund_never_arrived_back": N_("the buyer gets all the money back"),
        "refund_return_accepted": N_(
            "the return counts as accepted; the buyer gets the money back"
        ),
        "claim_granted": N_("the claim counts as granted; the buyer gets what was asked"),
        "return_claim_granted": N_("the claim counts as granted; the seller is paid"),
        "refund_not_decided": N_("the buyer gets all the money back"),
    }
)
"""What silence does, by the outcome of a clock; follows “if nothing happens by then,”."""

TURNS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "pay": (N_("Your turn: pay."), N_("Waiting for the buyer to pay.")),
        "capture": (N_("The bank is at work."), N_("The bank is at work.")),
        "deliver": (
            N_("Your turn: seal the code."),
            N_("Waiting for the seller to seal the code."),
        ),
        "open": (N_("Your turn: open the code."), N_("Waiting for the buyer to open the code.")),
        "test": (N_("Your turn: test the code."), N_("The buyer is testing the code.")),
        "dispatch": (N_("Your turn: send the parcel."), N_("Waiting for the seller to send it.")),
        "transit": (N_("The parcel is on its way."), N_("The parcel is on its way.")),
        "meet": (
            N_("Your turn: meet, hand over, enter the code."),
            N_("Meet the seller. Give the code only for the goods."),
        ),
        "inspect": (N_("Your turn: look at the goods."), N_("The buyer is looking at the goods.")),
        "inspect_met": (
            N_("Your turn: look at the goods."),
            N_("The buyer is looking at the goods."),
        ),
        "answer_return": (
            N_("Your turn: answer the return."),
            N_("Waiting for the seller's answer to the return."),
        ),
        "ship_back": (
            N_("Your turn: send it back."),
            N_("Waiting for the buyer to send it back."),
        ),
        "bring_back": (
            N_("The goods are on their way back."),
            N_("The goods are on their way back."),
        ),
        "inspect_return": (
            N_("Your turn: look at what came back."),
            N_("The seller is looking at what came back."),
        ),
        "answer_claim": (
            N_("Your turn: answer the claim."),
            N_("Waiting for the seller to answer the claim."),
        ),
        "answer_return_claim": (
            N_("Your turn: answer the claim."),
            N_("Waiting for the buyer to answer the claim."),
        ),
        "decide": (N_("Your turn: decide the case."), N_("A case officer is deciding.")),
    }
)
"""Whose turn it is, by the name of the clock: to the one whose turn it is, and to others."""

ENDS: Mapping[str, str] = MappingProxyType(
    {
        "completed": N_("The deal is completed."),
        "void": N_("The deal is called off."),
    }
)
"""What stands in the place of a turn when there is none left."""

PHASES: Mapping[str, str] = MappingProxyType(
    {
        "order.placed": N_("Not paid"),
        "order.paid": N_("Paid, money held"),
        "order.fulfilled": N_("Delivered"),
        "order.completed": N_("Completed"),
        "order.void": N_("Called off"),
        "money.none": N_("No money yet"),
        "money.authorised": N_("Payment on its way"),
        "money.held": N_("Held"),
        "money.frozen": N_("Frozen"),
        "money.released": N_("With the seller"),
        "money.refunded": N_("Back with the buyer"),
        "money.split": N_("Divided"),
        "secret.none": N_("No code in this deal"),
        "secret.awaited": N_("No code sealed yet"),
        "secret.sealed": N_("Code sealed"),
        "secret.withdrawn": N_("Code taken back"),
        "secret.opened": N_("Code opened"),
        "secret.used": N_("Code was already used"),
        "parcel.none": N_("No parcel in this deal"),
        "parcel.awaited": N_("Not sent yet"),
        "parcel.handed_over": N_("With the carrier"),
        "parcel.moving": N_("On its way"),
        "parcel.delivered": N_("Delivered"),
        "parcel.refused": N_("Refused at the door"),
        "parcel.lost": N_("Lost"),
        "meeting.none": N_("No meeting in this deal"),
        "meeting.arranged": N_("Not met yet"),
        "meeting.met": N_("Handed over"),
        "back.none": N_("No return"),
        "back.asked": N_("Return asked for"),
        "back.declined": N_("Return declined"),
        "back.agreed": N_("Return agreed"),
        "back.moving_back": N_("On its way back"),
        "back.back": N_("Back with the seller"),
        "back.inspected": N_("Return inspected"),
        "back.closed": N_("Return closed"),
        "case.none": N_("No case"),
        "case.opened": N_("Case open"),
        "case.with_officer": N_("With a case officer"),
        "case.withdrawn": N_("Claim given up"),
        "case.settled": N_("Settled"),
        "case.decided": N_("Decided"),
    }
)
"""A phase as a label: ``part.phase``."""

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "not_paid_in_time": N_("It was not paid in time."),
        "payment_not_completed": N_("The payment was never completed."),
        "payment_failed": N_("The payment failed."),
        "sold_to_another": N_("Somebody else paid first. Nothing was charged."),
        "cancelled_by_buyer": N_("The buyer cancelled it."),
        "cancelled_by_seller": N_("The seller cancelled it."),
        "not_delivered_in_time": N_("No code was sealed in time."),
        "not_dispatched_in_time": N_("The parcel was not sent in time."),
        "not_arrived_in_time": N_("The parcel did not arrive in time."),
        "not_met_in_time": N_("The goods were not handed over in time."),
        "parcel_lost": N_("The carrier lost the parcel."),
        "return_lost": N_("The goods were lost on the way back."),
        "returned": N_("The goods went back to the seller."),
        "return_never_sent": N_("The buyer never sent the goods back."),
        "used_before_opening": N_("The issuer says the code was used before it was opened."),
        "claim_accepted": N_("The claim was granted."),
        "claim_not_answered": N_("The claim was not answered in time."),
        "not_decided_in_time": N_("No decision was made in time."),
        "decision": N_("A case officer decided."),
        "charged_back": N_("The buyer's bank took the payment back."),
        "confirmed": N_("The buyer confirmed."),
        "not_opened_in_time": N_("The code was not opened in time."),
        "test_ended": N_("The time to test ended without a complaint."),
        "inspection_ended": N_("The time to inspect ended without a complaint."),
        "order_is_over": N_("The order was already over."),
        "paid_twice": N_("It was paid twice."),
        "amount_differs": N_("The amount was not the price."),
    }
)
"""Why a deal, or a payment, ended as it did."""

RETURN_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "changed_mind": N_("I have changed my mind"),
        "not_as_described": N_("It is not as described"),
        "damaged": N_("It is damaged"),
        "wrong_goods": N_("It is something else"),
        "other": N_("Another reason"),
    }
)

CLAIMS: Mapping[str, str] = MappingProxyType(
    {
        "code_already_used": N_("The code was already used"),
        "code_never_worked": N_("The code never worked"),
        "not_as_described": N_("It is not as described"),
        "damaged_in_transit": N_("It was damaged on the way"),
        "counterfeit": N_("It is a counterfeit"),
        "wrong_goods": N_("It is something else"),
        "swapped_on_return": N_("What came back is not what was sent"),
    }
)

DELIVERIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "secret": (
            N_("Card or code"),
            N_("Sealed in the vault, opened only by the buyer who has paid, every look on record."),
        ),
        "parcel": (
            N_("Parcel"),
            N_("Only the carrier's own scans count as delivery, never anybody's word."),
        ),
        "meeting": (
            N_("In person"),
            N_("A one-time code that the buyer gives only with the goods in hand."),
        ),
    }
)

CATEGORIES: Mapping[str, str] = MappingProxyType(
    {
        "cards": N_("Cards and vouchers"),
        "games": N_("Games"),
        "phones": N_("Phones"),
        "beauty": N_("Beauty"),
        "clothing": N_("Clothing"),
        "home": N_("Home"),
        "books": N_("Books"),
        "other": N_("Other"),
    }
)

CONDITIONS: Mapping[str, str] = MappingProxyType(
    {
        "new": N_("New"),
        "like_new": N_("Like new"),
        "used": N_("Used"),
        "worn": N_("Well worn"),
    }
)

ROLES: Mapping[str, str] = MappingProxyType(
    {
        "buyer": N_("the buyer"),
        "seller": N_("the seller"),
        "owner": N_("the owner"),
        "operator": N_("a case officer"),
        "clock": N_("the clock"),
        "provider": N_("the payment provider"),
        "carrier": N_("the carrier"),
        "issuer": N_("the card's issuer"),
        "platform": N_("the platform"),
        "stranger": N_("somebody else"),
    }
)
"""Who acted or is to act."""
