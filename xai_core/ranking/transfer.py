"""What carries over from one set of pictures, and from one taste, to the next: a prior learned from known worlds.

In a world (a data set judged by raters of one taste) everything is known that its raters would say. One regression over
all worlds gives the prior's means: what holds everywhere. How far each world is from them gives its spread: what does
not carry over is held loosely. A part of the spread is due to tastes, which are the same on all data sets and need to
be found out once; what is left must be found out on each data set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from xai_core.ranking.design import effect_values
from xai_core.ranking.prior import Prior, Shape
from xai_core.ranking.psi import EFFECTS
from xai_core.ranking.simulation import Pool, World

Floats = NDArray[np.float64]

RIDGE = 0.2  # penalty of the regression over all worlds, beside variances of ψ of about one half
FEATURE_SD = 0.2  # log odds: how far effects of ψ, and of arms, are thought to differ between worlds at first
ARM_SD = 0.2
INDEPENDENT = 0.1  # explanations of one image resemble each other: so many of them count as one of ten
SHRINK = 0.5  # of the correlations between effects: some thirty worlds know few of them well
LEAST_SD = 0.05  # log odds: no effect is believed to be the same everywhere


@dataclass(frozen=True, eq=False)
class Lesson:
    """What one world has to say, as sums of a regression of log odds on ``EFFECTS`` and then the world's ``arms``:
    ``gram`` ``[d, d]`` and ``moment`` ``[d]`` over ``count`` explanations; ``residual`` is the variance, in log odds,
    of what is special to single explanations."""

    dataset: str
    taste: str
    arms: tuple[str, ...]
    gram: Floats
    moment: Floats
    count: int
    residual: float


def lesson(pool: Pool, world: World) -> Lesson:
    """What the world's raters would say of each explanation beside the others of its image, on its ψ and its arm."""
    images, count = pool.features.shape[:2]
    beside, _ = effect_values([candidate.features for each in pool.candidates for candidate in each])
    design = np.concatenate([beside.reshape(images, count, -1), np.tile(np.eye(count), (images, 1, 1))], axis=2)
    answer = logit(np.clip(world.approval.mean(axis=0), 0.02, 0.98))
    rows = (design - design.mean(axis=1, keepdims=True)).reshape(images * count, -1)
    y = (answer - answer.mean(axis=1, keepdims=True)).ravel()
    gram, moment = rows.T @ rows, rows.T @ y
    own = np.linalg.solve(gram + 10 * np.eye(len(gram)), moment)
    residual = float(np.mean((y - rows @ own) ** 2))
    return Lesson(pool.dataset, world.name, pool.arms, gram, moment, len(y), residual)


def prior_from(lessons: Sequence[Lesson], prior: Prior | None = None) -> Prior:
    """The prior that these worlds suggest for the next; of ``prior`` what worlds do not tell."""
    arms = sorted({arm for each in lessons for arm in each.arms})
    width = len(EFFECTS)
    sums = [_spread_out(each, arms) for each in lessons]
    gram = np.mean([gram / each.count for each, (gram, _) in zip(lessons, sums, strict=True)], axis=0)
    moment = np.mean([moment / each.count for each, (_, moment) in zip(lessons, sums, strict=True)], axis=0)
    mean = np.linalg.solve(gram + RIDGE * np.eye(len(gram)), moment)
    off, unknown = _deviations(lessons, sums, mean)
    taste = np.stack(
        [off[[each.taste == name for each in lessons]].mean(axis=0) for name in dict.fromkeys(e.taste for e in lessons)]
    )
    everything = off.T @ off / len(off) + unknown
    common = taste.T @ taste / len(taste)
    local = np.maximum(np.diag(everything) - np.diag(common), 0)
    scale = np.sqrt(local / np.maximum(np.diag(everything), 1e-12))
    return replace(
        prior or Prior(),
        weights={name: round(float(value), 4) for name, value in zip(EFFECTS, mean, strict=False)},
        arms={arm: round(float(value), 4) for arm, value in zip(arms, mean[width:], strict=True)},
        common=_shape(common[:width, :width]),
        local=_shape((everything * np.outer(scale, scale))[:width, :width]),
        feature_sd=1.0,
        feature_dataset_sd=1.0,
        arm_dataset_sd=round(float(np.sqrt(np.diag(everything)[width:].mean())), 4),
        explanation_sd=round(float(np.sqrt(np.mean([each.residual for each in lessons]))), 4),
    )


def _spread_out(lesson: Lesson, arms: Sequence[str]) -> tuple[Floats, Floats]:
    """``gram`` and ``moment`` with a place for every one of ``arms``."""
    width = len(EFFECTS)
    places = [*range(width), *(width + arms.index(arm) for arm in lesson.arms)]
    gram, moment = np.zeros((width + len(arms),) * 2), np.zeros(width + len(arms))
    gram[np.ix_(places, places)] = lesson.gram
    moment[places] = lesson.moment
    return gram, moment


def _deviations(
    lessons: Sequence[Lesson], sums: Sequence[tuple[Floats, Floats]], mean: Floats
) -> tuple[Floats, Floats]:
    """By how much each world's effects differ from the mean, ``[worlds, d]``, and the mean covariance ``[d, d]`` of
    what the worlds do not tell of that: one step of expectation maximisation (Laird & Ware 1982)."""
    width = len(EFFECTS)
    belief = np.diag(np.repeat([FEATURE_SD**-2.0, ARM_SD**-2.0], [width, len(mean) - width]))
    off, unknown = [], []
    for each, (gram, moment) in zip(lessons, sums, strict=True):
        noise = each.residual / INDEPENDENT
        covariance = np.linalg.inv(belief + gram / noise)
        off.append(covariance @ (moment - gram @ mean) / noise)
        unknown.append(covariance)
    return np.array(off), np.asarray(np.mean(unknown, axis=0))


def _shape(covariance: Floats) -> Shape:
    """The covariance with smaller correlations and no effect that is the same everywhere."""
    own = np.diag(np.diag(covariance))
    firm = (1 - SHRINK) * covariance + SHRINK * own + LEAST_SD**2 / 2 * np.eye(len(covariance))
    return tuple(tuple(row) for row in firm.round(5).tolist())
