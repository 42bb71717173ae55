"""What a room leaves behind: a table of all answers, and figures for a page that can be printed. No names."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from db.csv_cells import defused
from db.room_records import GivenAnswer, Stage
from db.rooms import Rooms
from studio.classroom.questions import Question
from studio.classroom.rooms import Situation
from studio.classroom.tally import Change, Tally, alpha, change, tally, votes_of
from studio.roles import Access, Role

COLUMNS = (
    "room",
    "question",
    "attempt",
    "counts",
    "participant",
    "stage",
    "answer",
    "right",
    "x",
    "y",
    "changes_of_mind",
    "into_ranking",
    "answered_at",
)


@dataclass(frozen=True)
class QuestionResult:
    """What came of one question."""

    number: int
    question: Question
    guesses: Tally | None
    votes: Tally | None
    change: Change | None


@dataclass(frozen=True)
class Summary:
    """What came of a room. α of the votes on all questions of one kind, before and after, by the kind."""

    members: int
    questions: tuple[QuestionResult, ...]
    alphas: dict[str, tuple[float | None, float | None]]


def results_csv(access: Access, rooms: Rooms, situation: Situation) -> str:
    """One row an answer, of every attempt. People are numbered in the order of joining. Raises ``NotAllowed``."""
    access.require(Role.INSTRUCTOR)
    room = situation.room
    numbers = rooms.members(room.room_id)
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    given = rooms.all_answers(room.room_id)
    last = {(one.number, one.attempt, one.stage, one.rater_id): one.revision for one in given}
    for one in given:
        question = situation.questions[one.number]
        counts = (
            one.attempt == situation.rounds[one.number].attempt
            and last[one.number, one.attempt, one.stage, one.rater_id] == one.revision
        )
        names = question.answers_of(one.stage)
        right = one.choice == question.truth if one.stage == "guess" and question.truth is not None else ""
        cells = (
            room.code,
            one.number + 1,
            one.attempt,
            counts,
            numbers.get(one.rater_id, ""),
            one.stage,
            "" if one.choice is None else names.get(one.choice, one.choice),
            right,
            one.x,
            one.y,
            one.revision,
            one.into_ranking,
            one.answered_at.isoformat(),
        )
        writer.writerow([defused(cell) for cell in cells])
    return file.getvalue()


def summary(access: Access, rooms: Rooms, situation: Situation) -> Summary:
    """The figures of a room. Raises ``NotAllowed``."""
    access.require(Role.INSTRUCTOR)
    by_question = [rooms.answers(situation.room.room_id, one.number, one.attempt) for one in situation.rounds]
    results = tuple(
        _result(number, question, answers)
        for number, (question, answers) in enumerate(zip(situation.questions, by_question, strict=True))
    )
    kinds = dict.fromkeys(one.rate for one in situation.questions if one.rate in ("pair", "thumb"))
    alphas = {
        str(kind): (
            _alpha(situation.questions, by_question, str(kind), "rate"),
            _alpha(situation.questions, by_question, str(kind), "revote"),
        )
        for kind in kinds
    }
    return Summary(situation.members, results, alphas)


def _result(number: int, question: Question, answers: list[GivenAnswer]) -> QuestionResult:
    choices = list(question.answers_of("rate"))
    return QuestionResult(
        number=number,
        question=question,
        guesses=tally(answers, "guess", [label for label, _ in question.options]) if question.guess else None,
        votes=tally(answers, "rate", choices) if question.rate else None,
        change=change(answers, choices) if question.rate and question.revote else None,
    )


def _alpha(
    questions: tuple[Question, ...], by_question: list[list[GivenAnswer]], kind: str, stage: Stage
) -> float | None:
    of_kind = zip(questions, by_question, strict=True)
    return alpha([votes_of(answers, stage) for question, answers in of_kind if question.rate == kind])
