"""Who looks at a page: signed in or not, in which language, and at what time."""

from typing import Any

from litestar import Request
from msgspec import Struct

from fairhold.engine.desk import Desk, people
from fairhold.engine.kinds import ACCOUNT, CONVERSATION, DEAL, LISTING, Kind
from fairhold.kernel.actor import Actor
from fairhold.kernel.ids import public_id, read_public_id
from fairhold.kernel.instant import Instant
from fairhold.kernel.wish import Refusal
from fairhold.web.pages.render import language_for
from fairhold.web.problems import Refused
from fairhold.web.security.identity import identity_of
from fairhold.web.services import Services, Serving

AnyRequest = Request[Any, Any, Any]


class Visitor(Struct, frozen=True, kw_only=True):
    """Everything that presenters want to know of whoever looks. ``account`` is 0 for nobody."""

    services: Services
    actor: Actor
    language: str
    now: Instant

    @property
    def account(self) -> int:
        """Whose page this is; 0 for nobody."""
        return self.actor.account

    @property
    def desk(self) -> Desk:
        """The desk's tools."""
        return self.services.desk

    def handle(self, account: int) -> str:
        """Somebody's public name."""
        return people.handle_of(self.desk, account)


def visitor(services: Services, request: AnyRequest) -> Visitor:
    """Whoever sends this request."""
    identity = identity_of(request)
    return Visitor(
        services=services,
        actor=identity.actor if identity is not None else Actor(),
        language=language_for(request),
        now=services.desk.engine.now(),
    )


def deal_path(deal: int) -> str:
    """Where a deal's page is."""
    return f"/deals/{public_id(DEAL.prefix, deal)}"


def listing_path(listing: int) -> str:
    """Where a listing's page is."""
    return f"/listings/{public_id(LISTING.prefix, listing)}"


def talk_path(conversation: int) -> str:
    """Where a conversation's page is."""
    return f"/talks/{public_id(CONVERSATION.prefix, conversation)}"


def account_name(account: int) -> str:
    """The public id of an account."""
    return public_id(ACCOUNT.prefix, account)


def number_of(kind: Kind, text: str) -> int:
    """The number in an address; raises Refused when there is none."""
    number = read_public_id(kind.prefix, text)
    if number is None:
        raise Refused(Refusal(f"{kind.name}.unknown"))
    return number


__all__ = [
    "AnyRequest",
    "Serving",
    "Visitor",
    "account_name",
    "deal_path",
    "listing_path",
    "number_of",
    "talk_path",
    "visitor",
]
