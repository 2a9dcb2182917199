"""How values look to a person: money, moments, spans. Plain text for templates and for the API.

Moments are shown in China Standard Time, the zone of the market's deals and deadlines; a page also
carries the instant itself for machines.
"""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Final

from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.numbers import format_currency

from fairhold.kernel.instant import DAY, SECOND, Instant, Span, rfc3339
from fairhold.kernel.money import EXPONENT, Money

ZONE: Final = timezone(timedelta(hours=8), "UTC+8")
_LOCALE: Final = {"en": "en", "zh": "zh_Hans_CN"}


def money_text(money: Money, language: str) -> str:
    """An amount with its sign: ¥1,234.50."""
    digits = EXPONENT[money.currency]
    whole, part = divmod(abs(money.minor), 10**digits)
    text = f"{whole}.{part:0{digits}d}" if digits else str(whole)
    amount = f"-{text}" if money.minor < 0 else text
    return format_currency(
        Decimal(amount), money.currency, locale=_locale(language), currency_digits=True
    ).replace("CN¥", "¥")


def _locale(language: str) -> str:
    return _LOCALE.get(language, "en")


def _datetime(at: Instant) -> datetime:
    return datetime.fromtimestamp(at / SECOND, tz=UTC).astimezone(ZONE)


def moment_text(at: Instant, language: str) -> str:
    """A day and a time of day."""
    pattern = "M月d日 HH:mm" if language == "zh" else "d MMM, HH:mm"
    return format_datetime(_datetime(at), pattern, locale=_locale(language))


def moment_exact(at: Instant) -> str:
    """The instant for machines and for the title of a time: RFC 3339, UTC."""
    return rfc3339(at)


def day_text(at: Instant, language: str) -> str:
    """A day with its year."""
    return format_date(_datetime(at).date(), "long", locale=_locale(language))


def clock_text(at: Instant, language: str) -> str:
    """A time of day."""
    return format_time(_datetime(at).time(), "HH:mm", locale=_locale(language))


def span_text(span: Span, language: str) -> str:
    """About how long: “2 days”, “5 hours”."""
    return format_timedelta(
        timedelta(milliseconds=abs(span)),
        threshold=2.0 if abs(span) > DAY else 1.5,
        locale=_locale(language),
    )
