"""The rule how long people's data are kept, applied by the server once a day."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from db.engine import Database
from db.errors import StorageError
from studio.withdrawal import Manner, keep_to_retention

log = logging.getLogger(__name__)

DAY = 24 * 3600.0


class RetentionSchedule:
    """A thread that withdraws whoever was idle for ``days``, at once and every day after; none where that is None."""

    def __init__(self, database: Callable[[], Database], *, days: float | None, manner: Manner) -> None:
        self._database = database
        self._days = days
        self._manner = manner
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="retention", daemon=True)

    def start(self) -> None:
        """Begin."""
        if self._days is not None:
            self._thread.start()

    def stop(self) -> None:
        """End; a person who is being withdrawn is finished first."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        assert self._days is not None
        while True:
            try:
                keep_to_retention(self._database(), self._days, self._manner)
            except StorageError as error:
                log.error("retention failed: %s", error)
            if self._stopped.wait(DAY):
                return
