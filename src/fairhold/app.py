"""The server: a house with its doors, on one address."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from socket import AF_INET, AF_INET6, SO_REUSEADDR, SOL_SOCKET, socket
from types import FrameType
from typing import cast
from urllib.parse import urlsplit

import uvicorn
from litestar import Litestar
from litestar.types import ASGIApp

from fairhold import __version__
from fairhold.adapters.payment.sandbox.app import create_provider_app
from fairhold.engine import inbox
from fairhold.engine.clock import TestClock
from fairhold.house import House
from fairhold.settings import Settings
from fairhold.web.server import create_app
from fairhold.web.services import Services, WebSettings

GRACE_S = 3
"""How long open live connections may hold up a shutdown."""


def services_of(house: House) -> Services:
    """What the web needs, out of a house."""
    settings = house.settings
    clock = house.clock if isinstance(house.clock, TestClock) else None
    host = urlsplit(settings.address).hostname or "localhost"
    provider: ASGIApp | None = None
    if house.provider is not None:
        provider = cast("ASGIApp", create_provider_app(house.provider, mount="/sandbox/pay"))
    origins = (settings.provider_url,) if settings.provider_url else ()
    return Services(
        desk=house.desk,
        settings=WebSettings(
            base_url=settings.address,
            secure_cookies=settings.secure_cookies,
            sandbox=True,
            webhooks_reach_loopback=settings.webhooks_reach_loopback,
            version=__version__,
            trusted_hosts=tuple({host, "localhost", "127.0.0.1", "[::1]"}),
            payment_origins=origins,
        ),
        mail=house.mail,
        deliver_payment_notice=lambda headers, body: inbox.payment_notice(
            house.desk, headers, body
        ),
        deliver_scan=lambda headers, body: inbox.carrier_notice(house.desk, headers, body),
        caught_up=house.settle if clock is not None else house.caught_up,
        test_clock=clock,
        advance=house.advance if clock is not None else None,
        provider_app=provider,
    )


def build(house: House, services: Services) -> Litestar:
    """The web application of a house; it starts and stops the house's followers."""

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        house.start()
        try:
            yield
        finally:
            house.stop()

    return create_app(services, lifespan=[lifespan])


class Server(uvicorn.Server):
    """A server whose live pages end with the signal, instead of holding up the shutdown."""

    def __init__(self, config: uvicorn.Config, services: Services, greeting: str) -> None:
        """Greet once the address is taken; tell the services when it is time to end."""
        super().__init__(config)
        self._services = services
        self._greeting = greeting

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        if self.started:
            print(self._greeting, flush=True)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Let everything that answers for long end, then stop as usual."""
        self._services.stopping.set()
        super().handle_exit(sig, frame)


def config_of(settings: Settings, app: Litestar) -> uvicorn.Config:
    """How to listen. Only a proxy that was named may say for whom it asks: anybody can write it."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        timeout_graceful_shutdown=GRACE_S,
        server_header=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=list(settings.proxies),
    )


def take_address(settings: Settings) -> socket:
    """Bind the address without listening yet; end the program when it is taken."""
    family = AF_INET6 if ":" in settings.host else AF_INET
    address = socket(family)
    address.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    try:
        address.bind((settings.host, settings.port))
    except OSError:
        address.close()
        sys.exit(f"Cannot listen on {settings.host}:{settings.port}: set PORT to a free one.")
    return address


def run(settings: Settings, *, sample: bool) -> None:
    """Serve until interrupted."""
    from fairhold.lab.sample import ensure_sample, welcome  # noqa: PLC0415

    # The address first: whoever cannot have it must not have done anything either.
    address = take_address(settings)
    if sample:
        ensure_sample(settings, partial(print, flush=True))
    house = House(settings)
    services = services_of(house)
    config = config_of(settings, build(house, services))
    server = Server(config, services, welcome(settings, house.store))
    server.run(sockets=[address])
