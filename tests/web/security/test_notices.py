"""Notices of payment and carriers: believed for their signature, and never twice."""

import base64

import pytest

from fairhold.adapters.webhook import sign
from fairhold.house import House
from fairhold.web.server import Fairhold
from tests.web.conftest import START, Client

PAYMENT = "/sandbox/notices/payment"
CARRIER = "/sandbox/notices/carrier"


@pytest.mark.parametrize("path", [PAYMENT, CARRIER])
def test_a_notice_without_a_signature_is_not_believed(client: Client, path: str) -> None:
    for headers in ({}, {"webhook-id": "a", "webhook-timestamp": "1", "webhook-signature": "v1,x"}):
        answer = client.post(path, content=b"{}", headers=headers)
        assert answer.status_code in {400, 401}
        assert answer.json()["code"].startswith("notice.")


@pytest.mark.parametrize(("path", "of"), [(PAYMENT, "provider"), (CARRIER, "carrier")])
def test_an_old_notice_a_foreign_signature_and_nonsense_are_told_apart(
    client: Client, house: House, path: str, of: str
) -> None:
    secret = getattr(house.keys, f"{of}_webhook")
    foreign = "whsec_" + base64.b64encode(b"x" * 32).decode()
    now = START // 1_000

    def status(secret: str, at: int, body: bytes) -> tuple[int, str]:
        headers = {
            "webhook-id": "msg_1",
            "webhook-timestamp": str(at),
            "webhook-signature": sign(secret, "msg_1", at, body),
        }
        answer = client.post(path, content=body, headers=headers)
        return answer.status_code, answer.json().get("code", "")

    assert status(foreign, now, b"{}") == (401, "notice.wrong_signature")
    assert status(secret, now - 3_600, b"{}") == (400, "notice.old_timestamp")
    assert status(secret, now + 3_600, b"{}") == (400, "notice.old_timestamp")
    assert status(secret, now, b"nonsense") == (400, "notice.malformed")


def test_notices_are_only_sent_never_looked_at(client: Client, app: Fairhold) -> None:
    del app
    assert client.get(PAYMENT).status_code == 405
