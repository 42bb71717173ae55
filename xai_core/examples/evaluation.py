"""How good a choice of prototypes is, and how far two distances agree on what is near."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import recall_score

from xai_core.examples.kernels import as_points, centred, column_means, rbf, squared_distances
from xai_core.examples.mmd_critic import Features

BLOCK = 4096  # test points at a time


def nearest_labels(prototypes: Features, labels: NDArray[np.int64], points: Features) -> NDArray[np.int64]:
    """Label of the nearest prototype (Euclidean) of each point, int64 ``[N]``.

    ``prototypes`` ``[P, D]`` with ``labels`` ``[P]``; ``points`` ``[N, D]``: float32, or uint8 pixels.
    """
    reference = as_points(prototypes)
    nearest = [
        squared_distances(as_points(points[start : start + BLOCK]), reference).argmin(axis=1)
        for start in range(0, len(points), BLOCK)
    ]
    return np.asarray(labels[np.concatenate(nearest)])


def one_nn_accuracy(
    prototypes: Features, labels: NDArray[np.int64], points: Features, truths: NDArray[np.int64]
) -> float:
    """Share 0..1 of ``points`` whose nearest prototype carries their true label."""
    return float(np.mean(nearest_labels(prototypes, labels, points) == truths))


def one_nn_recall(
    prototypes: Features, labels: NDArray[np.int64], points: Features, truths: NDArray[np.int64]
) -> float:
    """Recall 0..1 of the same classifier, the mean over classes: the measure of Herchenbach et al. 2022."""
    found = nearest_labels(prototypes, labels, points)
    return float(recall_score(truths, found, average="macro", labels=np.unique(truths), zero_division=0.0))


def prototype_accuracy(
    features: Features, chosen: Mapping[int, NDArray[np.int64]], points: Features, truths: NDArray[np.int64]
) -> float:
    """1-NN accuracy with the prototypes of every class; ``chosen`` maps each class to indices into ``features``."""
    indices = np.concatenate(list(chosen.values()))
    labels = np.concatenate([np.full(len(members), label) for label, members in chosen.items()])
    return one_nn_accuracy(features[indices], labels, points, truths)


def mmd2(embeddings: Features, choices: Sequence[NDArray[np.int64]], gamma: float) -> list[float]:
    """Squared maximum mean discrepancy (biased) between a class and each choice of its points, 0 = same distribution.

    MMD² = mean K_xx - 2 mean K_xs + mean K_ss (Gretton et al. 2012, eq. 5), RBF kernel of width ``gamma``.
    """
    points = centred(as_points(embeddings))
    means = column_means(points, gamma)
    discrepancies = []
    for indices in choices:
        among = np.mean(rbf(points[indices], points[indices], gamma), dtype=np.float64)
        discrepancies.append(float(max(means.mean() - 2 * means[indices].mean() + among, 0)))
    return discrepancies


def jaccard(left: NDArray[np.int64], right: NDArray[np.int64]) -> float:
    """Agreement 0..1 of two retrieved sets: shared over all members; two empty sets agree."""
    together = len(np.union1d(left, right))
    return len(np.intersect1d(left, right)) / together if together else 1.0
