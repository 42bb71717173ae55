"""Settings of MMD-critic by measurement, after Herchenbach et al. 2022: kernel width and number of prototypes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from xai_core.datasets.base import UNKNOWN_LABEL
from xai_core.datasets.files import Progress
from xai_core.errors import InvalidInput
from xai_core.examples.evaluation import one_nn_recall
from xai_core.examples.kernels import Points, as_points
from xai_core.examples.mmd_critic import Features, prototypes_by_class, select_prototypes

COARSE: tuple[float | None, ...] = (None, *(10.0**-power for power in range(10)))  # None: each class's median heuristic
FINE = (0.2, 0.4, 0.6, 0.8, 2.0, 4.0, 6.0, 8.0)  # times the best coarse width
PER_CLASS = 1000  # images of a class that the search looks at


@dataclass(frozen=True)
class WidthScore:
    """Mean and standard deviation over the folds of the 1-NN recall (0..1) under one width (None: median heuristic)."""

    gamma: float | None
    recall: float
    deviation: float


@dataclass(frozen=True)
class WidthSearch:
    """All widths tried, coarse then fine, and the best of them (the earlier one at a tie)."""

    scores: tuple[WidthScore, ...]
    best: WidthScore


def search_gamma(
    embeddings: Features,
    labels: NDArray[np.int64],
    *,
    scale: Callable[[Features], Points] = as_points,
    count: int = 3,
    folds: int = 5,
    seed: int = 0,
    progress: Progress | None = None,
) -> WidthSearch:
    """Search the width of the kernel on a grid, in two stages.

    Prototypes are chosen on four of five folds, and the recall of the 1-NN classifier on them is measured on the fifth:
    first for 1, 0.1, ... 1e-9 and the median heuristic, then around the best width. Unlike in the paper, folds are
    stratified and shuffled (images may come sorted by class), and a class contributes at most ``PER_CLASS`` images.

    Parameters
    ----------
    embeddings : float32 array [N, D] or uint8 pixels [N, ...]
        Features of images of all classes.
    labels : int64 array [N]
        Their classes; unknown labels are left out.
    scale : callable, optional
        Makes points of features; ``FeatureSpace.points`` does what ``class_summaries`` does.
    count : int, default 3
        Prototypes of each class, 3 in the paper.
    folds : int, default 5
        How many.
    seed : int, default 0
        Draws images and folds.
    progress : callable, optional
        Called with the share done, 0..1, and a sentence on what is being done.

    Returns
    -------
    WidthSearch
        All widths tried, and the best.

    Raises
    ------
    InvalidInput
        If a class has fewer images than folds.

    References
    ----------
    Herchenbach et al. 2022, "Explaining Image Classifications with Near Misses, Near Hits and Prototypes".
    """
    rows = _sample(labels, np.random.default_rng(seed))
    points, truths = scale(embeddings[rows]), labels[rows]
    smallest = int(np.unique(truths, return_counts=True)[1].min(initial=len(truths)))
    if smallest < folds:
        raise InvalidInput(f"The smallest class has {smallest} images, too few for {folds} folds.")
    splits = list(StratifiedKFold(folds, shuffle=True, random_state=seed).split(points, truths))
    steps = len(COARSE) + len(FINE)
    scores: list[WidthScore] = []

    def score(gamma: float | None) -> None:
        if progress:
            progress(len(scores) / steps, "median heuristic" if gamma is None else f"gamma {gamma:.3g}")
        recalls = []
        for train, held_out in splits:
            chosen = prototypes_by_class(points[train], truths[train], count, gamma=gamma, seed=seed)
            indices = train[np.concatenate([prototypes.indices for prototypes in chosen.values()])]
            recalls.append(one_nn_recall(points[indices], truths[indices], points[held_out], truths[held_out]))
        scores.append(WidthScore(gamma, float(np.mean(recalls)), float(np.std(recalls))))

    for gamma in COARSE:
        score(gamma)
    numbered = max((each for each in scores if each.gamma is not None), key=lambda each: each.recall)
    for factor in FINE:
        score(factor * (numbered.gamma or 1.0))
    if progress:
        progress(1.0, "done")
    return WidthSearch(tuple(scores), max(scores, key=lambda each: each.recall))


def scree(
    embeddings: Features,
    labels: NDArray[np.int64],
    *,
    scale: Callable[[Features], Points] = as_points,
    largest: int = 15,
    gamma: float | None = None,
    seed: int = 0,
) -> dict[int, NDArray[np.float64]]:
    """MMD² with 1..``largest`` prototypes of every class, float64 ``[largest]``: where it flattens, more add little.

    Arguments as for ``search_gamma``; all images of a class take part.
    """
    return {
        int(label): select_prototypes(scale(embeddings[labels == label]), largest, gamma=gamma, seed=seed).mmd2
        for label in np.unique(labels[labels != UNKNOWN_LABEL])
    }


def _sample(labels: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    rows = [
        rng.permutation(np.flatnonzero(labels == label))[:PER_CLASS]
        for label in np.unique(labels[labels != UNKNOWN_LABEL])
    ]
    return np.sort(np.concatenate(rows)) if rows else np.empty(0, np.int64)
