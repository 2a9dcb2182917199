"""Everything the web needs, made once by ``app.py`` and handed to ``create_app``."""

import threading
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeAlias

from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.types import ASGIApp
from msgspec import Struct, field

from fairhold.engine.clock import Clock, SystemClock, TestClock
from fairhold.engine.desk import Desk
from fairhold.engine.outside import MailPort
from fairhold.kernel.instant import Instant, Span
from fairhold.web.security.keeper import Keeper
from fairhold.web.security.limits import PUBLISHED, Limits
from fairhold.web.security.passwords import Argon2, Hasher

MEGABYTE = 1_000_000

DeliverNotice = Callable[[Mapping[str, str], bytes], Any]
"""Verify a notice over its raw bytes and hand it in; raises BadNotice. Repetition is no error."""


class WebSettings(Struct, frozen=True, kw_only=True):
    """How this server is reached and how strict it is.

    ``base_url`` has no slash at its end. ``trusted_hosts`` are host names without a port; a leading
    ``*.`` stands for any name below, ``*`` alone for any host. ``payment_origins`` are origins of
    hosted payment pages that a form of ours may lead to (``https://pay.example``). Sizes are in
    bytes. ``limits`` None switches rate limits off (measurements only). ``webhooks_reach_loopback``
    is for servers that nobody but their own machine reaches.
    """

    base_url: str = "http://localhost:8000"
    secure_cookies: bool = False
    sandbox: bool = True
    webhooks_reach_loopback: bool = False
    version: str = "0.1.0"
    trusted_hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")
    payment_origins: tuple[str, ...] = ()
    body_max: int = MEGABYTE
    upload_max: int = 32 * MEGABYTE
    limits: Limits | None = PUBLISHED


class Services(Struct, kw_only=True, eq=False, dict=True):
    """What pages and API reach for; one per process.

    ``wall`` is the machine's own time: sessions, keys, limits and lock-outs keep to it, so that
    moving the test clock signs nobody out. ``caught_up`` waits at most so many seconds until the
    followers have seen the head of the log; ``advance`` lets time pass under the test clock, with
    all that falls due on the way. ``provider_app`` is the payment sandbox, mounted at
    ``/sandbox/pay``. The two deliverers take a notice's headers and raw body. ``stopping`` is set
    when the server begins to stop: whatever answers for long then ends.
    """

    desk: Desk
    settings: WebSettings
    mail: MailPort
    deliver_payment_notice: DeliverNotice
    deliver_scan: DeliverNotice
    caught_up: Callable[[float], bool] = lambda _seconds: True
    test_clock: TestClock | None = None
    advance: Callable[[Span], Instant] | None = None
    provider_app: ASGIApp | None = None
    wall: Clock = field(default_factory=SystemClock)
    hasher: Hasher = field(default_factory=Argon2)
    stopping: threading.Event = field(default_factory=threading.Event)

    @cached_property
    def keeper(self) -> Keeper:
        """Sessions, keys, passwords, limits: all that handlers call of security."""
        return Keeper(self.desk, self.wall, self.hasher, sandbox=self.settings.sandbox)


Serving: TypeAlias = NamedDependency[SkipValidation[Services]]
"""The type of a handler's argument ``services``."""
