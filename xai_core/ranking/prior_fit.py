"""How large the effects of arms, features and images are, learned from the log itself (empirical Bayes)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from xai_core.ranking.events import Event
from xai_core.ranking.model import solve
from xai_core.ranking.prior import Prior
from xai_core.ranking.regression import as_regression

# what is scaled together, within which bounds, and the gain in log evidence that is worth a change
SCALES = (
    ("segmenter_sd", "granularity_sd", "arm_sd", "arm_dataset_sd"),
    ("feature_sd",),
    ("difficulty_sd", "feature_dataset_sd"),
    ("image_sd",),
)
LEAST_SD, MOST_SD, WORTH = 0.01, 4.0, 1.0

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

    Type-II maximum likelihood (MacKay 1992): each kind's standard deviations are halved or doubled as long as the
    evidence grows by more than ``WORTH``. Some 25 fits of one regression: to be done rarely, and never while somebody
    waits.
    """
    prior = prior or Prior()
    problem = as_regression(events, prior, seed)
    best = solve(problem, prior, seed)
    improved = bool(events)
    while improved:
        improved = False
        for kind in SCALES:
            for factor in (0.5, 2.0):
                scaled = {name: getattr(best.prior, name) * factor for name in kind}
                if any(not LEAST_SD <= sd <= MOST_SD for sd in scaled.values()):
                    continue
                candidate = solve(problem, replace(best.prior, **scaled), seed, start=best.mean)
                if candidate.evidence > best.evidence + WORTH:
                    best, improved = candidate, True
    return best.prior
