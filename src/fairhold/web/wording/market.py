"""Short sentences that presenters put together: where the money is, and what protects whom."""

from collections.abc import Mapping
from types import MappingProxyType

from fairhold.web.wording import N_

MONEY: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "unpaid": (N_("Nothing is paid yet."), N_("NOT PAID – SEND NOTHING.")),
        "void": (N_("Nothing was paid."), N_("Nothing was paid.")),
        "authorised": (
            N_("Your payment of %(amount)s is on its way."),
            N_("NOT PAID – SEND NOTHING. A payment is on its way."),
        ),
        "held": (N_("Your %(amount)s is held safely."), N_("%(amount)s is held for you.")),
        "frozen": (N_("Your %(amount)s is frozen."), N_("%(amount)s is frozen.")),
        "released": (N_("%(amount)s went to the seller."), N_("%(released)s is yours.")),
        "refunded": (N_("You got %(amount)s back."), N_("%(amount)s went back to the buyer.")),
        "split": (
            N_("%(refunded)s came back to you, %(released)s went to the seller."),
            N_("%(released)s is yours, %(refunded)s went back to the buyer."),
        ),
    }
)
"""Where the money is: to the buyer, to the seller."""

MONEY_TO_OFFICER: Mapping[str, str] = MappingProxyType(
    {
        "unpaid": N_("Nothing is paid."),
        "void": N_("Nothing was paid."),
        "authorised": N_("A payment of %(amount)s is on its way."),
        "held": N_("%(amount)s is held."),
        "frozen": N_("%(amount)s is frozen."),
        "released": N_("%(amount)s went to the seller."),
        "refunded": N_("%(amount)s went back to the buyer."),
        "split": N_("%(refunded)s to the buyer, %(released)s to the seller."),
    }
)

PROTECTS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "secret": (
            N_("Your money is held by the payment provider, not by the seller."),
            N_("The code is sealed and opens for you alone, after you have paid."),
            N_("If no code comes in time, or it was used before, your money comes back."),
        ),
        "parcel": (
            N_("Your money is held by the payment provider, not by the seller."),
            N_("Only the carrier's scan counts as delivery; then you have time to look."),
            N_("If nothing comes, all your money comes back by itself."),
        ),
        "meeting": (
            N_("Your money is held by the payment provider, not by the seller."),
            N_("You give the code only when the goods are in your hand."),
            N_("If you do not meet, all your money comes back by itself."),
        ),
    }
)
"""What protects a buyer here, in three lines, by the way of delivery."""

STEPS: Mapping[str, str] = MappingProxyType(
    {
        "taken": N_("Take"),
        "paid": N_("Pay"),
        "sealed": N_("Seal"),
        "opened": N_("Open"),
        "sent": N_("Ship"),
        "delivered": N_("Deliver"),
        "met": N_("Meet"),
        "return": N_("Return"),
        "case": N_("Case"),
        "done": N_("Done"),
        "void": N_("Called off"),
    }
)
"""The stations of the rail on a deal's page."""

SIGNALS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "confirm_before_delivery": (
            N_("You are asked to confirm before delivery."),
            N_("Do not. There is no such button until the goods are there; your money is safe."),
        ),
        "secret_before_payment": (
            N_("You are asked for a code before the money is held."),
            N_("Never send a code in chat. Seal it on this page; it opens when the money is held."),
        ),
        "fake_payment_claim": (
            N_("It says it is paid. It is not."),
            N_("Only this page knows: as long as it says NOT PAID, send nothing."),
        ),
        "secret_in_chat": (
            N_("This message seems to hold a code."),
            N_("Codes belong in the seal of a deal, never in chat."),
        ),
    }
)
"""What the guard says at a message: the danger, and what to do."""

SCANS: Mapping[str, str] = MappingProxyType(
    {
        "awaited": N_("announced"),
        "handed_over": N_("accepted by the carrier"),
        "moving": N_("on its way"),
        "delivered": N_("delivered"),
        "refused": N_("refused"),
        "lost": N_("lost"),
        "none": N_("nothing new"),
    }
)
"""What a carrier saw, by the phase of a parcel."""
