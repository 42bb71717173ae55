"""Backups by the clock, written by the server while people vote."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

from db.backup import BackupFolder
from db.errors import StorageError

log = logging.getLogger(__name__)

AFTER_FAILURE = timedelta(minutes=10)


class BackupSchedule:
    """A thread that backs up every ``hours`` and keeps the ``keep`` newest; none where ``hours`` is 0."""

    def __init__(self, url: str, *, hours: float, keep: int) -> None:
        self._folder = BackupFolder(url)
        self._interval = timedelta(hours=hours)
        self._keep = keep
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="backups", daemon=True)

    def start(self) -> None:
        """Begin; a backup is made at once where the newest is old enough."""
        if self._interval:
            self._thread.start()

    def stop(self) -> None:
        """End; a backup that is being written is finished first."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            wait = self._folder.due_in(self._interval)
        except StorageError as error:
            log.warning("no scheduled backups: %s", error)
            return
        while not self._stopped.wait(max(0.0, wait.total_seconds())):
            try:
                log.info("backed up: file=%s", self._folder.add(keep=self._keep))
                wait = self._interval
            except (StorageError, OSError) as error:
                log.error("scheduled backup failed: %s", error)
                wait = min(self._interval, AFTER_FAILURE)
