"""What a person sent: fields, files, and the one-time key that makes sending twice harmless."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeVar

import msgspec
from anyio import to_thread
from litestar import Request
from litestar.datastructures import UploadFile
from msgspec import Struct

from fairhold.engine.desk import Desk
from fairhold.engine.engine import Key
from fairhold.kernel.money import AMOUNT_MAX, EXPONENT

KEY_FIELD: Final = "once"
CSRF_FIELD: Final = "csrf_token"
KEY_MAX: Final = 100
_KEPT_BACK: Final = frozenset({KEY_FIELD, CSRF_FIELD, "number", "password", "code"})
"""Never shown again in a form that was refused."""

Answer = TypeVar("Answer")


class Form(Struct, frozen=True, kw_only=True):
    """A form as it was sent; each field once, the last one counts."""

    fields: Mapping[str, str]
    files: Sequence[bytes] = ()

    def get(self, name: str) -> str:
        """A field's text, stripped; empty when it is not there."""
        return self.fields.get(name, "").strip()

    def key(self, desk: Desk, account: int, where: str) -> Key | None:
        """The idempotency key of this sending; a form without a key has none."""
        once = self.fields.get(KEY_FIELD, "")[:KEY_MAX]
        if not once:
            return None
        asked = {name: value for name, value in self.fields.items() if name != CSRF_FIELD}
        body = msgspec.json.encode(
            [
                where,
                sorted(asked.items()),
                [hashlib.sha256(file).hexdigest() for file in self.files],
            ]
        )
        return desk.key(f"page:{account}", once, body)

    def typed(self) -> Mapping[str, str]:
        """What is shown again after a refusal: everything but secrets."""
        return {name: value for name, value in self.fields.items() if name not in _KEPT_BACK}


async def read_form(request: Request[Any, Any, Any]) -> Form:
    """Read a form of either encoding, pictures included."""
    data = await request.form()
    fields: dict[str, str] = {}
    files: list[bytes] = []
    for name, value in data.multi_items():
        if isinstance(value, UploadFile):
            content = await value.read()
            if content:
                files.append(content)
        else:
            fields[name] = str(value)
    return Form(fields=fields, files=files)


async def in_thread(work: Callable[[], Answer]) -> Answer:
    """Do something that blocks away from the event loop."""
    return await to_thread.run_sync(work)


def minor_units(text: str, currency: str) -> int | None:
    """What a person typed as an amount (“1,480.50”), in minor units; None when it is none."""
    plain = text.strip().replace(",", "").replace("，", "").lstrip("¥￥$€£")
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        return None
    if not amount.is_finite() or not 0 <= amount <= AMOUNT_MAX:
        return None
    scaled = amount.scaleb(EXPONENT.get(currency, 2))
    return int(scaled) if scaled == scaled.to_integral_value() else None


def major_units(minor: int, currency: str) -> str:
    """An amount for a form's field: 480.00."""
    digits = EXPONENT[currency]
    whole, part = divmod(minor, 10**digits)
    return f"{whole}.{part:0{digits}d}" if digits else str(whole)
