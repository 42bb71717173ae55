"""Distances from one query to many examples, exact, in blocks of rows.

Vectors are float32 ``[N, D]``, or uint8 pixels ``[N, ...]`` that count as 0..1 and are converted block by block.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from xai_core.errors import InvalidInput

Vectors = NDArray[np.float32] | NDArray[np.uint8]
Rows = NDArray[np.float32]

BLOCK_VALUES = 1 << 16  # 256 kB of float32: intermediate arrays stay in the processor's cache


def _cosine(rows: Rows, query: Rows) -> Rows:
    lengths = np.sqrt(np.einsum("nd,nd->n", rows, rows) * np.dot(query, query))
    # einsum, not BLAS: the work is bound by memory, and BLAS threads wait for each other on a busy machine;
    # a vector of length 0 has no direction: it counts as perpendicular
    directionless = np.zeros(len(rows), np.float32)
    cosines = np.divide(np.einsum("nd,d->n", rows, query), lengths, out=directionless, where=lengths > 0)
    distances: Rows = np.maximum(1 - cosines, 0)
    return distances


def _euclidean(rows: Rows, query: Rows) -> Rows:
    differences = rows - query  # not |x|² + |y|² - 2xy, which loses the digits of near neighbours
    lengths: Rows = np.sqrt(np.einsum("nd,nd->n", differences, differences))
    return lengths


def _manhattan(rows: Rows, query: Rows) -> Rows:
    differences = rows - query
    sums: Rows = np.abs(differences, out=differences).sum(axis=1)
    return sums


VECTOR_DISTANCES: Mapping[str, Callable[[Rows, Rows], Rows]] = {
    "cosine": _cosine,  # 1 - cos, in 0..2
    "euclidean": _euclidean,
    "manhattan": _manhattan,
}
SSIM = "ssim"  # (1 - SSIM) / 2 of the pixels, in 0..1
DISTANCES: tuple[str, ...] = (*VECTOR_DISTANCES, SSIM)


def check_distance(name: str) -> str:
    """Refuse a distance that there is not.

    Parameters
    ----------
    name : str
        The name of a distance.

    Returns
    -------
    str
        The name itself.

    Raises
    ------
    InvalidInput
        If it is not one of ``DISTANCES``.
    """
    if name not in DISTANCES:
        raise InvalidInput(f"There is no distance {name!r}; known are {', '.join(DISTANCES)}.")
    return name


def distances_to(query: Vectors, vectors: Vectors, distance: str) -> NDArray[np.float32]:
    """Distances from one vector to many.

    Parameters
    ----------
    query : float32 or uint8 array [D]
        The vector.
    vectors : float32 or uint8 array [N, D]
        What it is compared with.
    distance : {"cosine", "euclidean", "manhattan"}
        1 - cos, length of the difference, or sum of absolute differences.

    Returns
    -------
    float32 array [N]
        >= 0.

    Raises
    ------
    InvalidInput
        If there is no such distance, or the query is of another length.
    """
    if distance not in VECTOR_DISTANCES:
        raise InvalidInput(f"There is no distance {distance!r} of vectors; known are {', '.join(VECTOR_DISTANCES)}.")
    measure = VECTOR_DISTANCES[distance]
    flat = vectors.reshape(len(vectors), -1)
    target = unit_scale(query.reshape(-1))
    if flat.shape[1] != len(target):
        raise InvalidInput(f"The query has {len(target)} features, but the examples have {flat.shape[1]}.")
    step = max(1, BLOCK_VALUES // len(target))
    result = np.empty(len(flat), dtype=np.float32)
    for start in range(0, len(flat), step):
        result[start : start + step] = measure(unit_scale(flat[start : start + step]), target)
    return result


def unit_scale(values: Vectors) -> Rows:
    """Pixels as numbers in 0..1.

    Parameters
    ----------
    values : float32 or uint8 array
        Of any shape.

    Returns
    -------
    float32 array
        uint8 divided by 255, floats as they are.
    """
    if values.dtype == np.uint8:
        return values.astype(np.float32) * np.float32(1 / 255)
    return values.astype(np.float32, copy=False)
