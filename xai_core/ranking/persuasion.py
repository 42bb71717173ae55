"""Do people believe what is true? Thumbs beside the faithfulness of the explanations that they are about.

Explanations can raise trust in wrong predictions too (Bansal et al. 2021, "Does the whole exceed its parts?"), so that
approval alone says only that they persuade. Faithfulness is insertion - deletion, as stored with every explanation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from xai_core.intervals import Interval, wilson
from xai_core.ranking.events import Decision
from xai_core.ranking.guard import GAP

GROUPS = 4  # of equally many thumbs, by faithfulness
LEAST = 10  # thumbs for which a correlation is given
RESAMPLES = 1000
RIGHT, WRONG = "right", "wrong"


@dataclass(frozen=True)
class Judgement:
    """A thumb, 1 or 0, on an explanation of insertion - deletion ``gap``, -1..1 (None: not measured), of an image whose
    prediction was ``right`` (None: nobody knows)."""

    value: int
    gap: float | None
    right: bool | None
    image_id: str


@dataclass(frozen=True)
class Group:
    """Approval of explanations whose gap lies in ``low..high``; ``gap`` is their mean."""

    low: float
    high: float
    gap: float
    approval: Interval


@dataclass(frozen=True)
class Persuasion:
    """Approval by faithfulness, ``by_gap``, and overall, ``approval``, each for ``right`` and ``wrong`` predictions.

    ``correlation`` is Spearman's between thumb and gap, with a bootstrap interval over images; None with fewer than
    ``LEAST`` thumbs or where either never varies. ``unmeasured`` thumbs are from before faithfulness was stored.
    """

    by_gap: Mapping[str, tuple[Group, ...]]
    approval: Mapping[str, Interval]
    correlation: Interval | None
    unmeasured: int


def persuasion(judgements: Sequence[Judgement], *, seed: int = 0) -> Persuasion:
    """What the log says about approval and faithfulness; any log, an empty one too."""
    split = {
        RIGHT: [judgement for judgement in judgements if judgement.right],
        WRONG: [judgement for judgement in judgements if judgement.right is False],
    }
    measured = [judgement for judgement in judgements if judgement.gap is not None]
    edges = _edges([judgement.gap for judgement in measured if judgement.gap is not None])
    return Persuasion(
        by_gap={name: _groups(found, edges) for name, found in split.items()},
        approval={name: wilson(sum(j.value for j in found), len(found)) for name, found in split.items()},
        correlation=_correlation(measured, seed),
        unmeasured=len(judgements) - len(measured),
    )


def policy_gap(
    decisions: Sequence[Decision], target: Sequence[NDArray[np.float64]], *, seed: int = 0
) -> Interval | None:
    """Mean insertion - deletion of what a policy shows first; ``target[i]`` ``[candidates]`` are its probabilities.

    The gap of every candidate is known, so nothing is estimated from propensities; the interval, a percentile bootstrap
    over images, is that of other images. Decisions whose gaps are not all stored are left out; None if all are.
    """
    known = [
        (decision.image_id, float(chances @ gaps))
        for decision, chances in zip(decisions, target, strict=True)
        if np.isfinite(gaps := np.array([one.features.get(GAP, np.nan) for one in decision.candidates])).all()
    ]
    if not known:
        return None
    images, values = [image for image, _ in known], np.array([value for _, value in known])
    sums = _resampled(images, np.stack([values, np.ones(len(values))], axis=1), seed)
    low, high = np.quantile(sums[:, 0] / sums[:, 1], [0.025, 0.975])
    return Interval(float(values.mean()), float(low), float(high), len(values))


def _edges(gaps: Sequence[float]) -> NDArray[np.float64]:
    """Borders of groups of equally many gaps; fewer where many are equal."""
    return np.unique(np.quantile(gaps, np.linspace(0, 1, GROUPS + 1))) if gaps else np.empty(0)


def _groups(judgements: Sequence[Judgement], edges: NDArray[np.float64]) -> tuple[Group, ...]:
    found = []
    for at, (low, high) in enumerate(pairwise(edges)):
        last = at == len(edges) - 2
        inside = [j for j in judgements if j.gap is not None and low <= j.gap and (j.gap < high or last)]
        if inside:
            gap = float(np.mean([j.gap for j in inside if j.gap is not None]))
            found.append(Group(float(low), float(high), gap, wilson(sum(j.value for j in inside), len(inside))))
    return tuple(found)


def _correlation(judgements: Sequence[Judgement], seed: int) -> Interval | None:
    from scipy.stats import rankdata  # here, since scipy.stats takes a second that pages should not wait for

    values, gaps = np.array([j.value for j in judgements]), np.array([j.gap for j in judgements], np.float64)
    if len(judgements) < LEAST or np.ptp(values) == 0 or np.ptp(gaps) == 0:
        return None
    first, second = rankdata(values), rankdata(gaps)
    moments = np.stack([np.ones(len(first)), first, second, first * second, first**2, second**2], axis=1)
    resampled = _resampled([j.image_id for j in judgements], moments, seed)
    low, high = np.nanquantile(_pearson(resampled), [0.025, 0.975])
    return Interval(float(_pearson(moments.sum(axis=0)[None])[0]), float(low), float(high), len(judgements))


def _pearson(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlation from sums ``[M, 6]`` of 1, x, y, xy, x², y²; nan where x or y does not vary."""
    mean = sums[:, 1:] / sums[:, :1]
    spread = (mean[:, 3] - mean[:, 0] ** 2) * (mean[:, 4] - mean[:, 1] ** 2)
    found: NDArray[np.float64] = (mean[:, 2] - mean[:, 0] * mean[:, 1]) / np.sqrt(np.where(spread > 0, spread, np.nan))
    return found


def _resampled(images: Sequence[str], rows: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Sums of ``rows`` ``[N, M]`` in every bootstrap sample ``[RESAMPLES, M]``: whole images are drawn, with
    replacement."""
    distinct, image = np.unique(images, return_inverse=True)
    clusters = np.stack([np.bincount(image, column) for column in rows.T], axis=1)
    chances = np.full(len(distinct), 1 / len(distinct))
    counts = np.random.default_rng(seed).multinomial(len(distinct), chances, size=RESAMPLES)
    return np.asarray(counts @ clusters, np.float64)
