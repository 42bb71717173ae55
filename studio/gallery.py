"""The training images that examples are picked from, ready to be searched."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.next_case import Library
from xai_core.classifiers.base import Classifier
from xai_core.datasets import ImageDataset
from xai_core.datasets.files import Progress
from xai_core.examples import ExampleIndex, feature_space, nearest, training_features, training_predictions
from xai_core.examples.embeddings import TrainingFeatures
from xai_core.examples.index import Neighbours, Query

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


@dataclass(frozen=True)
class Criteria:
    """How examples are picked: feature space, distance, and whose labels count."""

    space: str
    distance: str
    labels: str

    def arm(self, kind: str) -> str:
        """The name under which votes on examples of this criteria are stored; prototypes know no distance."""
        if kind == "prototypes":
            return f"prototypes/{self.space}/mmd-critic"
        return f"{kind}/{self.space}/{self.distance}/{self.labels}"

    def settings(self, rows: list[int]) -> dict[str, Any]:
        """What is stored with a vote: the criteria, and which training images they picked."""
        return asdict(self) | {"training_images": rows}


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

    def positions(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where training images lie in the index."""
        return np.asarray(np.searchsorted(self.features.rows, rows), dtype=np.int64)

    def as_neighbours(self, query: Query, rows: NDArray[np.int64], distance: str) -> Neighbours:
        """The given training images from near to far, with their distances from ``query``."""
        where = self.positions(rows)
        some = ExampleIndex(self.features.vectors[where], self.index.images[where], self.data.y_train[rows])
        near = nearest(query, some, len(where), distance)
        return Neighbours(where[near.indices], near.distances, near.labels, distance)


def build_gallery(source: Source, library: Library, root: Path, progress: Progress | None = None) -> Gallery:
    """The gallery of a source under the true labels, its features from disk or computed and kept under ``root``.

    Fails as loading and embedding fail.
    """
    data = library.dataset(source.dataset)
    model = library.classifier(source.classifier, data)
    encoder = library.classifier(IMAGENET, data) if source.space == "imagenet" else None
    features = training_features(data, feature_space(source.space, model, encoder), root=root, progress=progress)
    return Gallery(replace(source, labels="truth"), data, model, features, features.index(data))


def relabelled(gallery: Gallery, root: Path, progress: Progress | None = None) -> Gallery:
    """The same gallery under the classifier's own labels."""
    labels = training_predictions(gallery.data, gallery.model, root=root, progress=progress)
    return replace(
        gallery,
        source=replace(gallery.source, labels="model"),
        index=gallery.index.relabelled(labels[gallery.features.rows]),
    )
