"""Notices that a fraudster sends in the payment provider's name, and real ones sent again."""

import json

from fairhold.adapters.webhook import new_secret, signed_headers
from fairhold.kernel.instant import HOUR, SECOND, Instant
from fairhold.lab.client import Reply
from fairhold.lab.stories.stage import Stage

DOOR = "/sandbox/notices/payment"


def forged(stage: Stage, who: str, deal: str, minor: int) -> None:
    """Say in the provider's name that it was paid: signed with another secret, or not at all."""
    body = captured(deal, "pay_forged", minor, stage.now())
    secret = new_secret()
    reply = send(stage, body, secret, stage.now())
    stage.step(who, "forges the provider's notice that it is paid", reply).refused(
        "notice.wrong_signature", 401
    )


def replayed(stage: Stage, who: str, deal: str, payment: str, minor: int) -> None:
    """A real notice, with its real signature: an hour old it is refused, fresh it changes nothing.

    The provider's own signature is used here, as nobody but the provider can: at worst somebody
    on the line keeps a notice and sends it again.
    """
    now, secret = stage.now(), stage.server.keys.provider_webhook
    body = captured(deal, payment, minor, now)
    old = send(stage, body, secret, now - HOUR)
    stage.step(who, "sends an old notice of the provider again", old).refused(
        "notice.old_timestamp", 400
    )
    for time in ("", " once more"):
        reply = send(stage, body, secret, now)
        stage.step("the provider", f"tells again{time} that it was paid", reply).done()


def captured(deal: str, payment: str, minor: int, at: Instant) -> bytes:
    """A notice that a payment is in hold, as the provider writes it."""
    data = {
        "kind": "captured",
        "payment": payment,
        "deal": deal,
        "key": "",
        "account": "",
        "amount": minor,
        "currency": "CNY",
        "at": at,
    }
    return json.dumps({"type": "payment.captured", "data": data}).encode()


def send(stage: Stage, body: bytes, secret: str, at: Instant) -> Reply:
    """Deliver a notice to the door that is meant for the provider."""
    headers = signed_headers((secret,), f"ntc_{stage.run}", at // SECOND, body)
    return stage.nobody.post_raw(DOOR, body, headers)
