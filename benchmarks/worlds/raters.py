"""Raters of several tastes, who err, and what they say of every explanation of a pool.

A taste is a score of every explanation; a judge turns it into P(👍). An *absolute* judge asks for a score that three of
ten explanations of the whole pool reach, a *relative* one for what three of ten of the same image do. Everybody turns
some thumbs round, one rater 5 %, another 20 %.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from xai_core.ranking import FEATURES
from xai_core.ranking.simulation import Pool, World

Scores = NDArray[np.float64]  # [N, K]
Judge = Literal["absolute", "relative"]

RATERS = 10
ERRORS = (0.05, 0.20)  # the least and the largest share of thumbs that come out the wrong way round
DEMANDING = 0.7  # quantile of the scores that a rater asks for
STEEP = 4.0  # log odds for each standard deviation of a score


def overlap(pool: Pool) -> Scores:
    """IoU of the marks with the evidence."""
    return pool.measures["iou"]


def completeness(pool: Pool) -> Scores:
    """F2: mostly that nothing of the evidence is missed."""
    return _f(pool, 2.0)


def compactness(pool: Pool) -> Scores:
    """F½, mostly that nothing else is marked, less a tenth for every doubling of the patches."""
    return _f(pool, 0.5) - 0.1 * np.log2(np.maximum(pool.measures["patches"], 1))


def faithful(pool: Pool) -> Scores:
    """What the marks alone keep of the answer, less what is left without them, by a reference that no feature knows."""
    return pool.measures["faithful"]


def mixed(pool: Pool) -> Scores:
    """Overlap and faithfulness alike."""
    return standard(overlap(pool)) + standard(faithful(pool))


TASTES: Mapping[str, Callable[[Pool], Scores]] = {
    each.__name__: each for each in (overlap, completeness, compactness, faithful, mixed)
}


def tasting(pool: Pool, taste: str, judge: Judge = "absolute") -> World:
    """Ten raters of that taste."""
    return judged_by(TASTES[taste](pool), judge, name=taste)


def judged_by(scores: Scores, judge: Judge = "absolute", *, name: str) -> World:
    """Ten raters who go by these scores ``[N, K]``."""
    units = standard(scores)
    asked = np.quantile(units, DEMANDING, axis=1 if judge == "relative" else None, keepdims=True)
    approval = expit(STEEP * (units - asked))
    errors = np.linspace(*ERRORS, RATERS)[:, None, None]
    return World(name, errors + (1 - 2 * errors) * approval)


def by_arm(pool: Pool, rng: np.random.Generator) -> World:
    """Raters to whom only the arm matters: every arm has a level of its own, the same on all images."""
    return judged_by(np.tile(rng.standard_normal(len(pool.arms)), (len(pool.image_ids), 1)), name="arm only")


def planted(pool: Pool, weights: Mapping[str, float], *, taste: float, rng: np.random.Generator) -> World:
    """Ten raters who weigh ψ, each with weights that deviate by a standard deviation of ``taste``."""
    direction = np.array([weights.get(name, 0.0) for name in FEATURES])
    own = direction + taste * rng.standard_normal((RATERS, len(direction))) * (direction != 0)
    scores = np.einsum("nkf,rf->rnk", pool.standardised(), own)
    worlds = [judged_by(score, name="planted").approval[rater] for rater, score in enumerate(scores)]
    return World("planted", np.stack(worlds))


def null(pool: Pool, rng: np.random.Generator) -> World:
    """Raters whose approval of an explanation has to do with nothing: drawn for each, the same for all raters."""
    return judged_by(rng.standard_normal((len(pool.image_ids), len(pool.arms))), name="null")


def contrary(world: World, rater: int = 0) -> World:
    """The same world with one rater who always says the opposite."""
    approval = world.approval.copy()
    approval[rater] = 1 - approval[rater]
    return World("one always wrong", approval)


def standard(scores: Scores) -> Scores:
    """Mean 0, standard deviation 1 over the pool."""
    return np.asarray((scores - scores.mean()) / (scores.std() or 1.0))


def _f(pool: Pool, beta: float) -> Scores:
    """Weighted harmonic mean of precision and recall (van Rijsbergen 1979)."""
    precision, recall = pool.measures["precision"], pool.measures["recall"]
    weighted = beta**2 * precision + recall
    return (1 + beta**2) * precision * recall / np.where(weighted > 0, weighted, 1)
