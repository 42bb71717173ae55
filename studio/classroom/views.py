"""What everybody in a room may see now, and nothing else: phones and projector are drawn from this alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from db.room_records import Phase
from studio.classroom.questions import Question
from studio.classroom.rooms import Situation
from studio.classroom.tally import Change, Tally, change, tally

ASKED = {
    "pair": "Which explanation convinces you more?",
    "thumb": "Does this explanation convince you?",
    "point": "Tap where the image matters most for the answer.",
}


@dataclass(frozen=True)
class Picture:
    """An image to be drawn: where its pixels lie, and which explanations stand beside it."""

    dataset: str
    index: int
    classifier: str
    shown: tuple[str, ...]


@dataclass(frozen=True)
class Screen:
    """A phase of a room as everybody sees it; what is not to be known yet is not in it.

    ``answers``: what can be chosen now; ``points``: the image is to be tapped. ``key`` changes when the question does.
    """

    code: str
    title: str
    phase: Phase
    key: str
    number: int
    count: int
    members: int
    answered: int
    paused: bool
    locked: bool
    over: bool
    seconds_left: int | None
    ask: str
    answers: Mapping[int, str]
    points: bool
    picture: Picture | None = None
    prediction: str | None = None
    confidence: float | None = None
    truth: str | None = None
    note: str = ""
    guesses: Tally | None = None
    votes: Tally | None = None
    change: Change | None = None
    names: Mapping[int, str] | None = None
    alphas: tuple[float | None, float | None] = (None, None)

    @property
    def open(self) -> bool:
        """Whether answers are taken."""
        asked = bool(self.answers) or self.points
        return asked and not (self.paused or self.locked or self.over or self.seconds_left == 0)


def screen(situation: Situation) -> Screen:
    """The present screen of a room."""
    room, question = situation.room, situation.question
    now = datetime.now(UTC)
    left = room.seconds_left if room.paused else None
    if room.deadline is not None and not room.paused:
        left = max(0, round((room.deadline - now).total_seconds()))
    phase = room.phase
    common = {
        "code": room.code,
        "title": room.title,
        "phase": phase,
        "key": f"{room.code}-{room.round_number}-{situation.attempt}-{phase}",
        "number": room.round_number,
        "count": len(situation.questions),
        "members": situation.members,
        "answered": sum(answer.stage == phase for answer in situation.answers),
        "paused": room.paused,
        "locked": room.locked,
        "over": room.is_over(now),
        "seconds_left": left,
    }
    if question is None or room.is_over(now):
        return Screen(**common, ask="", answers={}, points=False)  # type: ignore[arg-type]
    explained = phase not in ("guess", "prediction")
    told = phase != "guess"
    return Screen(
        **common,  # type: ignore[arg-type]
        ask=_ask(question, phase),
        answers={} if room.paused else question.answers_of(phase),
        points=question.rate == "point" and phase in ("rate", "revote"),
        picture=None if room.paused else _picture(question, explained=explained, phase=phase),
        prediction=question.predicted if told else None,
        confidence=question.confidence if told else None,
        truth=question.true_name if phase == "result" and question.truth is not None else None,
        note=question.note if phase == "result" else "",
        **_tallies(situation, question),  # type: ignore[arg-type]
    )


def _picture(question: Question, *, explained: bool, phase: Phase) -> Picture:
    """A place to be tapped is not shown beforehand."""
    hidden = question.rate == "point" and phase in ("rate", "revote")
    shown = question.show if explained and not hidden else ()
    return Picture(question.dataset, question.index, question.classifier, shown)


def _ask(question: Question, phase: Phase) -> str:
    if phase == "guess":
        return question.question if question.rate is None and question.question else "What is this?"
    if phase in ("rate", "revote", "tally") and question.rate is not None:
        asked = question.question or ASKED[question.rate]
        return {"rate": asked, "revote": f"Once more: {asked}", "tally": "Talk it over with your neighbour."}[phase]
    return ""


def _tallies(situation: Situation, question: Question) -> dict[str, object]:
    """Only what this phase reveals."""
    phase, answers = situation.room.phase, situation.answers
    choices = list(question.answers_of("rate"))
    found: dict[str, object] = {}
    if phase in ("prediction", "result") and question.guess:
        found["guesses"] = tally(answers, "guess", [label for label, _ in question.options])
    if question.rate is not None:
        if phase == "tally" and situation.room.show_first_tally:
            found["votes"] = tally(answers, "rate", choices)
        if phase == "result":
            found["votes"] = tally(answers, "rate", choices)
            if question.revote:
                found |= {"change": change(answers, choices), "alphas": situation.alphas}
        if phase in ("tally", "result"):
            found["names"] = question.answers_of("rate")
    if "guesses" in found and phase == "prediction":
        found["names"] = dict(question.options)
    return found
