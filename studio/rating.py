"""One rater in one browser tab: what is on screen, what was voted, what can be undone.

Pages call it from button callbacks and draw what it says is shown.
"""

from __future__ import annotations

import logging
import time
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np

from db.feedback import Feedback
from db.records import Impression
from db.visits import PastShowing, Visits
from studio import resume
from studio.learning import Learner, drawn_for
from studio.outbox import Outbox, Showing, impression, kind_of, milliseconds_since
from studio.shown import CANNOT_JUDGE, Answer, Shown, Step, shortened
from xai_core.case import UPLOAD, Case

log = logging.getLogger(__name__)

DAILY_GOAL = 20
"""Images a day that are asked of a person."""

BURST_SECONDS = 0.3
"""Clicks closer together than this are one click: a double click must not judge an image nobody has seen."""

UNDO_STEPS = 8
"""How many answers are kept for undo. Each holds the explanations of its image in memory."""


class Rating:
    """The loop explain - rate - next of one tab.

    ``utc_offset`` tells when the rater's day begins. While ``practising`` nothing is stored or learned from.
    """

    goal = DAILY_GOAL

    def __init__(
        self, feedback: Feedback, learner: Learner, rater_id: str, utc_offset: timedelta = timedelta()
    ) -> None:
        self._feedback = feedback
        self._visits = Visits(feedback.database)
        self._learner = learner
        self._rater_id = rater_id
        self._last_click = -BURST_SECONDS
        self._recorded: Shown | None = None
        self._aside: Shown | None = None
        self._utc_offset = utc_offset
        self.practising = False
        self.view: dict[str, Any] | None = None  # how explanations are drawn at present
        self.is_new = self._visits.is_new(rater_id)
        self.today = self._count_today()
        self.session_id = str(uuid4())
        self.shown: Shown | None = None
        self.steps: list[Step] = []
        self.seen: dict[str, set[int]] = {}  # test indices by data set
        self.wanted: PastShowing | None = None  # what is to come back on screen
        self.outbox = Outbox()

    def come_back(self) -> None:
        """Go on with the session that this person left less than ``resume.PAUSE`` ago, if there is one."""
        self.seen = self._visits.images_seen(self._rater_id)
        session = self._visits.latest_session(self._rater_id, datetime.now(UTC) - resume.PAUSE)
        if session is not None:
            showings = self._visits.showings(self._rater_id, session)
            self.session_id = session
            self.steps = resume.answered(showings, UNDO_STEPS)
            self.wanted = resume.left_on_screen(showings)

    def reopen(self, case: Case) -> None:
        """Put back on screen what is ``wanted``, of which ``case`` is the image; another explanation of it is not."""
        past, self.wanted = self.wanted, None
        self.shown = resume.shown_again(past, case) if past is not None else None
        if self.shown is not None:
            self.steps = [
                replace(step, shown=again)
                if isinstance(step.shown, PastShowing) and (again := resume.shown_again(step.shown, case))
                else step
                for step in self.steps
            ]
            self.outbox.attempt(self._record_shown)

    def open(self, case: Case) -> None:
        """Put a new image on screen, its explanations ordered by all thumbs stored so far."""
        rng = np.random.default_rng([int(case.image_id[:15], 16), zlib.crc32(self.session_id.encode())])
        ordering = shortened(self._learner.order(case, rng))
        decision = drawn_for(case, ordering, rater_id=self._rater_id, session_id=self.session_id)
        self.shown = Shown(case, ordering, decision, 0, uuid4(), datetime.now(UTC))
        if not self.practising:
            self.seen.setdefault(case.dataset, set()).add(case.index)
            self.outbox.attempt(self._record_shown)

    def practise(self) -> None:
        """Let the next image be one that does not count; the present one comes back after it."""
        self._aside, self.shown, self.practising = self.shown, None, True

    def answer(self, impression_id: UUID, answer: Answer) -> None:
        """Store an answer to the impression on screen and move on; late and repeated clicks change nothing.

        When storing fails nothing moves: the outbox says why and can try again.
        """
        if self._is_burst() or self.shown is None or self.shown.impression_id != impression_id:
            return
        if self.practising:
            self.end_practice()
        else:
            self.outbox.attempt(lambda: self._store(answer))

    def end_practice(self) -> None:
        """Go back to what counts."""
        self.shown, self._aside, self.practising = self._aside, None, False
        if self.shown is not None:
            self.shown = replace(self.shown, since=datetime.now(UTC))

    def undo(self) -> None:
        """Take back the last answer and return to the explanation it was about."""
        if not self._is_burst() and self.steps and not self.practising:
            self.outbox.attempt(self._take_back)

    def give_reasons(self, step: Step, reasons: list[str]) -> None:
        """Put the tags of an earlier answer in force: all of them, so that none withdraws those given before."""
        shown = step.shown
        kept = [CANNOT_JUDGE] if step.answer == "unclear" else []

        def give() -> None:
            self._feedback.give_reasons(
                shown.impression_id,
                self._rater_id,
                [*kept, *reasons],
                revision=shown.revision,
                session_id=self.session_id,
            )

        self.outbox.attempt(give)

    def comment(self, step: Step, text: str) -> None:
        """Store a person's own words about an explanation they answered."""
        if words := text.strip():
            self.outbox.attempt(lambda: self._say(step, words))

    def leave(self) -> None:
        """Drop the image on screen without an answer, as when other images are chosen."""
        self.shown = self._aside = self.wanted = None
        self.practising = False
        self.seen.pop(UPLOAD, None)
        self.outbox.discard()

    @property
    def reached_goal(self) -> bool:
        """The last answer made the day's goal full."""
        return self.last is not None and self.today == self.goal and self.last.answer == "up"

    @property
    def last(self) -> Step | None:
        """The last answer that can be undone."""
        return self.steps[-1] if self.steps else None

    def _record_shown(self) -> None:
        assert self.shown is not None
        case, decision = self.shown.case, self.shown.decision
        if self._recorded is None or self._recorded.decision is not decision:
            self._feedback.save_embedding(case.image_id, case.classifier_version, case.embedding)
            self._feedback.save_class_names(case.classifier_version, case.class_names)
            self._feedback.record_decision(decision)
        self._feedback.show(self._impression(self.shown))
        self._recorded = self.shown

    def _store(self, answer: Answer) -> None:
        shown = self.shown
        assert shown is not None
        if self._recorded is None or self._recorded.impression_id != shown.impression_id:
            self._record_shown()  # could not be stored when it came on screen
        lead_time = milliseconds_since(shown.since)
        key = (shown.impression_id, self._rater_id)
        if answer in ("skip", "unclear"):
            reasons = [CANNOT_JUDGE] if answer == "unclear" else []
            self._feedback.skip(*key, reasons=reasons, lead_time_ms=lead_time, session_id=self.session_id)
        else:
            self._feedback.vote(
                *key,
                1 if answer == "up" else -1,
                lead_time_ms=lead_time,
                revision=shown.revision,
                session_id=self.session_id,
            )
        if answer == "down" and shown.is_last:
            self._feedback.none_convinced(*key, session_id=self.session_id)
        log.info(
            "answered: impression=%s rater=%s arm=%s answer=%s ms=%d",
            shown.impression_id,
            self._rater_id,
            shown.arm,
            answer,
            lead_time,
        )
        self.steps = [*self.steps, Step(shown, answer)][-UNDO_STEPS:]
        self.today = self._count_today()
        self.shown = None
        if answer == "down" and not shown.is_last:
            self.shown = replace(
                shown, position=shown.position + 1, impression_id=uuid4(), since=datetime.now(UTC), revision=0
            )
            self.outbox.attempt(self._record_shown)

    def _take_back(self) -> None:
        step = self.steps[-1]
        if step.answer in ("up", "down"):
            self._feedback.retract(
                step.shown.impression_id, self._rater_id, step.shown.revision, session_id=self.session_id
            )
        log.info("undone: impression=%s rater=%s", step.shown.impression_id, self._rater_id)
        self.steps = self.steps[:-1]
        self.today = self._count_today()
        if isinstance(step.shown, PastShowing):  # the page has its image explained again and calls ``reopen``
            self.shown, self.wanted = None, replace(step.shown, revision=step.shown.revision + 1)
            return
        self.shown = replace(step.shown, revision=step.shown.revision + 1, since=datetime.now(UTC))

    def _say(self, step: Step, words: str) -> None:
        self._feedback.comment(step.shown.impression_id, self._rater_id, words, session_id=self.session_id)

    def _count_today(self) -> int:
        local = datetime.now(UTC) + self._utc_offset
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) - self._utc_offset
        return self._visits.images_rated(self._rater_id, midnight)

    def _is_burst(self) -> bool:
        now = time.monotonic()
        burst = now - self._last_click < BURST_SECONDS
        self._last_click = now
        return burst

    def _impression(self, shown: Shown) -> Impression:
        explanation = shown.case.explanations[shown.arm]
        faithfulness = shown.case.faithfulness.get(shown.arm)
        return impression(
            shown.case,
            Showing(
                impression_id=shown.impression_id,
                kind=kind_of(shown.arm),
                arm=shown.arm,
                settings=explanation.settings.as_dict() | {"samples_used": explanation.samples},
                seed=explanation.seed,
                position=shown.position,
                policy=shown.ordering.policy,
                policy_version=shown.ordering.policy_version,
                propensity=shown.ordering.propensities[shown.position],
                features=shown.case.features[shown.arm],
                view=self.view,
                quality=faithfulness.as_dict() if faithfulness else None,
                decision_id=shown.decision.decision_id,
                rater_id=self._rater_id,
                session_id=self.session_id,
                shown_at=shown.since,
            ),
        )
