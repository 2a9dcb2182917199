"""What people type in, as the desk takes it: checked for size and form, not yet for permission."""

from msgspec import Struct

from fairhold.engine.spelling import normalise
from fairhold.kernel.wish import Refusal

TITLE_MAX = 80
TEXT_MAX = 4_000
HANDLE_MAX = 24
EMAIL_MAX = 254
MESSAGE_MAX = 2_000
FIELD_MAX = 200
SECRET_MIN = 4
"""Letters and digits that a secret has at least: anybody guesses a shorter one."""
PICTURES_MAX = 9
CATEGORIES = ("cards", "games", "phones", "beauty", "clothing", "home", "books", "other")


class Words(Struct, frozen=True, kw_only=True):
    """The words and pictures of a listing; pictures are numbers of stored bodies."""

    title: str
    description: str = ""
    pictures: tuple[int, ...] = ()
    condition: str = "used"


class Profile(Struct, frozen=True, kw_only=True):
    """The personal data of an account: kept encrypted, shown to nobody but its owner.

    ``handle`` is the public name.
    """

    email: str
    handle: str
    language: str = "en"


class SecretFields(Struct, frozen=True, kw_only=True):
    """A card or code as its seller types it."""

    number: str = ""
    password: str = ""
    card_kind: str = "card"


def fault_of_words(words: Words) -> Refusal | None:
    """Why a listing cannot be kept like this."""
    if not words.title.strip():
        return Refusal("listing.title_missing")
    if len(words.title) > TITLE_MAX:
        return Refusal("listing.title_too_long", {"most": TITLE_MAX})
    if len(words.description) > TEXT_MAX:
        return Refusal("listing.text_too_long", {"most": TEXT_MAX})
    if len(words.pictures) > PICTURES_MAX:
        return Refusal("listing.too_many_pictures", {"most": PICTURES_MAX})
    return None


def fault_of_secret(fields: SecretFields) -> Refusal | None:
    """Why a secret cannot be sealed like this; nothing of it is repeated in the answer."""
    if not fields.number.strip() and not fields.password.strip():
        return Refusal("secret.empty")
    if max(len(fields.number), len(fields.password), len(fields.card_kind)) > FIELD_MAX:
        return Refusal("secret.too_long", {"most": FIELD_MAX})
    if len(normalise(fields.number + fields.password)) < SECRET_MIN:
        return Refusal("secret.too_short", {"least": SECRET_MIN})
    return None


REFUSALS = (
    "listing.title_missing",
    "listing.title_too_long",
    "listing.text_too_long",
    "listing.too_many_pictures",
    "listing.category_unknown",
    "secret.empty",
    "secret.too_long",
    "secret.too_short",
    "secret.sold_before",
    "conversation.empty",
    "conversation.too_long",
    "account.email_taken",
    "request.unknown_move",
    "request.key_reused",
    "request.no_such_stream",
    "request.malformed",
    "outside.unavailable",
    "picture.too_large",
    "picture.not_a_picture",
    "case.reason_missing",
)
"""Refusals of the desk itself, before a wish reaches the domain."""
