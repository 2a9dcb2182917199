"""What follows when somebody leaves: nothing of theirs stays on the market."""

import msgspec

from fairhold.domain.listing import Delist, Status
from fairhold.engine.desk.desk import Desk
from fairhold.engine.followers import Later
from fairhold.engine.kinds import LISTING
from fairhold.engine.ports import LogRow
from fairhold.kernel.actor import Actor
from fairhold.projections.documents import ListingDocument

PAGE = 100


class Leaving:
    """Takes the listings of a closed account off the market, in its owner's name."""

    name = "leaving"

    def __init__(self, desk: Desk) -> None:
        """Asks through the desk's engine."""
        self._desk = desk

    @staticmethod
    def wants(type_: str) -> bool:
        """Whether somebody left."""
        return type_ == "account.closed"

    def handle(self, row: LogRow) -> None:
        """Take every listing off; those that are off already stay so."""
        desk, owner = self._desk, row.stream
        if not desk.is_current():
            message = "the list of listings is not up to date yet"
            raise Later(message)
        after: str | None = None
        while True:
            found = desk.store.find("listing", "owner", str(owner), limit=PAGE, after=after)
            for _, data in found.rows:
                listing = msgspec.json.decode(data, type=ListingDocument)
                if listing.status == Status.OPEN.value:
                    desk.engine.do(LISTING, listing.id, Delist(by=Actor(account=owner)))
            if not found.more:
                return
            after = found.rows[-1][0]
