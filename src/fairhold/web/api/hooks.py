"""Webhook endpoints: where notices go, what became of each, sending one again."""

import re
from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct

from fairhold.adapters.webhook import check_target, new_secret
from fairhold.codec.names import EVENTS
from fairhold.engine.webhooks import (
    ENDPOINTS_MAX,
    FILTERS_MAX,
    Delivery,
    Endpoint,
    Webhooks,
)
from fairhold.kernel.ids import public_id
from fairhold.kernel.instant import HOUR, rfc3339
from fairhold.kernel.wish import Refusal
from fairhold.web.api import shapes
from fairhold.web.api.once import once
from fairhold.web.api.operation import Answer, Call, Operation
from fairhold.web.api.shapes import ListOf, NoControls, Nothing, Time, cut

URL_MAX = 500
EndpointId = Annotated[str, shapes.id_of(shapes.ENDPOINT)]
Filter = Annotated[str, Meta(pattern=r"^(\*|[a-z_]+\.(\*|[a-z_]+))$", max_length=60)]
DELIVERY = re.compile(r"dlv_(\d{15}-\d{1,3}-\d{1,19})", re.ASCII)


class NewEndpoint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to send which events: names, or beginnings such as ``money.*``; all with ``*``."""

    url: Annotated[str, Meta(pattern=r"^https?://[!-~]+$", max_length=URL_MAX)]
    events: Annotated[Sequence[Filter], Meta(min_length=1, max_length=FILTERS_MAX)] = ("*",)
    description: Annotated[str, Meta(max_length=200), NoControls] = ""


class Rotation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how long the secret before goes on signing beside the new one."""

    overlap_hours: Annotated[int, Meta(ge=0, le=168)] = 24


class EndpointShown(Struct, frozen=True, kw_only=True):
    """An endpoint. ``secret`` is there in the answers that make one, and never again."""

    id: EndpointId
    url: str
    events: Sequence[str]
    description: str
    enabled: bool
    created_at: Time
    livemode: bool
    disabled_reason: str | None = None
    secret: str | None = None
    object: Literal["webhook_endpoint"] = "webhook_endpoint"


class AttemptShown(Struct, frozen=True, kw_only=True):
    """One try: the HTTP status, 0 when nobody answered."""

    at: Time
    status: int
    error: str


class DeliveryShown(Struct, frozen=True, kw_only=True):
    """One event on its way to an endpoint. ``webhook_id`` is the same on every try."""

    id: str
    webhook_id: str
    endpoint: EndpointId
    event: str
    type: str
    state: str
    attempts: Sequence[AttemptShown]
    livemode: bool
    next_attempt_at: Time | None = None
    object: Literal["webhook_delivery"] = "webhook_delivery"


def _webhooks(call: Call) -> Webhooks:
    return Webhooks(call.desk.store, call.desk.vault, call.services.wall)


def _create(call: Call) -> Answer | Refusal:
    return once(call, lambda: _add(call))


def _add(call: Call) -> Answer | Refusal:
    asked: NewEndpoint = call.body
    unknown = next((each for each in asked.events if not _names_something(each)), None)
    if unknown is not None:
        return Refusal("webhook.event_unknown", {"event": unknown})
    reach = call.services.settings.webhooks_reach_loopback
    target = check_target(asked.url, allow_loopback=reach)
    if isinstance(target, Refusal):
        return Refusal("webhook.address_invalid", {"why": target.code})
    webhooks = _webhooks(call)
    if len(webhooks.of(call.actor.account)) >= ENDPOINTS_MAX:
        return Refusal("webhook.too_many", {"most": ENDPOINTS_MAX})
    secret = new_secret()
    endpoint = webhooks.add(
        call.desk.engine.new_stream(call.key),
        call.actor.account,
        asked.url,
        tuple(asked.events),
        secret,
        asked.description,
    )
    return Answer(body=_show(call, endpoint, secret), private=True)


def _names_something(pattern: str) -> bool:
    if pattern == "*":
        return True
    if pattern.endswith(".*"):
        return any(name.startswith(pattern[:-1]) for name in EVENTS)
    return pattern in EVENTS


def _show(call: Call, endpoint: Endpoint, secret: str | None = None) -> EndpointShown:
    return EndpointShown(
        id=public_id(shapes.ENDPOINT, endpoint.id),
        url=endpoint.url,
        events=endpoint.events,
        description=endpoint.description,
        enabled=not endpoint.disabled,
        created_at=rfc3339(endpoint.made_at),
        livemode=call.livemode,
        disabled_reason=endpoint.disabled or None,
        secret=secret,
    )


def _list(call: Call) -> Answer | Refusal:
    rows = [_show(call, each) for each in _webhooks(call).of(call.actor.account)]
    page = cut(call, rows, lambda row: row.id)
    return page if isinstance(page, Refusal) else Answer(body=page, private=True)


def _mine(call: Call) -> Endpoint | Refusal:
    found = _webhooks(call).get(call.actor.account, call.path["endpoint"])
    return found if found is not None else Refusal("webhook.unknown")


def _delete(call: Call) -> Answer | Refusal:
    endpoint = _mine(call)
    if isinstance(endpoint, Refusal):
        return endpoint
    _webhooks(call).remove(endpoint)
    return Answer(status=204)


def _rotate(call: Call) -> Answer | Refusal:
    return once(call, lambda: _replace_secret(call))


def _replace_secret(call: Call) -> Answer | Refusal:
    endpoint = _mine(call)
    if isinstance(endpoint, Refusal):
        return endpoint
    secret = new_secret()
    overlap = call.body.overlap_hours * HOUR
    changed = _webhooks(call).rotate(endpoint, secret, overlap)
    return Answer(body=_show(call, changed, secret), private=True)


def _enable(call: Call) -> Answer | Refusal:
    endpoint = _mine(call)
    if isinstance(endpoint, Refusal):
        return endpoint
    return Answer(body=_show(call, _webhooks(call).enable(endpoint)), private=True)


def _deliveries(call: Call) -> Answer | Refusal:
    endpoint = _mine(call)
    if isinstance(endpoint, Refusal):
        return endpoint
    page: shapes.Page = call.query
    if page.ending_before is not None:
        return Refusal("request.cursor_conflict")
    after = ""
    if page.starting_after is not None:
        match = DELIVERY.fullmatch(page.starting_after)
        if match is None:
            return Refusal("request.cursor_unknown", {"field": "starting_after"})
        after = match[1]
    rows = _webhooks(call).deliveries(endpoint, after, page.limit + 1)
    shown = [_delivery(call, row) for row in rows[: page.limit]]
    return Answer(body=ListOf(data=shown, has_more=len(rows) > page.limit), private=True)


def _delivery(call: Call, delivery: Delivery) -> DeliveryShown:
    waiting = delivery.state == "waiting"
    return DeliveryShown(
        id=f"dlv_{delivery.key}",
        webhook_id=delivery.notice_id,
        endpoint=public_id(shapes.ENDPOINT, delivery.endpoint),
        event=f"{delivery.part}-{delivery.seq}",
        type=delivery.type,
        state=delivery.state,
        attempts=[
            AttemptShown(at=rfc3339(each.at), status=each.status, error=each.error)
            for each in delivery.attempts
        ],
        livemode=call.livemode,
        next_attempt_at=rfc3339(delivery.due) if waiting else None,
    )


def _replay(call: Call) -> Answer | Refusal:
    return once(call, lambda: _send_again(call))


def _send_again(call: Call) -> Answer | Refusal:
    endpoint = _mine(call)
    if isinstance(endpoint, Refusal):
        return endpoint
    match = DELIVERY.fullmatch(call.path["delivery"])
    webhooks = _webhooks(call)
    delivery = webhooks.delivery(endpoint.id, match[1]) if match else None
    if delivery is None:
        return Refusal("delivery.unknown")
    if endpoint.disabled:
        return Refusal("webhook.disabled")
    return Answer(body=_delivery(call, webhooks.replay(delivery)), private=True)


_UNKNOWN = ("webhook.unknown",)
_PATH = "/v1/webhook_endpoints/{endpoint}"

OPERATIONS = (
    Operation(
        id="createWebhookEndpoint",
        method="POST",
        path="/v1/webhook_endpoints",
        tag="Webhooks",
        summary="Send events somewhere; the signing secret is shown once",
        call=_create,
        body=NewEndpoint,
        answers=EndpointShown,
        status=201,
        scope="webhooks:write",
        keyed=True,
        refusals=("webhook.address_invalid", "webhook.event_unknown", "webhook.too_many"),
        example={"url": "https://shop.example/hooks", "events": ["money.*", "case.opened"]},
    ),
    Operation(
        id="listWebhookEndpoints",
        method="GET",
        path="/v1/webhook_endpoints",
        tag="Webhooks",
        summary="Where my events go",
        call=_list,
        query=shapes.Page,
        answers=ListOf[EndpointShown],
        scope="webhooks:write",
    ),
    Operation(
        id="deleteWebhookEndpoint",
        method="DELETE",
        path=_PATH,
        tag="Webhooks",
        summary="Send nothing more there",
        call=_delete,
        answers=None,
        status=204,
        scope="webhooks:write",
        refusals=_UNKNOWN,
    ),
    Operation(
        id="rotateWebhookSecret",
        method="POST",
        path=f"{_PATH}/rotate",
        tag="Webhooks",
        summary="Sign with a new secret, beside the old one for a while",
        call=_rotate,
        body=Rotation,
        answers=EndpointShown,
        scope="webhooks:write",
        keyed=True,
        refusals=_UNKNOWN,
        example={"overlap_hours": 24},
    ),
    Operation(
        id="enableWebhookEndpoint",
        method="POST",
        path=f"{_PATH}/enable",
        tag="Webhooks",
        summary="Send again to an endpoint that was disabled",
        call=_enable,
        body=Nothing,
        answers=EndpointShown,
        scope="webhooks:write",
        refusals=_UNKNOWN,
        example={},
    ),
    Operation(
        id="listWebhookDeliveries",
        method="GET",
        path=f"{_PATH}/deliveries",
        tag="Webhooks",
        summary="What became of each notice in the last 30 days, newest first",
        call=_deliveries,
        query=shapes.Page,
        answers=ListOf[DeliveryShown],
        scope="webhooks:write",
        refusals=_UNKNOWN,
    ),
    Operation(
        id="replayWebhookDelivery",
        method="POST",
        path=f"{_PATH}/deliveries/{{delivery}}/replay",
        tag="Webhooks",
        summary="Send a notice once more, under the same id",
        call=_replay,
        body=Nothing,
        answers=DeliveryShown,
        scope="webhooks:write",
        keyed=True,
        refusals=(*_UNKNOWN, "delivery.unknown", "webhook.disabled"),
        example={},
    ),
)
