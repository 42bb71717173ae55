"""Bringing a database's schema to this program's, by Alembic and without a configuration file."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from db.errors import StorageUnavailable


def configuration(connection: Connection) -> Config:
    """Alembic's configuration for commands on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection, title: str) -> None:
    """Run the missing revisions inside the connection's transaction. ``title`` names the database in errors."""
    config = configuration(connection)
    _refuse_newer(connection, ScriptDirectory.from_config(config), title)
    command.upgrade(config, "head")


def require_current(connection: Connection, title: str) -> None:
    """Raise ``StorageUnavailable`` unless the schema is exactly this program's."""
    scripts = ScriptDirectory.from_config(configuration(connection))
    _refuse_newer(connection, scripts, title)
    if revision_of(connection) != scripts.get_current_head():
        raise StorageUnavailable(f"{title} has an older schema than this program; open it once with migrate=True.")


def revision_of(connection: Connection) -> str | None:
    """The revision of the database's schema, None for an empty database."""
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_newer(connection: Connection, scripts: ScriptDirectory, title: str) -> None:
    known = {script.revision for script in scripts.walk_revisions()}
    revision = revision_of(connection)
    if revision is not None and revision not in known:
        raise StorageUnavailable(f"{title} was made by a newer version of this program; update the program.")
