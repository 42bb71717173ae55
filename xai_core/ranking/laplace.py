"""Bayesian logistic regression: Newton to the mode, Laplace around it, with one intercept per group integrated out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse
from scipy.special import expit

CHUNK = 2048
TOLERANCE = 1e-5
MAX_STEPS = 50
ALONE = -1


@dataclass(frozen=True, eq=False)
class Mode:
    """Posterior of the coefficients at its mode: ``mean`` ``[d]``, ``precision`` ``[d, d]`` with the groups' intercepts
    integrated out; ``intercepts`` ``[G]`` and ``intercept_precision`` ``[G]`` are those of the groups. ``evidence`` is
    Laplace's approximation of the log marginal likelihood (MacKay 1992)."""

    mean: NDArray[np.float64]
    precision: NDArray[np.float64]
    intercepts: NDArray[np.float64]
    intercept_precision: NDArray[np.float64]
    evidence: float


def log_loss(utility: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """-log P(y) of a logistic model, float64 ``[N]``."""
    return np.logaddexp(0, utility) - y * utility


def find_mode(
    X: sparse.csr_array,
    y: NDArray[np.float64],
    *,
    weights: NDArray[np.float64],
    group: NDArray[np.int64],
    prior_mean: NDArray[np.float64],
    prior_precision: NDArray[np.float64],
    group_precision: float,
    start: NDArray[np.float64],
) -> Mode:
    """Maximise ``Σ w log P(y | Xθ + r) + log N(θ; prior) + log N(r; 0, 1/group_precision)``.

    ``X`` ``[N, d]``, ``y`` ``[N]`` in 0..1, ``group`` ``[N]`` codes 0..G-1 or ``ALONE``, ``prior_precision``
    ``[d, d]``. Newton with step halving; the groups' block of the Hessian is diagonal and is eliminated
    (Schur complement), so thousands of groups cost little. Rows, and groups, that touch the same coefficients should be
    neighbours: products are summed over chunks, dense in the columns that a chunk touches.
    """
    theta, count = start.copy(), int(group.max(initial=ALONE)) + 1
    intercepts = np.zeros(count)
    known = np.flatnonzero(group != ALONE)
    sizes = np.bincount(group[known], minlength=count)
    single = known[sizes[group[known]] == 1]  # rows that have a group for themselves

    def utility(theta: NDArray[np.float64], intercepts: NDArray[np.float64]) -> NDArray[np.float64]:
        total = X @ theta
        total[known] += intercepts[group[known]]
        return np.asarray(total)

    def objective(theta: NDArray[np.float64], intercepts: NDArray[np.float64]) -> float:
        off = theta - prior_mean
        penalty = off @ prior_precision @ off + group_precision * intercepts @ intercepts
        return float(weights @ log_loss(utility(theta, intercepts), y) + penalty / 2)

    value = objective(theta, intercepts)
    for _ in range(MAX_STEPS):
        p = expit(utility(theta, intercepts))
        residual, curvature = weights * (y - p), weights * p * (1 - p)
        membership = sparse.csr_array((curvature[known], (group[known], known)), shape=(count, len(y)))
        cross = sparse.csr_array(membership @ X)
        own = _sums(group[known], curvature[known], count) + group_precision
        gradient = X.T @ residual - prior_precision @ (theta - prior_mean)
        group_gradient = _sums(group[known], residual[known], count) - group_precision * intercepts
        left = curvature.copy()  # what is left of a row's curvature once its own group's intercept is eliminated
        left[single] *= group_precision / own[group[single]]
        schur = _gram(X, left) - _gram(cross[sizes > 1], 1 / own[sizes > 1])
        schur += prior_precision
        step = linalg.cho_solve(linalg.cho_factor(schur), gradient - cross.T @ (group_gradient / own))
        group_step = (group_gradient - cross @ step) / own
        decrement = gradient @ step + group_gradient @ group_step
        if decrement < TOLERANCE:  # so near that a full step lands on the mode, and the Hessian is that of the mode
            theta, intercepts = theta + step, intercepts + group_step
            value = objective(theta, intercepts)
            break
        size = 1.0
        while (new := objective(theta + size * step, intercepts + size * group_step)) > value and size > 1e-6:
            size /= 2
        theta, intercepts, value = theta + size * step, intercepts + size * group_step, new
    # log P(y, mode) + half the log determinants of prior and posterior precision; the 2π cancel
    determinants = np.linalg.slogdet(prior_precision)[1] + count * np.log(group_precision)
    determinants -= np.linalg.slogdet(schur)[1] + np.log(own).sum()
    return Mode(theta, schur, intercepts, own, float(determinants / 2 - value))


def _gram(matrix: sparse.csr_array, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """``matrixᵀ diag(weights) matrix`` ``[d, d]`` of weights ``[N]`` >= 0, chunk by chunk dense in the columns that it
    touches."""
    d = matrix.shape[1]
    total, roots = np.zeros((d, d)), np.sqrt(weights)
    for first in range(0, matrix.shape[0], CHUNK):
        chunk = matrix[first : first + CHUNK]
        columns = np.flatnonzero(np.bincount(chunk.indices, minlength=d))
        dense = chunk.toarray() if len(columns) == d else chunk[:, columns].toarray()
        dense *= roots[first : first + CHUNK, None]
        block = dense.T @ dense  # of one array with itself: half the work
        if len(columns) == d:
            total += block
        else:
            total[np.ix_(columns, columns)] += block
    return total


def _sums(codes: NDArray[np.int64], values: NDArray[np.float64], groups: int) -> NDArray[np.float64]:
    """Sum of the values of each code, float64 ``[groups]``."""
    return np.bincount(codes, values, groups).astype(np.float64)  # integers where there are no values


def absorb(
    prior_utility: NDArray[np.float64],
    covariance: NDArray[np.float64],
    y: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mode of few new observations under a Gaussian belief of their utilities: (gradients, curvatures), each ``[n]``.

    With utilities ``f ~ N(prior_utility, covariance)`` the mode is ``f = prior_utility + covariance @ gradients``, and
    so the coefficients move by ``Σ Xᵀ gradients``: one vote costs a system of the size of the vote, not of the log.
    """
    gradients = np.zeros_like(y)
    for _ in range(MAX_STEPS):
        p = expit(prior_utility + covariance @ gradients)
        curvatures = weights * p * (1 - p)
        residual = weights * (y - p) - gradients
        if np.abs(residual).max() < TOLERANCE:
            break
        gradients = gradients + linalg.solve(np.eye(len(y)) + curvatures[:, None] * covariance, residual)
    return gradients, weights * (p := expit(prior_utility + covariance @ gradients)) * (1 - p)


def averaged_approval(mean: NDArray[np.float64], variance: NDArray[np.float64]) -> NDArray[np.float64]:
    """E[σ(u)] for u ~ N(mean, variance), by MacKay's probit approximation (1992, eq. 10)."""
    return np.asarray(expit(mean / np.sqrt(1 + np.pi / 8 * variance)))
