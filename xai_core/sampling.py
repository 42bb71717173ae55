"""Which image to show next."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
from numpy.typing import NDArray

from xai_core.classifiers.base import Classifier
from xai_core.datasets import ImageDataset, as_float

CHUNK = 256


def is_interesting(
    probabilities: NDArray[np.float32], truths: NDArray[np.int64], margin: float = 0.5
) -> NDArray[np.bool_]:
    """Which predictions are wrong, but barely: the true class is the second guess and trails by at most ``margin``.

    Parameters
    ----------
    probabilities : float32 array [N, K]
        Answers of a classifier.
    truths : int64 array [N]
        True classes; an image of unknown truth is never interesting.
    margin : float, default 0.5
        Largest difference of the two probabilities.

    Returns
    -------
    bool array [N]
        True for the interesting ones.
    """
    order = np.argsort(-probabilities, axis=1, kind="stable")
    rows = np.arange(len(probabilities))
    gap = probabilities[rows, order[:, 0]] - probabilities[rows, order[:, 1]]
    return np.asarray((order[:, 1] == truths) & (gap <= margin))


def random_indices(data: ImageDataset, rng: np.random.Generator, *, exclude: Collection[int] = ()) -> NDArray[np.int64]:
    """Positions of test images in random order; all of them once every image has been excluded.

    Parameters
    ----------
    data : ImageDataset
        The data set.
    rng : numpy.random.Generator
        Draws the order.
    exclude : collection of int, optional
        Positions of images that were shown before.

    Returns
    -------
    int64 array
        Positions, without those excluded.
    """
    order = rng.permutation(len(data.x_test))
    fresh = order[~np.isin(order, list(exclude))]
    return fresh if len(fresh) else order


def interesting_indices(
    data: ImageDataset, classifier: Classifier, rng: np.random.Generator, *, exclude: Collection[int] = ()
) -> Iterator[int]:
    """Positions of interesting test images in random order, found by classifying the set chunk by chunk.

    Parameters
    ----------
    data : ImageDataset
        The data set.
    classifier : Classifier
        Whose mistakes are of interest.
    rng : numpy.random.Generator
        Draws the order.
    exclude : collection of int, optional
        Positions of images that were shown before.

    Yields
    ------
    int
        The next one; later chunks are classified only when they are asked for.
    """
    order = random_indices(data, rng, exclude=exclude)
    for start in range(0, len(order), CHUNK):
        rows = order[start : start + CHUNK]
        probabilities = classifier.predict_proba(as_float(data.x_test[rows]))
        yield from (int(row) for row in rows[is_interesting(probabilities, data.y_test[rows])])
