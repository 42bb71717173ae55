"""Thumbs on "this looks like that, because …": one training image after another beside the image of a rater.

Pages call it from button callbacks and draw what it says is shown.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from db.feedback import Feedback
from db.records import Kind
from studio import VERSION
from studio.outbox import Outbox, Showing, impression, milliseconds_since
from studio.rating import BURST_SECONDS, UNDO_STEPS
from xai_core.arms import NEAR_MISS_ARM
from xai_core.attributes import Importance, Means
from xai_core.attributes.protopnet import Box
from xai_core.case import Case

log = logging.getLogger(__name__)

KIND: Kind = "attributes"
POLICY = "because"
Answer = Literal["up", "down", "skip"]


@dataclass(frozen=True, eq=False)
class Likeness:
    """One training image that stands beside an image. ``arm`` names it among those of the image, in storage too.

    ``position`` counts within the gallery, ``row`` within the training set; ``label`` is its true class.
    ``importance`` says what the likeness of the two rests on, ``together`` the same of all that are like that one.
    ``prototype`` is the number of a learned one, of which ``boxes`` are compared, one in either image.
    """

    arm: str
    position: int
    row: int
    label: int
    importance: Importance
    together: Means
    prototype: int | None = None
    boxes: tuple[Box, Box] | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """What is stored of it: enough to find it again."""
        learned = {} if self.prototype is None else {"prototype": self.prototype, "boxes": self.boxes}
        return {"training_images": [self.row], **learned}

    @property
    def is_miss(self) -> bool:
        """It shows another class than the classifier sees in the image."""
        return self.arm == NEAR_MISS_ARM


@dataclass(frozen=True, eq=False)
class Comparison:
    """One impression: an image beside one of the training images that it looks like."""

    case: Case
    offered: tuple[Likeness, ...]
    at: int
    impression_id: UUID
    since: datetime
    revision: int = 0

    @property
    def likeness(self) -> Likeness:
        """What stands beside the image."""
        return self.offered[self.at]

    @property
    def is_last(self) -> bool:
        """Nothing is left to show beside this image."""
        return self.at == len(self.offered) - 1


@dataclass(frozen=True, eq=False)
class Step:
    """An answer, as undo needs it."""

    shown: Comparison
    answer: Answer


class BecauseVotes:
    """The loop of one tab: 👎 brings the next training image, 👍 and skip another image.

    ``turn_to`` is told what image comes on screen: ``None`` for another one, a case when undo goes back to it.
    """

    def __init__(
        self, feedback: Feedback, rater_id: str, session_id: str | None, turn_to: Callable[[Case | None], None]
    ) -> None:
        self._feedback = feedback
        self._rater_id = rater_id
        self._session_id = session_id or str(uuid4())
        self._turn_to = turn_to
        self._last_click = -BURST_SECONDS
        self.shown: Comparison | None = None
        self.steps: list[Step] = []
        self.outbox = Outbox()

    def show(self, case: Case, offered: Sequence[Likeness]) -> Comparison:
        """What is on screen of ``case``: the first that is ``offered``, unless another one was turned to."""
        if self.shown is None or self.shown.case is not case:
            self._bring(case, tuple(offered), 0)
        assert self.shown is not None
        return self.shown

    def choose(self, at: int) -> None:
        """Put another training image beside the image."""
        if self.shown is not None and self.shown.at != at:
            self._bring(self.shown.case, self.shown.offered, at)

    def answer(self, impression_id: UUID, answer: Answer) -> None:
        """Store an answer to the impression on screen and move on; late and repeated clicks change nothing.

        When storing fails nothing moves: the outbox says why and can try again.
        """
        shown = self.shown
        if not self._is_burst() and shown is not None and shown.impression_id == impression_id:
            self.outbox.attempt(lambda: self._store(shown, answer))

    def undo(self) -> None:
        """Take back the last answer and return to what it was about."""
        if not self._is_burst() and self.steps:
            self.outbox.attempt(self._take_back)

    def _bring(self, case: Case, offered: tuple[Likeness, ...], at: int) -> None:
        shown = self.shown = Comparison(case, offered, at, uuid4(), datetime.now(UTC))
        if self.outbox.problem is None:
            self.outbox.attempt(lambda: self._record(shown))

    def _record(self, shown: Comparison) -> None:
        showing = Showing(
            impression_id=shown.impression_id,
            kind=KIND,
            arm=shown.likeness.arm,
            settings=shown.likeness.settings,
            position=shown.at,
            quality={"similarity": shown.likeness.importance.before, "importance": shown.likeness.importance.scores},
            policy=POLICY,
            policy_version=VERSION,
            rater_id=self._rater_id,
            session_id=self._session_id,
            shown_at=shown.since,
        )
        self._feedback.show(impression(shown.case, showing))

    def _store(self, shown: Comparison, answer: Answer) -> None:
        self._record(shown)  # which changes nothing unless it could not be stored when it came on screen
        key, lead_time = (shown.impression_id, self._rater_id), milliseconds_since(shown.since)
        if answer == "skip":
            self._feedback.skip(*key, lead_time_ms=lead_time, session_id=self._session_id)
        else:
            value = 1 if answer == "up" else -1
            self._feedback.vote(
                *key, value, lead_time_ms=lead_time, revision=shown.revision, session_id=self._session_id
            )
        log.info("likeness judged: impression=%s rater=%s answer=%s ms=%d", *key, answer, lead_time)
        self.steps = [*self.steps, Step(shown, answer)][-UNDO_STEPS:]
        if self.shown is not shown:  # the person went on while it could not be stored
            return
        if answer == "down" and not shown.is_last:
            self._bring(shown.case, shown.offered, shown.at + 1)
        else:
            self.shown = None
            self._turn_to(None)

    def _take_back(self) -> None:
        step = self.steps[-1]
        shown = step.shown
        if step.answer != "skip":
            self._feedback.retract(shown.impression_id, self._rater_id, shown.revision, session_id=self._session_id)
        log.info("undone: impression=%s rater=%s", shown.impression_id, self._rater_id)
        self.steps = self.steps[:-1]
        self.shown = replace(shown, revision=shown.revision + 1, since=datetime.now(UTC))
        self._turn_to(shown.case)

    def _is_burst(self) -> bool:
        """A double click must not judge what nobody has seen."""
        now = time.monotonic()
        burst = now - self._last_click < BURST_SECONDS
        self._last_click = now
        return burst
