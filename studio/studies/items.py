"""From a study file to its items: which images, in which roles, and which answers pass."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from db.payloads import Role
from db.study_records import NewItem
from studio.next_case import Library
from studio.studies.configuration import Known, Study
from studio.studies.examples import EXAMPLE_ARMS
from xai_core.arms import FUSED_ARM, compatible_arms
from xai_core.classifiers.base import Classifier
from xai_core.datasets import ImageDataset, as_float, image_id
from xai_core.errors import InvalidInput

BATCH = 256  # images that the classifier is asked about at a time
_ASKED = {"thumb": ("up", "down"), "pair": ("left", "right", "tie"), "reliance": ("right", "wrong")}


def items_of(study: Study, library: Library) -> list[NewItem]:
    """The items of a study. A larger sample of the same seed begins with the smaller one.

    Raises ``InvalidInput`` where an image or an arm is not to be had, and as loading data set and classifiers does.
    """
    data = library.dataset(study.dataset)
    models = [library.classifier(name, data) for name in study.classifiers or (None,)]
    if study.shows_examples and not len(data.x_train):
        raise InvalidInput(f"arms: {data.title} has no training images to show as examples.")
    for model in models:
        if missing := set(study.arms) - {*compatible_arms(data, model), FUSED_ARM, *EXAMPLE_ARMS}:
            raise InvalidInput(f"arms: {', '.join(sorted(missing))} cannot explain images of {data.title} in time.")
    images, labels = (data.x_test, data.y_test) if study.split == "test" else (data.x_train, data.y_train)
    rng = np.random.default_rng(study.items.seed)
    order = [int(at) for at in rng.permutation(len(images))]
    drawn = _Drawn(study, data.name, images)
    practice, gold = study.practice, study.gold
    found = [drawn.item("gold", known.index, known) for known in gold]
    if isinstance(practice, tuple):
        found += [drawn.item("practice", known.index, known) for known in practice]
    if study.items.indices is not None:
        found += [drawn.item("main", at) for at in study.items.indices]
    # from the other end, so that a larger sample does not meet them soon
    if isinstance(practice, int):
        found += [drawn.item("practice", at) for at in drawn.new(iter(order[::-1]), practice)]
    found += [
        drawn.item("attention", at, Known(index=at, answer=_asked_for(study, data, rng)))
        for at in drawn.new(iter(order[::-1]), study.attention)
    ]
    if study.items.sample is not None:
        found += [
            drawn.item("main", at)
            for at in _sampled(study, order, drawn, images=images, labels=labels, model=models[0])
        ]
    return found


class _Drawn:
    """Images that are in use already; none is used twice, also where a data set holds it twice."""

    def __init__(self, study: Study, dataset: str, images: NDArray[np.uint8]) -> None:
        self._study, self._dataset, self._images = study, dataset, images
        self._used: set[str] = set()

    def item(self, role: Role, index: int, known: Known | None = None) -> NewItem:
        """The item of an image. Raises ``InvalidInput`` where there is no such image."""
        if index >= len(self._images):
            raise InvalidInput(
                f"{role}: {self._dataset} has {len(self._images)} images in the split {self._study.split}, and none "
                f"with the index {index}."
            )
        identity = image_id(self._images[index])
        self._used.add(identity)
        return NewItem(
            role=role,
            dataset=self._dataset,
            split=self._study.split,
            image_index=index,
            image_id=identity,
            expected=None if known is None else known.answer,
        )

    def new(self, order: Iterator[int], count: int) -> list[int]:
        """The next ``count`` images in an order that are not in use."""
        found: list[int] = []
        while len(found) < count:
            at = next(order, None)
            if at is None:
                raise InvalidInput(f"items: {self._dataset} has too few images for all items of this study.")
            if self.take(at):
                found.append(at)
        return found

    def take(self, index: int) -> bool:
        """Put an image in use; returns whether it was not before."""
        identity = image_id(self._images[index])
        new = identity not in self._used
        self._used.add(identity)
        return new


def _sampled(
    study: Study,
    order: list[int],
    drawn: _Drawn,
    *,
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    model: Classifier,
) -> list[int]:
    count, share = study.items.sample or 0, study.items.correct
    if share is None:
        return drawn.new(iter(order), count)
    right = round(count * share)
    answers = _answers(order, images, model)
    wanted = {True: right, False: count - right}
    found: list[int] = []
    for at, answer in zip(order, answers, strict=True):
        hit = bool(answer == labels[at])
        if wanted[hit] and drawn.take(at):
            found.append(at)
            wanted[hit] -= 1
        if not any(wanted.values()):
            return found
    lacking = "right" if wanted[True] else "wrong"
    raise InvalidInput(f"items.correct: {model.name} is {lacking} on too few images for a sample of {count}.")


def _answers(order: list[int], images: NDArray[np.uint8], model: Classifier) -> Iterator[int]:
    for start in range(0, len(order), BATCH):
        batch = as_float(images[order[start : start + BATCH]])
        yield from (int(label) for label in model.predict_proba(batch).argmax(axis=1))


def _asked_for(study: Study, data: ImageDataset, rng: np.random.Generator) -> str:
    """The answer that an attention item asks for: any of them."""
    return str(rng.choice(_ASKED.get(study.task, data.class_names)))
