"""Who gets how far with each operation of the API: as nobody, and as the wrong party.

A new operation without a row here fails ``test_access.py``. ``wrong`` is somebody signed in, with
every ordinary scope, who is not the one that the operation is for; None where there is no such
person, because the operation is about the caller alone or open to all.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from fairhold.engine.desk.moves import MOVES
from fairhold.web.api.moves import EXAMPLES


class Row(NamedTuple):
    """One operation: its body, and what nobody and the wrong party are answered."""

    nobody: int
    wrong: int | None
    body: Any = None
    query: Mapping[str, str | int] = MappingProxyType({})


PRICE = {"amount": 100, "currency": "CNY"}
OFFER = {"title": "Book", "price": PRICE, "delivery": "meeting"}

ROWS: dict[str, Row] = {
    # open to everybody
    "createAccount": Row(
        422, None, {"email": "x@example.com", "handle": "__", "password": "y" * 10}
    ),
    "listListings": Row(200, None),
    "getListing": Row(200, None),
    "getPicture": Row(200, None),
    "getCheckpoint": Row(200, None),
    "proveInclusion": Row(200, None, query={"event": "0-1"}),
    "proveConsistency": Row(200, None, query={"old": 1, "new": 2}),
    "getTile": Row(200, None),
    "getOpenApi": Row(200, None),
    # about the caller alone
    "getMe": Row(401, None),
    "closeAccount": Row(401, None),
    "createApiKey": Row(401, None, {"name": "x"}),
    "listApiKeys": Row(401, None),
    "createListing": Row(401, None, OFFER),
    "uploadPicture": Row(401, None),
    "listDeals": Row(401, None),
    "listConversations": Row(401, None),
    "getWallet": Row(401, None),
    "createPayout": Row(401, None, PRICE),
    "lockDeposit": Row(401, None, PRICE),
    "unlockDeposit": Row(401, None, PRICE),
    "listEvents": Row(401, None),
    "createWebhookEndpoint": Row(401, None, {"url": "http://127.0.0.1:9/"}),
    "listWebhookEndpoints": Row(401, None),
    "getTestClock": Row(401, None),
    "advanceTestClock": Row(401, None, {"by_ms": 0}),
    "createSandboxCard": Row(401, None, {"action": "issue"}),
    # somebody else's
    "revokeApiKey": Row(401, 404),
    "reviseListing": Row(401, 404, OFFER),
    "delistListing": Row(401, 404),
    "relistListing": Row(401, 404),
    "createDeal": Row(401, None, {"listing": "lst_0000000000000", "version": 1}),
    "getDeal": Row(401, 404),
    "listDealEvents": Row(401, 404),
    "openCheckout": Row(401, 404),
    "getMeetingCode": Row(401, 404),
    "startConversation": Row(401, None),
    "listMessages": Row(401, 404),
    "postMessage": Row(401, 404, {"text": "hello"}),
    "recallMessage": Row(401, 404, {"number": 1}),
    "blockConversation": Row(401, 404),
    "markRead": Row(401, 404, {"number": 1}),
    "getRecordedEvent": Row(401, 404),
    "deleteWebhookEndpoint": Row(401, 404),
    "rotateWebhookSecret": Row(401, 404),
    "enableWebhookEndpoint": Row(401, 404),
    "listWebhookDeliveries": Row(401, 404),
    "replayWebhookDelivery": Row(401, 404),
    "createSandboxScan": Row(401, None, {"tracking": "SX1", "kind": "delivered"}),
    # operators only
    "listDeadLetters": Row(401, 403),
    "retryDeadLetter": Row(401, 403),
    "getReconciliation": Row(401, 403),
}


def _move_id(name: str) -> str:
    words = name.split("_")
    camel = words[0] + "".join(word.title() for word in words[1:])
    return f"{camel}Deal" if len(words) == 1 else camel


ROWS |= {_move_id(name): Row(401, 404, EXAMPLES.get(name)) for name in MOVES}

WRONG_ROLE: Sequence[tuple[str, str, int]] = (
    ("seller", "open", 403),
    ("seller", "confirm", 403),
    ("seller", "extend", 403),
    ("seller", "read_again", 403),
    ("seller", "renew_code", 403),
    ("seller", "ask_return", 403),
    ("seller", "book_return", 403),
    ("seller", "open_case", 403),
    ("seller", "decide_case", 403),
    ("buyer", "seal", 403),
    ("buyer", "withdraw", 403),
    ("buyer", "book_parcel", 403),
    ("buyer", "present_code", 403),
    ("buyer", "agree_return", 403),
    ("buyer", "decline_return", 403),
    ("buyer", "accept_return", 403),
    ("buyer", "dispute_return", 403),
    ("buyer", "decide_case", 403),
    ("operator", "open", 403),
    ("operator", "confirm", 403),
    ("operator", "seal", 403),
    ("operator", "cancel", 403),
    ("operator", "read_again", 403),
)
"""Parties of a deal, or its operators, who reach for a move that is another's."""
