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
    """Label every point as its nearest prototype (Euclidean distance).

    Parameters
    ----------
    prototypes : float32 array [P, D] or uint8 pixels [P, ...]
        Features of the prototypes.
    labels : int64 array [P]
        Their classes.
    points : float32 array [N, D] or uint8 pixels [N, ...]
        Features of the points.

    Returns
    -------
    int64 array [N]
        Classes.
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
    """Share of points whose nearest prototype carries their true label.

    Parameters
    ----------
    prototypes : float32 array [P, D] or uint8 pixels [P, ...]
        Features of the prototypes.
    labels : int64 array [P]
        Their classes.
    points : float32 array [N, D] or uint8 pixels [N, ...]
        Features of the points.
    truths : int64 array [N]
        True classes of the points.

    Returns
    -------
    float
        0..1.
    """
    return float(np.mean(nearest_labels(prototypes, labels, points) == truths))


def one_nn_recall(
    prototypes: Features, labels: NDArray[np.int64], points: Features, truths: NDArray[np.int64]
) -> float:
    """Recall of the nearest prototype as a classifier, the mean over classes.

    Parameters
    ----------
    prototypes : float32 array [P, D] or uint8 pixels [P, ...]
        Features of the prototypes.
    labels : int64 array [P]
        Their classes.
    points : float32 array [N, D] or uint8 pixels [N, ...]
        Features of the points.
    truths : int64 array [N]
        True classes of the points.

    Returns
    -------
    float
        0..1.

    References
    ----------
    Herchenbach et al. 2022, "Explaining Image Classifications with Near Misses, Near Hits and Prototypes".
    """
    found = nearest_labels(prototypes, labels, points)
    return float(recall_score(truths, found, average="macro", labels=np.unique(truths), zero_division=0.0))


def prototype_accuracy(
    features: Features, chosen: Mapping[int, NDArray[np.int64]], points: Features, truths: NDArray[np.int64]
) -> float:
    """Accuracy of the nearest prototype as a classifier, with the prototypes of every class.

    Parameters
    ----------
    features : float32 array [N, D] or uint8 pixels [N, ...]
        Features of the training images.
    chosen : mapping of int to int64 array
        Positions of the prototypes of each class.
    points : float32 array [M, D] or uint8 pixels [M, ...]
        Features of the points to classify.
    truths : int64 array [M]
        True classes of the points.

    Returns
    -------
    float
        0..1.
    """
    indices = np.concatenate(list(chosen.values()))
    labels = np.concatenate([np.full(len(members), label) for label, members in chosen.items()])
    return one_nn_accuracy(features[indices], labels, points, truths)


def mmd2(embeddings: Features, choices: Sequence[NDArray[np.int64]], gamma: float) -> list[float]:
    """Squared maximum mean discrepancy (biased) between a class and each choice of its points.

    MMD² = mean K_xx - 2 mean K_xs + mean K_ss, with the RBF kernel.

    Parameters
    ----------
    embeddings : float32 array [N, D] or uint8 pixels [N, ...]
        Features of the images of the class.
    choices : sequence of int64 array
        Positions of the points chosen, one array for each choice.
    gamma : float
        Width of the kernel, > 0.

    Returns
    -------
    list of float
        >= 0; 0 means the same distribution.

    References
    ----------
    Gretton et al. 2012, "A kernel two-sample test", equation 5.
    """
    points = centred(as_points(embeddings))
    means = column_means(points, gamma)
    discrepancies = []
    for indices in choices:
        among = np.mean(rbf(points[indices], points[indices], gamma), dtype=np.float64)
        discrepancies.append(float(max(means.mean() - 2 * means[indices].mean() + among, 0)))
    return discrepancies


def jaccard(left: NDArray[np.int64], right: NDArray[np.int64]) -> float:
    """Agreement of two retrieved sets: what they share over all that they hold.

    Parameters
    ----------
    left : int64 array
        One set.
    right : int64 array
        Another.

    Returns
    -------
    float
        0..1; two empty sets agree.
    """
    together = len(np.union1d(left, right))
    return len(np.intersect1d(left, right)) / together if together else 1.0
