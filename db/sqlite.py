"""SQLite for many writers: one writer connection a process, readers beside it, every commit on the disk."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, NullPool, QueuePool, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from db.encoding import from_json, to_json
from db.errors import StorageError, StorageFull, StorageUnavailable

PATIENCE_S = 30.0
"""How long a writer waits for the others of all processes before it gives up."""


@dataclass(frozen=True)
class SqliteBackend:
    """A database in one file on a local disk."""

    path: Path

    def __str__(self) -> str:
        return f"The database file {self.path}"

    def exists(self) -> bool:
        """Whether the file is there; what it holds shows when it is opened."""
        return self.path.exists()

    def writer(self) -> Engine:
        """One connection: the threads of a process queue for it, and only processes compete for the file's lock."""
        return self._engine("rw", begin="BEGIN IMMEDIATE", poolclass=QueuePool, pool_size=1, max_overflow=0)

    def reader(self) -> Engine:
        """Read-only connections; in WAL mode they neither wait for the writer nor make it wait."""
        return self._engine("ro", begin="BEGIN", poolclass=QueuePool)

    @contextmanager
    def migrator(self) -> Iterator[Engine]:
        """An engine that may create the file, held by one process at a time.

        Foreign keys stay off: Alembic changes a table by copying and dropping it, which would cascade to its children.
        """
        if not self.path.parent.is_dir():
            raise StorageUnavailable(
                f"The folder {self.path.parent} of the database does not exist; create it or correct DATABASE_URL."
            )
        engine = self._engine("rwc", begin="BEGIN IMMEDIATE", foreign_keys=False, poolclass=NullPool)
        lock = FileLock(self.path.with_name(self.path.name + ".lock"), timeout=PATIENCE_S)
        try:
            lock.acquire()
        except Timeout as error:
            raise StorageUnavailable(
                f"{self} is being upgraded by another process, which holds {lock.lock_file}; wait, then try again."
            ) from error
        except OSError as error:
            raise StorageUnavailable(
                f"The folder {self.path.parent} of the database cannot be written ({error.strerror}); make it writable."
            ) from error
        try:
            yield engine
        finally:
            lock.release()

    def sentence(self, error: BaseException) -> StorageError | None:
        """The error that a person can act on, or None where the program itself is at fault."""
        code = getattr(error, "sqlite_errorcode", None)
        if code is None:
            return None
        primary = code & 0xFF
        if primary == sqlite3.SQLITE_FULL or code in _OUT_OF_ROOM:
            return StorageFull(f"{self} cannot grow, because the disk is full; free some space, then try again.")
        way_on = _WAYS_ON.get(primary)
        return StorageUnavailable(f"{self} {way_on}") if way_on else None

    @property
    def read_only_address(self) -> str:
        """The URI for connections of ``sqlite3`` that change nothing."""
        return self._address("ro")

    def _address(self, mode: str) -> str:
        return f"file:{quote(str(self.path))}?mode={mode}"

    def _engine(
        self, mode: str, *, begin: str, foreign_keys: bool = True, **pool: type[NullPool] | type[QueuePool] | int
    ) -> Engine:
        address = self._address(mode)

        def connect() -> sqlite3.Connection:
            return sqlite3.connect(address, uri=True, timeout=PATIENCE_S, check_same_thread=False)

        engine = create_engine(
            "sqlite://", creator=connect, json_serializer=to_json, json_deserializer=from_json, **pool
        )

        @event.listens_for(engine, "connect")
        def configure(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
            # The driver would begin transactions late and deferred; the hook below begins them instead.
            connection.isolation_level = None
            cursor = connection.cursor()
            # SQLite's default of 2 MB makes whole-table reads fetch the same pages again and again.
            cursor.execute("PRAGMA cache_size = -65536")
            if mode != "ro":
                cursor.execute("PRAGMA journal_mode = WAL")
                cursor.execute("PRAGMA synchronous = FULL")
            cursor.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
            cursor.close()

        @event.listens_for(engine, "begin")
        def begin_transaction(connection: Connection) -> None:
            # A writer that began deferred and read first could not wait for another one: SQLite refuses it at once.
            connection.exec_driver_sql(begin)

        return engine


_OUT_OF_ROOM = {sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_SHMMAP}

_WAYS_ON = {
    sqlite3.SQLITE_READONLY: "is read-only; make the file and its folder writable or correct DATABASE_URL.",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check that it exists, that its folder is writable, and DATABASE_URL.",
    sqlite3.SQLITE_PERM: "cannot be opened for want of permission; make the file and its folder writable.",
    sqlite3.SQLITE_NOTADB: "is not a database; move it away or correct DATABASE_URL.",
    sqlite3.SQLITE_CORRUPT: "is damaged; put the last backup in its place.",
    sqlite3.SQLITE_BUSY: "is held by another program; close that program, then try again.",
    sqlite3.SQLITE_LOCKED: "is held by another program; close that program, then try again.",
    sqlite3.SQLITE_IOERR: "cannot be read or written, as the disk reports an error; check the disk, then try again.",
}
