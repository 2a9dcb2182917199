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
_SPREAD = re.compile("(?<=[\u4e00-\u9fff])[ \t]+(?=[\u4e00-\u9fff])")
_SECRET_WORD = re.compile(
    r"卡号|卡密|密码|兑换码|激活码|充值码|提货码"
    r"|(?<![a-z])(?:card\s*(?:no|number)|password|passcode|pin|cvv|redeem|activation|gift\s*code"
    r"|voucher\s*code|code)(?![a-z])"
)
_TOKEN = re.compile(r"(?<![a-z0-9])(?:[a-z0-9][ \-.]?){5,40}(?![a-z0-9])")
_SHORT = re.compile(
    r"(?:密码|(?<![a-z])(?:password|passcode|pin|cvv))"
    r"\s*(?:is|are|是|为)?\s*[:=]?\s*[0-9]{4}(?![0-9])"
)
_HARMLESS = re.compile(
    r"(?:单号|运单|快递|订单号|型号|邮编|区号|tracking|order|model|isbn|sku"
    r"|(?:zip|post|postal|area)\s*code)"
    r"(?:\s|[:#.]|号|是|为|no(?![a-z])|number|id(?![a-z])|is)*"
    r"[a-z0-9][a-z0-9.\-]{2,40}(?:\s[0-9]{2,6}(?![0-9]))*"
)
"""A number and the word that says what it is. Only the number right after it is excused."""
_CONFIRM = re.compile(
    r"确认\s*收\s*货|确认\s*订单|点\s*(?:一下\s*)?(?:收货|确认)|先\s*(?:确认|收货)|提前\s*(?:确认|收货)"
    r"|confirm\s+(?:the\s+)?(?:receipt|order|delivery|it\s+first|first)|mark\s+(?:it\s+)?as\s+received"
    r"|release\s+the\s+(?:money|payment|funds)"
)
_ONCE_THERE = re.compile(
    r"(?:收到|拿到|验货|验完|检查|打开|试过|满意)[^,.;!?，。；！？先]{0,12}"
    r"(?:再|后|了|以后|之后|才|请|就)"
    r"|(?:after|once|when)\s+(?:it\s+arrive|everything|you(?:'ve|\s+have)?\s+"
    r"(?:receive|get|got|open|check|test|tried))"
)
_ASK_SECRET = re.compile(
    r"(?:发|给|报)\s*(?:我|一下|过来)?\s*(?:卡号|卡密|密码|兑换码)"
    r"|(?:卡号|卡密|密码|兑换码)\s*先?\s*(?:发|给|报)\s*(?:我|一下|过来|给)"
    r"|send\s+(?:me\s+)?(?:the\s+)?(?:code|card|password|pin)"
)
_ONCE_PAID = re.compile(
    r"付[款钱了完\s]*(?:后|以后|之后|再|多久)|拍下后"
    r"|(?:after|once|when)\s+(?:i|we|my|the\s+payment)(?![a-z])"
)
_NOT_PAID = re.compile(
    r"(?:还没|没有?|未|等我?|如果|要是|马上|准备)[^,.;!?]{0,4}付"
    r"|(?:if|once|when|after|until|before)\s+(?:i|we)(?![a-z])"
)
_PAID_SAY = re.compile(
    r"已经?\s*付\s*(?:款|钱|了)|付款\s*(?:成功|了)|钱\s*(?:已经)?\s*(?:付|转)"
    r"|(?:i\s+have|i've|i)\s+(?:already\s+)?paid|payment\s+(?:is\s+)?(?:done|made|successful)"
)
_DIGITS_LONG = 12
_DIGITS_SOME = 4


def fold(text: str) -> str:
    """One width, one case, no invisible marks: the form that patterns are matched against."""
    plain = _ZERO_WIDTH.sub("", unicodedata.normalize("NFKC", text)).casefold()
    return _SPREAD.sub("", unicodedata.normalize("NFKC", plain))


def review(text: str, setting: Setting) -> Verdict:
    """Look at one message before it goes out."""
    plain = fold(text)
    labels = []
    stops = holds_secret(plain)
    if stops:
        labels.append(SECRET_IN_CHAT)
    if setting.speaker_sells and not setting.delivered and _says(plain, _CONFIRM, _ONCE_THERE):
        labels.append(CONFIRM_EARLY)
    if not setting.speaker_sells and not setting.paid:
        if _says(plain, _ASK_SECRET, _ONCE_PAID):
            labels.append(SECRET_EARLY)
        if _says(plain, _PAID_SAY, _NOT_PAID):
            labels.append(PAID_CLAIM)
    return Verdict(tuple(labels), stops)


def _says(plain: str, what: re.Pattern[str], unless: re.Pattern[str]) -> bool:
    """Whether something is said and not put off until it is fair."""
    return bool(what.search(plain)) and not unless.search(plain)


def holds_secret(plain: str) -> bool:
    """Whether folded text carries a card's number or password, or a code."""
    if _SHORT.search(plain):
        return True
    rest = _HARMLESS.sub(" · ", plain)
    tokens = [word for match in _TOKEN.finditer(rest) if _digits(word := _squeezed(match.group()))]
    if tokens and _SECRET_WORD.search(rest):
        return True
    pieces = [
        piece
        for match in _TOKEN.finditer(rest)
        for piece in map(_squeezed, match.group().split())
        if _digits(piece)
    ]
    return len(pieces) > 1 and any(len(piece) >= _DIGITS_LONG for piece in pieces)


def _squeezed(token: str) -> str:
    return re.sub(r"[^a-z0-9]", "", token)


def _digits(word: str) -> bool:
    return sum(map(str.isdigit, word)) >= _DIGITS_SOME
