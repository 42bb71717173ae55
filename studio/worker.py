"""The process that explains images, started by ``studio.workers``.

It is told by its standard input, in pickles from the server that started it: first a ``Start``, then ``Order`` after
``Order``, each answered by an ``Answer`` on what was its standard output, and at any time a ``Stop``. It ends with its
server: when the input ends, however that came about.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any, BinaryIO

from studio import logs
from studio.next_case import Library
from xai_core.classifiers.base import Classifier
from xai_core.classifiers.registry import default_classifier, load_classifier
from xai_core.datasets import ImageDataset, list_datasets, load_dataset
from xai_core.errors import XaiError
from xai_core.lime.fill_choice import FillChoice, usual_choice
from xai_core.lime.kept_fills import known_fill

Task = Callable[[Library, Callable[[], bool]], Any]
"""Work for a worker: gets data sets and classifiers by name, and what to ask whether to give up."""

POLITENESS = 5  # of nice(1): the server's own threads, for which people wait, come first


@dataclass(frozen=True)
class Start:
    """Where data lie, how exactly classifiers compute, and what is logged."""

    root: Path
    precision: str
    log_level: str


@dataclass(frozen=True)
class Order:
    """One task; numbers rise."""

    number: int
    task: Task


@dataclass(frozen=True)
class Stop:
    """Order ``number`` is not wanted any more."""

    number: int


@dataclass(frozen=True)
class Answer:
    """What came of an order: its result or its problem, and the largest memory of the process so far in MB."""

    result: Any
    problem: Exception | None
    megabytes: float


class OwnLibrary:
    """Data sets and classifiers of one process, the most recently used kept."""

    def __init__(self, root: Path, precision: str) -> None:
        self._root = root
        self.dataset = lru_cache(maxsize=3)(self._load_dataset)
        self._network = lru_cache(maxsize=4)(self._load_classifier)
        self._precision = precision

    def available(self) -> list[str]:
        """See ``Library``."""
        return [info.name for info in list_datasets(self._root) if info.available]

    def classifier(self, name: str | None, data: ImageDataset) -> Classifier:
        """See ``Library``."""
        return self._network(name or default_classifier(data), data.name)

    def fill(self, data: ImageDataset, classifier: Classifier) -> FillChoice:
        """See ``Library``."""
        return known_fill(data.name, classifier, self._root) or usual_choice(data.name, classifier)

    def _load_dataset(self, name: str) -> ImageDataset:
        return load_dataset(name, root=self._root)

    def _load_classifier(self, name: str, dataset: str) -> Classifier:
        return load_classifier(name, precision=self._precision, dataset=self.dataset(dataset))


def serve(orders: BinaryIO, answers: BinaryIO) -> None:
    """Answer orders until they end."""
    start: Start = pickle.load(orders)
    logs.configure(start.log_level)
    library = OwnLibrary(start.root, start.precision)
    waiting: SimpleQueue[Order] = SimpleQueue()
    stopped = 0

    def is_stopped(number: int) -> bool:
        return stopped >= number

    def listen() -> None:
        nonlocal stopped
        while True:
            try:
                message = pickle.load(orders)
            except (EOFError, OSError):
                os._exit(0)  # nobody is left to answer to
            if isinstance(message, Stop):
                stopped = max(stopped, message.number)
            else:
                waiting.put(message)

    threading.Thread(target=listen, name="orders", daemon=True).start()
    while True:
        order = waiting.get()
        pickle.dump(_done(order, library, partial(is_stopped, order.number)), answers)
        answers.flush()


def _done(order: Order, library: Library, cancelled: Callable[[], bool]) -> Answer:
    result: Any = None
    problem: Exception | None = None
    try:
        result = order.task(library, cancelled)
    except XaiError as error:
        problem = error
    except Exception as error:
        problem = RuntimeError(f"{type(error).__name__}: {error}")  # which can be sent whatever it was
    return Answer(result, problem, _megabytes())


def _megabytes() -> float:
    """The largest memory of this process so far; 0 where the system does not tell.

    Linux hands ``ru_maxrss`` on from parent to child: a worker of a large server would look large from its start.
    """
    with suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) * 1024 / 1e6
    try:
        import resource
    except ImportError:
        return 0.0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def main() -> None:
    """Serve on the standard streams; whatever libraries print goes to the log."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is for the server, which then ends this
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    if hasattr(os, "nice"):
        os.nice(POLITENESS)
    serve(sys.stdin.buffer, answers)
