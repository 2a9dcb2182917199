"""Every page, in one place."""

from litestar import Router
from litestar.di import Provide

from fairhold.web.live import Live
from fairhold.web.pages import deals, market, operator, pictures, sandbox, sell, talks, wallet
from fairhold.web.services import Services


def page_routers(services: Services) -> list[Router]:
    """The pages of one application; those of people (sign-in, profile) stand apart."""
    live = Live(services.desk, services.stopping)
    return [
        Router(
            "/",
            route_handlers=[
                *market.HANDLERS,
                *sell.HANDLERS,
                *deals.HANDLERS,
                *talks.HANDLERS,
                *wallet.HANDLERS,
                *operator.HANDLERS,
                *sandbox.HANDLERS,
                pictures.picture,
            ],
            dependencies={"live": Provide(lambda: live, sync_to_thread=False)},
            include_in_schema=False,
        )
    ]
