"""What a choice of images means: data set, classifier, and the image that a person brought."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

import numpy as np

from studio.case_queue import Choice
from xai_core.case import Case
from xai_core.classifiers.base import Classifier
from xai_core.datasets import ImageDataset, read_upload
from xai_core.errors import DatasetUnavailable, XaiError
from xai_core.lime.fill_choice import FillChoice
from xai_core.precompute import prepare_case, with_upload

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


def chosen(choice: Choice, library: Library, rng: np.random.Generator) -> tuple[ImageDataset, Classifier]:
    """Data set and classifier of a choice; "surprise me" draws one of the sets that a classifier is here for.

    Raises ``XaiError`` where either cannot be had.
    """
    if choice.dataset is not None:
        data = library.dataset(choice.dataset)
        return data, library.classifier(choice.classifier, data)
    problem: XaiError = DatasetUnavailable("No data set is on this machine: put one under the data folder.")
    for name in rng.permutation(library.available()):
        try:
            data = library.dataset(str(name))
            return data, library.classifier(choice.classifier, data)
        except XaiError as error:
            log.warning("no surprise: dataset=%s problem=%s", name, error)
            problem = error
    raise problem


def upload_case(
    content: bytes,
    data: ImageDataset,
    classifier: Classifier,
    fill: FillChoice,
    *,
    samples: int | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Case:
    """A person's own image file, explained for a classifier with the classes of ``data``.

    Raises as ``read_upload`` and ``explain`` do, ``Cancelled`` soon after ``cancelled()`` is true.
    """
    own = with_upload(data, read_upload(content, classifier.input_shape))
    return prepare_case(own, classifier, 0, fill=fill, samples=samples, cancelled=cancelled)
