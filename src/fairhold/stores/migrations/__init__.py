"""The schema and its history: Alembic scripts in ``versions/``, plain SQL for each database.

A new version is a module ``versions/vNNNN_what.py`` with ``revision``, ``down_revision`` and an
``upgrade()`` that runs one list of statements per database; :data:`HEAD` then names it. Versions
only go forward: the way back from a release is a restored copy.
"""

from typing import Final

HEAD: Final = "0001"
"""The schema that this program reads and writes."""

VERSION: Final = "SELECT version_num FROM alembic_version"
"""The cheap question at every start; the answer is compared with :data:`HEAD`."""


class SchemaTooNew(Exception):
    """The database was written by a newer program: start that one, or restore a copy."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"the database has schema {found}, this program knows {HEAD}; "
            "start the program that wrote it, or restore a copy from before"
        )


def is_due(found: str | None) -> bool:
    """Whether a database at this schema (None: empty) must be migrated before it is used.

    Raise SchemaTooNew when it is ahead of this program.
    """
    if found is not None and found > HEAD:
        raise SchemaTooNew(found)
    return found != HEAD
