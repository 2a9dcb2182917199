"""The words of what the doors refuse: what happened and why, and what to do now."""

from collections.abc import Mapping
from types import MappingProxyType

from fairhold.web.wording import N_

WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # -- getting in ----------------------------------------------------------------------------
        "account.not_signed_in": (
            N_("You are not signed in."),
            N_("Sign in, or send an API key with the request."),
        ),
        "account.wrong_password": (
            N_("The e-mail address and the password do not belong together."),
            N_("Check both. Capital letters count in the password."),
        ),
        "account.too_many_tries": (
            N_("There were too many tries to sign in with this address."),
            N_("Wait %(seconds)s seconds, then try again. Whoever is signed in stays signed in."),
        ),
        "account.password_needed": (
            N_("This needs your password."),
            N_("Type your password once more to confirm that it is you."),
        ),
        "account.email_invalid": (
            N_("This is not an e-mail address."),
            N_("Write it like name@example.com."),
        ),
        "account.handle_invalid": (
            N_("This name cannot be used."),
            N_(
                "Take %(least)s to %(most)s letters or digits; dots, dashes and underscores fit in."
            ),
        ),
        "account.handle_reserved": (
            N_("This name could be taken for the platform's own."),
            N_("Choose another name."),
        ),
        "account.language_unknown": (
            N_("Fairhold does not speak this language yet."),
            N_("Choose one of: %(languages)s."),
        ),
        "password.too_short": (
            N_("The password is too short."),
            N_("Take at least %(least)s characters: a few words are easy to remember."),
        ),
        "password.too_long": (
            N_("The password is too long."),
            N_("Take at most %(most)s characters."),
        ),
        "password.too_easy": (
            N_("The password is too easy to guess."),
            N_("Do not use your name or address, or one or two letters again and again."),
        ),
        "api_key.unknown": (
            N_("There is no such API key."),
            N_("It may have been revoked. The list shows the keys there are."),
        ),
        "api_key.name_too_long": (
            N_("The name of the key is too long."),
            N_("Take at most %(most)s characters."),
        ),
        "api_key.scope_unknown": (
            N_("A key needs at least one scope, and only scopes that exist."),
            N_("Choose from: %(scopes)s."),
        ),
        "api_key.too_many": (
            N_("There are too many API keys."),
            N_("Revoke one that is not used; %(most)s are the most."),
        ),
        "api_key.invalid": (
            N_("The API key is not valid here."),
            N_("It may be mistyped, revoked, or belong to the other mode (live or test)."),
        ),
        "session.unknown": (
            N_("There is no such session."),
            N_("It may have ended already."),
        ),
        # -- what somebody may do ------------------------------------------------------------------
        "request.scope_missing": (
            N_("The API key may not do this."),
            N_("Use a key with the scope %(scope)s."),
        ),
        "request.operators_only": (
            N_("Only the platform's operators may do this."),
            N_("Sign in with an account that has this role."),
        ),
        "request.form_out_of_date": (
            N_("This form is out of date. Nothing was done."),
            N_("Go back, load the page again, and send the form once more."),
        ),
        "request.foreign_form": (
            N_("Another website tried to send this in your name. Nothing was done."),
            N_("If you wanted it, do it on the page of Fairhold itself."),
        ),
        "request.rate_limited": (
            N_("Too many requests came from here."),
            N_("Wait %(seconds)s seconds, then go on more slowly."),
        ),
        # -- what a request looks like -------------------------------------------------------------
        "request.wrong_host": (
            N_("This server does not go by that name."),
            N_("Use the address that Fairhold is published under."),
        ),
        "request.broken_text": (
            N_("The request holds bytes that are no text."),
            N_("Send UTF-8, without zero bytes."),
        ),
        "request.too_large": (
            N_("The request is too large."),
            N_("Send at most %(most)s bytes."),
        ),
        "request.wrong_media_type": (
            N_("The content is not of a kind that can be read here."),
            N_("Check the Content-Type of the request."),
        ),
        "request.wrong_method": (
            N_("This address does not do that."),
            N_("Check the method of the request."),
        ),
        "request.not_found": (
            N_("There is nothing at this address."),
            N_("Check the address, or begin at the front page."),
        ),
        "request.malformed": (
            N_("The request cannot be understood."),
            N_("Check its form against the description of the API."),
        ),
        # -- notices and outages -------------------------------------------------------------------
        "notice.wrong_signature": (
            N_("The signature of the notice is wrong. It was not believed."),
            N_("Sign the raw bytes with the secret of this endpoint."),
        ),
        "notice.old_timestamp": (
            N_("The notice is too old, or from the future. It was not believed."),
            N_("Send it again with the time of this attempt."),
        ),
        "notice.malformed": (
            N_("The notice cannot be read."),
            N_("Check its headers and its body."),
        ),
        "request.overloaded": (
            N_("Too much is going on at this moment. Nothing was done."),
            N_("Try again in a second; it is safe to repeat the request."),
        ),
        "outside.declined": (
            N_("Somebody we depend on refused this."),
            N_("Nothing was changed. Try another way, or ask us."),
        ),
        "request.erased": (
            N_("What stood here was erased."),
            N_("The record still proves that it was there, but nobody can read it any more."),
        ),
        "outside.unavailable": (
            N_("Somebody we depend on does not answer. Nothing was done."),
            N_("Try again in a moment; it is safe to repeat the request."),
        ),
        "store.unavailable": (
            N_("The record cannot be reached. Nothing was done."),
            N_("Try again in a moment; it is safe to repeat the request."),
        ),
        "request.failed": (
            N_("Something went wrong on our side."),
            N_("Try again. If it happens again, tell us the number of the request."),
        ),
    }
)

REFUSALS = tuple(WORDS)
"""Every code of the doors themselves."""
