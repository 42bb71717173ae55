"""Those who do the work: processes that are replaced when they die, or threads of this process."""

from __future__ import annotations

import logging
import pickle
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any, Protocol

from studio.next_case import Library
from studio.settings import Settings
from studio.worker import Answer, Order, Start, Stop, Task
from xai_core.errors import Cancelled, XaiError
from xai_core.paths import IMPORT_ROOT

log = logging.getLogger(__name__)

MOST_MEGABYTES = 1500
"""A process that has needed more is replaced by a new one before its next order."""

COMMAND = (sys.executable, "-c", "from studio.worker import main; main()")
TRIES = 2


class Worker(Protocol):
    """Does one task at a time, for one thread; any thread may ask it to stop. Numbers of tasks rise."""

    def run(self, number: int, task: Task) -> Any:  # noqa: ANN401
        """The result of the task. Raises what it raised, ``Cancelled`` where it was stopped."""
        ...

    def stop(self, number: int) -> None:
        """Give up that task soon, or not even begin it."""
        ...

    def close(self) -> None:
        """End; nothing more will be asked."""
        ...


class ThreadWorker:
    """Works in the thread that asks."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._stopped = 0

    def run(self, number: int, task: Task) -> Any:  # noqa: ANN401
        """See ``Worker``."""
        return task(self._library, lambda: self._stopped >= number)

    def stop(self, number: int) -> None:
        """See ``Worker``."""
        self._stopped = max(self._stopped, number)

    def close(self) -> None:
        """See ``Worker``."""


class ProcessWorker:
    """A process of its own, started with its first task and anew after it died; whatever killed it is tried once more.

    A process costs 1 to 2 s to start and 150 to 400 MB, by data set and classifier.
    """

    def __init__(self, start: Start) -> None:
        self._start = start
        self._lock = threading.Lock()  # of the channel to the process
        self._child: subprocess.Popen[bytes] | None = None
        self._closed = False

    def warm(self) -> None:
        """Start the process now, so that the first task need not wait for it."""
        with self._lock:
            self._running()

    def run(self, number: int, task: Task) -> Any:  # noqa: ANN401
        """See ``Worker``."""
        for _ in range(TRIES):
            if self._closed:
                raise Cancelled("The server is stopping; try again in a moment.")
            answer = self._answer(Order(number, task))
            if answer is not None:
                if answer.megabytes > MOST_MEGABYTES:
                    log.info("worker replaced: megabytes=%.0f", answer.megabytes)
                    self._end()
                if answer.problem is not None:
                    raise answer.problem
                return answer.result
            if not self._closed:
                log.warning("worker died: order=%d", number)
        raise XaiError("Explaining this image ended the process that did it, twice; ask for another image.")

    def stop(self, number: int) -> None:
        """See ``Worker``."""
        self._send(Stop(number))

    def close(self) -> None:
        """See ``Worker``."""
        self._closed = True
        self._end()

    def _answer(self, order: Order) -> Answer | None:
        """What the process says; ``None`` where it died meanwhile."""
        with self._lock:
            child = self._running()
        if self._send(order):
            assert child.stdout is not None
            with suppress(EOFError, OSError, pickle.UnpicklingError):
                answer: Answer = pickle.load(child.stdout)
                return answer
        self._end()
        return None

    def _send(self, message: Order | Stop) -> bool:
        with self._lock:
            if self._child is None or self._child.stdin is None:
                return False
            try:
                pickle.dump(message, self._child.stdin)
                self._child.stdin.flush()
            except (OSError, ValueError):  # it has died, or its channel was closed
                return False
            return True

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            child = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=IMPORT_ROOT)
            assert child.stdin is not None
            with suppress(OSError):
                pickle.dump(self._start, child.stdin)
                child.stdin.flush()
            self._child = child
        return self._child

    def _end(self) -> None:
        with self._lock:
            child, self._child = self._child, None
            if child is not None:
                child.kill()
                child.wait()
                for stream in (child.stdin, child.stdout):
                    with suppress(OSError):
                        stream.close()  # type: ignore[union-attr]  # both are pipes


def workers_for(settings: Settings, library: Library) -> list[Worker]:
    """As many processes as the settings say, started now; or else two threads of this one, which use ``library``."""
    if settings.xai_workers == 0:
        return [ThreadWorker(library) for _ in range(2)]
    start = Start(settings.xai_data_dir, settings.xai_precision, settings.xai_log_level)
    processes = [ProcessWorker(start) for _ in range(settings.xai_workers)]
    for process in processes:
        process.warm()
    return [*processes]
