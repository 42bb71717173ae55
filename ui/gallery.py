"""The training images that examples are picked from: built in the background, then searched while the page is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass, replace
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import cache
from ui.jobs import Job
from ui.settings import load_settings
from xai_core.classifiers.base import Classifier
from xai_core.datasets import ImageDataset
from xai_core.datasets.files import Progress
from xai_core.examples import (
    ExampleIndex,
    Query,
    feature_space,
    near_examples,
    near_hits,
    semifactuals,
    training_features,
    training_predictions,
)
from xai_core.examples.embeddings import TrainingFeatures
from xai_core.examples.neighbours import NearExamples, Neighbours, Semifactual
from xai_core.precompute import UPLOAD, Case

IMAGENET = "imagenet-efficientnet-lite0"


@dataclass(frozen=True)
class Source:
    """Which training images, in which feature space, under whose labels: the key of jobs and caches.

    ``labels`` is ``"truth"`` or ``"model"``, the classifier's own.
    """

    dataset: str
    classifier: str
    space: str = "model"
    labels: str = "truth"


@dataclass(frozen=True, eq=False)
class Gallery:
    """Training images with their features and labels. ``index`` counts within ``features.rows``."""

    source: Source
    data: ImageDataset
    model: Classifier
    features: TrainingFeatures
    index: ExampleIndex

    def image(self, position: int) -> NDArray[np.uint8]:
        """The training image at a position of the index, uint8 ``[H, W, C]``."""
        image: NDArray[np.uint8] = self.index.images[position]
        return image


def has_examples(case: Case) -> bool:
    """Whether the image's data set has training images at all; photographs and uploads have none."""
    return case.dataset != UPLOAD and len(cache.dataset(case.dataset, load_settings().xai_data_dir).x_train) > 0


def gallery(source: Source) -> Job[Gallery]:
    """The gallery of a source, from disk or built in the background; fails as loading and embedding fail.

    The classifier's own labels are a second step: as long as the first is not done, it is the job to wait for.
    """
    plain = cache.jobs().ask(replace(source, labels="truth"), lambda progress: _build(source, progress))
    if source.labels == "truth" or not plain.ready:
        return plain
    return cache.jobs().ask(source, lambda progress: _relabelled(plain.result, progress))


def _build(source: Source, progress: Progress) -> Gallery:
    settings = load_settings()
    root = settings.xai_data_dir
    data = cache.dataset(source.dataset, root)
    model = cache.classifier(source.classifier, source.dataset, settings.xai_precision, root)
    encoder = None
    if source.space == "imagenet":
        encoder = cache.classifier(IMAGENET, source.dataset, settings.xai_precision, root)
    features = training_features(data, feature_space(source.space, model, encoder), root=root, progress=progress)
    return Gallery(replace(source, labels="truth"), data, model, features, features.index(data))


def _relabelled(found: Gallery, progress: Progress) -> Gallery:
    labels = training_predictions(found.data, found.model, root=load_settings().xai_data_dir, progress=progress)
    return replace(
        found,
        source=replace(found.source, labels="model"),
        index=found.index.relabelled(labels[found.features.rows]),
    )


KEYS: dict[str | type[Any], Callable[[Any], object]] = {
    Gallery: lambda found: astuple(found.source),
    Case: lambda case: (case.image_id, case.classifier_version, case.precision),
}
"""How caches tell galleries and cases apart: by what they are, never by pixels."""


@st.cache_resource(show_spinner=False, max_entries=64, hash_funcs=KEYS)
def query(found: Gallery, case: Case) -> Query:
    """The image of a case as a query against a gallery."""
    if found.source.space == "model":
        return Query(case.embedding, case.image)
    return found.features.space.query(case.image)


@st.cache_resource(show_spinner=False, max_entries=128, hash_funcs=KEYS)
def neighbours(found: Gallery, case: Case, count: int, distance: str) -> NearExamples:
    """Near hits and near misses of a case, ``count`` each, under the predicted class."""
    return near_examples(query(found, case), found.index, case.prediction, count, distance)


@st.cache_resource(show_spinner=False, max_entries=128, hash_funcs=KEYS)
def nearest_of(found: Gallery, case: Case, label: int, count: int) -> Neighbours:
    """The ``count`` nearest training images of one class, by cosine distance."""
    return near_hits(query(found, case), found.index, label, count)


@st.cache_resource(show_spinner=False, max_entries=64, hash_funcs=KEYS)
def even_ifs(found: Gallery, case: Case, count: int, distance: str, kind: Semifactual) -> Neighbours:
    """Semifactuals of a case: still the predicted class, though on the side of the boundary."""
    return semifactuals(query(found, case), found.index, case.prediction, count, distance, kind=kind)
