"""Signing up: what a person gives us is checked at once, so that every fault is told together."""

import unicodedata

from msgspec import Struct

from fairhold.engine.desk.asked import EMAIL_MAX, HANDLE_MAX
from fairhold.kernel.wish import Refusal
from fairhold.web.security.passwords import fault_of_password
from fairhold.web.words import LANGUAGES

HANDLE_MIN = 2
LOCAL_PART_MAX = 64
RESERVED = frozenset(
    {
        *("fairhold", "admin", "administrator", "operator", "support", "service", "official"),
        *("moderator", "arbitrator", "judge", "system", "platform", "help", "root"),
        *("客服", "官方", "平台", "管理员", "仲裁", "仲裁员", "裁判", "运营", "系统"),
    }
)
"""Names under which an impostor would speak for the platform."""


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
            handle=unicodedata.normalize("NFKC", self.handle).strip(),
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


def fault_of_handle(handle: str) -> Refusal | None:
    """Why a public name cannot be taken."""
    length = HANDLE_MIN <= len(handle) <= HANDLE_MAX
    letters = all(letter.isalnum() or letter in "._-" for letter in handle)
    if not length or not letters or not any(letter.isalnum() for letter in handle):
        return Refusal("account.handle_invalid", {"least": HANDLE_MIN, "most": HANDLE_MAX})
    bare = "".join(letter for letter in handle.casefold() if letter.isalnum())
    if bare in RESERVED:
        return Refusal("account.handle_reserved")
    return None


def _fault_of_language(language: str) -> Refusal | None:
    if language not in LANGUAGES:
        return Refusal("account.language_unknown", {"languages": ", ".join(LANGUAGES)})
    return None
