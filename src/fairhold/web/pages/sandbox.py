"""Tools of the sandbox: scan a parcel, let time pass, read the mails. Absent everywhere else."""

from typing import Any, Final

from litestar import get, post
from msgspec import Struct

from fairhold.adapters.carrier.sandbox import SandboxCarrier
from fairhold.adapters.mail.sandbox import Letter, SandboxMail
from fairhold.engine.desk import people
from fairhold.engine.outside import Declined, ScanKind
from fairhold.kernel.instant import DAY, HOUR, MINUTE, Span
from fairhold.kernel.wish import Refusal
from fairhold.web.pages.answer import Page, posted, said
from fairhold.web.pages.forms import Form
from fairhold.web.pages.render import page, see
from fairhold.web.pages.visitor import AnyRequest, Serving, Visitor, visitor
from fairhold.web.present import moment_text, span_text
from fairhold.web.problems import Refused, status_of
from fairhold.web.security.identity import signed_in
from fairhold.web.services import Services
from fairhold.web.wording import N_
from fairhold.web.words import say

LETTERS: Final = 50
SCANS: Final = {
    ScanKind.ACCEPTED: N_("accepted by the carrier"),
    ScanKind.MOVING: N_("on its way"),
    ScanKind.DELIVERED: N_("delivered"),
    ScanKind.REFUSED: N_("refused"),
    ScanKind.LOST: N_("lost"),
}
LEAPS: Final[dict[str, Span]] = {
    "15m": 15 * MINUTE,
    "1h": HOUR,
    "1d": DAY,
    "3d": 3 * DAY,
    "10d": 10 * DAY,
}


class Option(Struct, frozen=True):
    """A choice of a form."""

    value: str
    label: str


@get("/sandbox", guards=[signed_in], sync_to_thread=True)
def sandbox_page(request: AnyRequest, services: Serving) -> Page:
    """All the tools."""
    return _sandbox_page(request, visitor(services, request))


def _only_here(services: Services) -> None:
    if not services.settings.sandbox:
        raise Refused(Refusal("request.not_found"))


def _sandbox_page(
    request: AnyRequest, who: Visitor, refusal: Refusal | None = None, tracking: str = ""
) -> Page:
    _only_here(who.services)
    return page(
        request,
        "sandbox.html",
        status=status_of(refusal.code) if refusal is not None else 200,
        scans=[Option(kind.value, say(who.language, text)) for kind, text in SCANS.items()],
        tracking=tracking or str(request.query_params.get("tracking", ""))[:40],
        leaps=_leaps(who),
        now=moment_text(who.now, who.language),
        letters=_letters(who),
        done=bool(request.query_params.get("done")),
        refusal=said(refusal, who),
    )


def _letters(who: Visitor) -> list[Letter]:
    """The reader's own mails, the newest first; nobody reads another's."""
    mail, profile = who.services.mail, people.profile_of(who.desk, who.account)
    if not isinstance(mail, SandboxMail) or profile is None or not profile.email:
        return []
    return list(reversed(mail.letters(profile.email)[-LETTERS:]))


@post("/sandbox/scan", guards=[signed_in])
async def scan(request: AnyRequest, services: Serving) -> Page:
    """The carrier scans a parcel now."""
    _only_here(services)

    def work(who: Visitor, form: Form) -> Page:
        carrier, tracking = services.desk.carrier, form.get("tracking")
        kind = form.get("kind")
        if not isinstance(carrier, SandboxCarrier) or kind not in set(ScanKind):
            raise Refused(Refusal("request.not_found"))
        try:
            carrier.scan(tracking, ScanKind(kind))
        except Declined:
            refusal = Refusal("parcel.unknown_tracking")
            return _sandbox_page(request, who, refusal, tracking)
        services.caught_up(5.0)
        return see(f"/sandbox?done=1&tracking={tracking}")

    return await posted(request, services, work)


def _leaps(who: Visitor) -> list[Option]:
    if who.services.advance is None:
        return []
    return [Option(name, span_text(span, who.language)) for name, span in LEAPS.items()]


@post("/sandbox/clock", guards=[signed_in])
async def let_time_pass(request: AnyRequest, services: Serving) -> Page:
    """Move the test clock; whatever comes due on the way happens."""
    _only_here(services)
    advance = services.advance
    if advance is None:
        raise Refused(Refusal("request.not_found"))

    def work(_who: Visitor, form: Form) -> Page:
        span = LEAPS.get(form.get("by"))
        if span is None:
            raise Refused(Refusal("request.not_found"))
        advance(span)
        return see("/sandbox?done=1")

    return await posted(request, services, work)


HANDLERS: Final[tuple[Any, ...]] = (sandbox_page, scan, let_time_pass)
