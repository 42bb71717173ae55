"""Bringing a database's schema to this program's, by Alembic and without a configuration file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from db.errors import StorageUnavailable

if TYPE_CHECKING:
    from alembic.config import Config

REVISIONS = tuple(
    sorted(path.stem.partition("_")[0] for path in (Path(__file__).parent / "versions").glob("[0-9]*.py"))
)
"""All revisions, oldest first; the file of each begins with its number."""


def configuration(connection: Connection) -> Config:
    """Alembic's configuration for commands on an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection, title: str) -> None:
    """Run the missing revisions inside the connection's transaction. ``title`` names the database in errors."""
    if _known(revision_of(connection), title) == REVISIONS[-1]:
        return
    # Only here: whoever opens a database that is up to date does not wait for Alembic to load.
    from alembic import command

    command.upgrade(configuration(connection), "head")


def require_current(connection: Connection, title: str) -> None:
    """Raise ``StorageUnavailable`` unless the schema is exactly this program's; every transaction begins with it."""
    revision = connection.scalar(_REVISION)
    if _known(revision, title) != REVISIONS[-1]:
        raise StorageUnavailable(f"{title} has an older schema than this program; restart the program, which mends it.")


def touch(connection: Connection) -> None:
    """Write something that changes nothing, so that a refusal to write shows."""
    connection.execute(text("UPDATE alembic_version SET version_num = version_num"))


def revision_of(connection: Connection) -> str | None:
    """The revision of the database's schema, None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(_REVISION)
    return revision


_REVISION = text("SELECT version_num FROM alembic_version")


def _known(revision: str | None, title: str) -> str | None:
    if revision is not None and revision not in REVISIONS:
        raise StorageUnavailable(
            f"{title} was made or upgraded by a newer version of this program; update this one and restart it."
        )
    return revision
