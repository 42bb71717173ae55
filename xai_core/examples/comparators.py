"""Other ways to choose prototypes, to measure MMD-critic against."""

from __future__ import annotations

from collections.abc import Sequence

import kmedoids
import numpy as np
from numpy.typing import NDArray

from xai_core.examples.kernels import as_points, centred, squared_distances
from xai_core.examples.mmd_critic import Features


def k_medoids(embeddings: Features, counts: Sequence[int], *, seed: int = 0) -> dict[int, NDArray[np.int64]]:
    """Medoids of one class under Euclidean distance, by FasterPAM (Schubert & Rousseeuw 2021), for several counts.

    ``embeddings`` float32 ``[N, D]`` (or uint8 pixels) of the images of the class. Maps each count to int64
    ``[min(count, N)]``, in no order. Holds the float32 distances of all pairs.
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
    """``min(count, total)`` of the positions 0..total-1, drawn without replacement."""
    return rng.choice(total, min(count, total), replace=False)
