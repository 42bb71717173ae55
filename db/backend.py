"""What the engines have in common."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Engine

from db.errors import StorageError

PATIENCE_S = 2.0
"""How long a vote waits for other writers before whoever gave it is told; the page keeps it and can send it again."""

MIGRATION_PATIENCE_S = 30.0
"""How long opening a database waits for another process that brings its schema up to date."""

RESTORE = "python -m studio restore BACKUP"
"""The command that messages about damage name."""

NOTHING_OF_OURS = f"holds no table of this program; correct DATABASE_URL, or stop the program and run {RESTORE}."


class Backend(Protocol):
    """What differs between databases. ``str(backend)`` names the database in messages, without its password."""

    def exists(self) -> bool:
        """Whether there is something to open."""
        ...

    def writer(self) -> Engine:
        """The engine of votes: transactions one after the other, each on the disk when it is committed."""
        ...

    def reader(self) -> Engine:
        """An engine whose transactions see one state of the database and change nothing."""
        ...

    def migrator(self) -> AbstractContextManager[Engine]:
        """An engine that may make the database, held by one process at a time."""
        ...

    def watch(self) -> Callable[[], None]:
        """A check that raises ``StorageUnavailable`` once the address means another database than it does now."""
        ...

    def require_room(self) -> None:
        """Raise ``StorageFull`` where the next votes would find no room."""
        ...

    def settle(self, writer: Engine) -> None:
        """Called before the last connection is given back: leave nothing behind that a copy of the file would miss."""
        ...

    def translate_error(self, error: BaseException) -> StorageError | None:
        """The error that a person can act on, or None where the program itself is at fault."""
        ...
