"""LIME's weights from fewer questions: a Gaussian process guesses what the classifier would say to the masks not asked.

LIME's weights are those of a regression over all masks of a segmentation; the sampled ones stand for the rest. The
answers are not arbitrary, though: masks that differ little get similar answers. A Gaussian process through the log-odds
of the answers predicts them for thousands of masks, and LIME's regression is fitted to the predictions.
Sources: O'Hagan 1991, "Bayes-Hermite quadrature"; Rasmussen & Ghahramani 2003, "Bayesian Monte Carlo".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit

from xai_core.explanation import Scale
from xai_core.lime.masks import balanced, with_complements
from xai_core.lime.surrogate import FINEST, Floats, Surrogate, fit, goodness, left_out, log_odds, proximity

POPULATION = 4096  # masks whose answers are predicted, a power of two
MOST_ROWS = 2048  # beyond, plain regression is as exact and the process too costly: its time grows with the cube
LENGTH = 0.4  # covariance falls by e over masks that differ in this share of what matters
BY_WEIGHT = 0.8  # how far a first fit's weights, not areas, decide what matters
NUGGET = 2e-3  # variance of what is smaller than a mask can tell, relative to that of the process
CERTAIN = 1e-3  # probabilities beyond are taken for this far from 0 or 1

Rows = NDArray[np.uint8]
Halves = NDArray[np.float32]


def fit_kriged(
    rows: Rows,
    targets: Floats,
    areas: NDArray[np.number],
    *,
    kernel_width: float = 0.25,
    alpha: float = 1.0,
    unit: int = 1,
    scale: Scale = "probability",
) -> Surrogate:
    """Estimate from few rows the surrogate that ``surrogate.fit`` would find with thousands.

    The covariance of two masks is 1 + exp(-d / LENGTH), where d, 0..1, adds up what the differing segments matter: a
    mixture of their share of the pixels and of the absolute weights of a plain fit. Standard errors are the grouped
    jackknife of ``surrogate.fit``, carried through the process: it loses a group of answers without a refit.

    Parameters
    ----------
    rows : uint8 array [N, K]
        Masks.
    targets : float64 array [N, C], 0..1
        Probabilities that the classifier gives to each, in the classes explained.
    areas : array [K]
        Pixels of each segment.
    kernel_width : float, default 0.25
        Width of the proximity kernel, > 0.
    alpha : float, default 1.0
        Ridge penalty, > 0.
    unit : int, default 1
        How many consecutive rows were drawn together.
    scale : {"probability", "log-odds"}, default "probability"
        What the surrogate is linear in.

    Returns
    -------
    Surrogate
        One linear model for each class.

    References
    ----------
    Rasmussen & Williams 2006, "Gaussian processes for machine learning", equation 5.10 (for one answer left out).
    """
    proximities = proximity(rows, kernel_width)
    in_odds = scale == "log-odds"
    odds = log_odds(targets, FINEST if in_odds else CERTAIN)
    explained = odds if in_odds else targets
    plain = fit(rows, explained, proximities, alpha=alpha, exhaustive=True)  # whose errors are not asked for
    importance = _importance(plain.weights, areas)
    level = odds.mean(axis=0)

    asked = _halves(rows)
    gram = _covariance(asked, asked, importance).astype(np.float64)
    gram[np.diag_indices_from(gram)] += NUGGET
    factor = cho_factor(gram)
    coefficients = cho_solve(factor, odds - level)  # [N, C]
    inverse = cho_solve(factor, np.eye(len(rows)))
    variants = [coefficients, *(_without(inverse, coefficients, group) for group in left_out(len(rows), unit))]

    population = _population(rows.shape[1])
    covariance = _covariance(_halves(population), asked, importance)  # [P, N]
    stacked = np.concatenate(variants, axis=1).astype(np.float32)  # [N, (1 + G) C]
    usual = np.tile(level, len(variants)).astype(np.float32)
    # less what is usual, so that an answer that never changes gets no weights, not rounding errors
    beyond = covariance @ stacked if in_odds else expit(covariance @ stacked + usual) - expit(usual)
    fitted = _regression(population, proximity(population, kernel_width), alpha, beyond)
    models = fitted.reshape(fitted.shape[0], len(variants), -1).transpose(1, 0, 2)  # [1 + G, K + 1, C]

    errors = np.full(models[0].shape, np.inf)
    if (groups := len(models) - 1) >= 2:
        deviations = models[1:] - models[1:].mean(axis=0)
        errors = np.sqrt((groups - 1) / groups * (deviations**2).sum(axis=0))
    intercepts, weights = models[0, 0] + (level if in_odds else expit(level)), models[0, 1:]
    return Surrogate(
        weights=weights.T.copy(),
        standard_errors=errors[1:].T.copy(),
        intercepts=intercepts,
        r2=goodness(explained, explained - intercepts - rows @ weights, proximities),
        rows=len(rows),
    )


def _without(inverse: Floats, coefficients: Floats, group: slice) -> Floats:
    """The coefficients ``[N, C]`` of the process that never saw the answers of ``group``: 0 there."""
    return coefficients - inverse[:, group] @ np.linalg.solve(inverse[group, group], coefficients[group])


def _population(segments: int) -> Rows:
    """Masks ``[P, segments]``, P at least ``POPULATION``: balanced, orthogonal, folded over."""
    order = max(256, 1 << segments.bit_length())
    rng = np.random.default_rng(0)
    blocks = [with_complements(balanced(segments, order, rng)) for _ in range(-(-POPULATION // (2 * order)))]
    return np.concatenate(blocks)


def _importance(weights: Floats, areas: NDArray[np.number]) -> NDArray[np.float32]:
    """How much each segment matters ``[K]``, adding up to 1, from first weights ``[C, K]`` and areas ``[K]``."""
    by_area, by_weight = areas / areas.sum(), np.sqrt((weights**2).mean(axis=0))
    total = by_weight.sum()
    mixed = (1 - BY_WEIGHT) * by_area + BY_WEIGHT * by_weight / total if total > 0 else by_area
    importance: NDArray[np.float32] = mixed.astype(np.float32)
    return importance


def _halves(rows: Rows) -> Halves:
    """-1/2 and 1/2 for 0 and 1: the differences of two rows are then 1/2 minus twice their product."""
    return rows.astype(np.float32) - np.float32(0.5)


def _covariance(ours: Halves, theirs: Halves, importance: NDArray[np.float32]) -> NDArray[np.float32]:
    """``[N, M]`` of two sets of masks; see ``fit_kriged``."""
    product = (ours * (importance * np.float32(2 / LENGTH))) @ theirs.T
    product -= np.float32(0.5 / LENGTH)
    np.exp(product, out=product)
    product += 1
    return product


def _regression(rows: Rows, proximities: Floats, alpha: float, targets: NDArray[np.float32]) -> Floats:
    """LIME's ridge regression of many targets ``[N, M]`` at once: intercept and weights ``[K + 1, M]``."""
    design = np.concatenate([np.ones((len(rows), 1)), rows], axis=1)
    weighted = design * proximities[:, None]
    normal = weighted.T @ design
    normal[np.diag_indices_from(normal)] += np.r_[0, np.full(rows.shape[1], alpha)]
    found: Floats = cho_solve(cho_factor(normal), (weighted.astype(np.float32).T @ targets).astype(np.float64))
    return found
