"""Cases prepared ahead: while the rater looks at one image, the next is explained in the background."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field

from xai_core.case import Case


@dataclass(frozen=True)
class Choice:
    """What the rater asked to see. ``dataset`` ``None`` is "surprise me", ``classifier`` ``None`` the default one.

    ``upload`` is the content of an image file that is shown once, before random images go on.
    """

    dataset: str | None = None
    classifier: str | None = None
    interesting: bool = False
    upload: bytes | None = field(default=None, repr=False)


@dataclass
class CaseQueue:
    """One case ahead of one rater. ``prepare`` runs in a worker thread and must not touch the page."""

    prepare: Callable[[Choice, dict[str, set[int]]], Case]
    executor: Executor
    _choice: Choice | None = field(default=None, init=False)
    _next: Future[Case] | None = field(default=None, init=False)

    def prefetch(self, choice: Choice, seen: dict[str, set[int]]) -> Future[Case]:
        """The case that comes next; it is started now unless it was already, or was started for another choice."""
        if self._next is None or self._choice != choice:
            if self._next is not None:
                self._next.cancel()
            seen_now = {name: set(indices) for name, indices in seen.items()}
            self._choice, self._next = choice, self.executor.submit(self.prepare, choice, seen_now)
        return self._next

    def take(self, choice: Choice, seen: dict[str, set[int]]) -> Case:
        """Wait for the next case and hand it over. Raises what its preparation raised; the next call starts anew."""
        future = self.prefetch(choice, seen)
        try:
            return future.result()
        finally:
            if self._next is future:
                self._next = None
