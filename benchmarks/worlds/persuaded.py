"""Raters who love small marks on the wrong place: does what is shown first stay as true as it was?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from xai_core.ranking import Candidate, Event, Posterior, fit, order
from xai_core.ranking.guard import GAP
from xai_core.ranking.policy import PolicyName

THUMBS, REFIT = 160, 20
ASKED, STEEP, ERRORS = 0.5, 3.0, 0.1  # score that is asked for, log odds by score, share of wrong thumbs
Offered = Sequence[Sequence[Candidate]]  # the explanations of each image


@dataclass(frozen=True)
class Persuaded:
    """What a policy shows first of unseen images before any thumb and after ``THUMBS`` of them: mean insertion -
    deletion, and approval by these raters."""

    gap_before: float
    gap_after: float
    approval_before: float
    approval_after: float


def loves_small_and_wrong(images: Offered) -> list[NDArray[np.float64]]:
    """P(👍) of every explanation: the smaller its marks and the less true it is beside the others of its image."""
    scores = []
    for offered in images:
        area, gap = (np.array([one.features[name] for one in offered]) for name in ("area", GAP))
        scores.append(-_standardised(area) - _standardised(gap))
    return [ERRORS + (1 - 2 * ERRORS) * expit(STEEP * (score - ASKED)) for score in scores]


def persuaded(images: Offered, policy: PolicyName, seed: int) -> Persuaded:
    """Let such raters vote on half of the images, and look at the other half."""
    rng = np.random.default_rng(seed)
    approval = loves_small_and_wrong(images)
    train, unseen = np.array_split(rng.permutation(len(images)), 2)
    posterior, log = fit([]), list[Event]()
    before = _first(images, approval, unseen, posterior, policy)
    while len(log) < THUMBS:
        image = int(rng.choice(train))
        for at in order(posterior, images[image], policy=policy, rng=rng).candidates:
            value = int(rng.random() < approval[image][at])
            shown = images[image][at]
            log.append(
                Event(
                    arm=shown.arm,
                    features=shown.features,
                    dataset=shown.dataset,
                    classifier=shown.classifier,
                    image_id=f"image-{image}",
                    value=value,
                    rater=f"rater-{len(log)}",
                    sequence=len(log),
                )
            )
            if len(log) % REFIT == 0:
                posterior = fit(log)
            if value or len(log) == THUMBS:
                break
    after = _first(images, approval, unseen, posterior, policy)
    return Persuaded(before[0], after[0], before[1], after[1])


def _first(
    images: Offered,
    approval: Sequence[NDArray[np.float64]],
    unseen: NDArray[np.intp],
    posterior: Posterior,
    policy: PolicyName,
) -> tuple[float, float]:
    """Mean gap and approval of what comes first of the unseen images."""
    rng = np.random.default_rng(0)  # nothing is explored, so nothing is drawn
    gaps, liked = [], []
    for image in unseen:
        at = order(posterior, images[image], policy=policy, rng=rng, exploration=0.0).candidates[0]
        gaps.append(images[image][at].features[GAP])
        liked.append(approval[image][at])
    return float(np.mean(gaps)), float(np.mean(liked))


def _standardised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((values - values.mean()) / (values.std() + 1e-9))
