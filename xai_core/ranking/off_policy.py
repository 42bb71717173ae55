"""What would another policy have earned? Estimated from the log of the one that ran, by its stored propensities.

With logged (image x, arm a, propensity p, thumb r), target policy π and w = π(a|x) / p:

- IPS: mean of ``w r`` (Horvitz & Thompson 1952); unbiased, wide;
- SNIPS: ``Σ w r / Σ w`` (Swaminathan & Joachims 2015); slightly biased, narrower;
- DR: mean of ``Σ_a π(a|x) q(x, a) + w (r - q(x, a))`` (Dudík, Langford & Li 2011), q a model of the thumbs fitted on
  other images; unbiased if either p or q is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai_core.errors import InvalidInput
from xai_core.intervals import Interval
from xai_core.ranking.events import Decision
from xai_core.ranking.model import fit
from xai_core.ranking.prior import Prior

RESAMPLES = 1000
FEW = 50  # effective observations below which an estimate is called weak


@dataclass(frozen=True)
class OffPolicy:
    """Estimated share of 👍 on first-shown explanations under a target policy, three ways, with 95 % intervals.

    ``effective`` is Kish's effective sample size ``(Σ w)² / Σ w²``; ``warning`` is empty or a sentence that says why
    the log cannot answer.
    """

    ips: Interval
    snips: Interval
    dr: Interval
    effective: float
    warning: str


def crossfit(
    decisions: Sequence[Decision], prior: Prior | None = None, *, folds: int = 5, seed: int = 0
) -> list[NDArray[np.float64]]:
    """Predict P(👍) of every candidate of every decision by a model fitted without its image.

    Parameters
    ----------
    decisions : sequence of Decision
        Logged decisions.
    prior : Prior, optional
        Of the models.
    folds : int, default 5
        Groups of images left out in turn.
    seed : int, default 0
        Draws the groups.

    Returns
    -------
    list of float64 array [candidates]
        q(x, a), one array for each decision.
    """
    images = sorted({decision.image_id for decision in decisions})
    fold = dict(
        zip(np.random.default_rng(seed).permutation(images).tolist(), np.arange(len(images)) % folds, strict=True)
    )
    models = [fit([d.event for d in decisions if fold[d.image_id] != held], prior, seed) for held in range(folds)]
    return [models[fold[d.image_id]].approval(d.candidates) for d in decisions]


def off_policy(
    decisions: Sequence[Decision],
    target: Sequence[NDArray[np.float64]],
    expected: Sequence[NDArray[np.float64]],
    *,
    seed: int = 0,
) -> OffPolicy:
    """Estimate which share of 👍 another policy would have had.

    Intervals are percentiles of a bootstrap over images.

    Parameters
    ----------
    decisions : sequence of Decision
        Logged decisions with the propensity of what was shown.
    target : sequence of float64 array [candidates]
        For each decision, the target policy's probabilities of showing each candidate first.
    expected : sequence of float64 array [candidates]
        For each decision, q of the same (see ``crossfit``).
    seed : int, default 0
        Draws the bootstrap.

    Returns
    -------
    OffPolicy
        Three estimates, and a warning where the log cannot answer.

    Raises
    ------
    InvalidInput
        If there is no decision, or a propensity is not above 0.

    References
    ----------
    Horvitz & Thompson 1952 (IPS); Swaminathan & Joachims 2015 (SNIPS); Dudík, Langford & Li 2011 (doubly robust).
    """
    if not decisions:
        raise InvalidInput("There is no logged decision to estimate from.")
    propensity = np.array([decision.propensity for decision in decisions])
    if (propensity <= 0).any():
        raise InvalidInput("A logged propensity is not above 0; leave out what was not drawn by a policy.")
    reward = np.array([decision.value for decision in decisions], np.float64)
    shown = [decision.shown for decision in decisions]
    weight = np.array([pi[at] for pi, at in zip(target, shown, strict=True)]) / propensity
    direct = np.array([pi @ q for pi, q in zip(target, expected, strict=True)])
    fitted = np.array([q[at] for q, at in zip(expected, shown, strict=True)])
    # columns that every estimator is a ratio of sums of
    sums = np.stack([weight * reward, weight, direct + weight * (reward - fitted), np.ones(len(reward))], axis=1)
    _, image = np.unique([decision.image_id for decision in decisions], return_inverse=True)
    clusters = np.stack([np.bincount(image, column) for column in sums.T], axis=1)

    rng = np.random.default_rng(seed)
    counts = rng.multinomial(len(clusters), np.full(len(clusters), 1 / len(clusters)), size=RESAMPLES)
    resampled = np.asarray(counts @ clusters, np.float64)
    total = np.asarray(sums.sum(axis=0), np.float64)
    effective = float(weight.sum() ** 2 / (weight**2).sum()) if weight.any() else 0.0
    return OffPolicy(
        ips=_interval(total, resampled, 0, 3),
        snips=_interval(total, resampled, 0, 1),
        dr=_interval(total, resampled, 2, 3),
        effective=effective,
        warning=_warning(effective, len(reward), weight),
    )


def _interval(total: NDArray[np.float64], resampled: NDArray[np.float64], top: int, bottom: int) -> Interval:
    below = np.where(resampled[:, bottom] > 0, resampled[:, bottom], np.nan)
    ratios = resampled[:, top] / below
    low, high = np.nanquantile(ratios, [0.025, 0.975]) if np.isfinite(ratios).any() else (0.0, 1.0)
    estimate = total[top] / total[bottom] if total[bottom] > 0 else float("nan")
    return Interval(float(estimate), float(max(low, 0)), float(min(high, 1)), int(total[3]))


def _warning(effective: float, n: int, weight: NDArray[np.float64]) -> str:
    if not weight.any():
        return (
            f"In none of {n} cases did the log show what this policy would show: the data cannot say how it would do."
        )
    if effective < FEW:
        return f"The {n} cases count like {effective:.0f} for this policy: too few to say how it would do."
    return ""
