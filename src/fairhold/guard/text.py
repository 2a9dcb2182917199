"""What a message says that hurts: a secret that would leave the vault, a confirmation too early.

The order's state decides: the same words are a lure before delivery and normal after it. Text is
folded once (NFKC, case, zero-width marks) and matched after.
"""

import re
import unicodedata

from msgspec import Struct


class Setting(Struct, frozen=True, kw_only=True):
    """Where a message is said."""

    paid: bool
    delivered: bool
    speaker_sells: bool


class Verdict(Struct, frozen=True):
    """What was seen; ``stops`` when the message must not go out."""

    labels: tuple[str, ...] = ()
    stops: bool = False


SECRET_IN_CHAT = "secret_in_chat"
CONFIRM_EARLY = "confirm_before_delivery"
SECRET_EARLY = "secret_before_payment"
PAID_CLAIM = "fake_payment_claim"

_ZERO_WIDTH = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_SECRET_WORD = re.compile(
    r"卡号|卡密|密码|兑换码|激活码|充值码|提货码"
    r"|(?<![a-z])(?:card\s*(?:no|number)|password|passcode|pin|cvv|redeem|activation|gift\s*code"
    r"|voucher\s*code|code)(?![a-z])"
)
_TOKEN = re.compile(r"(?<![a-z0-9])(?:[a-z0-9][ \-.]?){5,40}(?![a-z0-9])")
_HARMLESS = re.compile(
    r"单号|运单|快递|订单号|tracking|order\s*(?:no|number|id)|型号|model|isbn|sku"
)
_CONFIRM = re.compile(
    r"确认\s*收\s*货|确认\s*订单|点\s*(?:一下\s*)?(?:收货|确认)|先\s*(?:确认|收货)|提前\s*(?:确认|收货)"
    r"|confirm\s+(?:the\s+)?(?:receipt|order|delivery|it\s+first|first)|mark\s+(?:it\s+)?as\s+received"
    r"|release\s+the\s+(?:money|payment|funds)"
)
_ASK_SECRET = re.compile(
    r"(?:发|给|报)\s*(?:我|一下|过来)?\s*(?:卡号|卡密|密码|兑换码)"
    r"|send\s+(?:me\s+)?(?:the\s+)?(?:code|card|password|pin)"
)
_PAID_SAY = re.compile(
    r"已经?\s*付\s*(?:款|钱|了)|付款\s*(?:成功|了)|钱\s*(?:已经)?\s*(?:付|转)"
    r"|(?:i\s+have|i've|i)\s+(?:already\s+)?paid|payment\s+(?:is\s+)?(?:done|made|successful)"
)
_DIGITS_LONG = 12
_DIGITS_SOME = 4


def fold(text: str) -> str:
    """One width, one case, no invisible marks: the form that patterns are matched against."""
    return _ZERO_WIDTH.sub("", unicodedata.normalize("NFKC", text)).casefold()


def review(text: str, setting: Setting) -> Verdict:
    """Look at one message before it goes out."""
    plain = fold(text)
    labels = []
    stops = holds_secret(plain)
    if stops:
        labels.append(SECRET_IN_CHAT)
    if setting.speaker_sells and not setting.delivered and _CONFIRM.search(plain):
        labels.append(CONFIRM_EARLY)
    if not setting.speaker_sells and not setting.paid:
        if _ASK_SECRET.search(plain):
            labels.append(SECRET_EARLY)
        if _PAID_SAY.search(plain):
            labels.append(PAID_CLAIM)
    return Verdict(tuple(labels), stops)


def holds_secret(plain: str) -> bool:
    """Whether folded text carries a card's number or password, or a code."""
    words = (re.sub(r"[^a-z0-9]", "", match.group()) for match in _TOKEN.finditer(plain))
    tokens = [word for word in words if sum(map(str.isdigit, word)) >= _DIGITS_SOME]
    if not tokens or _HARMLESS.search(plain):
        return False
    if _SECRET_WORD.search(plain):
        return True
    long = [token for token in tokens if len(token) >= _DIGITS_LONG]
    return len(tokens) > 1 and bool(long)
