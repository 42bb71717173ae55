"""Backups of a database file while people vote.

Copying the file would miss what still stands in the write-ahead log; ``VACUUM INTO`` reads one state of both.
"""

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from db.address import backend_of
from db.errors import DatabaseMissing, StorageUnavailable
from db.sqlite import DAMAGE, SqliteBackend
from db.sqlite_file import flush, make_private

FOLDER = "backups"


def backup(url: str, destination: Path) -> None:
    """Write the database's present state to a new file, which appears once it is whole.

    Raises ``DatabaseMissing``, ``StorageUnavailable`` where the source is not an SQLite file or the destination exists
    or cannot be written, and ``StorageFull``.
    """
    backend = _file_of(url)
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
        make_private(partial)
        with closing(sqlite3.connect(backend.read_only_address, uri=True)) as connection:
            connection.execute("VACUUM INTO ?", (str(partial),))
        flush(partial)
        partial.replace(target.path)
        flush(target.path.parent)
    except sqlite3.Error as error:
        at_fault = backend if error.sqlite_errorcode & 0xFF in DAMAGE else target
        raise at_fault.translate_error(error) or error from error
    finally:
        partial.unlink(missing_ok=True)


@dataclass(frozen=True)
class BackupFolder:
    """The folder ``backups`` beside a database file: one backup a file, named after the moment it was made."""

    url: str

    def due_in(self, interval: timedelta) -> timedelta:
        """How long until the newest backup is ``interval`` old; zero or less where one is due or there is none.

        Raises ``StorageUnavailable`` where the database is not a file.
        """
        newest = max(self._made(), default=None)
        left = timedelta(0) if newest is None else newest + interval - datetime.now(UTC)
        return min(left, interval)  # the clock may have been set back

    def add(self, *, keep: int) -> Path:
        """Write a backup and delete all but the ``keep`` newest; files under other names are left alone.

        Returns its path; raises as ``backup``, and ``OSError``.
        """
        path = _file_of(self.url).path
        folder = path.parent / FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        made = folder / f"{path.stem}-{datetime.now(UTC):{_MOMENT}}{path.suffix}"
        backup(self.url, made)
        for _, old in sorted(self._made().items())[:-keep]:
            old.unlink()
        return made

    def _made(self) -> dict[datetime, Path]:
        path = _file_of(self.url).path
        name = re.compile(rf"{re.escape(path.stem)}-(\d{{8}}T\d{{6}}Z){re.escape(path.suffix)}")
        return {
            datetime.strptime(matched[1], _MOMENT).replace(tzinfo=UTC): file
            for file in (path.parent / FOLDER).glob("*")
            if (matched := name.fullmatch(file.name))
        }


_MOMENT = "%Y%m%dT%H%M%SZ"


def _file_of(url: str) -> SqliteBackend:
    backend = backend_of(url)
    if not isinstance(backend, SqliteBackend):
        raise StorageUnavailable(f"{backend} is backed up by its own tool; run pg_dump.")
    return backend
