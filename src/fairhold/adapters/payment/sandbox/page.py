"""The checkout page: what is paid to whom, two buttons, and a drawer of things that go wrong."""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from fairhold.adapters.payment.sandbox.things import Payment, Status
from fairhold.adapters.payment.sandbox.words import DIGITS, Choice, ProviderSettings

STYLE: Final = Path(__file__).with_name("checkout.css").read_bytes()
STYLE_HEADERS: Final = (
    ("content-type", "text/css; charset=utf-8"),
    ("cache-control", "public, max-age=300"),
    ("x-content-type-options", "nosniff"),
)

_SIGNS: Final[Mapping[str, str]] = {
    "CNY": "¥",
    "EUR": "€",
    "USD": "$",
    "GBP": "£",
    "HKD": "HK$",
    "JPY": "¥",
    "KRW": "₩",
    "KWD": "KD ",
}

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "banner": "SANDBOX – no real money moves here",
        "title": "Pay",
        "to": "to",
        "deal": "Deal",
        "pay": "Pay",
        "decline": "Let the card be declined",
        "declined": "The card was declined. Nothing was taken. You may try again.",
        "wrong": "Make it go wrong",
        "wrong_hint": "What banks and networks do now and then. Each pays, and each is a test.",
        "back": "Back to the shop",
        "other": "中文",
        "safe": "The money is only set aside now. It is taken when the shop confirms the deal.",
        "open": "",
        "late": "The bank is still working on it. You need do nothing more.",
        "authorised": "Paid. The amount is set aside for this deal.",
        "captured": "Paid. The amount is held for this deal.",
        "cancelled": "This checkout was closed. Nothing is taken.",
        "expired": "The time to pay is over. Nothing was taken.",
        "unknown": "There is no such checkout.",
        "unknown_hint": "Go back to the shop and begin again from there.",
        "pay_twice": "Pay twice",
        "pay_late": "Pay late: the bank answers after the checkout has ended",
        "notice_late": "Tell the shop late",
        "notice_twice": "Tell the shop twice",
        "notice_five_times": "Tell the shop five times",
        "notice_together": "Tell the shop five times at once",
        "notice_out_of_order": "Tell the shop out of order",
        "notice_never": "Never tell the shop",
        "notice_wrong_signature": "Tell the shop with a forged signature first",
        "notice_old_timestamp": "Tell the shop with an old timestamp first",
    },
    "zh": {
        "banner": "沙盒环境 SANDBOX · 不会产生真实扣款",
        "title": "付款",
        "to": "收款方",
        "deal": "交易",
        "pay": "确认付款",
        "decline": "模拟银行拒绝",
        "declined": "银行拒绝了这笔付款，没有扣款，可以重试。",
        "wrong": "模拟异常情况",
        "wrong_hint": "银行和网络偶尔会这样。每一项都会付款，每一项都是一次检验。",
        "back": "返回商家",
        "other": "English",
        "safe": "现在只是预授权，商家确认交易后才会扣款。",
        "open": "",
        "late": "银行仍在处理，您无需再做任何操作。",
        "authorised": "已付款，金额已为这笔交易预留。",
        "captured": "已付款，金额正在为这笔交易托管。",
        "cancelled": "收银台已关闭，没有扣款。",
        "expired": "付款时间已过，没有扣款。",
        "unknown": "没有这个收银台。",
        "unknown_hint": "请返回商家重新开始。",
        "pay_twice": "重复付款两次",
        "pay_late": "迟到付款：收银台关闭后银行才答复",
        "notice_late": "通知迟到",
        "notice_twice": "通知发两次",
        "notice_five_times": "通知发五次",
        "notice_together": "五个通知同时到达",
        "notice_out_of_order": "通知乱序",
        "notice_never": "永不通知",
        "notice_wrong_signature": "先发一个伪造签名的通知",
        "notice_old_timestamp": "先发一个时间过旧的通知",
    },
}

_DRAWER: Final = tuple(choice for choice in Choice if choice not in {Choice.PAY, Choice.DECLINE})


def language(chosen: str, accepted: str) -> str:
    """Chinese or English: what was chosen, else what the browser likes first, else English."""
    if chosen in _WORDS:
        return chosen
    for part in accepted.split(","):
        tag = part.partition(";")[0].strip().lower().partition("-")[0]
        if tag in _WORDS:
            return tag
    return "en"


def headers(return_url: str) -> tuple[tuple[str, str], ...]:
    """The headers of a page; a form may lead to the shop's origin and to nowhere else."""
    parts = urlsplit(return_url)
    origin = f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""
    policy = (
        "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action 'self'{origin}"
    )
    return (
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        ("content-security-policy", policy),
        ("referrer-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
        ("vary", "accept-language"),
    )


def shown(amount: int, currency: str) -> str:
    """An amount for a person, for example ¥1,234.50."""
    digits = DIGITS[currency]
    whole, part = divmod(amount, 10**digits)
    tail = f".{part:0{digits}d}" if digits else ""
    return f"{_SIGNS[currency]}{whole:,}{tail}"


def checkout(
    payment: Payment, settings: ProviderSettings, tongue: str, *, declined: bool = False
) -> str:
    """The page of one payment as it stands."""
    words = _WORDS[tongue]
    status = "late" if payment.late_due is not None else payment.status.value
    buttons = ""
    note = words[status]
    if status == Status.OPEN:
        note = words["declined"] if declined else ""
        buttons = _form(payment, words, tongue)
    tone = "bad" if declined or status in {Status.CANCELLED, Status.EXPIRED} else "good"
    said = f'<p class="note {tone}" role="status">{escape(note)}</p>' if note else ""
    body = f"""
<p class="to">{words["to"]} <strong>{escape(settings.merchant)}</strong></p>
<h1>{escape(shown(payment.amount, payment.currency))} <small>{payment.currency}</small></h1>
<p class="deal">{words["deal"]} <span>{escape(payment.deal)}</span></p>
{said}{buttons}
<p class="back"><a href="{escape(payment.return_url)}">{words["back"]}</a></p>"""
    return _page(words["title"], body, tongue)


def _form(payment: Payment, words: Mapping[str, str], tongue: str) -> str:
    amount = escape(shown(payment.amount, payment.currency))
    drawer = "".join(
        f'<button name="choice" value="{choice.value}">{escape(words[choice.value])}</button>'
        for choice in _DRAWER
    )
    return f"""
<form method="post" action="?lang={tongue}">
<button class="main" name="choice" value="pay">{words["pay"]} {amount}</button>
<p class="safe">{words["safe"]}</p>
<button name="choice" value="decline">{words["decline"]}</button>
<details><summary>{words["wrong"]}</summary>
<p>{words["wrong_hint"]}</p>
<div class="drawer">{drawer}</div></details>
</form>"""


def unknown(tongue: str) -> str:
    """The page of a checkout that does not exist."""
    words = _WORDS[tongue]
    body = f'<h1 class="words">{words["unknown"]}</h1><p>{words["unknown_hint"]}</p>'
    return _page(words["title"], body, tongue)


def _page(title: str, body: str, tongue: str) -> str:
    words = _WORDS[tongue]
    other = "zh" if tongue == "en" else "en"
    code = {"en": "en", "zh": "zh-CN"}
    return f"""<!doctype html>
<html lang="{code[tongue]}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title} · {words["banner"]}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="../checkout.css">
</head>
<body>
<header>{words["banner"]}</header>
<main>{body}</main>
<footer><a href="?lang={other}" lang="{code[other]}" hreflang="{code[other]}">{words["other"]}</a>
</footer>
</body>
</html>
"""
