"""MMD-critic: prototypes that summarise a class, and criticisms that the prototypes leave unexplained.

Kim, Khanna & Koyejo, "Examples are not enough, learn to criticize!", NIPS 2016. One RBF kernel a class, as in
Herchenbach et al. 2022 (near hits and near misses already show how classes relate).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from xai_core.datasets.base import UNKNOWN_LABEL
from xai_core.errors import InvalidInput
from xai_core.examples.kernels import as_points, centred, column_means, kernel_column, median_gamma, rbf

JITTER = 1e-6  # added to the kernel's diagonal: duplicates make it singular

Features = NDArray[np.float32] | NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Prototypes:
    """Prototypes in the order chosen: ``indices`` int64 ``[m]`` into the features that were passed.

    ``mmd2`` float64 ``[m]`` is the squared maximum mean discrepancy between the class and its first 1..m prototypes
    (0 = same distribution; the scree curve), ``gamma`` the kernel width used, ``notes`` sentences about adjustments.
    """

    indices: NDArray[np.int64]
    mmd2: NDArray[np.float64]
    gamma: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Criticisms:
    """Criticisms in the order chosen: ``indices`` int64 ``[c]`` into the features that were passed.

    ``witness`` float64 ``[c]``: how much denser the class is there than its prototypes say (negative: less dense).
    """

    indices: NDArray[np.int64]
    witness: NDArray[np.float64]
    notes: tuple[str, ...] = ()


def select_prototypes(embeddings: Features, count: int, *, gamma: float | None = None, seed: int = 0) -> Prototypes:
    """Choose prototypes of one class greedily.

    Each step adds the point c that maximises J(S ∪ {c}), where

        J(S) = (2 / n#S) Σ_i Σ_j∈S k(x_i, x_j) - (1 / #S²) Σ_j,l∈S k(x_j, x_l) = constant - MMD²

    and #S is the number of points in S. Multiplied by #S + 1 and without constants that is

        (2/n) Σ_i k(x_i, c) - [k(c, c) + 2 Σ_j∈S k(c, j)] / (#S + 1)

    and since the sum over S is kept up to date, a step costs one column of the kernel. Ties go to the first point.

    Parameters
    ----------
    embeddings : float32 array [N, D] or uint8 pixels [N, ...]
        Features of the images of the class.
    count : int
        How many prototypes, at least 1; a class with fewer points is returned whole, with a note.
    gamma : float, optional
        Width of the kernel, > 0; by default the median heuristic.
    seed : int, default 0
        Draws the sample on which the median heuristic rests.

    Returns
    -------
    Prototypes
        In the order chosen.

    Raises
    ------
    InvalidInput
        If the count is below 1, gamma is not positive, or the features are not points.

    References
    ----------
    Kim, Khanna & Koyejo 2016, "Examples are not enough, learn to criticize!", equation 4 and algorithm 1.
    """
    if count < 1:
        raise InvalidInput(f"At least one prototype must be asked for, not {count}.")
    points = centred(as_points(embeddings))
    gamma = _positive(gamma) if gamma is not None else median_gamma(points, seed)
    chosen = min(count, len(points))
    notes = () if chosen == count else (f"The class has only {chosen} images, so all are shown instead of {count}.",)

    means = column_means(points, gamma)
    to_chosen = np.zeros(len(points))  # Σ_j∈S k(c, j)
    available = np.ones(len(points), dtype=bool)
    indices = np.empty(chosen, dtype=np.int64)
    mmd2 = np.empty(chosen)
    linear = quadratic = 0.0  # Σ_j∈S means_j and Σ_j,l∈S k(j, l)
    for step in range(chosen):
        gains = 2 * means - (1 + 2 * to_chosen) / (step + 1)
        best = int(np.argmax(np.where(available, gains, -np.inf)))
        linear += means[best]
        quadratic += 1 + 2 * to_chosen[best]
        to_chosen += kernel_column(points, best, gamma)
        available[best] = False
        indices[step] = best
        mmd2[step] = means.mean() - 2 * linear / (step + 1) + quadratic / (step + 1) ** 2
    return Prototypes(indices, np.maximum(mmd2, 0), gamma, notes)


def prototypes_by_class(
    embeddings: Features,
    labels: NDArray[np.int64],
    count: int,
    *,
    gamma: float | Mapping[int, float] | None = None,
    seed: int = 0,
) -> dict[int, Prototypes]:
    """Choose prototypes of every class that occurs.

    Parameters
    ----------
    embeddings : float32 array [N, D] or uint8 pixels [N, ...]
        Features of all images.
    labels : int64 array [N]
        Classes; unknown labels are left out.
    count : int
        How many prototypes of each class, at least 1.
    gamma : float or mapping of int to float, optional
        Width of the kernel: one for all, or one for each class; by default the median heuristic of each class by
        itself.
    seed : int, default 0
        Draws the sample on which the median heuristic rests.

    Returns
    -------
    dict of int to Prototypes
        By class; ``indices`` point into ``embeddings`` as a whole.

    Raises
    ------
    InvalidInput
        As ``select_prototypes`` raises it.
    """
    found = {}
    for label in np.unique(labels[labels != UNKNOWN_LABEL]):
        members = np.flatnonzero(labels == label)
        width = gamma.get(int(label)) if isinstance(gamma, Mapping) else gamma
        prototypes = select_prototypes(embeddings[members], count, gamma=width, seed=seed)
        found[int(label)] = replace(prototypes, indices=members[prototypes.indices])
    return found


def select_criticisms(embeddings: Features, prototypes: NDArray[np.int64], count: int, *, gamma: float) -> Criticisms:
    """Choose criticisms of one class greedily, given its prototypes.

    Maximises the sum over the criticisms of the absolute witness function, plus log det K of their kernel matrix K,
    where

        witness(x) = (1/n) Σ_i k(x_i, x) - (1/m) Σ_j∈S k(x_j, x)

    A step adds the point with the greatest abs(witness) + log(k(c, c) - k_cC K_CC⁻¹ k_Cc). The Schur complements of all
    points follow from a growing Cholesky factor, with jitter on the diagonal, so duplicates neither fail nor get chosen
    together.

    Parameters
    ----------
    embeddings : float32 array [N, D] or uint8 pixels [N, ...]
        Features of the images of the class, as for ``select_prototypes``.
    prototypes : int64 array [m]
        Indices of its prototypes.
    count : int
        How many criticisms, at least 1.
    gamma : float
        Width of the kernel with which the prototypes were chosen, > 0.

    Returns
    -------
    Criticisms
        In the order chosen; fewer, with a note, where the class has no more images.

    Raises
    ------
    InvalidInput
        If there are no prototypes, the count is below 1, or gamma is not positive.

    References
    ----------
    Kim, Khanna & Koyejo 2016, "Examples are not enough, learn to criticize!", section 3.2 and equation 9.
    """
    if count < 1 or len(prototypes) == 0:
        raise InvalidInput(f"Criticisms need prototypes and a count >= 1, not {len(prototypes)} and {count}.")
    points = centred(as_points(embeddings))
    gamma = _positive(gamma)
    witness = column_means(points, gamma) - rbf(points, points[prototypes], gamma).mean(axis=1, dtype=np.float64)
    available = np.ones(len(points), dtype=bool)
    available[prototypes] = False
    chosen = min(count, int(available.sum()))
    notes = () if chosen == count else (f"Only {chosen} images of the class are not prototypes already.",)

    complements = np.full(len(points), 1 + JITTER)  # k(c, c) - k_cC K_CC⁻¹ k_Cc
    factor = np.empty((chosen, len(points)))  # rows of the Cholesky factor, for all points as candidates
    indices = np.empty(chosen, dtype=np.int64)
    for step in range(chosen):
        scores = np.abs(witness) + np.log(complements)
        best = int(np.argmax(np.where(available, scores, -np.inf)))
        column = kernel_column(points, best, gamma) - factor[:step, best] @ factor[:step]
        factor[step] = column / np.sqrt(complements[best])
        complements = np.maximum(complements - factor[step] ** 2, JITTER)
        available[best] = False
        indices[step] = best
    return Criticisms(indices, witness[indices], notes)


def _positive(gamma: float) -> float:
    if not (np.isfinite(gamma) and gamma > 0):
        raise InvalidInput(f"The kernel width gamma must be a positive number, not {gamma}.")
    return float(gamma)
