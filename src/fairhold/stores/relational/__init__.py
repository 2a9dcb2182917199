"""What SQLite and PostgreSQL share: the same statements over two ways to run them.

Statements are written with ``?`` for a parameter and hold no other question mark, so that each
database can put its own mark there. They rest on what both understand: upserts, ``returning``,
row values and recursive queries.
"""

from fairhold.stores.relational.bodies import Bodies
from fairhold.stores.relational.documents import Documents
from fairhold.stores.relational.follow import Followers
from fairhold.stores.relational.reads import Reads
from fairhold.stores.relational.shelf import Shelf
from fairhold.stores.relational.timers import Timers
from fairhold.stores.relational.tree import Tree

__all__ = ["Relational"]


class Relational(Reads, Documents, Followers, Timers, Bodies, Shelf, Tree):
    """Every method of a store that needs no lane."""

    def ping(self) -> None:
        """Raise Unavailable when the database does not answer."""
        self._read("SELECT 1")
