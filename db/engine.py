"""Opening a database by its address, and transactions on it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy import URL, Connection, Engine, delete, false, make_url, select, true
from sqlalchemy.exc import ArgumentError, IntegrityError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from db import migrations
from db.errors import DatabaseMissing, InvalidRecord, StorageError, StorageUnavailable
from db.schema import events
from db.sqlite import SqliteBackend


class Backend(Protocol):
    """What differs between databases. ``str(backend)`` names the database in messages, without its password."""

    def exists(self) -> bool: ...

    def writer(self) -> Engine: ...

    def reader(self) -> Engine: ...

    def migrator(self) -> AbstractContextManager[Engine]: ...

    def sentence(self, error: BaseException) -> StorageError | None: ...


def backend_of(url: str) -> Backend:
    """The database that an address means.

    ``postgres://`` and ``postgresql://`` mean psycopg 3; SQLite needs a file, relative to the working directory or
    absolute. Raises ``StorageUnavailable`` for anything else.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise StorageUnavailable(f"DATABASE_URL is not a database address; {_EXAMPLES}.") from error
    match parsed.get_backend_name():
        case "postgres" | "postgresql":
            # Only here: whoever stays with SQLite does not wait for the driver to load.
            from db.postgres import PostgresBackend

            return PostgresBackend(parsed.set(drivername="postgresql+psycopg"))
        case "sqlite":
            return SqliteBackend(_file(parsed))
    raise StorageUnavailable(f"DATABASE_URL names {parsed.get_backend_name()}, which is not supported; {_EXAMPLES}.")


_EXAMPLES = "write for example sqlite:///data/feedback.sqlite or postgresql://user:password@host/name"


def _file(url: URL) -> Path:
    if url.database in (None, "", ":memory:"):
        raise StorageUnavailable("A database in memory would forget every vote; name a file in DATABASE_URL.")
    return Path(url.database or "").expanduser().resolve()


@dataclass(frozen=True)
class Database:
    """An open database. Share one between threads; every method is safe to call from any of them."""

    backend: Backend
    _writer: Engine
    _reader: Engine

    @classmethod
    def open(cls, url: str, *, migrate: bool = True, create: bool = True) -> "Database":
        """Connect, and bring the schema up to date unless ``migrate`` is off.

        A database file that does not exist is made, unless ``create`` is off: then ``DatabaseMissing`` is raised.

        Several processes may open the same database at once: one upgrades, the others wait for it. Raises
        ``StorageUnavailable`` (also where the schema is older or newer than this program) or ``StorageFull``.
        """
        backend = backend_of(url)
        if not create and not backend.exists():
            raise DatabaseMissing(f"{backend} does not exist; correct DATABASE_URL or XAI_DATA_DIR.")
        if migrate:
            with _sentences(backend), backend.migrator() as engine, engine.begin() as connection:
                migrations.upgrade(connection, str(backend))
        database = cls(backend, backend.writer(), backend.reader())
        with database.write() as connection:
            migrations.require_current(connection, str(backend))
            # Deletes nothing, but fails where writing is refused: better now than at the first vote.
            connection.execute(delete(events).where(false()))
        return database

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write; when the block is left without an error, it is committed and on the disk."""
        with _sentences(self.backend), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database from its first query to its last."""
        with _sentences(self.backend), self._reader.begin() as connection:
            yield connection

    def ping(self) -> None:
        """Return if the database answers. Raises ``StorageUnavailable``."""
        with self.read() as connection:
            connection.execute(select(true()))

    def close(self) -> None:
        """Give all connections back."""
        self._writer.dispose()
        self._reader.dispose()


@contextmanager
def _sentences(backend: Backend) -> Iterator[None]:
    """Turn what drivers raise in the block into errors that a person can act on; programming errors pass."""
    try:
        yield
    except PoolTimeout as error:
        raise StorageUnavailable(f"{backend} is too busy to take more; wait a moment, then try again.") from error
    except IntegrityError as error:
        # The first line names the rule; PostgreSQL would add the whole row.
        rule = str(error.orig).splitlines()[0]
        raise InvalidRecord(f"The record breaks a rule of the schema: {rule}.") from error
    except StatementError as error:
        if isinstance(error.orig, ValueError):
            raise InvalidRecord(str(error.orig)) from error
        sentence = backend.sentence(error.orig) if error.orig else None
        if sentence is None:
            raise
        raise sentence from error
