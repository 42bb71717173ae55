"""Cases asked for ahead: while the rater looks at one image, the next is found or explained in the background."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from typing import Protocol

from xai_core.case import Case
from xai_core.errors import Cancelled


@dataclass(frozen=True)
class Choice:
    """What the rater asked to see. ``dataset`` ``None`` is "surprise me", ``classifier`` ``None`` the default one.

    ``upload`` is the content of an image file that is shown once, before random images go on.
    """

    dataset: str | None = None
    classifier: str | None = None
    interesting: bool = False
    upload: bytes | None = field(default=None, repr=False)


class Request(Protocol):
    """A case that was asked for."""

    @property
    def result(self) -> Future[Case]:
        """The case, once it is there."""
        ...

    def leave(self) -> None:
        """It is not wanted any more."""
        ...


Seen = Mapping[str, Set[int]]  # test indices by data set


@dataclass
class CaseQueue:
    """One case ahead of one rater. ``ask`` returns at once."""

    ask: Callable[[Choice, Seen], Request]
    _choice: Choice | None = field(default=None, init=False)
    _next: Request | None = field(default=None, init=False)

    def prefetch(self, choice: Choice, seen: Seen) -> Request:
        """The case that comes next; asked for now unless it was already, or was asked for by another choice.

        One that was given up, as while nobody looked, is asked for again.
        """
        lost = self._next is not None and self._next.result.cancelled()
        if self._next is None or self._choice != choice or lost:
            if self._next is not None:
                self._next.leave()
            self._choice, self._next = choice, self.ask(choice, {name: frozenset(of) for name, of in seen.items()})
        return self._next

    def take(self, choice: Choice, seen: Seen) -> Case:
        """Wait for the next case and hand it over. Raises what its preparation raised; the next call starts anew."""
        request = self.prefetch(choice, seen)
        try:
            return request.result.result()
        except CancelledError as error:  # which Python does not count among the exceptions that a page expects
            raise Cancelled("This image was given up while nobody looked.") from error
        finally:
            if self._next is request:
                self._next = None
