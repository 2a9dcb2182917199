"""The words of what the API refuses by itself: what happened and why, and what to do now."""

from collections.abc import Mapping
from types import MappingProxyType

from fairhold.web.wording import N_

WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # -- repeating and paging ------------------------------------------------------------------
        "request.key_missing": (
            N_("This request needs an Idempotency-Key."),
            N_("Send a random key of your own, and the same one when you repeat the request."),
        ),
        "request.key_too_long": (
            N_("The Idempotency-Key is too long."),
            N_("Take at most %(most)s characters."),
        ),
        "request.in_flight": (
            N_("The first request with this key is still being worked on."),
            N_("Repeat it in a moment; nothing is done twice."),
        ),
        "request.cursor_conflict": (
            N_("A page begins after one entry or ends before another, not both."),
            N_("Send starting_after or ending_before."),
        ),
        "request.cursor_unknown": (
            N_("This is not an entry of the list."),
            N_("Take the id of the first or last entry of a page for %(field)s."),
        ),
        # -- pictures and the record ---------------------------------------------------------------
        "picture.unknown": (
            N_("There is no such picture."),
            N_("Upload it first; only your own pictures go with your listings."),
        ),
        "event.unknown": (
            N_("There is no such event, or it is not yours to see."),
            N_("The timeline of a deal shows where each of its events is on record."),
        ),
        "checkpoint.unknown": (
            N_("Nothing is signed yet."),
            N_("Come back in a second."),
        ),
        "proof.not_yet": (
            N_("The tree has not grown that far."),
            N_("Take the size of a signed checkpoint that came after the event."),
        ),
        "tile.unknown": (
            N_("There is no such tile."),
            N_("The size of the newest checkpoint says which tiles there are."),
        ),
        # -- webhooks ------------------------------------------------------------------------------
        "webhook.unknown": (
            N_("There is no such webhook endpoint."),
            N_("The list shows the endpoints there are."),
        ),
        "webhook.address_invalid": (
            N_("Notices cannot be sent to this address."),
            N_("Take an https address that anybody can reach (%(why)s)."),
        ),
        "webhook.event_unknown": (
            N_("There is no event of this name."),
            N_("Instead of %(event)s take a name from the documentation, or one like money.*"),
        ),
        "webhook.too_many": (
            N_("There are too many webhook endpoints."),
            N_("Delete one that is not used; %(most)s are the most."),
        ),
        "webhook.disabled": (
            N_("This endpoint is disabled."),
            N_("Enable it, then send the notice again."),
        ),
        "delivery.unknown": (
            N_("There is no such delivery."),
            N_("The delivery log goes back 30 days."),
        ),
        # -- the sandbox and its operators ---------------------------------------------------------
        "test_clock.unknown": (
            N_("Time cannot be moved here."),
            N_("Start the server with a test clock to move time."),
        ),
        "test_clock.goal_invalid": (
            N_("It is not clear how far time should move."),
            N_("Send by_ms, or an instant in to, and only one of the two."),
        ),
        "test_clock.only_forward": (
            N_("Time only moves forward."),
            N_("Choose an instant that is still to come."),
        ),
        "test_clock.too_far": (
            N_("That is too far at once."),
            N_("Go at most %(days)s days at a time."),
        ),
        "test_clock.advancing": (
            N_("The clock is still on its way."),
            N_("Wait until its status is ready."),
        ),
        "card.not_redeemable": (
            N_("This card cannot be redeemed."),
            N_("It is not one of this issuer, or it was used before."),
        ),
        "dead_letter.unknown": (
            N_("There is no such dead letter."),
            N_("The list shows the ones there are."),
        ),
    }
)

REFUSALS = tuple(WORDS)
"""Every code that the API alone refuses with."""
