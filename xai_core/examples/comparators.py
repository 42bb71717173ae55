"""Other ways to choose prototypes, to measure MMD-critic against."""

from __future__ import annotations

import kmedoids
import numpy as np
from numpy.typing import NDArray

from xai_core.examples.kernels import as_points, centred, squared_distances
from xai_core.examples.mmd_critic import Features


def k_medoids(embeddings: Features, count: int, *, seed: int = 0) -> NDArray[np.int64]:
    """Medoids of one class under Euclidean distance, by FasterPAM (Schubert & Rousseeuw 2021).

    ``embeddings`` float32 ``[N, D]`` (or uint8 pixels) of the images of the class. Returns int64 ``[min(count, N)]``,
    in no order. Holds the float32 distances of all pairs.
    """
    points = centred(as_points(embeddings))
    if count >= len(points):
        return np.arange(len(points))
    distances = np.sqrt(squared_distances(points, points))
    np.fill_diagonal(distances, 0)
    start = np.random.default_rng(seed).choice(len(points), count, replace=False).astype(np.uint64)
    return np.asarray(kmedoids.fasterpam(distances, start, n_cpu=1).medoids, dtype=np.int64)


def random_prototypes(total: int, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """``min(count, total)`` of the positions 0..total-1, drawn without replacement."""
    return rng.choice(total, min(count, total), replace=False)
