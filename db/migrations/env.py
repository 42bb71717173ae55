"""Alembic's entry point; the connection is the caller's, who also commits."""

from alembic import context

from db import room_tables  # noqa: F401 (its tables belong to the schema)
from db.schema import metadata

# Batch mode rewrites a table where SQLite cannot alter it, and changes nothing on PostgreSQL.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_server_default=True,
)
context.run_migrations()
