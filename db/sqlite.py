"""SQLite for many writers: one writer connection a process, readers besides, every commit on the disk."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, NullPool, QueuePool, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from db import backend, sqlite_file
from db.backend import NOTHING_OF_OURS, RESTORE
from db.encoding import from_json, to_json
from db.errors import StorageError, StorageFull, StorageUnavailable

log = logging.getLogger(__name__)


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
        return self._engine(
            "rw",
            begin="BEGIN IMMEDIATE",
            poolclass=QueuePool,
            pool_size=1,
            max_overflow=0,
            pool_timeout=backend.PATIENCE_S,
        )

    def reader(self) -> Engine:
        """Read-only connections; in WAL mode they neither wait for the writer nor make it wait."""
        return self._engine("ro", begin="BEGIN", poolclass=QueuePool)

    @contextmanager
    def migrator(self) -> Iterator[Engine]:
        """An engine that may create the file, held by one process at a time.

        Foreign keys stay off: Alembic changes a table by copying and dropping it, which would cascade to its children.
        """
        with self.locked():
            made = self._make_file()
            try:
                yield self._engine(
                    "rw",
                    begin="BEGIN IMMEDIATE",
                    patience=backend.MIGRATION_PATIENCE_S,
                    foreign_keys=False,
                    erase=True,
                    poolclass=NullPool,
                )
            finally:
                if made and self.path.exists() and not self.path.stat().st_size:  # as where the disk is full
                    self.path.unlink()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other processes from making, upgrading or restoring the file meanwhile."""
        if not self.path.parent.is_dir():
            raise StorageUnavailable(
                f"The folder {self.path.parent} of the database does not exist; create it or correct DATABASE_URL."
            )
        lock = FileLock(self.path.with_name(self.path.name + ".lock"), timeout=backend.MIGRATION_PATIENCE_S)
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
            yield
        finally:
            lock.release()

    def watch(self) -> Callable[[], None]:
        """A check that raises ``StorageUnavailable`` once the file is gone or another one."""
        return sqlite_file.watch(self.path, str(self))

    def require_room(self) -> None:
        """Raise ``StorageFull`` where the disk is."""
        sqlite_file.require_room(self.path, str(self))

    def settle(self, writer: Engine) -> None:
        """Bring everything into the one file: who copies it without its write-ahead log shall miss nothing."""
        try:
            connection = writer.raw_connection()
            try:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                connection.close()
        except Exception as error:
            log.warning("write-ahead log not brought into the database file: %s", error)

    def translate_error(self, error: BaseException) -> StorageError | None:
        """The error that a person can act on, or None where the program itself is at fault."""
        code = getattr(error, "sqlite_errorcode", None)
        if code is None:
            return None
        primary = code & 0xFF
        if primary == sqlite3.SQLITE_FULL or code in _OUT_OF_ROOM:
            return StorageFull(f"{self} cannot grow, because the disk is full; free some space, then try again.")
        if "no such table: alembic_version" in str(error):
            return StorageUnavailable(f"{self} {NOTHING_OF_OURS}")
        advice = _NO_LOCKS if code in _CANNOT_LOCK else _ADVICE.get(primary)
        return StorageUnavailable(f"{self} {advice}") if advice else None

    @property
    def read_only_address(self) -> str:
        """The URI for connections of ``sqlite3`` that change nothing."""
        return self._address("ro")

    def _make_file(self) -> bool:
        """Returns whether it was missing. An empty file was a database once: nobody but us makes one."""
        made = not self.path.exists()
        if self.path.is_file() and self.path.stat().st_size == 0:
            raise StorageUnavailable(
                f"{self} is empty; run {RESTORE}, or delete it if a new database shall begin in its place."
            )
        try:
            sqlite_file.make_private(self.path)
        except OSError as error:
            raise StorageUnavailable(f"{self} cannot be made ({error.strerror}); make its folder writable.") from error
        return made

    def _address(self, mode: str) -> str:
        return f"file:{quote(str(self.path))}?mode={mode}"

    def _engine(
        self,
        mode: str,
        *,
        begin: str,
        patience: float | None = None,
        foreign_keys: bool = True,
        erase: bool = False,
        **pool: type[NullPool] | type[QueuePool] | float,
    ) -> Engine:
        address = self._address(mode)
        timeout = patience or backend.PATIENCE_S

        def connect() -> sqlite3.Connection:
            return sqlite3.connect(address, uri=True, timeout=timeout, check_same_thread=False)

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
                if cursor.fetchone() != ("wal",):  # SQLite stays silent where the disk lacks what it needs
                    raise StorageUnavailable(f"{self} {_NO_LOCKS}")
                cursor.execute("PRAGMA synchronous = FULL")
            cursor.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
            # A copied and dropped table would leave its rows in the file for whoever looks at its bytes.
            cursor.execute(f"PRAGMA secure_delete = {'ON' if erase else 'OFF'}")
            cursor.close()

        @event.listens_for(engine, "begin")
        def begin_transaction(connection: Connection) -> None:
            # A writer that began deferred and read first could not wait for another one: SQLite refuses it at once.
            connection.exec_driver_sql(begin)

        return engine


DAMAGE = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}

_OUT_OF_ROOM = {sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_SHMMAP}

_CANNOT_LOCK = {
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOLFS,
    sqlite3.SQLITE_IOERR_LOCK,
    sqlite3.SQLITE_IOERR_RDLOCK,
    sqlite3.SQLITE_IOERR_UNLOCK,
    sqlite3.SQLITE_IOERR_CHECKRESERVEDLOCK,
    sqlite3.SQLITE_IOERR_SHMLOCK,
    sqlite3.SQLITE_IOERR_SHMOPEN,
}
"""What network shares answer."""

_NO_LOCKS = (
    "lies on a disk that cannot lock files as SQLite needs it, as many network shares cannot; move it to a local disk "
    "or use PostgreSQL."
)

_ADVICE = {
    sqlite3.SQLITE_READONLY: "is read-only; make the file and its folder writable or correct DATABASE_URL.",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check that it exists, that its folder is writable, and DATABASE_URL.",
    sqlite3.SQLITE_PERM: "cannot be opened for want of permission; make the file and its folder writable.",
    sqlite3.SQLITE_NOTADB: f"is not a database; correct DATABASE_URL, or stop the program and run {RESTORE}.",
    sqlite3.SQLITE_CORRUPT: f"is damaged; stop the program and run {RESTORE}.",
    sqlite3.SQLITE_BUSY: "is held by another program; close that program, then try again.",
    sqlite3.SQLITE_LOCKED: "is held by another program; close that program, then try again.",
    sqlite3.SQLITE_IOERR: "cannot be read or written, as the disk reports an error; check the disk, then try again.",
}
