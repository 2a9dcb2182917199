"""The words that people read: catalogues, languages, and the texts of stable codes.

English texts are the message ids; ``locale/<language>/LC_MESSAGES/fairhold.po`` holds the others
and is read once, at the first use of its language. Nothing here decides anything.
"""

import functools
import io
import logging
import re
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Final, Protocol

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from fairhold.kernel.money import Money
from fairhold.web.present import moment_text, money_text
from fairhold.web.wording.deals import MOVES, OUTCOMES, PHASES, REASONS
from fairhold.web.wording.refusals import REFUSALS, UNKNOWN

LANGUAGES: Final = ("en", "zh")
NAMES: Final[Mapping[str, str]] = {"en": "English", "zh": "中文"}
HTML_LANGUAGE: Final[Mapping[str, str]] = {"en": "en", "zh": "zh-CN"}
DEFAULT: Final = "en"
COOKIE: Final = "lang"
LOCALE_FOLDER: Final = Path(__file__).with_name("locale")

_QUALITY: Final = re.compile(r";\s*q=([0-9.]+)")
log = logging.getLogger(__name__)


class Asking(Protocol):
    """As much of a request as tells the language."""

    @property
    def query_params(self) -> Mapping[str, str]:
        """The query."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers."""


@functools.cache
def translations(language: str) -> NullTranslations:
    """The catalogue of a language; English, and any other language, speaks the message ids."""
    path = LOCALE_FOLDER / language / "LC_MESSAGES" / "fairhold.po"
    if language not in LANGUAGES or not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        catalog = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translations(fp=compiled)


def say(language: str, text: str, /, **values: object) -> str:
    """A marked text in a language, with its values filled in."""
    said = translations(language).gettext(text)
    return said % values if values else said.replace("%%", "%")


def language_of(request: Asking, chosen: str = "") -> str:
    """The language of a request: ``?lang=``, the cookie, ``chosen``, what the browser likes.

    ``chosen`` is what a signed-in person's profile says.
    """
    for asked in (str(request.query_params.get("lang", "")), _cookie(request), chosen):
        if asked in LANGUAGES:
            return asked
    return accepted_language(request.headers.get("accept-language", ""))


def _cookie(request: Asking) -> str:
    sent = request.headers.get("cookie", "")
    if not sent:
        return ""
    try:
        morsel = SimpleCookie(sent).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel is not None else ""


@functools.lru_cache(1_024)
def accepted_language(header: str) -> str:
    """The first of our languages that an Accept-Language header prefers."""
    best, best_quality = DEFAULT, 0.0
    for part in header.split(","):
        tag = part.partition(";")[0].strip().lower().partition("-")[0]
        found = _QUALITY.search(part)
        try:
            quality = float(found.group(1)) if found else 1.0
        except ValueError:
            continue
        if tag in LANGUAGES and quality > best_quality:
            best, best_quality = tag, quality
    return best


def refusal_words(code: str, values: Mapping[str, object], language: str) -> tuple[str, str]:
    """What happened and why, and what to do now."""
    title, advice = REFUSALS.get(code, UNKNOWN)
    shown = _shown(values, language)
    return _filled(language, title, shown), _filled(language, advice, shown)


def _filled(language: str, text: str, values: Mapping[str, object]) -> str:
    try:
        return translations(language).gettext(text) % values
    except KeyError:
        # A refusal without the values of its words must not take the page down with it.
        log.warning("a text lacks a value: %s", text)
        return say(language, UNKNOWN[0])


def _shown(values: Mapping[str, object], language: str) -> Mapping[str, object]:
    """Values as a person reads them: instants as dates, amounts as money."""
    currency = values.get("currency")
    shown: dict[str, object] = {}
    for name, value in values.items():
        if name.endswith("_at") and isinstance(value, int):
            shown[name] = moment_text(value, language)
        elif name in {"most", "available", "owed"} and currency and isinstance(value, int):
            shown[name] = money_text(Money(value, str(currency)), language)
        else:
            shown[name] = value
    return shown


@functools.cache
def move_words(name: str, language: str) -> tuple[str, str]:
    """What a move's button says, and what pressing it does."""
    label, effect = MOVES[name]
    return say(language, label), say(language, effect)


@functools.cache
def outcome_words(outcome: str, language: str) -> str:
    """What silence does, as the end of a sentence."""
    return say(language, OUTCOMES[outcome])


def phase_words(part: str, phase: str, language: str) -> str:
    """A phase as a label; ``part`` is order, money, secret, parcel, meeting, back or case."""
    return say(language, PHASES[f"{part}.{phase}"])


def reason_words(reason: str, language: str) -> str:
    """Why a deal ended as it did."""
    return say(language, REASONS[reason]) if reason in REASONS else ""
