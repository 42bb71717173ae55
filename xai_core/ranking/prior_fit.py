"""How large the effects of arms, features and images are, learned from the log itself (empirical Bayes)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from xai_core.ranking.events import Event, current
from xai_core.ranking.model import Posterior, solve
from xai_core.ranking.prior import Prior, built_in
from xai_core.ranking.regression import as_regression

# what is scaled together, and the gain in log evidence that is worth a change
SCALES = (
    ("belief",),
    ("segmenter_sd", "granularity_sd", "arm_sd", "arm_dataset_sd"),
    ("feature_sd", "feature_dataset_sd"),
    ("difficulty_sd",),
    ("image_sd",),
)
MOST, WORTH = 4.0, 1.0  # how far a log may move what worlds have taught, as a factor
ARMS_ALONE = {"belief": 0.0, "feature_sd": 0.05, "feature_dataset_sd": 0.05, "arm_dataset_sd": 3.0}
"""Factors that turn a prior into its rival: people like or dislike arms, whatever these mark."""

PAIRS = 200
"""The prior's ``explanation_sd`` counts like so many pairs of thumbs by two people on one explanation."""

LATEST = 500
"""A tuning looks at so many events at most: sizes of effects need fewer than the effects, and it takes some 25 fits."""


def milestone(count: int) -> int:
    """The number of thumbs at which a log of ``count`` was last worth a tuning: every 20, later every 100 or 1,000."""
    step = 20 if count < 500 else 100 if count < 2_000 else 1_000
    return count // step * step


def prior_for(events: Sequence[Event], prior: Prior | None = None, seed: int = 0) -> Prior:
    """The prior for a log in order of time: tuned to what had been stored at the latest milestone.

    A function of the log alone, so that a replay finds the same prior.
    """
    reached = milestone(len(events))
    return fit_prior(events[max(0, reached - LATEST) : reached], prior, seed)


def fit_prior(events: Sequence[Event], prior: Prior | None = None, seed: int = 0) -> Prior:
    """The prior whose effects of arms, of features and of images have the sizes that these events make most probable.

    First how much people agree on single explanations is measured (see ``special``), then the prior is chosen or its
    rival, to which only arms matter. The measure is the evidence: by the chain rule it is how well each foretells
    every thumb from those before it, so that an order by features never stays where popularity alone does better. Then
    type-II maximum likelihood (MacKay 1992): how much of the prior's means is believed and each kind's standard
    deviations are halved or doubled, within a factor of ``MOST``, as long as the evidence grows by more than ``WORTH``.
    Some 25 fits of one regression: to be done rarely, and never while somebody waits.
    """
    start = prior or built_in()
    if not events:
        return start
    log = current(events)
    start = replace(start, explanation_sd=special(solve(as_regression(log, start, seed), start, seed)))
    problem = as_regression(log, start, seed)
    best = solve(problem, start, seed)
    rival = solve(problem, _scaled(start, ARMS_ALONE), seed)
    if rival.evidence > best.evidence:
        best, start = rival, rival.prior
    improved = True
    while improved:
        improved = False
        for kind in SCALES:
            for factor in (0.5, 2.0):
                scaled = _scaled(best.prior, dict.fromkeys(kind, factor))
                if not all(_within(name, scaled, start) for name in kind) or scaled == best.prior:
                    continue
                candidate = solve(problem, scaled, seed, start=best.mean)
                if candidate.evidence > best.evidence + WORTH:
                    best, improved = candidate, True
    return best.prior


def special(posterior: Posterior) -> float:
    """Standard deviation, in log odds, of what is special to single explanations, from how far people agree on them.

    Two people's residuals ``y - p`` on one explanation have the covariance (image's + explanation's variance) p² q², on
    two explanations of one image the image's alone; sums over all such pairs estimate both. The posterior's own value
    weighs like ``PAIRS`` pairs.
    """
    events = posterior.events
    p = posterior.approval(events)
    residual, slope = np.array([event.value for event in events]) - p, p * (1 - p)
    same = [event.explanation for event in events]
    image = [key[:2] for key in same]
    sitting = [event.sitting for event in events]
    shared = [_pairs(values, same) for values in (residual, slope)]
    # pairs of one image less those of one explanation, less those of one rater's sitting
    crossed = [_pairs(values, image) - _pairs(values, same) - _pairs(values, sitting) for values in (residual, slope)]
    of_image = crossed[0] / crossed[1] if crossed[1] > 0 else 0.0
    least = PAIRS / 25  # a slope of 1/5 is usual
    prior = posterior.prior.explanation_sd**2
    variance = (shared[0] - max(of_image, 0.0) * shared[1] + least * prior) / (shared[1] + least)
    return float(np.sqrt(np.clip(variance, prior / MOST**2, prior * MOST**2)))


def _pairs(values: NDArray[np.float64], keys: Sequence[Hashable]) -> float:
    """Sum of ``v_i v_j`` over all ordered pairs i ≠ j of equal keys."""
    code = {key: at for at, key in enumerate(dict.fromkeys(keys))}
    at = [code[key] for key in keys]
    sums = np.bincount(at, values)
    return float(sums @ sums - values @ values)


def _scaled(prior: Prior, factors: Mapping[str, float]) -> Prior:
    return replace(prior, **{name: getattr(prior, name) * factor for name, factor in factors.items()})


def _within(name: str, prior: Prior, start: Prior) -> bool:
    usual = getattr(start, name)
    most = usual if name == "belief" else usual * MOST  # more than what worlds have taught is not believed
    return bool(usual / MOST <= getattr(prior, name) <= most)
