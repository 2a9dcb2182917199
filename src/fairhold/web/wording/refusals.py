"""Refusals in words: what happened and why, and what to do now.

Texts may hold ``%(name)s`` for the values of a refusal. Instants (``*_at``) arrive as dates,
amounts as money.
"""

from collections.abc import Mapping
from types import MappingProxyType

from fairhold.web.wording import N_

REFUSALS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # -- deals ---------------------------------------------------------------------------------
        "deal.unknown": (
            N_("There is no such deal."),
            N_("Check the address, or look in “My deals”."),
        ),
        "deal.not_yours": (
            N_("There is no such deal."),
            N_("Check the address, or look in “My deals”."),
        ),
        "deal.exists": (
            N_("This deal has already begun."),
            N_("Open it in “My deals”."),
        ),
        "deal.not_for_your_role": (
            N_("This step belongs to the other side."),
            N_("The page of the deal shows whose turn it is."),
        ),
        "deal.not_now": (
            N_("This cannot be done now: the deal has moved on."),
            N_("Nothing was changed. The page shows what can be done now."),
        ),
        "deal.changed": (
            N_("The deal changed at the same moment."),
            N_("Nothing was changed by you. Look at the page again, then repeat the step."),
        ),
        "order.own_listing": (
            N_("This is your own listing."),
            N_("Nobody can buy from themselves."),
        ),
        "order.amount_out_of_range": (
            N_("The price is outside what can be held."),
            N_("Ask the seller to correct the listing."),
        ),
        "order.not_delivered_yet": (
            N_("You cannot confirm yet: delivery is not on record."),
            N_("Whoever urges you to confirm now wants your money before you have the goods."),
        ),
        "order.not_opened_yet": (
            N_("You cannot confirm yet: you have not opened the code."),
            N_("Open it and try it first. Nobody can make you confirm before."),
        ),
        "order.no_extension_left": (
            N_("You have used all the extra time there is."),
            N_("If something is wrong, say so now: that stops the clock."),
        ),
        # -- money ---------------------------------------------------------------------------------
        "money.unknown_payment": (
            N_("The payment provider knows no such payment."),
            N_("Look at the deal again in a minute."),
        ),
        # -- codes and cards -----------------------------------------------------------------------
        "secret.not_paid": (
            N_("The code stays sealed: this order is not paid."),
            N_("Pay first; then it opens for you alone."),
        ),
        "secret.not_sealed": (
            N_("There is no sealed code here."),
            N_("The seller has to seal one first."),
        ),
        "secret.already_sealed": (
            N_("A code is already sealed."),
            N_("To put in another, take the sealed one back first."),
        ),
        "secret.already_opened": (
            N_("The code was opened on %(opened_at)s."),
            N_("It can be read again, but no longer be taken back or exchanged."),
        ),
        "secret.used_before_sealing": (
            N_("The issuer says that this code was used on %(used_at)s."),
            N_("It was not sealed. Seal one that is unused, or cancel the deal."),
        ),
        "secret.sold_before": (
            N_("This code is already sealed in another deal, or was sold before."),
            N_("Each code can be sold once. Seal another one."),
        ),
        "secret.empty": (
            N_("There is nothing to seal."),
            N_("Type the number, the password, or both."),
        ),
        "secret.too_short": (
            N_("The code has at least %(least)s letters and digits."),
            N_("Type it as it stands on the card."),
        ),
        "secret.too_long": (
            N_("That is too long for a code."),
            N_("A number or password has at most %(most)s characters."),
        ),
        # -- parcels and meetings ------------------------------------------------------------------
        "parcel.not_paid": (
            N_("NOT PAID – SEND NOTHING."),
            N_("You get a label as soon as the money is held."),
        ),
        "parcel.unknown_tracking": (
            N_("No parcel of this deal has that number."),
            N_("Check the tracking number."),
        ),
        "meeting.not_paid": (
            N_("NOT PAID – HAND OVER NOTHING."),
            N_("Meet when the money is held."),
        ),
        "meeting.too_many_mistakes": (
            N_("The code was mistyped %(tries)s times."),
            N_("Ask the buyer to make a new code on this page."),
        ),
        "meeting.code_is_old": (
            N_("This code is no longer in force."),
            N_("Ask the buyer for the code on their page now."),
        ),
        # -- returns and cases ---------------------------------------------------------------------
        "return.not_for_codes": (
            N_("A code that was opened cannot be returned."),
            N_("If it does not work, open a case: that freezes the money."),
        ),
        "return.unknown_reason": (
            N_("Choose one of the reasons given."),
            N_("If none fits, choose “another reason”."),
        ),
        "case.not_delivered_yet": (
            N_("There is nothing to complain about yet: nothing was delivered."),
            N_("If nothing comes in time, the money goes back to you by itself."),
        ),
        "case.unknown_claim": (
            N_("Choose one of the claims given."),
            N_("If none fits exactly, take the nearest and explain it in words."),
        ),
        "case.amount_out_of_range": (
            N_("The amount has to be between nothing and %(most)s."),
            N_("That is what is held for this deal."),
        ),
        "case.opened_too_often": (
            N_("A case can be opened %(times)s times in one deal."),
            N_("Settle it with the seller in the chat before the time to look ends."),
        ),
        "case.reason_missing": (
            N_("A decision needs its reasons."),
            N_("Write what was found and why."),
        ),
        # -- listings ------------------------------------------------------------------------------
        "listing.unknown": (
            N_("There is no such listing."),
            N_("Look around in the market."),
        ),
        "listing.not_yours": (
            N_("There is no such listing of yours."),
            N_("Only its seller can change a listing."),
        ),
        "listing.exists": (
            N_("This listing is already there."),
            N_("Open it under “Selling”."),
        ),
        "listing.price_out_of_range": (
            N_("The price has to be more than nothing, and not beyond any reason."),
            N_("Correct the price."),
        ),
        "listing.currency_unknown": (
            N_("This currency is not supported."),
            N_("Use one of: %(currencies)s."),
        ),
        "listing.stock_out_of_range": (
            N_("You can offer between %(least)s and %(most)s pieces."),
            N_("Correct the number of pieces."),
        ),
        "listing.withdrawn": (
            N_("This listing is no longer on the market."),
            N_("Nothing was charged. Look for another one."),
        ),
        "listing.sold_out": (
            N_("This has just been sold."),
            N_("Nothing was charged. Look for another one."),
        ),
        "listing.changed": (
            N_("The seller has changed this listing since you saw it."),
            N_("Look at it again before you take it: you get what you see now."),
        ),
        "listing.title_missing": (
            N_("The title is missing."),
            N_("Say in a few words what it is."),
        ),
        "listing.title_too_long": (
            N_("The title is too long."),
            N_("It may have %(most)s characters."),
        ),
        "listing.text_too_long": (
            N_("The description is too long."),
            N_("It may have %(most)s characters."),
        ),
        "listing.too_many_pictures": (
            N_("There are too many pictures."),
            N_("A listing may have %(most)s."),
        ),
        "listing.category_unknown": (
            N_("Choose one of the categories."),
            N_("If none fits, choose “Other”."),
        ),
        "listing.delivery_unknown": (
            N_("Choose how it changes hands."),
            N_("As a card or code, in a parcel, or in person."),
        ),
        "picture.too_large": (
            N_("The picture is too large."),
            N_("At most 10 MB and 24 million pixels."),
        ),
        "picture.not_a_picture": (
            N_("This file is not a picture that can be shown."),
            N_("Take a JPEG, PNG or WebP."),
        ),
        # -- talking -------------------------------------------------------------------------------
        "conversation.unknown": (
            N_("There is no such conversation."),
            N_("Check the address."),
        ),
        "conversation.not_yours": (
            N_("There is no such conversation."),
            N_("Check the address."),
        ),
        "conversation.exists": (
            N_("This conversation has already begun."),
            N_("Go on in it."),
        ),
        "conversation.deal_channel_stays_open": (
            N_("The channel of a deal cannot be closed."),
            N_("Both sides must be able to reach each other until the deal has ended."),
        ),
        "conversation.blocked": (
            N_("No more messages can be sent here."),
            N_("One side has closed this conversation. A deal has a channel of its own."),
        ),
        "conversation.secret_stopped": (
            N_("Your message was stopped before it left: it seems to hold a card number or code."),
            N_("Nothing of it was stored. Codes are safe only in a deal's seal, never in chat."),
        ),
        "conversation.not_your_message": (
            N_("This message can no longer be taken back."),
            N_("Only your own last %(last)s messages can."),
        ),
        "conversation.empty": (
            N_("The message is empty."),
            N_("Write something first."),
        ),
        "conversation.too_long": (
            N_("The message is too long."),
            N_("It may have %(most)s characters."),
        ),
        # -- accounts and wallets ------------------------------------------------------------------
        "account.unknown": (
            N_("There is no such account."),
            N_("Check the address."),
        ),
        "account.not_yours": (
            N_("This is not your account."),
            N_("Sign in with the right one."),
        ),
        "account.exists": (
            N_("This account is already there."),
            N_("Sign in."),
        ),
        "account.closed": (
            N_("This account is closed."),
            N_("Nobody can act through it any more."),
        ),
        "account.has_open_deals": (
            N_("You cannot close the account: %(deals)s of your deals are not ended."),
            N_("Bring them to their end first; nobody can slip out of a deal."),
        ),
        "account.owes": (
            N_("You cannot close the account: you owe the platform money."),
            N_("Pay back what a bank took from us in your place, then close it."),
        ),
        "wallet.owes": (
            N_("You owe the platform %(owed)s: a buyer's bank took money back."),
            N_("What comes into the wallet pays this first; then it is yours again."),
        ),
        "order.label_booked": (
            N_("The parcel may already be with the carrier: only the seller can cancel now."),
            N_("Ask the seller to cancel, or refuse the parcel at the door."),
        ),
        "account.has_money": (
            N_("You cannot close the account: there is money in your wallet."),
            N_("Have it paid out first."),
        ),
        "account.email_taken": (
            N_("There is already an account with this e-mail address."),
            N_("Sign in, or use another address."),
        ),
        "wallet.unknown": (
            N_("Your wallet is still empty."),
            N_("It begins with your first sale."),
        ),
        "wallet.not_yours": (
            N_("This is not your wallet."),
            N_("Sign in with the right account."),
        ),
        "wallet.amount_out_of_range": (
            N_("This amount cannot be moved."),
            N_("It has to be more than nothing; and at most 50 payouts can be on their way."),
        ),
        "wallet.not_enough": (
            N_("There is not that much: you have %(available)s."),
            N_("Take a smaller amount."),
        ),
        "wallet.deposit_is_needed": (
            N_("Your deposit protects the buyers of %(deals)s open deals."),
            N_("You can take it back when they have ended."),
        ),
        "wallet.unknown_payout": (
            N_("There is no such payout."),
            N_("Look at your wallet."),
        ),
        "fingerprint.held": (
            N_("Somebody already has this."),
            N_("It can only be held once."),
        ),
        # -- requests ------------------------------------------------------------------------------
        "request.unknown_move": (
            N_("There is no such step."),
            N_("The page of the deal shows the steps that there are."),
        ),
        "request.key_reused": (
            N_("This form was already sent with other content."),
            N_("Open the page again and fill it in anew."),
        ),
        "request.no_such_stream": (
            N_("There is nothing with this name."),
            N_("Check the address."),
        ),
        "request.malformed": (
            N_("Something in the form cannot be understood: %(field)s."),
            N_("Correct it and send it again."),
        ),
        "request.amount_invalid": (
            N_("This is not an amount."),
            N_("Write it in figures, such as 480 or 480.50."),
        ),
        "request.not_found": (
            N_("There is no such page."),
            N_("Check the address, or begin at the market."),
        ),
        "outside.unavailable": (
            N_("The payment provider or the carrier does not answer just now."),
            N_("Nothing was done. Try again in a moment."),
        ),
    }
)
"""Title and advice for every code; the first says what happened and why."""

UNKNOWN = (
    N_("This could not be done."),
    N_("Nothing was changed. Go back and try again."),
)
"""For a code from a newer program than these words."""
