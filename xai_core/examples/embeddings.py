"""Feature spaces in which images are near or far, and the features of whole training sets, computed once.

Three spaces: ``model`` (penultimate layer of the classifier at hand: what *it* finds alike), ``imagenet`` (a network
that has seen photographs of everything and knows nothing of the classifier), and ``pixels``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_core.classifiers.base import Classifier
from xai_core.classifiers.fitting import fitted
from xai_core.datasets.base import ImageDataset, as_float
from xai_core.datasets.files import Progress
from xai_core.errors import InvalidInput
from xai_core.examples.distances import Vectors
from xai_core.examples.kernels import Points, as_points, unit_length
from xai_core.examples.neighbours import ExampleIndex, Query
from xai_core.examples.store import kept_array
from xai_core.paths import data_root

SPACES: tuple[str, ...] = ("model", "imagenet", "pixels")
IMAGENET_IMAGES = 5000  # of a training set that the ImageNet network embeds
CHUNK = 250  # images between two reports of progress


@dataclass(frozen=True)
class FeatureSpace:
    """One of ``SPACES``. ``encoder`` is the network that embeds, None for pixels."""

    name: str
    encoder: Classifier | None = None

    def features(self, images: NDArray[np.uint8]) -> Vectors:
        """Features of images uint8 ``[N, H, W, C]``: float32 ``[N, D]``, or for pixels the images uint8 ``[N, HWC]``.

        Images of another size or number of channels than the encoder takes are resized (bicubic) and converted.
        Raises ``InvalidInput`` for an encoder that has no embedding.
        """
        if self.encoder is None:
            return images.reshape(len(images), -1)
        try:
            return self.encoder.embed(fitted(as_float(images), self.encoder.input_shape))
        except NotImplementedError as error:
            raise _no_embedding(self.encoder) from error

    def points(self, features: Vectors) -> Points:
        """Features as points float32 ``[N, D]`` among which prototypes are chosen.

        Embeddings are scaled to unit length: their length says how strongly a network responds, their direction to
        what (and cosine is the default distance of neighbours too). Pixels count as 0..1.
        """
        points = as_points(features)
        return points if self.encoder is None else unit_length(points)

    def query(self, image: NDArray[np.uint8]) -> Query:
        """One image uint8 ``[H, W, C]`` as a query against an index of this space."""
        return Query(self.features(image[None])[0], image)


@dataclass(frozen=True, eq=False)
class TrainingFeatures:
    """Features of training images: ``vectors`` ``[n, D]`` (uint8 pixels, or float32), perhaps memory-mapped.

    ``rows`` int64 ``[n]`` are the positions of those images in the training set: all, or a documented sample.
    ``name`` stands in file names, ``key`` says all that the features depend on.
    """

    space: FeatureSpace
    vectors: Vectors
    rows: NDArray[np.int64]
    key: Mapping[str, str]

    @property
    def name(self) -> str:
        """The encoder's name, or that of the space."""
        return self.space.encoder.name if self.space.encoder else self.space.name

    def index(self, data: ImageDataset, labels: NDArray[np.int64] | None = None) -> ExampleIndex:
        """What near hits and misses search, under the ground truth or the given labels ``[all training images]``.

        ``indices`` of its neighbours count within ``rows``.
        """
        labels = data.y_train if labels is None else labels
        images = data.x_train if len(self.rows) == len(data.x_train) else data.x_train[self.rows]
        return ExampleIndex(self.vectors, images, labels[self.rows])


def feature_space(name: str, classifier: Classifier, imagenet: Classifier | None = None) -> FeatureSpace:
    """The space of that name; ``imagenet`` is the encoder of the space ``imagenet``.

    Raises ``InvalidInput`` for an unknown name, a missing encoder, or a classifier without embedding.
    """
    match name:
        case "pixels":
            return FeatureSpace("pixels")
        case "model":
            return FeatureSpace("model", _embedding(classifier))
        case "imagenet":
            if imagenet is None:
                raise InvalidInput(
                    "The feature space 'imagenet' needs an ImageNet classifier; load one, or use 'pixels'."
                )
            return FeatureSpace("imagenet", _embedding(imagenet))
    raise InvalidInput(f"There is no feature space {name!r}; known are {', '.join(SPACES)}.")


def training_features(
    data: ImageDataset, space: FeatureSpace, *, root: Path | None = None, progress: Progress | None = None
) -> TrainingFeatures:
    """Features of the training images of ``data`` in ``space``, from disk or computed and then kept.

    They lie under ``root / "embeddings"`` (``root`` is the data root by default), one file a data set and encoder, and
    are rebuilt when data, classifier version or precision change, or the file is damaged. ``progress`` is told the
    share done. The space ``imagenet`` embeds at most ``IMAGENET_IMAGES`` images (a sample of seed 0), which takes a
    minute or two: its network is a hundred times as heavy as those of small images.

    Raises ``InvalidInput`` for a data set without training images, or an encoder that has no embedding.
    """
    rows = np.arange(len(data.x_train))
    if len(rows) == 0:
        raise InvalidInput(f"{data.title} has no training images to pick examples from; choose another data set.")
    if space.name == "imagenet" and len(rows) > IMAGENET_IMAGES:
        rows = np.sort(np.random.default_rng(0).choice(len(rows), IMAGENET_IMAGES, replace=False))
    encoder = space.encoder
    if encoder is None:
        return TrainingFeatures(space, space.features(data.x_train), rows, {"data": data.digest})
    key = _key(data, encoder, rows)
    vectors = kept_array(
        kept_path(data, encoder.name, "embedding", root),
        key,
        lambda: _in_chunks(space.features, data.x_train, rows, _titled(encoder, progress)),
    )
    return TrainingFeatures(space, vectors, rows, key)


def training_predictions(
    data: ImageDataset, classifier: Classifier, *, root: Path | None = None, progress: Progress | None = None
) -> NDArray[np.int64]:
    """The classifier's own labels of all training images, int64 ``[N]``, kept like ``training_features``."""

    def predict(images: NDArray[np.uint8]) -> NDArray[np.int64]:
        return np.asarray(classifier.predict_proba(as_float(images)).argmax(axis=1), dtype=np.int64)

    rows = np.arange(len(data.x_train))
    return kept_array(
        kept_path(data, classifier.name, "predictions", root),
        _key(data, classifier, rows),
        lambda: _in_chunks(predict, data.x_train, rows, _titled(classifier, progress)),
    )


def kept_path(data: ImageDataset, name: str, what: str, root: Path | None) -> Path:
    """Where ``what`` was computed of a data set by the encoder ``name`` lies."""
    return (root or data_root()) / "embeddings" / f"{data.name}.{name}.{what}.npy"


def _key(data: ImageDataset, encoder: Classifier, rows: NDArray[np.int64]) -> dict[str, str]:
    return {
        "data": data.digest,
        "version": encoder.version,
        "precision": encoder.precision,
        "input_shape": str(tuple(encoder.input_shape)),
        "rows": hashlib.sha256(rows.tobytes()).hexdigest()[:16],
    }


def _in_chunks(
    compute: Callable[[NDArray[np.uint8]], NDArray[Any]],
    images: NDArray[np.uint8],
    rows: NDArray[np.int64],
    report: Callable[[int, int], None],
) -> NDArray[Any]:
    """``compute`` of the images at ``rows``, telling ``report`` how many of how many are done."""
    report(0, len(rows))
    first = compute(images[rows[:CHUNK]])
    # filled in place: hundreds of small pieces would leave holes in the heap as large as all of them
    found = np.empty((len(rows), *first.shape[1:]), first.dtype)
    found[:CHUNK] = first
    for start in range(CHUNK, len(rows), CHUNK):
        report(start, len(rows))
        found[start : start + CHUNK] = compute(images[rows[start : start + CHUNK]])
    report(len(rows), len(rows))
    return found


def _titled(encoder: Classifier, progress: Progress | None) -> Callable[[int, int], None]:
    def report(done: int, total: int) -> None:
        if progress:
            progress(done / total, f"{encoder.name}: {done:,} of {total:,} images")

    return report


def _embedding(classifier: Classifier) -> Classifier:
    if not callable(getattr(classifier, "embed", None)):
        raise _no_embedding(classifier)
    return classifier


def _no_embedding(classifier: Classifier) -> InvalidInput:
    return InvalidInput(
        f"{classifier.name} has no embedding; choose the feature space 'pixels' or 'imagenet' for its examples."
    )
