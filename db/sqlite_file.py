"""The file of an SQLite database: who may read it, whether it is still there, whether it has room to grow."""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from db.backend import RESTORE
from db.errors import StorageFull, StorageUnavailable

PRIVATE = 0o600
LEAST_ROOM = 256 * 1024
"""Bytes without which a database counts as full: some votes with all that belongs to them."""


def write_ahead_log(path: Path) -> Path:
    """Where SQLite keeps what is committed but not yet in the database's own file."""
    return path.with_name(path.name + "-wal")


def make_private(path: Path) -> None:
    """Make the file where it is missing; take from other people the rights that it has for everybody.

    Rights of a group alone are left: somebody has arranged for these. Raises ``OSError`` where it cannot be made.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))
    except FileExistsError:
        mode = path.stat().st_mode
        if mode & 0o007 and path.is_file():
            with suppress(PermissionError):  # somebody else's file
                path.chmod(mode & 0o700)


def flush(path: Path) -> None:
    """Have the disk keep what a file holds, or which files a folder names."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def require_room(path: Path, title: str) -> None:
    """Raise ``StorageFull`` where the disk has less than ``LEAST_ROOM`` left."""
    if shutil.disk_usage(path.parent).free < LEAST_ROOM:
        raise StorageFull(f"{title} cannot grow, because the disk is full; free some space, then try again.")


def watch(path: Path, title: str) -> Callable[[], None]:
    """A check that raises ``StorageUnavailable`` once the file or its write-ahead log is not the one of now.

    A program that holds a file open can write to it long after it was deleted or moved, and never notice.
    """
    log = write_ahead_log(path)
    file_then, log_then = _identity(path), _identity(log)

    def check() -> None:
        match _identity(path):
            case None:
                raise StorageUnavailable(
                    f"{title} was deleted or moved while this program ran; put it back, or stop the program and run "
                    f"{RESTORE}."
                )
            case other if other != file_then:
                raise StorageUnavailable(
                    f"{title} was replaced while this program ran; restart the program to use the new one."
                )
        if _identity(log) != log_then:
            raise StorageUnavailable(
                f"{title} lost its write-ahead log {log.name} while this program ran; restart the program."
            )

    return check


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
