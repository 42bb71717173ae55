"""Work for many people by few workers: each thing once, in a fair order, and only as long as somebody wants it."""

from __future__ import annotations

import atexit
import itertools
import logging
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from studio.fair_order import FairOrder
from studio.worker import Task
from studio.workers import Worker
from xai_core.errors import Cancelled, XaiError

log = logging.getLogger(__name__)

Result = TypeVar("Result")

MOST_A_PERSON = 4
"""Things that one person may wait for at a time: a tab waits for one."""

LONG = 2.0
"""Seconds above which work is long. Long work leaves one worker free, so that what is short need not wait for it."""

PATIENCE = 30.0  # seconds for what is under way to stop when all ends
LOOK_SECONDS = 0.5  # between two looks whether those who asked are still there
MEMORY = 0.7  # share of the former estimate of a cost in the next one


@dataclass(frozen=True)
class Order(Generic[Result]):
    """Something to be done. ``name``: whoever asks for the same name gets the same result, computed once.

    ``task`` runs in a worker, and ``then`` makes of its result what is wanted, in this process. ``kind`` groups what
    costs about the same; ``seconds`` is the first guess of that.
    """

    name: Hashable
    task: Task
    then: Callable[[Any], Result]
    kind: str
    seconds: float = 1.0


def _always() -> bool:
    return True


@dataclass(eq=False)
class Asking(Generic[Result]):
    """One person's request."""

    person: str
    wanted: Callable[[], bool]
    start: float
    result: Future[Result] = field(default_factory=Future)
    leave: Callable[[], None] = field(default=lambda: None)


@dataclass(eq=False)
class _Job:
    order: Order[Any]
    number: int
    estimate: float
    askers: list[Asking[Any]] = field(default_factory=list)
    ahead: Future[Any] | None = None  # where it is also wanted by nobody in particular
    payer: str | None = None
    worker: Worker | None = None  # that does it now, under the number ``turn``
    turn: int = 0
    interrupted: bool = False

    @property
    def results(self) -> list[Future[Any]]:
        """Of all who want it."""
        return [*(one.result for one in self.askers), *([self.ahead] if self.ahead else [])]

    def stop(self) -> None:
        """Have the worker give up."""
        if self.worker is not None:
            self.worker.stop(self.turn)

    @property
    def rank(self) -> tuple[bool, float, int]:
        """The smallest is done first: what people wait for, in the order of their start tags, then what is ahead."""
        return not self.askers, min((one.start for one in self.askers), default=0.0), self.number


class Dispatcher:
    """Hands out work to ``workers``, one thread each. Threads may share it."""

    def __init__(self, workers: Sequence[Worker], most_a_person: int = MOST_A_PERSON) -> None:
        self._workers = tuple(workers)
        self._most_a_person = most_a_person
        self._changed = threading.Condition()
        self._jobs: dict[Hashable, _Job] = {}  # waiting or being done
        self._order = FairOrder()
        self._costs: dict[str, float] = {}
        self._numbers = itertools.count()
        self._turns = itertools.count(1)
        self._closed = False
        self._threads = [
            threading.Thread(target=self._serve, args=(worker,), name=f"worker-{number}", daemon=True)
            for number, worker in enumerate(self._workers)
        ]
        for thread in self._threads:
            thread.start()
        atexit.register(self.close)  # a thread that computes while Python ends would abort the process
        threading.Thread(target=self._watch, name="dispatcher", daemon=True).start()

    def ask(self, order: Order[Result], person: str, wanted: Callable[[], bool] = _always) -> Asking[Result]:
        """Have something done for a person, as long as ``wanted()``, which is asked now and then from another thread.

        Raises ``XaiError`` where the person waits for too much already. ``result`` raises ``Cancelled`` after
        ``leave``.
        """
        with self._changed:
            job = self._jobs.get(order.name)
            waiting = [one for other in self._jobs.values() for one in other.askers if one.person == person]
            if len(waiting) >= self._most_a_person:
                raise XaiError(
                    f"{len(waiting)} images are being explained for you already: wait for one of them, or close a tab."
                )
            if job is None:
                job = self._add(order)
            if job.payer is None:
                job.payer, start = person, self._order.enter(person, job.estimate)
            else:
                start = self._order.position(person)  # who asks for what is under way already pays nothing
            asking: Asking[Result] = Asking(person, wanted, start)
            asking.leave = lambda: self._leave(job, asking)
            job.askers.append(asking)
            self._make_way(job)
            self._changed.notify_all()
            return asking

    def prepare(self, order: Order[Result]) -> Future[Result]:
        """Have something done when nobody waits for anything. Raises ``Cancelled`` when the dispatcher is closed."""
        with self._changed:
            job = self._jobs.get(order.name) or self._add(order)
            job.ahead = job.ahead or Future()
            self._changed.notify_all()
            return job.ahead

    def seconds(self, kind: str) -> float | None:
        """What work of that kind has taken lately."""
        return self._costs.get(kind)

    def close(self) -> None:
        """Stop working, wait until that is done; whoever waits gets ``Cancelled``."""
        atexit.unregister(self.close)
        with self._changed:
            self._closed = True
            dropped = list(self._jobs.values())
            for job in dropped:
                self._drop(job)
            self._changed.notify_all()
        for result in (result for job in dropped for result in job.results):
            _settle(result, Cancelled("The server is stopping."))
        for worker in self._workers:
            worker.close()
        for thread in self._threads:
            thread.join(PATIENCE)

    def _add(self, order: Order[Any]) -> _Job:
        if self._closed:
            raise Cancelled("The server is stopping.")
        estimate = self._costs.get(order.kind, order.seconds)
        job = self._jobs[order.name] = _Job(order, next(self._numbers), estimate)
        return job

    def _leave(self, job: _Job, asking: Asking[Any]) -> None:
        with self._changed:
            if asking in job.askers:
                job.askers.remove(asking)
            if not job.results and self._jobs.get(job.order.name) is job:
                self._drop(job)
        _settle(asking.result, Cancelled("Nobody waits for this image any more."))

    def _drop(self, job: _Job) -> None:
        """Nobody wants it any more."""
        del self._jobs[job.order.name]
        if job.worker is None and job.payer is not None:
            self._order.correct(job.payer, -job.estimate)
        job.stop()

    def _make_way(self, job: _Job) -> None:
        """Let work ahead of demand be done later, where it is in the way of what somebody waits for."""
        running = [other for other in self._jobs.values() if other.worker is not None]
        if job.worker is not None or (len(running) < len(self._workers) and self._may_start(job)):
            return
        ahead = [other for other in running if not other.askers and not other.interrupted]
        if ahead:
            latest = max(ahead, key=lambda other: other.number)
            latest.interrupted = True
            latest.stop()

    def _may_start(self, job: _Job) -> bool:
        if job.estimate <= LONG or len(self._workers) == 1:
            return True
        long = sum(other.worker is not None and other.estimate > LONG for other in self._jobs.values())
        return long < len(self._workers) - 1

    def _next(self) -> _Job | None:
        waiting = (job for job in self._jobs.values() if job.worker is None and self._may_start(job))
        return min(waiting, key=lambda job: job.rank, default=None)

    def _serve(self, worker: Worker) -> None:
        while True:
            with self._changed:
                while (job := self._next()) is None and not self._closed:
                    self._changed.wait()
                if job is None or self._closed:
                    return
                job.worker, job.turn = worker, next(self._turns)
                if job.askers:
                    self._order.serve(job.rank[1])
            began = time.perf_counter()
            try:
                outcome: Any = job.order.then(worker.run(job.turn, job.order.task))
            except Exception as error:
                outcome = error
            self._finish(job, outcome, time.perf_counter() - began)

    def _finish(self, job: _Job, outcome: Any, seconds: float) -> None:  # noqa: ANN401
        with self._changed:
            job.worker = None
            if isinstance(outcome, Cancelled) and job.interrupted and self._jobs.get(job.order.name) is job:
                job.interrupted = False  # its turn comes again
                self._changed.notify_all()
                return
            if self._jobs.get(job.order.name) is job:
                del self._jobs[job.order.name]
            if not isinstance(outcome, Exception):
                former = self._costs.get(job.order.kind, seconds)
                self._costs[job.order.kind] = MEMORY * former + (1 - MEMORY) * seconds
            if job.payer is not None:
                self._order.correct(job.payer, seconds - job.estimate)
            results = job.results
            self._changed.notify_all()
        if isinstance(outcome, Exception) and not isinstance(outcome, XaiError):
            log.error("work failed: kind=%s", job.order.kind, exc_info=outcome)
        for result in results:
            _settle(result, outcome)

    def _watch(self) -> None:
        while not self._closed:
            time.sleep(LOOK_SECONDS)
            with self._changed:
                gone = [one for job in self._jobs.values() for one in job.askers if not one.wanted()]
            for one in gone:
                one.leave()


def _settle(result: Future[Any], outcome: Any) -> None:  # noqa: ANN401
    with suppress(InvalidStateError):  # it was given up meanwhile
        if isinstance(outcome, Exception):
            result.set_exception(outcome)
        else:
            result.set_result(outcome)
