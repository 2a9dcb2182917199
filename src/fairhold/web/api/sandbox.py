"""Moving the sandbox: its time, its parcels and its cards. None of this exists in live mode."""

import secrets
from typing import Annotated, Literal

from msgspec import Meta, Struct

from fairhold.adapters.carrier.sandbox import SandboxCarrier
from fairhold.adapters.issuer.sandbox import SandboxIssuer, make_card
from fairhold.engine.outside import Declined, ScanKind
from fairhold.engine.passing import AT_ONCE_MAX, Passing
from fairhold.kernel.instant import from_rfc3339, rfc3339
from fairhold.kernel.wish import Refusal
from fairhold.web.api.once import once
from fairhold.web.api.operation import Access, Answer, Call, Operation
from fairhold.web.api.shapes import NoControls, Time
from fairhold.web.services import Services

SERIALS = 10**9


class ClockShown(Struct, frozen=True, kw_only=True):
    """The test clock: where it stands, where it goes, and whether it has arrived."""

    now: Time
    target: Time
    status: Literal["ready", "advancing", "internal_failure"]
    livemode: bool
    object: Literal["test_clock"] = "test_clock"


class Advance(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far, in milliseconds, or to which instant: exactly one of the two."""

    by_ms: Annotated[int, Meta(ge=0, le=AT_ONCE_MAX)] | None = None
    to: (
        Annotated[
            str,
            Meta(
                max_length=40,
                pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}(Z|[+-][0-9]{2}:[0-9]{2})$",
            ),
        ]
        | None
    ) = None


class NewScan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the carrier sees happen to a parcel now."""

    tracking: Annotated[str, Meta(min_length=1, max_length=60), NoControls]
    kind: ScanKind


class ScanShown(Struct, frozen=True, kw_only=True):
    """A scan that was made; its notice is on its way."""

    tracking: str
    kind: str
    livemode: bool
    object: Literal["scan"] = "scan"


class CardDeed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Issue a card that works, or redeem one (use it up)."""

    action: Literal["issue", "redeem"]
    number: Annotated[str, Meta(max_length=60), NoControls] = ""


class CardShown(Struct, frozen=True, kw_only=True):
    """A card of the sandbox's issuer."""

    number: str
    redeemed: bool
    livemode: bool
    object: Literal["card"] = "card"


class Sandbox:
    """The operations that need to remember something between two requests."""

    def __init__(self, services: Services) -> None:
        """One journey of the clock a process."""
        clock, advance = services.test_clock, services.advance
        self.passing = None
        if clock is not None and advance is not None:
            self.passing = Passing(clock, advance)

    def get(self, call: Call) -> Answer | Refusal:
        """Where the clock stands."""
        if self.passing is None:
            return Refusal("test_clock.unknown")
        return Answer(body=_clock(call, self.passing), private=True)

    def advance(self, call: Call) -> Answer | Refusal:
        """Set out."""
        return once(call, lambda: self._advance(call))

    def _advance(self, call: Call) -> Answer | Refusal:
        asked: Advance = call.body
        if self.passing is None:
            return Refusal("test_clock.unknown")
        if (asked.by_ms is None) == (asked.to is None):
            return Refusal("test_clock.goal_invalid")
        if asked.by_ms is not None:
            target = self.passing.clock.now() + asked.by_ms
        else:
            try:
                target = from_rfc3339(str(asked.to))
            except (ValueError, OverflowError):
                return Refusal("test_clock.goal_invalid")
        refusal = self.passing.begin(target)
        return refusal or Answer(body=_clock(call, self.passing), private=True)


def _clock(call: Call, passing: Passing) -> ClockShown:
    status: Literal["ready", "advancing", "internal_failure"] = "ready"
    if passing.status != "ready":
        status = "advancing" if passing.status == "advancing" else "internal_failure"
    return ClockShown(
        now=rfc3339(passing.clock.now()),
        target=rfc3339(passing.target),
        status=status,
        livemode=call.livemode,
    )


def _scan(call: Call) -> Answer | Refusal:
    return once(call, lambda: _make_scan(call))


def _make_scan(call: Call) -> Answer | Refusal:
    asked: NewScan = call.body
    carrier = call.desk.carrier
    if not isinstance(carrier, SandboxCarrier):
        return Refusal("request.not_found")
    try:
        carrier.scan(asked.tracking, asked.kind)
    except Declined:
        return Refusal("parcel.unknown_tracking")
    body = ScanShown(tracking=asked.tracking, kind=asked.kind.value, livemode=call.livemode)
    return Answer(body=body)


def _card(call: Call) -> Answer | Refusal:
    return once(call, lambda: _do_card(call))


def _do_card(call: Call) -> Answer | Refusal:
    asked: CardDeed = call.body
    issuer = call.desk.issuer
    if not isinstance(issuer, SandboxIssuer):
        return Refusal("request.not_found")
    if asked.action == "issue":
        number = make_card(secrets.randbelow(SERIALS))
        body = CardShown(number=number, redeemed=False, livemode=call.livemode)
        return Answer(body=body, private=True)
    if not issuer.redeem(asked.number, call.desk.engine.now()):
        return Refusal("card.not_redeemable")
    body = CardShown(number=asked.number, redeemed=True, livemode=call.livemode)
    return Answer(body=body, private=True)


THINGS = (
    Operation(
        id="createSandboxScan",
        method="POST",
        path="/v1/sandbox/scans",
        tag="Sandbox",
        summary="Let the carrier scan a parcel now",
        call=_scan,
        body=NewScan,
        answers=ScanShown,
        status=201,
        scope="sandbox:write",
        keyed=True,
        sandbox=True,
        refusals=("parcel.unknown_tracking",),
        example={"tracking": "SX00000000000000", "kind": "delivered"},
    ),
    Operation(
        id="createSandboxCard",
        method="POST",
        path="/v1/sandbox/cards",
        tag="Sandbox",
        summary="Issue a card that works, or use one up",
        call=_card,
        body=CardDeed,
        answers=CardShown,
        status=201,
        scope="sandbox:write",
        keyed=True,
        sandbox=True,
        refusals=("card.not_redeemable",),
        example={"action": "issue"},
    ),
)
"""What is moved without anything to remember: parcels and cards."""


def operations(services: Services) -> tuple[Operation, ...]:
    """The operations of this sandbox."""
    sandbox = Sandbox(services)
    return (
        Operation(
            id="getTestClock",
            method="GET",
            path="/v1/test_clock",
            tag="Sandbox",
            summary="Where the test clock stands",
            call=sandbox.get,
            answers=ClockShown,
            access=Access.SIGNED_IN,
            scope="sandbox:write",
            sandbox=True,
            refusals=("test_clock.unknown",),
        ),
        Operation(
            id="advanceTestClock",
            method="POST",
            path="/v1/test_clock/advance",
            tag="Sandbox",
            summary="Let time pass: every timer fires in its turn; poll until it is ready",
            call=sandbox.advance,
            body=Advance,
            answers=ClockShown,
            status=202,
            scope="sandbox:write",
            keyed=True,
            sandbox=True,
            refusals=(
                "test_clock.unknown",
                "test_clock.goal_invalid",
                "test_clock.only_forward",
                "test_clock.advancing",
            ),
            example={"by_ms": 86_400_000},
        ),
        *THINGS,
    )
