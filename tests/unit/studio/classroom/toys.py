"""A question whose answers are known, and rooms on a database of the test's own."""

from __future__ import annotations

from studio.classroom.questions import Question
from studio.classroom.rooms import Situation

NINE, FOUR = 9, 4


def toy_question(**changes: object) -> Question:
    values: dict[str, object] = {
        "dataset": "mnist",
        "index": 3,
        "image_id": "image-3",
        "classifier": "mnist-cnn",
        "classifier_version": "v1",
        "options": ((4, "four"), (9, "nine")),
        "prediction": FOUR,
        "predicted": "four",
        "confidence": 0.625,
        "truth": NINE,
        "true_name": "nine",
        "guess": True,
        "rate": "pair",
        "show": ("slic-medium", "grid-7"),
        "question": "",
        "revote": True,
        "note": "the-note",
    }
    return Question(**(values | changes))


def stage_of(situation: Situation) -> tuple[int, str]:
    return situation.room.round_number, situation.room.phase
