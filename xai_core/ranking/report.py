"""What the stored thumbs say, in one object: for a page, a notebook or a command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai_core.intervals import Interval
from xai_core.ranking.effects import feature_effects
from xai_core.ranking.evaluation import (
    CalibrationBin,
    Scores,
    approval_by_arm,
    calibration,
    leave_images_out,
    scores,
)
from xai_core.ranking.events import Decision
from xai_core.ranking.guard import faithful
from xai_core.ranking.model import Effect, Posterior, fit
from xai_core.ranking.off_policy import OffPolicy, crossfit, off_policy
from xai_core.ranking.persuasion import policy_gap
from xai_core.ranking.prior import Prior
from xai_core.ranking.trust import Trust, trust_by_dataset

FOLDS = 10
LEAST_IMAGES = 5  # below this nothing is said about unseen images


@dataclass(frozen=True, eq=False)
class Report:
    """Everything that the section "What has been learned" shows.

    ``thumbs`` float64 ``[N]`` 0/1 in order of time. ``predicted`` scores the model and the plain rules on images left
    out, empty with too few images. ``policies`` are off-policy estimates of the approval of first-shown explanations,
    ``gaps`` the faithfulness (insertion - deletion) of what they show first, where it is stored. ``trust``: does the
    learned order beat the best single arm, by data set, and since which thumb.
    """

    thumbs: NDArray[np.float64]
    approval: Mapping[str, Interval]
    effects: tuple[Effect, ...]
    predicted: Mapping[str, Scores]
    calibration: tuple[CalibrationBin, ...]
    policies: Mapping[str, OffPolicy]
    gaps: Mapping[str, Interval]
    trust: Mapping[str, Trust]
    notes: tuple[str, ...]


def report(
    posterior: Posterior, decisions: Sequence[Decision] = (), prior: Prior | None = None, *, seed: int = 0
) -> Report:
    """Summarise the posterior in force and its log; any log, an empty one too.

    Parameters
    ----------
    posterior : Posterior
        What was learned.
    decisions : sequence of Decision, optional
        Logged decisions, for the comparison of policies.
    prior : Prior, optional
        Where tuning started.
    seed : int, default 0
        Draws folds and bootstraps.

    Returns
    -------
    Report
        Everything that the section "What has been learned" shows.
    """
    log = posterior.events
    predicted: dict[str, Scores] = {}
    bins: list[CalibrationBin] = []
    if len({event.image_id for event in log}) >= LEAST_IMAGES:
        unseen = leave_images_out(log, prior, folds=FOLDS, seed=seed)
        predicted = {
            "learned ranking": scores(unseen.events, unseen.learned),
            "approval of the segmentation": scores(unseen.events, unseen.popularity),
            "one rate for all": scores(unseen.events, unseen.base_rate),
        }
        bins = calibration(unseen.events, unseen.learned)
    policies, gaps = compare_policies(decisions, posterior, seed=seed) if decisions else ({}, {})
    thumbs = [event for event in log if not event.compared]  # of a comparison one half is a 👍, whatever was compared
    return Report(
        thumbs=np.array([event.value for event in thumbs], np.float64),
        approval=approval_by_arm(thumbs),
        effects=tuple(feature_effects(posterior)),
        predicted=predicted,
        calibration=tuple(bins),
        policies=policies,
        gaps=gaps,
        trust=trust_by_dataset(posterior, decisions, prior),
        notes=posterior.notes,
    )


def compare_policies(
    decisions: Sequence[Decision], posterior: Posterior, *, seed: int = 0
) -> tuple[dict[str, OffPolicy], dict[str, Interval]]:
    """Estimate the approval of first-shown explanations had another policy run.

    ``learned`` shows what a model fitted on other images thinks best, so that no thumb is counted for a choice that it
    made itself; ``frozen`` what the prior thinks best; ``fixed`` the first candidate; ``random`` any.

    Parameters
    ----------
    decisions : sequence of Decision
        Logged decisions.
    posterior : Posterior
        Whose prior the models have.
    seed : int, default 0
        Draws folds and bootstraps.

    Returns
    -------
    dict of str to OffPolicy
        By policy.
    """
    expected = crossfit(decisions, posterior.prior, seed=seed)
    prior = fit([], posterior.prior, seed)
    targets = {
        "guarded": [
            _only(int(np.argmax(np.where(faithful(d.candidates), q, -1.0))), len(q))
            for d, q in zip(decisions, expected, strict=True)
        ],
        "learned": [_only(int(np.argmax(q)), len(q)) for q in expected],
        "frozen (the prior)": [
            _only(int(np.argmax(prior.mean_utility(d.candidates))), len(d.candidates)) for d in decisions
        ],
        "fixed order": [_only(0, len(d.candidates)) for d in decisions],
        "random": [np.full(len(d.candidates), 1 / len(d.candidates)) for d in decisions],
    }
    gaps = {name: policy_gap(decisions, target, seed=seed) for name, target in targets.items()}
    return (
        {name: off_policy(decisions, target, expected, seed=seed) for name, target in targets.items()},
        {name: gap for name, gap in gaps.items() if gap is not None},
    )


def _only(chosen: int, count: int) -> NDArray[np.float64]:
    return np.asarray(np.arange(count) == chosen, np.float64)
