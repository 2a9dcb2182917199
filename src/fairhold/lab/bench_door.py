"""The servers that the HTTP bench asks, each a process of its own on the same settings.

``python -m fairhold.lab.bench_door echo`` is a bare ASGI echo, ``… fairhold <folder>`` the whole
product with its followers, its rate limits switched off. Each prints one line of JSON when it is
about to listen: its port and, for Fairhold, an API key and deals to make moves in.
"""

import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
from litestar import Litestar
from msgspec import Struct

from fairhold.domain.deal.money import ConfirmStock, NoteAuthorised, NoteCaptured
from fairhold.domain.deal.order import Place, Terms
from fairhold.domain.delivery import Delivery
from fairhold.engine import inbox
from fairhold.engine.batching import Receipt
from fairhold.engine.clock import SystemClock
from fairhold.engine.desk import market, people
from fairhold.engine.desk.asked import Profile, Words
from fairhold.engine.desk.desk import deal_name
from fairhold.engine.kinds import DEAL
from fairhold.house import House
from fairhold.kernel.actor import PLATFORM, PROVIDER, Actor
from fairhold.kernel.money import Money
from fairhold.kernel.wish import Command
from fairhold.rulebook import in_force
from fairhold.settings import Settings
from fairhold.web.security.api_keys import ApiKeys, Issued
from fairhold.web.server import create_app
from fairhold.web.services import Services, WebSettings

DEALS = 64
_PRICE = Money(5_000, "CNY")

Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]


class Hello(Struct, frozen=True):
    """What a server says before it listens."""

    port: int
    key: str = ""
    deals: tuple[str, ...] = ()


async def echo(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """Answer with the body that came: the least that a server can do."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    length = str(len(body)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _signed_up(house: House, name: str) -> Actor:
    outcome = people.sign_up(house.desk, Profile(email=f"{name}@fairhold.example", handle=name))
    assert isinstance(outcome, Receipt), outcome
    return Actor(account=outcome.stream)


def set_up(house: House) -> tuple[str, tuple[str, ...]]:
    """A buyer's API key, and deals that were paid for and wait for a meeting."""
    seller, buyer = _signed_up(house, "seller"), _signed_up(house, "buyer")
    asked = market.Asked(
        words=Words(title="bench"), price=_PRICE, delivery=Delivery.MEETING, stock=DEALS
    )
    offered = market.publish(house.desk, seller, asked)
    assert isinstance(offered, Receipt), offered
    terms = Terms(
        seller=seller.account,
        listing=offered.stream,
        listing_version=1,
        listing_body=offered.state.offer.body,
        listing_digest=offered.state.offer.digest,
        price=_PRICE,
    )
    rules = in_force(house.clock.now())
    placing = Place(by=buyer, terms=terms, delivery=Delivery.MEETING, rules=rules)
    names = []
    for number in range(DEALS):
        placed = house.engine.do(DEAL, 0, placing)
        assert isinstance(placed, Receipt), placed
        payment = f"pay_{number:017x}"
        paying: tuple[Command, ...] = (
            NoteAuthorised(by=PROVIDER, payment=payment, amount=_PRICE),
            ConfirmStock(by=PLATFORM),
            NoteCaptured(by=PROVIDER, payment=payment, amount=_PRICE),
        )
        for wish in paying:
            assert isinstance(house.engine.do(DEAL, placed.stream, wish), Receipt)
        names.append(deal_name(placed.stream))
    issued = ApiKeys(house.store, SystemClock(), sandbox=True).issue(buyer.account, "bench")
    assert isinstance(issued, Issued), issued
    return issued.secret, tuple(names)


def fairhold(folder: Path) -> tuple[Any, str, tuple[str, ...]]:
    """The application on SQLite in a folder, with a key and deals."""
    house = House(Settings(var=folder))
    key, deals = set_up(house)

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        house.start()
        try:
            yield
        finally:
            house.stop()

    services = Services(
        desk=house.desk,
        settings=WebSettings(limits=None),
        mail=house.mail,
        deliver_payment_notice=lambda headers, body: inbox.payment_notice(
            house.desk, headers, body
        ),
        deliver_scan=lambda headers, body: inbox.carrier_notice(house.desk, headers, body),
    )
    return create_app(services, lifespan=[lifespan]), key, deals


def serve(app: Any, listener: socket.socket, hello: Hello) -> None:  # noqa: ANN401 — any ASGI app
    """Say hello and serve until interrupted."""
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
    server = uvicorn.Server(config)
    sys.stdout.write(msgspec.json.encode(hello).decode() + "\n")
    sys.stdout.flush()
    server.run(sockets=[listener])


def main(arguments: list[str]) -> None:
    """Serve what was asked for."""
    # Named as TCP, or the event loop leaves Nagle's algorithm on and every answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(256)
    port = listener.getsockname()[1]
    if arguments[0] == "echo":
        serve(echo, listener, Hello(port))
    else:
        app, key, deals = fairhold(Path(arguments[1]))
        serve(app, listener, Hello(port, key, deals))


if __name__ == "__main__":
    main(sys.argv[1:])
