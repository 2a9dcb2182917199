"""The payment port over HTTP, spoken to the sandbox provider wherever it runs."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar
from urllib.parse import quote, urlencode

import httpx
import msgspec
from msgspec import Struct

from fairhold.adapters.payment.sandbox import Provider, Request, answer
from fairhold.adapters.webhook import MALFORMED, verify
from fairhold.engine.outside import (
    BadNotice,
    Checkout,
    Declined,
    Notice,
    OutsideUnavailable,
    PaymentFact,
    ProviderEntry,
    Split,
)
from fairhold.kernel.instant import Instant
from fairhold.kernel.money import Money
from fairhold.kernel.wish import Refusal

T = TypeVar("T")

TIMEOUT: Final = httpx.Timeout(10.0, connect=3.0)
TRIES: Final = 3
PAUSE_S: Final = 0.1
STATEMENT_MAX: Final = 500
_NOT_AN_ANSWER: Final = frozenset({401, 403, 408, 425, 429})
"""Our key is wrong or they are busy: an operator or time mends it, and the same call goes again."""


class _Opened(Struct, frozen=True):
    url: str
    payment: str


class _Entry(Struct, frozen=True):
    id: str
    kind: PaymentFact
    payment: str
    deal: str
    key: str
    account: str
    amount: int
    currency: str
    at: int


class _Statement(Struct, frozen=True):
    entries: tuple[_Entry, ...]


class _Data(Struct, frozen=True):
    kind: PaymentFact
    payment: str
    deal: str
    key: str
    account: str
    amount: int
    currency: str
    at: int


class _Body(Struct, frozen=True):
    data: _Data


class _Problem(Struct, frozen=True):
    code: str


class InProcess(httpx.BaseTransport):
    """Carry requests to a provider in the same process: all of HTTP but the wire."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request; a hanging call times out at once."""
        given = answer(
            self._provider,
            Request(
                request.method,
                request.url.path,
                request.url.query.decode("ascii"),
                {name.lower(): value for name, value in request.headers.items()},
                request.read(),
            ),
        )
        if given.hang:
            message = "no answer"
            raise httpx.ReadTimeout(message, request=request)
        return httpx.Response(given.status, headers=list(given.headers), content=given.body)


class SandboxPayment:
    """A client of the sandbox provider; see :class:`fairhold.engine.outside.PaymentPort`.

    What fails without an answer is tried again a few times with the same key, with growing
    pauses, before the caller hears of it.
    """

    def __init__(
        self,
        client: httpx.Client,
        base_url: str,
        api_key: str,
        webhook_secrets: Sequence[str],
        *,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._base = base_url.rstrip("/")
        self._authorization = f"Bearer {api_key}"
        self._secrets = tuple(webhook_secrets)
        self._pause = pause

    @classmethod
    def at(cls, base_url: str, api_key: str, webhook_secrets: Sequence[str]) -> "SandboxPayment":
        """A client of a provider in another process."""
        return cls(httpx.Client(timeout=TIMEOUT), base_url, api_key, webhook_secrets)

    @classmethod
    def inside(
        cls, provider: Provider, *, pause: Callable[[float], None] = time.sleep
    ) -> "SandboxPayment":
        """A client of a provider in the same process, with its keys."""
        client = httpx.Client(transport=InProcess(provider), trust_env=False)
        settings = provider.settings
        secrets = (settings.webhook_secret,)
        return cls(client, "http://provider.invalid", settings.api_key, secrets, pause=pause)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    # -- calls ------------------------------------------------------------------------------------

    def open_checkout(
        self, deal: str, amount: Money, return_url: str, expires: Instant, key: str
    ) -> Checkout:
        """Prepare a checkout page."""
        body = {"deal": deal, **_amount(amount), "return_url": return_url, "expires": expires}
        opened = _read(self._post("checkouts", key, body), _Opened)
        return Checkout(opened.url, opened.payment)

    def capture(self, payment: str, key: str) -> None:
        """Take the whole authorised amount into the hold."""
        self._post(f"payments/{_segment(payment)}/capture", key, {})

    def cancel(self, payment: str, key: str) -> None:
        """Give the authorisation back, or close an unpaid checkout."""
        self._post(f"payments/{_segment(payment)}/cancel", key, {})

    def release(self, payment: str, splits: Sequence[Split], key: str) -> None:
        """Move parts of the hold to balances."""
        assert splits, "something is released"
        currency = splits[0].amount.currency
        assert all(split.amount.currency == currency for split in splits), "one currency a hold"
        rows = [{"to": split.to, "amount": split.amount.minor} for split in splits]
        body = {"currency": currency, "splits": rows}
        self._post(f"payments/{_segment(payment)}/release", key, body)

    def refund(self, payment: str, amount: Money, key: str) -> None:
        """Send a part of the hold back to the buyer."""
        self._post(f"payments/{_segment(payment)}/refund", key, _amount(amount))

    def payout(self, account: str, amount: Money, key: str) -> None:
        """Send a part of a balance to the bank."""
        self._post("payouts", key, {"account": account, **_amount(amount)})

    def statement(self, since: str, limit: int) -> Sequence[ProviderEntry]:
        """Lines after one that is known, oldest first."""
        query = urlencode({"since": since, "limit": min(limit, STATEMENT_MAX)})
        read = _read(self._send("GET", f"statement?{query}", {}, b""), _Statement)
        return [
            ProviderEntry(
                id=row.id,
                kind=row.kind,
                payment=row.payment,
                deal=row.deal,
                key=row.key,
                account=row.account,
                amount=Money(row.amount, row.currency),
                at=row.at,
            )
            for row in read.entries
        ]

    def verify_notice(self, headers: Mapping[str, str], body: bytes, now: Instant) -> Notice:
        """Check who sent a notice and when."""
        notice_id = verify(self._secrets, headers, body, now)
        if isinstance(notice_id, Refusal):
            raise BadNotice(notice_id.code)
        try:
            data = msgspec.json.decode(body, type=_Body).data
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise BadNotice(MALFORMED) from None
        return Notice(
            id=notice_id,
            kind=data.kind,
            payment=data.payment,
            deal=data.deal,
            key=data.key,
            account=data.account,
            amount=Money(data.amount, data.currency),
            at=data.at,
        )

    # -- inside -----------------------------------------------------------------------------------

    def _post(self, path: str, key: str, body: Mapping[str, object]) -> bytes:
        headers = {"idempotency-key": key, "content-type": "application/json"}
        return self._send("POST", path, headers, msgspec.json.encode(body))

    def _send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        for tried in range(TRIES - 1):
            try:
                return self._once(method, path, headers, body)
            except OutsideUnavailable:
                self._pause(PAUSE_S * 2**tried)
        return self._once(method, path, headers, body)

    def _once(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        try:
            response = self._client.request(
                method,
                f"{self._base}/v1/{path}",
                headers={**headers, "authorization": self._authorization},
                content=body,
            )
        except httpx.HTTPError as problem:
            raise OutsideUnavailable(type(problem).__name__) from problem
        if response.is_success:
            return response.content
        if response.is_client_error and response.status_code not in _NOT_AN_ANSWER:
            raise Declined(_read(response.content, _Problem).code)
        message = f"status {response.status_code}"
        raise OutsideUnavailable(message)


def _segment(text: str) -> str:
    return quote(text, safe="")


def _amount(amount: Money) -> dict[str, object]:
    return {"amount": amount.minor, "currency": amount.currency}


def _read(content: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        message = "the answer cannot be understood"
        raise OutsideUnavailable(message) from problem
