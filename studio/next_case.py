"""From what a rater asked to see to the next explained image."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Set
from typing import Protocol

import numpy as np

from db.visits import PastShowing
from studio.case_queue import Choice
from xai_core.case import UPLOAD, Case
from xai_core.classifiers.base import Classifier
from xai_core.datasets import ImageDataset, read_upload
from xai_core.errors import DatasetUnavailable
from xai_core.lime.fill_choice import FillChoice
from xai_core.precompute import prepare_case, with_upload
from xai_core.sampling import interesting_indices, random_indices

log = logging.getLogger(__name__)


class Library(Protocol):
    """Data sets and classifiers by name, each loaded once."""

    def available(self) -> list[str]:
        """Names of the data sets that are on this machine."""
        ...

    def dataset(self, name: str) -> ImageDataset:
        """Raises ``DatasetUnavailable`` or ``BrokenFile``."""
        ...

    def classifier(self, name: str | None, data: ImageDataset) -> Classifier:
        """The classifier of that name, or the one best suited to ``data``. Raises ``ClassifierUnavailable``."""
        ...

    def fill(self, data: ImageDataset, classifier: Classifier) -> FillChoice:
        """What stands in for hidden pieces, as far as it is known by now."""
        ...


def next_case(
    choice: Choice,
    seen: Mapping[str, Set[int]],
    library: Library,
    *,
    samples: int | None = None,
    rng: np.random.Generator,
) -> Case:
    """Draw an image as ``choice`` says, not among those ``seen`` (test indices by data set), and explain it.

    ``samples`` of LIME for each arm; by default as many as the size of the image allows. An upload comes first, once.
    Raises ``XaiError`` where data set, classifier or a fitting image cannot be had.
    """
    started = time.perf_counter()
    data = library.dataset(choice.dataset or _surprise(library, rng))
    model = library.classifier(choice.classifier, data)
    if choice.upload is not None and not seen.get(UPLOAD):
        data, index = with_upload(data, read_upload(choice.upload, model.input_shape)), 0
    else:
        index = _draw(choice, data, model, seen.get(data.name, frozenset()), rng)
    case = prepare_case(data, model, index, fill=library.fill(data, model), samples=samples)
    log.info(
        "case prepared: dataset=%s index=%d classifier=%s image=%s seconds=%.2f",
        case.dataset,
        index,
        model.name,
        case.image_id,
        time.perf_counter() - started,
    )
    return case


def same_case(past: PastShowing, library: Library, *, samples: int | None = None) -> Case:
    """The image of a past showing, explained anew. Raises as ``next_case`` and ``DatasetUnavailable`` if it is gone."""
    data = library.dataset(past.dataset)
    if past.image_index >= len(data.x_test if past.split == "test" else data.x_train):
        raise DatasetUnavailable(f"{data.title} no longer has an image number {past.image_index}.")
    model = library.classifier(past.classifier, data)
    fill = library.fill(data, model)
    return prepare_case(data, model, past.image_index, split=past.split, samples=samples, fill=fill)


def _draw(choice: Choice, data: ImageDataset, model: Classifier, exclude: Set[int], rng: np.random.Generator) -> int:
    if not choice.interesting:
        return int(random_indices(data, rng, exclude=exclude)[0])
    index = next(interesting_indices(data, model, rng, exclude=exclude), None)
    if index is None:
        raise DatasetUnavailable(
            f"{model.name} has no barely wrong image in {data.title}: switch off “only interesting ones”."
        )
    return index


def _surprise(library: Library, rng: np.random.Generator) -> str:
    available = library.available()
    if not available:
        raise DatasetUnavailable("No data set is on this machine: put one under the data folder.")
    return str(rng.choice(available))
