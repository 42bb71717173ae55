"""The linear model that LIME fits to the classifier's answers, in closed form.

Same estimator as ``lime`` with its defaults: cosine distance between mask and full image, exponential kernel,
weighted ridge regression with free intercept. Ribeiro, Singh & Guestrin 2016, "Why should I trust you?", equations 1-2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.special import logit

JACKKNIFE_GROUPS = 32
FINEST = 1e-6  # what float32 still tells from certainty

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Surrogate:
    """Linear models of C classes over K segments.

    ``weights`` and ``standard_errors`` float64 ``[C, K]``, ``intercepts`` and ``r2`` (weighted) float64 ``[C]``,
    ``rows``: how many samples they rest on.
    """

    weights: Floats
    standard_errors: Floats
    intercepts: Floats
    r2: Floats
    rows: int

    def uncertainty(self) -> float:
        """Largest standard error relative to the range of the weights, in the class where it is worst.

        Returns
        -------
        float
            >= 0; infinite where weights that do not differ have errors.

        References
        ----------
        Covert & Lee 2021, "Improving KernelSHAP", section 3.3 (their convergence criterion).
        """
        ranges = np.ptp(self.weights, axis=1)
        worst = self.standard_errors.max(axis=1)
        return float(np.divide(worst, ranges, out=np.where(worst > 0, np.inf, 0), where=ranges > 0).max())

    def expanded(self, columns: NDArray[np.intp], count: int) -> Surrogate:
        """The same models over more segments.

        Parameters
        ----------
        columns : int array [K]
            Which segments the present ones are.
        count : int
            How many segments there are.

        Returns
        -------
        Surrogate
            Weights and errors are 0 for segments that are not among ``columns``.
        """
        weights, errors = (np.zeros((len(self.weights), count)) for _ in range(2))
        weights[:, columns], errors[:, columns] = self.weights, self.standard_errors
        return replace(self, weights=weights, standard_errors=errors)


def log_odds(probabilities: Floats, finest: float = FINEST) -> Floats:
    """Log-odds of probabilities, log(p / (1 - p)).

    Parameters
    ----------
    probabilities : float64 array
        Of any shape.
    finest : float, optional
        Probabilities closer than this to 0 or 1 are taken for this close.

    Returns
    -------
    float64 array
        Of the same shape, finite.
    """
    odds: Floats = logit(np.clip(probabilities, finest, 1 - finest))
    return odds


def proximity(rows: NDArray[np.uint8], kernel_width: float = 0.25) -> Floats:
    """Kernel weights of masks: sqrt(exp(-D^2 / width^2)), with D the cosine distance to all ones.

    Against all ones, a row with k ones of K has cosine k / sqrt(k K), hence D = 1 - sqrt(k / K).

    Parameters
    ----------
    rows : uint8 array [N, K]
        0 where a segment is hidden, 1 where it is shown.
    kernel_width : float, default 0.25
        Width, > 0.

    Returns
    -------
    float64 array [N]
        In 0..1.
    """
    distance = 1 - np.sqrt(rows.sum(axis=1) / max(rows.shape[1], 1))
    weights: Floats = np.sqrt(np.exp(-((distance / kernel_width) ** 2)))
    return weights


def fit(
    rows: NDArray[np.uint8],
    targets: Floats,
    proximities: Floats,
    *,
    alpha: float = 1.0,
    unit: int = 1,
    exhaustive: bool = False,
) -> Surrogate:
    """Fit weighted ridge regressions with free intercept, of all classes at once.

    Minimises sum_i p_i (y_i - b - w x_i)^2 + alpha w'w by one Cholesky factorisation of (K+1) x (K+1).

    Standard errors are a grouped jackknife over units of rows (row 0, which is not random, stays). Leaving group g out
    changes the coefficients by -A^-1 Z_g' P_g (I - H_g)^-1 e_g, H_g = Z_g A^-1 Z_g' P_g, where A is the penalised
    normal matrix, Z = [1, X] and e the residuals: exact, and no refit.

    Parameters
    ----------
    rows : uint8 array [N, K]
        Masks.
    targets : float64 array [N, C]
        What the classifier says to each, in the classes explained.
    proximities : float64 array [N]
        Weights of the rows.
    alpha : float, default 1.0
        Ridge penalty, > 0.
    unit : int, default 1
        How many consecutive rows were drawn together.
    exhaustive : bool, default False
        Whether the rows are all there are: then nothing was sampled, and the errors are 0.

    Returns
    -------
    Surrogate
        One linear model for each class.

    References
    ----------
    Efron & Stein 1981, "The jackknife estimate of variance"; Hansen, "Econometrics", section 10.3.
    """
    count, segments = rows.shape
    design = np.concatenate([np.ones((count, 1)), rows], axis=1)  # Z [N, K+1]
    weighted = design * proximities[:, None]
    normal = weighted.T @ design
    normal[np.arange(1, segments + 1), np.arange(1, segments + 1)] += alpha
    factor = cho_factor(normal)
    coefficients = cho_solve(factor, weighted.T @ targets)  # [K+1, C]
    residuals = targets - design @ coefficients

    if exhaustive:
        errors = np.zeros((targets.shape[1], segments))
    else:
        # for so many right-hand sides a product with the inverse is faster, and exact enough for errors
        solved = weighted @ cho_solve(factor, np.eye(segments + 1))  # P Z A^-1  [N, K+1]
        errors = _jackknife(design, solved, residuals, unit)[1:].T
    r2 = goodness(targets, residuals, proximities)
    return Surrogate(coefficients[1:].T.copy(), errors, coefficients[0], r2, count)


def goodness(targets: Floats, residuals: Floats, proximities: Floats) -> Floats:
    """Weighted R^2 of a fit.

    Parameters
    ----------
    targets : float64 array [N, C]
        What was fitted.
    residuals : float64 array [N, C]
        What the fit left over.
    proximities : float64 array [N]
        Weights of the rows.

    Returns
    -------
    float64 array [C]
        At most 1; for targets that do not vary 1 when met exactly, else 0 (scikit-learn's convention).
    """
    unexplained = proximities @ residuals**2
    total = proximities @ (targets - np.average(targets, axis=0, weights=proximities)) ** 2
    # scikit-learn's convention for targets that do not vary: 1 when met exactly, else 0
    r2: Floats = np.where(total > 0, 1 - unexplained / np.where(total > 0, total, 1), unexplained == 0)
    return r2


def _group_size(random_rows: int, unit: int) -> int:
    """Rows of a group: whole units, and no more groups than ``JACKKNIFE_GROUPS``."""
    return unit * -(-random_rows // (unit * JACKKNIFE_GROUPS))


def left_out(count: int, unit: int) -> list[slice]:
    """The groups that the jackknife leaves out: whole units of consecutive rows, row 0 in none of them.

    Parameters
    ----------
    count : int
        How many rows there are.
    unit : int
        How many consecutive rows were drawn together.

    Returns
    -------
    list of slice
        At most ``JACKKNIFE_GROUPS``.
    """
    size = _group_size(count - 1, unit)
    return [slice(start, min(start + size, count)) for start in range(1, count, size)]


def _jackknife(design: Floats, solved: Floats, residuals: Floats, unit: int) -> Floats:
    """Standard errors ``[K+1, C]`` of the coefficients from leaving out groups of units; row 0 stays in every fit."""
    random_rows = len(design) - 1
    size = _group_size(random_rows, unit)
    groups = -(-random_rows // size)
    if groups < 2:
        return np.full((design.shape[1], residuals.shape[1]), np.inf)

    def grouped(per_row: Floats) -> Floats:
        """Rows 1.. ``[N, M]`` as ``[G, size, M]``; rows of zeros fill the last group and change nothing."""
        filled = np.pad(per_row[1:], ((0, groups * size - random_rows), (0, 0)))
        return filled.reshape(groups, size, -1)

    z, a, e = grouped(design), grouped(solved).transpose(0, 2, 1), grouped(residuals)
    changes = a @ np.linalg.solve(np.eye(size) - z @ a, e)  # [G, K+1, C]
    errors: Floats = np.sqrt((groups - 1) / groups * ((changes - changes.mean(axis=0)) ** 2).sum(axis=0))
    return errors
