"""Signing up: what a person gives us is checked at once, so that every fault is told together."""

import unicodedata

from msgspec import Struct

from fairhold.engine.desk.asked import EMAIL_MAX, HANDLE_MAX
from fairhold.kernel.wish import Refusal
from fairhold.web.security.passwords import fault_of_password
from fairhold.web.words import LANGUAGES

HANDLE_MIN = 2
LOCAL_PART_MAX = 64
RESERVED_ALONE = frozenset({"service", "judge", "system", "help", "root", "staff"})
RESERVED_WITHIN = (
    *("fairhold", "admin", "operator", "support", "official", "moderator", "arbitrat", "platform"),
    *("customerservice", "客服", "官方", "平台", "管理员", "仲裁", "裁判", "运营", "系统"),
)
"""Names under which an impostor would speak for the platform; the latter in any company."""
SCRIPTS_ALIKE = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"})
"""Scripts whose letters pass for each other's: a name is written in one of them (UTS 39)."""
_UNSEEN = frozenset("\u115f\u1160\u3164\uffa0")
"""Letters by their class, and blank to the eye (Hangul fillers)."""
_PASSES_FOR = str.maketrans(
    "аеорсухіјѕһԁԛԝкмтнвгпαβεηικμνορτυχω013457l",
    "aeopcyxijshdqwkmthbrnabenikmvoptuxwoieasti",
)
"""Letters by what they are read as; ``l`` and ``I`` are one."""


class Registration(Struct, frozen=True, kw_only=True):
    """What somebody types to open an account."""

    email: str
    handle: str
    password: str
    language: str = "en"

    def tidy(self) -> "Registration":
        """Without the blanks around it, in one Unicode form."""
        return Registration(
            email=self.email.strip(),
            handle=tidy_handle(self.handle),
            password=self.password,
            language=self.language,
        )


def faults_of(asked: Registration) -> list[tuple[str, Refusal]]:
    """Every fault of a tidy registration, with the field it belongs to."""
    checked = [
        ("email", fault_of_email(asked.email)),
        ("handle", fault_of_handle(asked.handle)),
        ("password", fault_of_password(asked.password, asked.email, asked.handle)),
        ("language", _fault_of_language(asked.language)),
    ]
    return [(field, fault) for field, fault in checked if fault is not None]


def fault_of_email(email: str) -> Refusal | None:
    """Why an address cannot be one; whether it exists, only a letter would tell (RFC 5321)."""
    local, at, domain = email.rpartition("@")
    labels = domain.split(".")
    plain = email.isprintable() and not any(
        letter.isspace() or letter in ",;<>" for letter in email
    )
    if (
        not at
        or not local
        or "@" in local
        or len(local) > LOCAL_PART_MAX
        or len(email) > EMAIL_MAX
        or len(labels) < 2  # noqa: PLR2004 — a host and a top-level domain
        or not all(labels)
        or not plain
    ):
        return Refusal("account.email_invalid")
    return None


def tidy_handle(handle: str) -> str:
    """A public name without the blanks around it, in the form that is shown and compared."""
    return unicodedata.normalize("NFKC", handle).strip()


def fault_of_handle(handle: str) -> Refusal | None:
    """Why a public name cannot be taken; it is looked at as :func:`tidy_handle` leaves it."""
    handle = tidy_handle(handle)
    length = HANDLE_MIN <= len(handle) <= HANDLE_MAX
    letters = all(
        (letter.isalnum() or letter in "._-") and letter not in _UNSEEN for letter in handle
    )
    scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in handle}
    one_script = len(scripts & SCRIPTS_ALIKE) <= 1
    if not (length and letters and one_script) or not any(map(str.isalnum, handle)):
        return Refusal("account.handle_invalid", {"least": HANDLE_MIN, "most": HANDLE_MAX})
    seen = _as_read(handle)
    if seen in map(_as_read, RESERVED_ALONE) or any(
        _as_read(word) in seen for word in RESERVED_WITHIN
    ):
        return Refusal("account.handle_reserved")
    return None


def _as_read(text: str) -> str:
    """What a hasty reader takes a name for: no marks, no dots, no look-alikes."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in plain if letter.isalnum())
    return bare.translate(_PASSES_FOR)


def _fault_of_language(language: str) -> Refusal | None:
    if language not in LANGUAGES:
        return Refusal("account.language_unknown", {"languages": ", ".join(LANGUAGES)})
    return None
