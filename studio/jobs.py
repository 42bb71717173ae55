"""Long computations in the background, each asked for by a key, with progress that pages can poll.

One at a time of those that people wait for, and one of those that nobody does. ``ui.waiting`` draws what they say.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, TypeVar

from xai_core.datasets.files import Progress
from xai_core.errors import XaiError

log = logging.getLogger(__name__)

Result = TypeVar("Result")
KEPT = 8  # results in memory; older ones are asked for again, mostly from disk


class Job(Generic[Result]):
    """One computation as a page sees it. ``share`` 0..1 and ``text`` tell how far it is."""

    def __init__(self, key: Hashable, work: Callable[[Progress], Result], executor: ThreadPoolExecutor) -> None:
        self.key = key
        self.share = 0.0
        self.text = "Waiting for its turn …"
        self._future: Future[Result] = executor.submit(self._run, work)

    @property
    def done(self) -> bool:
        """There is a result, or a problem."""
        return self._future.done()

    @property
    def problem(self) -> str | None:
        """One sentence on what went wrong, ``None`` while nothing has."""
        error = self._future.exception() if self.done else None
        if error is None or isinstance(error, XaiError):
            return str(error) if error else None
        return f"This could not be computed: {str(error) or type(error).__name__}."

    @property
    def ready(self) -> bool:
        """``result`` can be had without waiting."""
        return self.done and self._future.exception() is None

    @property
    def result(self) -> Result:
        """What was computed; waits for it. Raises what the computation raised."""
        return self._future.result()

    def _run(self, work: Callable[[Progress], Result]) -> Result:
        started = time.perf_counter()
        try:
            result = work(self._report)
        except XaiError as error:
            log.warning("job failed: key=%r problem=%s", self.key, error)
            raise
        except BaseException:
            log.exception("job failed: key=%r", self.key)
            raise
        log.info("job done: key=%r seconds=%.2f", self.key, time.perf_counter() - started)
        return result

    def _report(self, share: float, text: str) -> None:
        self.share, self.text = min(max(share, 0.0), 1.0), text


class Jobs:
    """All jobs of a server, shared by its sessions: whoever asks for the same key gets the same job."""

    def __init__(self, kept: int = KEPT) -> None:
        self._awaited = ThreadPoolExecutor(max_workers=1, thread_name_prefix="job")
        self._unawaited = ThreadPoolExecutor(max_workers=1, thread_name_prefix="unawaited-job")
        self._lock = threading.Lock()
        self._jobs: OrderedDict[Hashable, Job[Any]] = OrderedDict()
        self._kept = kept

    def ask(self, key: Hashable, work: Callable[[Progress], Result], *, awaited: bool = True) -> Job[Result]:
        """The job of that key; ``work`` is queued only if nobody has asked before.

        ``awaited``: somebody waits for it, so that it must not queue behind what nobody waits for. ``work`` gets a
        function to report its progress to, and must neither call the page nor ask for other jobs.
        """
        with self._lock:
            if key not in self._jobs:
                self._jobs[key] = Job(key, work, self._awaited if awaited else self._unawaited)
                self._drop_oldest()
            self._jobs.move_to_end(key)
            return self._jobs[key]

    def find(self, key: Hashable) -> Job[Any] | None:
        """The job of that key, if anybody has asked for it."""
        with self._lock:
            return self._jobs.get(key)

    def forget(self, job: Job[Any]) -> None:
        """Drop a job, so that the next one who asks for its key starts it anew."""
        with self._lock:
            if self._jobs.get(job.key) is job:
                del self._jobs[job.key]

    def _drop_oldest(self) -> None:
        finished = [key for key, job in self._jobs.items() if job.done]
        for key in finished[: max(len(self._jobs) - self._kept, 0)]:
            del self._jobs[key]
