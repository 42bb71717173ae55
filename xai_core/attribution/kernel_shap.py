"""KernelSHAP: Shapley values of segments by one weighted regression over coalitions.

Sources: Lundberg & Lee 2017, "A unified approach to interpreting model predictions", theorem 2; Covert & Lee 2021,
"Improving KernelSHAP", for pairs and standard errors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from xai_core.attribution.game import Game
from xai_core.attribution.settings import AttributionSettings
from xai_core.classifiers.base import Classifier
from xai_core.classifiers.function import Function
from xai_core.explanation import Explanation
from xai_core.lime.inputs import AnyImage
from xai_core.lime.masks import Rows, enumerate_all, given
from xai_core.lime.surrogate import JACKKNIFE_GROUPS
from xai_core.numerics import one_blas_thread
from xai_core.segmenters import from_labels, segment

KERNEL_SHAP_ARM = "kernel-shap"

Floats = NDArray[np.float64]


def explain_kernel_shap(
    image: AnyImage,
    model: Classifier | Function,
    *,
    classes: int | str | Sequence[int | str] = 2,
    settings: AttributionSettings | None = None,
    seed: int = 0,
    segmenter: str = "slic-medium",
    segments: NDArray[np.integer] | None = None,
    coalitions: NDArray[np.generic] | None = None,
    kernel: Floats | None = None,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Explanation:
    """Divide the answer among segments by Shapley values.

    Exact where all 2^K coalitions are no more than ``settings.evaluations``; else coalitions are drawn by Shapley's
    kernel, each with its complement.

    Parameters
    ----------
    image : array or PIL image
        The image, as ``explain`` takes it.
    model : Classifier or callable
        A classifier, or a function from images to probabilities.
    classes : int, str or sequence, default 2
        How many of the most probable classes to explain, or which ones.
    settings : AttributionSettings, optional
        Answers of the classifier that may be asked for, and what stands in for hidden pieces.
    seed : int, default 0
        Of the coalitions that are drawn.
    segmenter : str, default "slic-medium"
        The arm of LIME whose pieces are the players.
    segments : int array [H, W], optional
        The caller's label map, of any numbering, in place of ``segmenter``.
    coalitions : array [N, K] of 0 and 1, optional
        Which pieces are shown, in place of drawn ones.
    kernel : float array [N], optional
        Weights of ``coalitions``; by default those of ``shapley_kernel``.
    progress : callable, optional
        Called with the share done, 0..1.
    cancelled : callable, optional
        Asked before every batch whether to stop.

    Returns
    -------
    Explanation
        Weights of the segments; they add up to what the answer gains from nothing shown to everything shown.

    Raises
    ------
    InvalidInput
        For an image of another size than the model takes, and for classes that are not there.
    InvalidAnswer
        Where the model answers with what are no probabilities.
    Cancelled
        Once ``cancelled()`` is true.

    References
    ----------
    .. [1] S. Lundberg and S.-I. Lee, "A unified approach to interpreting model predictions", NeurIPS
       2017, theorem 2.
    .. [2] I. Covert and S.-I. Lee, "Improving KernelSHAP", AISTATS 2021.
    """
    game = Game.of(image, model, classes=classes, settings=settings, seed=seed, progress=progress, cancelled=cancelled)
    pieces = segment(game.pixels, segmenter) if segments is None else from_labels(np.asarray(segments))
    hiding = game.hiding(pieces)
    live = np.flatnonzero(~hiding.unchanged) if coalitions is None else np.arange(pieces.count)
    nothing = game.worth(hiding, np.zeros((1, pieces.count), np.bool_))[0]
    weights, errors = np.zeros((2, len(game.classes), pieces.count))
    if len(live) == 1:
        weights[:, live] = (game.whole - nothing)[:, None]
    elif len(live):
        exact = coalitions is None and 2 ** len(live) <= game.settings.evaluations
        if coalitions is not None:
            rows = given(coalitions, pieces.count).rows
        elif exact:
            rows = enumerate_all(len(live))
        else:
            rows = draw_coalitions(len(live), game.budget.left, np.random.default_rng((seed, int(game.identity, 16))))
        drawn = coalitions is None and not exact
        counts = np.ones(len(rows)) if drawn else shapley_kernel(rows) if kernel is None else np.asarray(kernel)
        inner = (rows.sum(axis=1) > 0) & (rows.sum(axis=1) < len(live))
        rows, counts = rows[inner], counts[inner]
        shown = np.zeros((len(rows), pieces.count), np.bool_)
        shown[:, live] = rows
        answers = game.worth(hiding, shown)
        with one_blas_thread():
            weights[:, live] = shapley_regression(rows, counts, answers, nothing, game.whole)
            if drawn:
                errors[:, live] = _standard_errors(rows, counts, answers, nothing, game.whole)
    return game.explanation(
        KERNEL_SHAP_ARM, pieces, weights, standard_errors=errors, nothing=nothing, unchanged=hiding.unchanged
    )


def shapley_kernel(rows: Rows) -> Floats:
    """Weight ``[N]`` of coalitions ``[N, K]``: (K - 1) / (K choose s) / s / (K - s) for size s; 0 for none and all."""
    players = rows.shape[1]
    by_size = np.zeros(players + 1)
    for size in range(1, players):
        by_size[size] = (players - 1) / (math.comb(players, size) * size * (players - size))
    weights: Floats = by_size[rows.sum(axis=1)]
    return weights


def draw_coalitions(players: int, count: int, rng: np.random.Generator) -> Rows:
    """About ``count`` coalitions uint8 ``[N, players]``: sizes as often as the kernel says, then their complements."""
    sizes = np.arange(1, players)
    likely = 1 / (sizes * (players - sizes))
    drawn = rng.choice(sizes, max(count // 2, 1), p=likely / likely.sum())
    order = rng.permuted(np.tile(np.arange(players), (len(drawn), 1)), axis=1)
    first = (order < drawn[:, None]).astype(np.uint8)
    return np.stack([first, 1 - first], axis=1).reshape(-1, players)


def shapley_regression(rows: Rows, kernel: Floats, answers: Floats, nothing: Floats, whole: Floats) -> Floats:
    """Weights float64 ``[C, K]`` that fit ``answers`` ``[N, C]`` and add up to ``whole`` - ``nothing`` ``[C]``.

    The constraint is eliminated: the last weight is what the others leave. Covert & Lee 2021, equation 7.
    """
    gain = whole - nothing
    last = rows[:, -1:].astype(np.float64)
    design = rows[:, :-1] - last
    target = answers - nothing - last * gain
    weighted = design * kernel[:, None]
    solution = np.linalg.lstsq(weighted.T @ design, weighted.T @ target, rcond=None)[0]
    return np.concatenate([solution, (gain - solution.sum(axis=0))[None]]).T


def _standard_errors(rows: Rows, kernel: Floats, answers: Floats, nothing: Floats, whole: Floats) -> Floats:
    """Jackknife over groups of pairs, ``[C, K]`` (Efron & Stein 1981)."""
    groups = np.arange(len(rows)) // 2 % min(JACKKNIFE_GROUPS, max(len(rows) // 2, 2))
    count = groups.max() + 1
    if count < 2:
        return np.full((len(whole), rows.shape[1]), np.inf)
    without = np.stack(
        [
            shapley_regression(rows[kept], kernel[kept], answers[kept], nothing, whole)
            for kept in (groups != group for group in range(count))
        ]
    )
    errors: Floats = np.sqrt((count - 1) / count * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    return errors
