"""One participant in one browser tab: where they are, what they do, and what of that is stored.

Pages call it from button callbacks and draw what it says. Where the participant is follows from the log alone, so that
a reload, another tab or another device with the same id goes on in the same place.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import numpy as np

from db.errors import StudyClosed, StudyFull
from db.feedback import Feedback
from db.participation import Participation
from db.payloads import Completion, Comprehension, Consent, Instruction, Questionnaire
from db.studies import Studies
from db.study_records import Assignment, Participant, Quota, StudyEvent
from studio.learning import Learner
from studio.outbox import Outbox, milliseconds_since
from studio.studies import showing
from studio.studies.answers import payload
from studio.studies.configuration import Instrument, Question, Study
from studio.studies.showing import Item
from studio.studies.stages import Standing, is_past_comprehension, standing
from studio.studies.texts import Texts, texts_in
from xai_core.case import Case

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Note:
    """Something to tell the participant beside the next question, until the next answer."""

    text: str
    good: bool


class Sitting:
    """A study as one participant's tab has it. Raises ``UnknownStudy`` and ``StorageUnavailable``."""

    def __init__(self, feedback: Feedback, code: str, rater_id: str) -> None:
        self._feedback = feedback
        self._studies = Studies(feedback.database)
        self._participation = Participation(feedback.database)
        self._rater_id = rater_id
        self.code = code
        self.session_id = str(uuid4())
        self.outbox = Outbox()
        self.note: Note | None = None
        self.item: Item | None = None
        self.refusal: type[StudyClosed] | type[StudyFull] | None = None
        self._early = 0
        self._since = datetime.now(UTC)
        self.refresh()

    def refresh(self) -> None:
        """Read where the participant is; reserves what they lack. Raises ``StorageError``."""
        self.person: Participant | None = self._participation.participant(self.code, self._rater_id)
        version = self._studies.version(self.code, self.person.version if self.person else None)
        self.version, self.study = version.version, Study.model_validate(version.configuration)
        self.texts: Texts = texts_in(self.study.language)
        self._history: list[StudyEvent] = []
        self.assignments: list[Assignment] = []
        self.refusal = None
        if self.person is None:
            if self._studies.is_closed(self.code):
                self.refusal = StudyClosed
            elif not self._participation.has_room(self.code, self.study.shares, self.study.overlap):
                self.refusal = StudyFull
        else:
            self._history = self._participation.history(self.code, self._rater_id)
            self._reserve(self.person)
        found = standing(self.study, self.person, self._history, self.assignments)
        if self.person is not None and found.stage == "questionnaire" and found.instrument is None:
            found = self._complete(self.person)
        self.standing: Standing = found
        if self.item is not None and self.item.assignment != found.assignment:
            self.item = None

    @property
    def done(self) -> tuple[int, int]:
        """How many items were answered, of how many there are for this participant."""
        return sum(one.done for one in self.assignments), len(self.assignments)

    @property
    def questions(self) -> tuple[Question, ...]:
        """The comprehension check: the study's own, or the usual one."""
        usual = self.texts.comprehension(self.study.task, examples=self.study.shows_examples)
        return usual if self.study.comprehension is None else self.study.comprehension

    @property
    def first_answer(self) -> str | int | None:
        """What was answered before the explanation of the item on screen was shown."""
        found = [event.payload for event in self._history if self._is_first_answer(event)]
        return found[-1].answer if found else None  # type: ignore[union-attr]

    def open(self, case: Case, learner: Learner) -> None:
        """Put the item whose turn it is on screen. Raises ``StorageError`` and ``InvalidInput``."""
        person, assignment = self.person, self.standing.assignment
        assert person is not None
        assert assignment is not None
        step = showing.step_of(self.study, person, answered_before=self.first_answer is not None)
        item = showing.open_item(
            self.study,
            person,
            assignment,
            case=case,
            step=step,
            learner=learner,
            feedback=self._feedback,
            session_id=self.session_id,
        )
        self.item, self._since, self._early = item, datetime.now(UTC), 0
        self.outbox.attempt(lambda: showing.store(item, self._feedback))

    def consent(self) -> None:
        """The participant agrees to the text on screen."""
        words = self.study.consent + self.texts("consent_stored")
        consent = Consent(text_digest=hashlib.sha256(words.encode()).hexdigest(), language=self.study.language)

        def join() -> None:
            with suppress(StudyClosed, StudyFull):  # which shows when it is read again
                self._participation.join(
                    self.code,
                    self._rater_id,
                    version=self.version,
                    shares=self.study.shares,
                    overlap=self.study.overlap,
                    consent=consent,
                    session_id=self.session_id,
                )
            self.refresh()

        self.outbox.attempt(join)

    def leave_instruction(self) -> None:
        """The participant has read the instruction."""
        self._step(Instruction(), "")

    def check(self, answers: Mapping[str, int]) -> None:
        """One try at the comprehension check: the position of the option chosen for each question, by its text."""
        passed = all(
            question.options.index(question.answer) == answers[question.question] for question in self.questions
        )
        attempt = self.study.tries - self.standing.tries + 1
        self._step(Comprehension(attempt=attempt, answers=dict(answers), passed=passed), str(attempt))

    def fill_in(self, instrument: Instrument, answers: Mapping[str, int | str]) -> None:
        """Store a closing questionnaire."""
        self._step(Questionnaire(instrument=instrument, answers=dict(answers)), instrument)

    def answer(self, key: str, answer: str | int, confidence: int | None) -> None:
        """Store an answer to the item on screen and move on; late and repeated clicks change nothing.

        When storing fails nothing moves: the outbox says why and can try again.
        """
        item, person = self.item, self.person
        if item is None or person is None or item.key != key:
            return
        waited = (datetime.now(UTC) - self._since).total_seconds()
        if 0 <= waited < self.study.minimum_seconds:  # below 0 a clock was set back, of which nobody can make anything
            self._early += 1
            self.note = Note(self.texts("too_fast", seconds=f"{self.study.minimum_seconds:g}"), good=False)
            return
        lead_time = milliseconds_since(self._since)
        given = payload(self.study, item, answer, confidence=confidence, early=self._early)

        def store() -> None:
            showing.store(item, self._feedback)
            self._participation.answer(
                person,
                item.assignment.assignment_id,
                given,
                impression_id=item.panels[0].impression.impression_id if item.panels else None,
                lead_time_ms=lead_time,
                lease_until=datetime.now(UTC) + timedelta(minutes=self.study.reservation_minutes),
                session_id=self.session_id,
            )
            log.info("study %s answered: assignment=%s ms=%d", self.code, item.assignment.assignment_id, lead_time)
            self.note = self._verdict(item, answer)
            self.item = None
            self.refresh()

        self.outbox.attempt(store)

    def _verdict(self, item: Item, answer: str | int) -> Note | None:
        if item.assignment.item.role != "practice" or item.expected is None or item.step == "before":
            return None
        good = answer == item.expected
        told = self.answer_in_words(item.expected, item)
        return Note(self.texts("practice_right" if good else "practice_wrong", answer=told), good)

    def answer_in_words(self, answer: str | int, item: Item) -> str:
        """An answer as its button says it."""
        if isinstance(answer, int):
            return item.case.class_names[answer]
        words: str = self.texts.values["tasks"][self.study.task]["answers"][answer]
        return words

    def _step(self, payload: Instruction | Comprehension | Questionnaire, detail: str) -> None:
        person = self.person
        if person is None:
            return

        def store() -> None:
            self._participation.record(person, payload, detail=detail, session_id=self.session_id)
            self.refresh()

        self.outbox.attempt(store)

    def _complete(self, person: Participant) -> Standing:
        """Everything is stored: the code that is handed out first stands."""
        code = self.study.completion.code or secrets.token_hex(4).upper()
        self._participation.record(person, Completion(code=code), detail="", session_id=self.session_id)
        self._history = self._participation.history(self.code, self._rater_id)
        return standing(self.study, person, self._history, self.assignments)

    def _reserve(self, person: Participant) -> None:
        study = self.study
        quota = Quota(study.stop_after, study.overlap, study.repeats, timedelta(minutes=study.reservation_minutes))
        seed = int.from_bytes(hashlib.sha256(f"{self.code} {self._rater_id}".encode()).digest()[:8], "big")
        self.assignments = self._participation.reserve(
            person,
            quota,
            np.random.default_rng(seed),
            practice_only=not is_past_comprehension(study, self._history),
        )

    def _is_first_answer(self, event: StudyEvent) -> bool:
        current = self.standing.assignment
        return (
            current is not None
            and event.assignment_id == current.assignment_id
            and getattr(event.payload, "step", None) == "before"
        )
