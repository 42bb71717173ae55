"""Features and predictions of whole training sets, computed once and kept on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_core.classifiers.base import Classifier
from xai_core.datasets.base import ImageDataset, as_float
from xai_core.datasets.files import Progress
from xai_core.errors import InvalidInput
from xai_core.examples.distances import Vectors
from xai_core.examples.index import ExampleIndex
from xai_core.examples.spaces import FeatureSpace
from xai_core.examples.store import kept_array
from xai_core.paths import data_root

IMAGENET_IMAGES = 5000  # of a training set that the ImageNet network embeds
CHUNK = 250  # images between two reports of progress


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
        """What near hits and near misses are searched in.

        Parameters
        ----------
        data : ImageDataset
            The data set that the features are of.
        labels : int64 array [all training images], optional
            Labels to search by; by default the ground truth.

        Returns
        -------
        ExampleIndex
            Whose indices count within ``rows``.
        """
        labels = data.y_train if labels is None else labels
        images = data.x_train if len(self.rows) == len(data.x_train) else data.x_train[self.rows]
        return ExampleIndex(self.vectors, images, labels[self.rows])


def training_features(
    data: ImageDataset, space: FeatureSpace, *, root: Path | None = None, progress: Progress | None = None
) -> TrainingFeatures:
    """Features of the training images of a data set, read from disk, or computed and then kept.

    They are kept under ``root / "embeddings"``, one file for each data set and encoder, and built anew when data,
    classifier version or precision change, or the file is damaged. The space ``imagenet`` embeds at most
    ``IMAGENET_IMAGES`` images, a random sample, which takes a minute or two: its network costs a hundred times as much
    as those of small images.

    Parameters
    ----------
    data : ImageDataset
        The data set.
    space : FeatureSpace
        What to compute.
    root : pathlib.Path, optional
        The data folder; by default ``$XAI_DATA_DIR``, or ``data/`` where that is not set.
    progress : callable, optional
        Called with the share done, 0..1, and a sentence on what is being done.

    Returns
    -------
    TrainingFeatures
        Perhaps memory-mapped.

    Raises
    ------
    InvalidInput
        If the data set has no training images, or the encoder no embedding.
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
    """The classifier's own labels of all training images, kept on disk as ``training_features`` are.

    Parameters
    ----------
    data : ImageDataset
        The data set.
    classifier : Classifier
        The classifier.
    root : pathlib.Path, optional
        The data folder; by default ``$XAI_DATA_DIR``, or ``data/`` where that is not set.
    progress : callable, optional
        Called with the share done, 0..1, and a sentence on what is being done.

    Returns
    -------
    int64 array [N]
        Indices of classes.
    """

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
