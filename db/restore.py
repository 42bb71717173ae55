"""Putting a backup in the place of a database file, while nobody uses it, and keeping what was there."""

import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from db.address import backend_of
from db.errors import StorageUnavailable
from db.migrations import REVISIONS
from db.sqlite import DAMAGE, SqliteBackend
from db.sqlite_file import flush, make_private, write_ahead_log


def restore(url: str, source: Path) -> Path | None:
    """Put the backup ``source`` in the place of the database; returns where the old one is kept, None if none was.

    The backup is read whole and checked before anything changes, and takes its place in one step. What the old one
    still had in its write-ahead log goes with it. Raises ``StorageUnavailable`` where the address is not an SQLite
    file, where the database is in use, and where the backup is missing, damaged or not of this program;
    ``StorageFull``.
    """
    backend = backend_of(url)
    if not isinstance(backend, SqliteBackend):
        raise StorageUnavailable(f"{backend} is restored by its own tool; run pg_restore.")
    backup = SqliteBackend(source.resolve())
    if not backup.path.is_file():
        raise StorageUnavailable(f"The backup {source} does not exist; name a file that python -m studio backup wrote.")
    if backend.path.exists() and backup.path.samefile(backend.path):
        raise StorageUnavailable(f"The backup {source} is the database itself; name a file besides it.")
    new = backend.path.with_name(backend.path.name + ".restoring")
    with backend.locked():
        try:
            _copy(backup, new, backend)
            _check(backup, new)
            kept = _set_aside(backend) if backend.path.exists() else None
            new.replace(backend.path)
            flush(backend.path.parent)
        finally:
            for leftover in (new, write_ahead_log(new), _shared_memory(new)):
                leftover.unlink(missing_ok=True)
    return kept


def _copy(backup: SqliteBackend, new: Path, backend: SqliteBackend) -> None:
    """One file with everything of the backup, also what stands in a write-ahead log of its own."""
    new.unlink(missing_ok=True)
    make_private(new)
    try:
        with closing(sqlite3.connect(backup.read_only_address, uri=True)) as old, closing(sqlite3.connect(new)) as copy:
            old.backup(copy)
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF in DAMAGE:
            raise _damaged(backup) from error
        full = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL
        raise (backend if full else backup).translate_error(error) or error from error


def _damaged(backup: SqliteBackend) -> StorageUnavailable:
    return StorageUnavailable(f"The backup {backup.path} is damaged or not a database; name another.")


def _check(backup: SqliteBackend, copy: Path) -> None:
    try:
        with closing(sqlite3.connect(copy)) as connection:
            sound = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            if not sound or connection.execute("PRAGMA foreign_key_check").fetchall():
                raise _damaged(backup)
            revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError as error:
        raise StorageUnavailable(f"The backup {backup.path} holds no table of this program; name another.") from error
    except sqlite3.DatabaseError as error:
        raise _damaged(backup) from error
    if revision is None or revision[0] not in REVISIONS:
        raise StorageUnavailable(
            f"The backup {backup.path} was made by a newer version of this program; update this one first."
        )


def _set_aside(backend: SqliteBackend) -> Path:
    """Give the old database a second name, with its write-ahead log where that cannot be brought into it."""
    path, log = backend.path, write_ahead_log(backend.path)
    kept = path.with_name(f"{path.stem}.before-restore-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}{path.suffix}")
    kept_log = write_ahead_log(kept)
    if log.exists():  # opening a damaged database deletes its log, and all votes in it
        shutil.copy2(log, kept_log)
        flush(kept_log)
    try:
        with closing(sqlite3.connect(path, timeout=0)) as connection:
            # Brings everything into the file and removes the log; refused while anybody has the database open.
            connection.execute("PRAGMA journal_mode = DELETE")
        kept_log.unlink(missing_ok=True)
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            kept_log.unlink(missing_ok=True)
            raise StorageUnavailable(f"{backend} is in use; stop the program, then restore.") from error
        # Too damaged to be opened, which is why it is replaced.
    log.unlink(missing_ok=True)
    _shared_memory(path).unlink(missing_ok=True)
    try:
        os.link(path, kept)
    except OSError:  # a disk without links; slower, and just as safe
        shutil.copy2(path, kept)
        flush(kept)
    return kept


def _shared_memory(path: Path) -> Path:
    return path.with_name(path.name + "-shm")
