"""Rooms as a service: opening, joining, answering, and leading through the questions.

What a room is stands in the database, nothing of it in this process: any server, and one that was started a moment ago,
goes on where the last one stopped.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from db.errors import RoomMoved, StorageError
from db.room_records import STAGES, GivenAnswer, Room, RoomAnswer, Stage, StoredRound
from db.rooms import Rooms
from studio.classroom import acts
from studio.classroom.codes import new_code
from studio.classroom.questions import Question
from studio.classroom.tally import alpha, votes_of
from studio.roles import Access, Role
from xai_core.errors import InvalidInput

log = logging.getLogger(__name__)
TRIES = 20  # codes that may be taken before something must be wrong
_RATED: tuple[Stage, ...] = ("rate", "revote")
Act = Callable[[Room, Sequence[Question]], acts.Changes]


@dataclass(frozen=True)
class Situation:
    """A room at one moment. ``answers``: what counts of the present attempt at the present question.

    ``alphas``: Krippendorff's α of the first and of the second votes on all questions of this kind up to this one, when
    its result is told.
    """

    room: Room
    rounds: tuple[StoredRound, ...]
    questions: tuple[Question, ...]
    members: int
    answers: tuple[GivenAnswer, ...]
    alphas: tuple[float | None, float | None] = (None, None)

    @property
    def question(self) -> Question | None:
        """The present question; None before the first."""
        return None if self.room.phase == "lobby" else self.questions[self.room.round_number]

    @property
    def attempt(self) -> int:
        """How often the present question was reset."""
        return self.rounds[self.room.round_number].attempt if self.rounds else 0

    def is_over(self) -> bool:
        """Whether the room was closed or has expired."""
        return self.room.is_over(datetime.now(UTC))


@dataclass(frozen=True)
class Classroom:
    """Rooms of one database. Methods raise ``StorageError``; those of instructors take their ``Access`` and ask it."""

    rooms: Rooms

    def open(
        self,
        access: Access,
        questions: Sequence[Question],
        *,
        title: str,
        opened_by: str,
        hours: float = 8,
        show_first_tally: bool = True,
        into_ranking: bool = False,
    ) -> Room:
        """A new room with a code of its own. Raises ``NotAllowed``, and ``InvalidInput`` for a title without a word."""
        access.require(Role.INSTRUCTOR)
        if not title.strip():
            raise InvalidInput("A room needs a title; write a word or two.")
        now = datetime.now(UTC)
        for _ in range(TRIES):
            room = Room(
                room_id=uuid4(),
                code=new_code(),
                title=title.strip()[:200],
                opened_by=opened_by,
                opened_at=now,
                expires_at=now + timedelta(hours=hours),
                show_first_tally=show_first_tally,
                into_ranking=into_ranking,
            )
            if self.rooms.add(room, [question.as_dict() for question in questions]):
                log.info("room opened: code=%s questions=%d", room.code, len(questions))
                return room
        raise StorageError("No free code was found for a room; try again.")

    def look(self, code: str) -> Situation:
        """The room of a code as it stands. Raises ``UnknownRoom``."""
        room = self.rooms.find(code)
        rounds = tuple(self.rooms.rounds(room.room_id))
        situation = Situation(
            room=room,
            rounds=rounds,
            questions=tuple(Question.of(one.plan) for one in rounds),
            members=len(self.rooms.members(room.room_id)),
            answers=(),
        )
        return situation if situation.question is None else self.with_answers(situation)

    def with_answers(self, situation: Situation) -> Situation:
        """The same question with all that is answered to it by now, though the room may have gone on."""
        room, number = situation.room, situation.room.round_number
        given = tuple(self.rooms.answers(room.room_id, number, situation.attempt))
        if room.phase != "result":
            return replace(situation, answers=given)
        kind = situation.questions[number].rate
        alike = [one for one in situation.rounds[:number] if situation.questions[one.number].rate == kind]
        before = [self.rooms.answers(room.room_id, one.number, one.attempt) for one in alike]
        first, second = (alpha([votes_of(one, stage) for one in (*before, given)]) for stage in _RATED)
        return replace(situation, answers=given, alphas=(first, second))

    def open_rooms(self, access: Access) -> list[Room]:
        """Rooms that can be led on, from whatever device. Raises ``NotAllowed``."""
        access.require(Role.INSTRUCTOR)
        return self.rooms.open_rooms()

    def answer(
        self,
        situation: Situation,
        rater_id: str,
        *,
        choice: int | None = None,
        place: tuple[float, float] | None = None,
    ) -> bool:
        """Store what somebody answered to the question as they saw it; False where it is their answer already.

        Raises ``InvalidInput`` for what is no answer to it, ``NotNow`` where it is not open any more, ``RoomClosed``.
        """
        room, question = situation.room, situation.question
        stage = next((stage for stage in STAGES if stage == room.phase), None)
        if question is None or stage is None:
            raise InvalidInput("There is nothing to answer at the moment; wait for the next question.")
        pointing = question.rate == "point" and stage != "guess"
        if pointing == (place is None) or (place is None and choice not in question.answers_of(stage)):
            raise InvalidInput(f"{choice if place is None else place} is no answer to this question; choose again.")
        x, y = place if place is not None else (None, None)
        given = RoomAnswer(
            number=room.round_number,
            attempt=situation.attempt,
            stage=stage,
            rater_id=rater_id,
            choice=choice if place is None else None,
            x=x,
            y=y,
        )
        return self.rooms.answer(room.room_id, given)

    def lead(self, access: Access, situation: Situation, act: Act, *, resets: bool = False) -> None:
        """Do ``act`` to the room as the instructor saw it.

        Raises ``NotAllowed``, and ``RoomMoved`` where somebody else was faster: then nothing is changed.
        """
        access.require(Role.INSTRUCTOR)
        changes = act(situation.room, situation.questions)
        if changes:
            self._change(situation.room, changes, reset=situation.room.round_number if resets else None)

    def add_question(self, access: Access, situation: Situation, question: Question) -> None:
        """Put a question behind the others. Raises as ``lead``."""
        access.require(Role.INSTRUCTOR)
        self._change(situation.room, {}, added=[question])

    def close(self, access: Access, situation: Situation) -> None:
        """End the room; results stay. Raises as ``lead``."""
        access.require(Role.INSTRUCTOR)
        self._change(situation.room, {"closed_at": datetime.now(UTC)})

    def _change(
        self, room: Room, changes: acts.Changes, *, reset: int | None = None, added: Sequence[Question] = ()
    ) -> None:
        if not self.rooms.change(room, changes, reset=reset, added=[question.as_dict() for question in added]):
            raise RoomMoved("Somebody else has just led this room on; look where it is now, then go on.")
        log.info("room led on: code=%s phase=%s", room.code, changes.get("phase", room.phase))
