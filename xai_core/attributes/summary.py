"""What importance scores amount to: over images, against a reference set, on training against test images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai_core.attributes.importance import MODIFICATIONS, Importance, Scores
from xai_core.attributes.modifications import ATTRIBUTES
from xai_core.errors import InvalidInput
from xai_core.intervals import Interval

DRAWS = 1000  # bootstrap samples
Means = Mapping[str, Interval | None]
"""A mean with its interval for each of ``MODIFICATIONS``; ``None`` where no image has the attribute."""


@dataclass(frozen=True)
class GlobalImportance:
    """One reference over many images: ``weighted`` by similarity (version 2 of the paper), ``plain`` (version 1)."""

    weighted: Means
    plain: Means


@dataclass(frozen=True, eq=False)
class Usual:
    """What scores of each of ``MODIFICATIONS`` are usual: ``mean`` and ``deviation`` float64 ``[6]``, perhaps NaN."""

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    def z_scores(self, importance: Importance) -> dict[str, float | None]:
        """How unusual scores are: strengths of modifications are arbitrary, so that raw scores compare badly.

        Parameters
        ----------
        importance : Importance
            The scores.

        Returns
        -------
        dict of str to float or None
            Standard deviations from the mean, by attribute; ``None`` where it does not apply or never varies.
        """
        found: dict[str, float | None] = {}
        for name, mean, deviation in zip(MODIFICATIONS, self.mean, self.deviation, strict=True):
            score = importance.scores.get(name)
            if name in ATTRIBUTES:
                found[name] = float((score - mean) / deviation) if score is not None and deviation > 0 else None
        return found


@dataclass(frozen=True)
class Shift:
    """Global importance on training minus test images, the mean over references, with its paired t-test.

    ``p`` is that of the test, ``adjusted`` the same after Holm's correction for the number of attributes.
    """

    difference: Interval
    p: float
    adjusted: float


def usual_scores(scores: Scores) -> Usual:
    """Mean and spread of scores over a reference set of images.

    Parameters
    ----------
    scores : Scores
        Those of the set.

    Returns
    -------
    Usual
        What single scores are compared with.
    """
    values = scores.importance.reshape(len(MODIFICATIONS), -1)
    mean, deviation = np.full(len(values), np.nan), np.full(len(values), np.nan)
    for row, of_one in enumerate(values):
        known = of_one[~np.isnan(of_one)]
        if len(known):
            mean[row], deviation[row] = known.mean(), known.std()
    return Usual(mean, deviation)


def mean_importance(importances: Sequence[Importance], rng: np.random.Generator) -> Means:
    """Mean over several references of one image, with a bootstrap interval over the references.

    Parameters
    ----------
    importances : sequence of Importance
        One for each reference.
    rng : numpy.random.Generator
        Draws the bootstrap samples.

    Returns
    -------
    mapping of str to Interval or None
        By modification.

    Raises
    ------
    InvalidInput
        If there is no reference.
    """
    if not importances:
        raise InvalidInput("The mean importance is one over references, and there is none.")
    columns = {name: [each.scores[name] for each in importances] for name in MODIFICATIONS}
    values = np.array([[np.nan if score is None else score for score in column] for column in columns.values()])
    return _means(values, np.ones(len(importances)), rng)


def global_importance(scores: Scores, reference: int, rng: np.random.Generator) -> GlobalImportance:
    """Importance to one reference over all images, with 95 % bootstrap intervals over the images.

    Parameters
    ----------
    scores : Scores
        Those of the training images, or of test images.
    reference : int
        Position of the reference.
    rng : numpy.random.Generator
        Draws the bootstrap samples.

    Returns
    -------
    GlobalImportance
        Weighted by the similarity of the images (below 0 it counts as 0), and plain.

    References
    ----------
    Nauta, Jutte, Provoost & Seifert 2021, "This looks like that, because ...", section 3, in both of its versions.
    """
    values = scores.importance[:, :, reference]
    weights = scores.before[:, reference].clip(min=0)
    return GlobalImportance(_means(values, weights, rng), _means(values, np.ones(len(weights)), rng))


def shifts(train: Scores, test: Scores) -> dict[str, Shift | None]:
    """Whether what matters on training images matters as much on test images.

    For every reference there is one global score on each side, so the test is a paired one.

    Parameters
    ----------
    train : Scores
        Of training images.
    test : Scores
        Of test images, with the same references.

    Returns
    -------
    dict of str to Shift or None
        By attribute; ``None`` where fewer than two references have scores on both sides.

    Raises
    ------
    InvalidInput
        If the references differ in number.

    References
    ----------
    Holm 1979, "A simple sequentially rejective multiple test procedure".
    """
    from scipy.stats import ttest_rel  # here, since both take seconds that pages should not wait for
    from statsmodels.stats.multitest import multipletests

    if train.before.shape[1] != test.before.shape[1]:
        raise InvalidInput(
            f"The test is paired by reference, but there are {train.before.shape[1]} and {test.before.shape[1]}."
        )
    found: dict[str, Shift | None] = dict.fromkeys(ATTRIBUTES)
    compared: dict[str, tuple[Interval, float]] = {}
    for row, name in enumerate(ATTRIBUTES):
        sides = np.stack([_weighted_means(side, row) for side in (train, test)])
        ours, theirs = sides[:, ~np.isnan(sides).any(axis=0)]
        if len(ours) < 2:
            continue
        if np.array_equal(ours, theirs):  # of which the t-test would make 0 / 0
            compared[name] = Interval(0.0, 0.0, 0.0, len(ours)), 1.0
            continue
        test_result = ttest_rel(ours, theirs)
        low, high = test_result.confidence_interval(0.95)
        difference = Interval(float((ours - theirs).mean()), float(low), float(high), len(ours))
        compared[name] = difference, float(test_result.pvalue)
    if compared:
        adjusted = multipletests([p for _, p in compared.values()], method="holm")[1]
        for (name, (difference, p)), corrected in zip(compared.items(), adjusted, strict=True):
            found[name] = Shift(difference, p, float(corrected))
    return found


def _weighted_means(scores: Scores, row: int) -> NDArray[np.float64]:
    """Similarity-weighted mean importance of one modification to every reference, ``[R]``; NaN where there is none."""
    values = scores.importance[row]
    weights = np.where(np.isnan(values), 0, scores.before.clip(min=0))
    total = weights.sum(axis=0)
    sums = (weights * np.nan_to_num(values)).sum(axis=0)
    return np.asarray(np.divide(sums, total, out=np.full(len(total), np.nan), where=total > 0))


def _means(values: NDArray[np.float64], weights: NDArray[np.float64], rng: np.random.Generator) -> Means:
    """Weighted means of the rows of ``values`` ``[6, N]`` with percentile bootstrap intervals (Efron 1979)."""
    count = values.shape[1]
    draws = rng.multinomial(count, np.full(count, 1 / count), DRAWS)
    found: dict[str, Interval | None] = {}
    for name, row in zip(MODIFICATIONS, values, strict=True):
        known = ~np.isnan(row)
        weight = weights[known]
        if not weight.sum() > 0:
            found[name] = None
            continue
        drawn = draws[:, known] @ weight
        means = (draws[drawn > 0][:, known] @ (weight * row[known])) / drawn[drawn > 0]
        low, high = np.percentile(means, [2.5, 97.5])
        estimate = float(weight @ row[known] / weight.sum())
        found[name] = Interval(estimate, float(low), float(high), int(known.sum()))
    return found
