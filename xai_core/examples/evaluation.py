"""How good a choice of prototypes is, and how far two distances agree on what is near."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import recall_score

from xai_core.examples.kernels import as_points, centred, column_means, kernel_column, squared_distances
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


def accuracy_by_count(
    features: Features,
    chosen: Mapping[int, NDArray[np.int64]],
    counts: Sequence[int],
    points: Features,
    truths: NDArray[np.int64],
) -> list[float]:
    """1-NN accuracy with the first 1, 2, ... prototypes of every class, one value per entry of ``counts``.

    ``chosen`` maps each class to indices into ``features`` in the order chosen.
    """
    accuracies = []
    for count in counts:
        indices = np.concatenate([members[:count] for members in chosen.values()])
        labels = np.concatenate([np.full(len(members[:count]), label) for label, members in chosen.items()])
        accuracies.append(one_nn_accuracy(features[indices], labels, points, truths))
    return accuracies


def mmd2(embeddings: Features, indices: NDArray[np.int64], gamma: float) -> float:
    """Squared maximum mean discrepancy (biased) between a class and a choice of its points, 0 = same distribution.

    MMD² = mean K_xx - 2 mean K_xs + mean K_ss (Gretton et al. 2012, eq. 5), RBF kernel of width ``gamma``.
    """
    points = centred(as_points(embeddings))
    means = column_means(points, gamma)
    among = np.mean([kernel_column(points, index, gamma)[indices].mean() for index in indices])
    return float(max(means.mean() - 2 * means[indices].mean() + among, 0))


def jaccard(left: NDArray[np.int64], right: NDArray[np.int64]) -> float:
    """Agreement 0..1 of two retrieved sets: shared over all members; two empty sets agree."""
    together = len(np.union1d(left, right))
    return len(np.intersect1d(left, right)) / together if together else 1.0
