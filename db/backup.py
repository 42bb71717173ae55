"""Backup of a database file while people vote.

Copying the file would miss what still stands in the write-ahead log; ``VACUUM INTO`` reads one state of both.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from db.address import backend_of
from db.errors import DatabaseMissing, StorageUnavailable
from db.sqlite import SqliteBackend

_FAULTS_OF_THE_SOURCE = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}


def backup(url: str, destination: Path) -> None:
    """Write the database's present state to a new file, which appears once it is whole.

    Raises ``DatabaseMissing``, ``StorageUnavailable`` where the source is no SQLite file or the destination exists or
    cannot be written, and ``StorageFull``.
    """
    backend = backend_of(url)
    if not isinstance(backend, SqliteBackend):
        raise StorageUnavailable(f"{backend} is backed up by its own tool; run pg_dump.")
    if not backend.exists():
        raise DatabaseMissing(f"{backend} does not exist; correct DATABASE_URL.")
    target = SqliteBackend(destination.resolve())
    if target.path.exists():
        raise StorageUnavailable(f"{target} exists already; name a new file for the backup.")
    if not target.path.parent.is_dir():
        raise StorageUnavailable(f"The folder {target.path.parent} does not exist; create it before the backup.")
    partial = target.path.with_name(target.path.name + ".partial")
    partial.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(backend.read_only_address, uri=True)) as connection:
            connection.execute("VACUUM INTO ?", (str(partial),))
        partial.replace(target.path)
    except sqlite3.Error as error:
        at_fault = backend if error.sqlite_errorcode & 0xFF in _FAULTS_OF_THE_SOURCE else target
        raise at_fault.translate_error(error) or error from error
    finally:
        partial.unlink(missing_ok=True)
