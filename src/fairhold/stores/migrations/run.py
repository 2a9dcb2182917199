"""Bring a database up to date. Imported only when a migration is due: Alembic is slow to load."""

from pathlib import Path
from threading import Lock
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import StaticPool

from fairhold.engine.ports import Unavailable
from fairhold.stores.migrations import HEAD

PART_COUNT = (
    "INSERT INTO meta (name, value) VALUES ('part_count', '{}') ON CONFLICT (name) DO NOTHING"
)


_one_at_a_time = Lock()
"""Alembic hands its context to the scripts in module variables, one for the whole process."""


def upgrade(
    dialect: str,
    connection: Any,  # noqa: ANN401 - the connection of either driver
    lock: str,
    part_count: int,
) -> None:
    """Run the due versions on an open driver connection, all in one transaction.

    ``dialect`` is SQLAlchemy's name for it: ``sqlite`` or ``postgresql+psycopg``. ``lock`` is a
    statement that keeps other migrating processes out until the commit; whoever waited there finds
    nothing left to do. ``part_count`` is kept when the database is new.
    """
    engine = create_engine(f"{dialect}://", creator=lambda: connection, poolclass=StaticPool)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    try:
        with _one_at_a_time, engine.connect() as opened:
            opened.exec_driver_sql(lock)
            config.attributes["connection"] = opened
            command.upgrade(config, HEAD)
            opened.exec_driver_sql(PART_COUNT.format(int(part_count)))
            opened.commit()
    except OperationalError as error:
        raise Unavailable(str(error)) from error
