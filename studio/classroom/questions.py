"""From a planned question to one about a certain image: what is stored with the room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from db.room_records import Phase
from studio.lessons import EXAMPLES, ImagePlan, Rate, RoundPlan
from studio.next_case import Library
from xai_core.arms import FUSED_ARM, compatible_arms
from xai_core.classifiers.base import Classifier
from xai_core.datasets import ImageDataset, as_float, image_id
from xai_core.errors import DatasetUnavailable, InvalidInput

LOOKED_AT = 500  # test images among which ``pick`` looks
MOST_OPTIONS = 10
THUMBS = {1: "👍 Convincing", -1: "👎 Not convincing"}
PAIR = {0: "A", 1: "B"}


@dataclass(frozen=True)
class Question:
    """One question about one image. ``options`` are the classes to guess from; ``truth`` None where nobody knows it."""

    dataset: str
    index: int
    image_id: str
    classifier: str
    classifier_version: str
    options: tuple[tuple[int, str], ...]
    prediction: int
    predicted: str
    confidence: float
    truth: int | None
    true_name: str
    guess: bool
    rate: Rate | None
    show: tuple[str, ...]
    question: str
    revote: bool
    note: str

    def as_dict(self) -> dict[str, Any]:
        """As storage keeps it."""
        return asdict(self)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Question:
        """The question that was stored as ``as_dict`` gave it."""
        options = tuple((int(label), str(name)) for label, name in stored["options"])
        return cls(**{**stored, "options": options, "show": tuple(stored["show"])})

    @property
    def phases(self) -> tuple[Phase, ...]:
        """Where it leads through, in order."""
        rating: tuple[Phase, ...] = ()
        if self.rate is not None:
            rating = ("rate", "tally", "revote") if self.revote else ("rate",)
        return (*(("guess",) if self.guess else ()), "prediction", *rating, "result")

    def answers_of(self, phase: Phase) -> dict[int, str]:
        """What can be answered in a phase, by its value; nothing where people look, or tap the image."""
        if phase == "guess":
            return dict(self.options)
        if phase in ("rate", "revote") and self.rate != "point":
            return PAIR if self.rate == "pair" else THUMBS
        return {}


def question_of(plan: RoundPlan, library: Library) -> Question:
    """Find the image of a planned question. Raises ``XaiError`` where data set, classifier or image cannot be had."""
    data = library.dataset(plan.image.dataset)
    model = library.classifier(plan.classifier, data)
    fitting = (*compatible_arms(data, model), FUSED_ARM, *EXAMPLES)
    if unfit := [name for name in plan.show if name not in fitting]:
        raise InvalidInput(f"{unfit[0]} does not fit images of {data.title}; show one of {', '.join(fitting)}.")
    index = _index(plan.image, data, model)
    probabilities = model.predict_proba(as_float(data.x_test[index : index + 1]))[0]
    truth = int(data.y_test[index])
    prediction = int(probabilities.argmax())
    return Question(
        dataset=data.name,
        index=index,
        image_id=image_id(data.x_test[index]),
        classifier=model.name,
        classifier_version=model.version,
        options=_options(data.class_names, probabilities, truth),
        prediction=prediction,
        predicted=data.class_names[prediction],
        confidence=float(probabilities[prediction]),
        truth=truth if truth >= 0 else None,
        true_name=data.class_names[truth] if truth >= 0 else "",
        guess=plan.guess,
        rate=plan.rate,
        show=plan.show,
        question=plan.question,
        revote=plan.revote,
        note=plan.note,
    )


def _index(plan: ImagePlan, data: ImageDataset, model: Classifier) -> int:
    if plan.index is not None:
        if plan.index >= len(data.x_test):
            raise InvalidInput(f"{data.title} has {len(data.x_test)} test images, so none has the index {plan.index}.")
        return plan.index
    truths = data.y_test[:LOOKED_AT]
    probabilities = model.predict_proba(as_float(data.x_test[:LOOKED_AT]))
    ordered = np.sort(probabilities, axis=1)
    right, sure = probabilities.argmax(axis=1) == truths, ordered[:, -1]
    kept, order = {
        "wrong": (~right & (truths >= 0), -sure),
        "unsure": (np.ones_like(right), ordered[:, -1] - ordered[:, -2]),
        "sure": (right, -sure),
    }[plan.pick or "unsure"]
    if plan.label is not None:
        if plan.label not in data.class_names:
            raise InvalidInput(f"{data.title} has no class {plan.label}; there are {', '.join(data.class_names[:20])}.")
        kept = kept & (truths == data.class_names.index(plan.label))
    found = [int(index) for index in np.argsort(order, kind="stable") if kept[index]]
    if plan.number >= len(found):
        raise DatasetUnavailable(
            f"{model.name} has {len(found)} images of the kind {plan.pick} among {len(truths)} of {data.title}; "
            f"the lesson asks for number {plan.number}."
        )
    return found[plan.number]


def _options(names: tuple[str, ...], probabilities: NDArray[np.float32], truth: int) -> tuple[tuple[int, str], ...]:
    """All classes, or where they are too many the most probable ones and the true one, by name."""
    if len(names) <= MOST_OPTIONS:
        return tuple(enumerate(names))
    kept = {int(label) for label in np.argsort(-probabilities, kind="stable")[: MOST_OPTIONS // 2]}
    if truth >= 0:
        kept.add(truth)
    return tuple(sorted(((label, names[label]) for label in kept), key=lambda option: option[1]))
