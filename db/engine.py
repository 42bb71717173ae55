"""Opening a database by its address, and transactions on it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from db import migrations
from db.address import backend_of
from db.backend import Backend
from db.errors import DatabaseMissing, InvalidRecord, StorageUnavailable


@dataclass(frozen=True)
class Database:
    """An open database. Share one between threads; every method is safe to call from any of them."""

    backend: Backend
    _writer: Engine
    _reader: Engine
    _require_same: Callable[[], None]

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
            with _translated_errors(backend), backend.migrator() as engine, engine.begin() as connection:
                migrations.upgrade(connection, str(backend))
        return cls.on(backend, backend.writer(), backend.reader())

    @classmethod
    def on(cls, backend: Backend, writer: Engine, reader: Engine) -> "Database":
        """A database behind engines; raises as ``open`` does where it cannot be written."""
        with _translated_errors(backend), writer.begin() as connection:
            migrations.require_current(connection, str(backend))
            # Fails where writing is refused: better now than at the first vote.
            migrations.touch(connection)
        return cls(backend, writer, reader, backend.watch())

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write; when the block is left without an error, it is committed and on the disk.

        Raises ``StorageUnavailable`` also where the database is not the one that was opened, or no longer of this
        program's version.
        """
        self._require_same()
        with _translated_errors(self.backend), self._writer.begin() as connection:
            migrations.require_current(connection, str(self.backend))
            yield connection
        # Once more: what was committed to a file that is gone by now would be gone with it.
        self._require_same()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database from its first query to its last. Raises as ``write``."""
        self._require_same()
        with _translated_errors(self.backend), self._reader.begin() as connection:
            migrations.require_current(connection, str(self.backend))
            yield connection

    def require_ready(self) -> None:
        """Return if a vote could be stored now: something was written. Raises as ``write``, and ``StorageFull``.

        May take as long as a vote may wait.
        """
        self.backend.require_room()
        with self.write() as connection:
            migrations.touch(connection)

    def settle(self) -> None:
        """Leave nothing in an SQLite write-ahead log, as far as nobody else is reading from it."""
        self.backend.settle(self._writer)

    def close(self) -> None:
        """Give all connections back, with everything in the database's own file."""
        self._reader.dispose()
        self.settle()
        self._writer.dispose()


@contextmanager
def _translated_errors(backend: Backend) -> Iterator[None]:
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
        translated = backend.translate_error(error.orig) if error.orig else None
        if translated is None:
            raise
        raise translated from error
