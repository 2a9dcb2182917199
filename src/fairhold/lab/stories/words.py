"""What the server answered, in one line for a reader."""

import json
from collections.abc import Mapping

from fairhold.kernel.money import EXPONENT
from fairhold.lab.client import Answer, Problem, Reply, look

QUIET = frozenset({"none", "awaited", None})
WIDTH = 90


def came_of(reply: Reply) -> str:
    """One line about any answer."""
    if isinstance(reply, Problem):
        title = f" – {reply.title}" if reply.title else ""
        return f"refused: {reply.code}{title}"
    again = "the same answer as before: " if reply.replayed else ""
    return again + _about(reply)


def _about(reply: Answer) -> str:
    match reply["object"]:
        case "deal":
            return deal_line(reply.body)
        case "listing":
            return f"version {reply['version']}, {reply['status']}, {price(reply['price'])}"
        case "message":
            return message_line(reply.body)
        case "list":
            rows = len(reply["data"])
            return f"{rows} shown" + (", and more" if reply["has_more"] else "")
        case "wallet":
            return wallet_line(reply.body)
        case "account":
            return f"{reply['handle']}, {reply['standing']}"
        case _:
            return f"answered with {reply.status}"


def deal_line(deal: object) -> str:
    """The phases of a deal that say something."""
    parts = []
    for part in ("order", "money", "secret", "case"):
        phase = look(deal, f"{part}.phase")
        if phase not in QUIET:
            parts.append(f"{part} {phase}")
    reason = look(deal, "order.reason")
    return ", ".join(parts) + (f" ({reason})" if reason else "")


def message_line(message: object) -> str:
    """What was said, and what the guard saw in it."""
    signals = look(message, "signals") or ()
    flags = f" [flagged: {', '.join(signals)}]" if signals else ""
    return shorten(f"“{look(message, 'text')}”") + flags


def wallet_line(wallet: object) -> str:
    """What is there."""
    rows = look(wallet, "available") or ()
    return "available " + (", ".join(price(row) for row in rows) or "nothing")


def price(amount: object) -> str:
    """An amount as the API writes it, for a reader."""
    if not isinstance(amount, Mapping):
        return "no amount"
    return money(int(amount["amount"]), str(amount["currency"]))


def money(minor: int, currency: str) -> str:
    """An amount in minor units, for a reader: 80.00 CNY."""
    digits = EXPONENT[currency]
    whole, part = divmod(abs(minor), 10**digits)
    tail = f".{part:0{digits}d}" if digits else ""
    return f"{'-' if minor < 0 else ''}{whole:,}{tail} {currency}"


def shown(value: object) -> str:
    """A value in a sentence about what differs."""
    return shorten(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def shorten(text: str) -> str:
    """At most one line."""
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"
