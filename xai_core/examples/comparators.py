"""Other ways to choose prototypes, to measure MMD-critic against."""

from __future__ import annotations

from collections.abc import Sequence

import kmedoids
import numpy as np
from numpy.typing import NDArray

from xai_core.examples.kernels import as_points, centred, squared_distances
from xai_core.examples.mmd_critic import Features


def k_medoids(embeddings: Features, counts: Sequence[int], *, seed: int = 0) -> dict[int, NDArray[np.int64]]:
    """Choose medoids of one class under Euclidean distance, by FasterPAM, for several counts.

    Holds the float32 distances of all pairs.

    Parameters
    ----------
    embeddings : float32 array [N, D] or uint8 pixels [N, ...]
        Features of the images of the class.
    counts : sequence of int
        How many medoids, for each choice.
    seed : int, default 0
        Draws the medoids that the search starts from.

    Returns
    -------
    dict of int to int64 array [min(count, N)]
        Positions of the medoids by count, in no order.

    References
    ----------
    Schubert & Rousseeuw 2021, "Fast and eager k-medoids clustering".
    """
    points = centred(as_points(embeddings))
    distances = np.sqrt(squared_distances(points, points))
    np.fill_diagonal(distances, 0)
    rng = np.random.default_rng(seed)
    found = {}
    for count in counts:
        start = random_prototypes(len(points), count, rng)
        medoids = kmedoids.fasterpam(distances, start.astype(np.uint64), n_cpu=1).medoids
        found[count] = np.asarray(medoids, dtype=np.int64)
    return found


def random_prototypes(total: int, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw positions without replacement.

    Parameters
    ----------
    total : int
        How many there are.
    count : int
        How many to draw.
    rng : numpy.random.Generator
        Draws them.

    Returns
    -------
    int64 array [min(count, total)]
        Positions 0..total-1.
    """
    return rng.choice(total, min(count, total), replace=False)
