"""The RBF kernel k(x, y) = exp(-gamma ‖x - y‖²), in float32 and in blocks: no matrix of all pairs is ever held."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xai_core.errors import InvalidInput

Points = NDArray[np.float32]  # [N, D]

BLOCK = 1024  # rows of the kernel in memory at a time
MEDIAN_SAMPLE = 1000  # points of which the median distance is taken


def as_points(features: NDArray[np.float32] | NDArray[np.uint8]) -> Points:
    """Bring features to the form of points.

    Parameters
    ----------
    features : float32 array [N, D] or uint8 pixels [N, ...]
        Pixels are flattened and scaled to 0..1.

    Returns
    -------
    float32 array [N, D]
        One point for each row.

    Raises
    ------
    InvalidInput
        If the set is empty, has another number of axes, or holds values that are not finite.
    """
    if features.dtype == np.uint8:
        points = features.reshape(len(features), -1).astype(np.float32) / np.float32(255)
    else:
        points = np.asarray(features, dtype=np.float32)
    if points.ndim != 2 or points.size == 0:
        raise InvalidInput(f"Features must be a filled [N, D] array, but their shape is {features.shape}.")
    if not np.isfinite(points).all():
        raise InvalidInput("Features hold values that are not finite; embed the images again.")
    return points


def unit_length(points: Points) -> Points:
    """Divide points by their Euclidean length; a point of length 0 stays where it is.

    Parameters
    ----------
    points : float32 array [N, D]
        The points.

    Returns
    -------
    float32 array [N, D]
        Of length 1 or 0.
    """
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    return np.asarray(points / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def centred(points: Points) -> Points:
    """Move points to mean zero: distances stay, and float32 loses fewer digits in the expansion of squared distances.

    Parameters
    ----------
    points : float32 array [N, D]
        The points.

    Returns
    -------
    float32 array [N, D]
        Of mean zero.
    """
    moved: Points = points - points.mean(axis=0, dtype=np.float64).astype(np.float32)
    return moved


def squared_distances(left: Points, right: Points) -> Points:
    """Squared Euclidean distances between two sets of points.

    Parameters
    ----------
    left : float32 array [N, D]
        One set.
    right : float32 array [M, D]
        Another.

    Returns
    -------
    float32 array [N, M]
        Never negative.
    """
    products: Points = left @ right.T
    products *= -2
    products += np.einsum("nd,nd->n", left, left)[:, None]
    products += np.einsum("nd,nd->n", right, right)[None, :]
    np.maximum(products, 0, out=products)
    return products


def rbf(left: Points, right: Points, gamma: float) -> Points:
    """Values of the RBF kernel between two sets of points.

    Parameters
    ----------
    left : float32 array [N, D]
        One set.
    right : float32 array [M, D]
        Another.
    gamma : float
        Width of the kernel, > 0.

    Returns
    -------
    float32 array [N, M]
        In 0..1.
    """
    distances = squared_distances(left, right)
    distances *= np.float32(-gamma)
    np.exp(distances, out=distances)
    return distances


def kernel_column(points: Points, index: int, gamma: float) -> NDArray[np.float64]:
    """One column of the kernel, computed by differences: exact where points nearly coincide.

    Parameters
    ----------
    points : float32 array [N, D]
        The points.
    index : int
        Which column.
    gamma : float
        Width of the kernel, > 0.

    Returns
    -------
    float64 array [N]
        k(x_i, x_index) for all i.
    """
    differences = points - points[index]
    column: NDArray[np.float64] = np.exp(-gamma * np.einsum("nd,nd->n", differences, differences, dtype=np.float64))
    return column


def column_means(points: Points, gamma: float, block: int = BLOCK) -> NDArray[np.float64]:
    """Mean of every column of the kernel, without holding the kernel.

    Only the upper triangle is computed; a block below the diagonal adds the row sums of its mirror image.

    Parameters
    ----------
    points : float32 array [N, D]
        The points.
    gamma : float
        Width of the kernel, > 0.
    block : int, default 1024
        Rows in memory at a time.

    Returns
    -------
    float64 array [N]
        (1/N) Σ_i k(x_i, x_j) for all j.
    """
    total = len(points)
    sums = np.zeros(total)
    for start in range(0, total, block):
        stop = min(start + block, total)
        kernel = rbf(points[start:stop], points[start:], gamma)  # [block, N - start]
        sums[start:] += kernel.sum(axis=0, dtype=np.float64)
        sums[start:stop] += kernel[:, stop - start :].sum(axis=1, dtype=np.float64)
    return sums / total


def median_gamma(points: Points, seed: int = 0) -> float:
    """Width of the kernel by the median heuristic: one over the median squared distance between points.

    Points that mostly coincide have median 0; then the mean of the squared distances serves, and 1 when all coincide.

    Parameters
    ----------
    points : float32 array [N, D]
        The points; of more than ``MEDIAN_SAMPLE`` a random sample is taken.
    seed : int, default 0
        Draws the sample.

    Returns
    -------
    float
        > 0.
    """
    if len(points) > MEDIAN_SAMPLE:
        points = points[np.random.default_rng(seed).choice(len(points), MEDIAN_SAMPLE, replace=False)]
    if len(points) < 2:
        return 1.0
    pairs = squared_distances(points, points)[np.triu_indices(len(points), k=1)]
    typical = float(np.median(pairs)) or float(pairs.mean())
    return 1 / typical if typical > 0 else 1.0
