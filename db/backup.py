"""Backup of a database file while people vote: ``python -m db.backup DEST``.

Copying the file would miss what still stands in the write-ahead log; ``VACUUM INTO`` reads one state of both.
"""

import argparse
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from db.engine import DEFAULT_URL, backend_of
from db.errors import StorageError, StorageUnavailable
from db.sqlite import SqliteBackend

_FAULTS_OF_THE_SOURCE = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}


def backup(url: str, destination: Path) -> None:
    """Write the database's present state to a new file, which appears once it is whole.

    Raises ``StorageUnavailable`` where the source is no SQLite file or the destination exists or cannot be written,
    and ``StorageFull``.
    """
    backend = backend_of(url)
    if not isinstance(backend, SqliteBackend):
        raise StorageUnavailable(f"{backend} is backed up by its own tool; run pg_dump.")
    if not backend.path.exists():
        raise StorageUnavailable(f"{backend} does not exist; correct DATABASE_URL.")
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
        raise at_fault.sentence(error) or error from error
    finally:
        partial.unlink(missing_ok=True)


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m db.backup", description="Back up the feedback while it is in use.")
    parser.add_argument("destination", type=Path, help="the file to write; it must not exist")
    parser.add_argument(
        "--database",
        default=os.environ.get("DATABASE_URL", DEFAULT_URL),
        help="default: DATABASE_URL, else the data folder's",
    )
    options = parser.parse_args(arguments)
    try:
        backup(options.database, options.destination)
    except StorageError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Backed up to {options.destination}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
