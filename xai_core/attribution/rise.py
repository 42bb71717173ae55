"""RISE: how much better the answer is when a place is seen than when it is not, over random soft masks.

Source: Petsiuk, Das & Saenko 2018, "RISE: randomized input sampling for explanation of black-box models".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from xai_core.attribution.cells import cells
from xai_core.attribution.game import Game
from xai_core.attribution.settings import AttributionSettings
from xai_core.classifiers.base import Classifier, Images, batch_size
from xai_core.classifiers.function import Function
from xai_core.explanation import Explanation
from xai_core.lime.hiding import FILLS
from xai_core.lime.inputs import AnyImage

RISE_ARM = "rise"
GRID = 7  # switches a side of a mask
SHOWN = 0.5  # how many are on

Masks = NDArray[np.float32]  # [N, H, W] in 0..1


def explain_rise(
    image: AnyImage,
    model: Classifier | Function,
    *,
    classes: int | str | Sequence[int | str] = 2,
    settings: AttributionSettings | None = None,
    seed: int = 0,
    masks: Masks | None = None,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Explanation:
    """Compare the answers where a place is seen with those where it is hidden, over random soft masks.

    That is the map of RISE, E[f m] / E[m], less a constant and times another: the same order of places.

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
        Of the masks that are drawn.
    masks : float32 array [N, H, W], 0..1, optional
        How much of each place is seen, in place of drawn masks.
    progress : callable, optional
        Called with the share done, 0..1.
    cancelled : callable, optional
        Asked before every batch whether to stop.

    Returns
    -------
    Explanation
        Weights of square cells, with standard errors.

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
    .. [1] V. Petsiuk, A. Das and K. Saenko, "RISE: randomized input sampling for explanation of black-box
       models", BMVC 2018.
    """
    game = Game.of(image, model, classes=classes, settings=settings, seed=seed, progress=progress, cancelled=cancelled)
    pieces = cells(game.pixels)
    hiding = game.hiding(pieces)
    fill = FILLS[game.settings.fill](game.pixels, pieces, game.settings.constant)
    nothing = game.worth(hiding, np.zeros((1, pieces.count), np.bool_))[0]
    if masks is None:
        rng = np.random.default_rng((seed, int(game.identity, 16)))
        masks = draw_soft_masks(game.pixels.shape[:2], max(game.budget.left, 2), rng)
    size = batch_size(*game.pixels.shape[:2])

    def mixed() -> Iterator[Images]:
        for start in range(0, len(masks), size):
            seen = masks[start : start + size, :, :, None]
            yield (seen * game.pixels + (1 - seen) * fill).astype(np.float32)

    answers = game.worth_of(mixed())  # [N, C]
    seen = _cell_means(masks, pieces.labels, pieces.count)  # [N, K]
    weights, errors = _differences(seen, answers)
    return game.explanation(
        RISE_ARM, pieces, weights, standard_errors=errors, nothing=nothing, unchanged=hiding.unchanged
    )


def draw_soft_masks(size: tuple[int, ...], count: int, rng: np.random.Generator) -> Masks:
    """Grids of random switches, enlarged bilinearly and shifted by less than a switch: ``[count, *size]`` in 0..1."""
    height, width = size[0], size[1]
    step = np.ceil(np.array([height, width]) / GRID).astype(int)
    switches = (rng.random((count, GRID + 1, GRID + 1)) < SHOWN).astype(np.float32)
    shifts = rng.integers(0, step, (count, 2))
    masks = np.empty((count, height, width), np.float32)
    for mask, switch, (down, right) in zip(masks, switches, shifts, strict=True):
        large = ndimage.zoom(switch, ((GRID + 1) * step[0] / (GRID + 1), (GRID + 1) * step[1] / (GRID + 1)), order=1)
        mask[:] = large[down : down + height, right : right + width]
    return masks


def _cell_means(masks: Masks, labels: NDArray[np.int32], count: int) -> NDArray[np.float64]:
    """How much of every cell each mask shows, ``[N, K]``."""
    flat, sizes = labels.ravel(), np.bincount(labels.ravel(), minlength=count)
    return np.stack([np.bincount(flat, mask.ravel(), count) for mask in masks]) / sizes


def _differences(
    seen: NDArray[np.float64], answers: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean answers where seen less where hidden, and their standard errors, ``[C, K]`` each."""
    shown, hidden = seen.sum(axis=0), (1 - seen).sum(axis=0)
    shown, hidden = np.maximum(shown, 1e-12), np.maximum(hidden, 1e-12)
    with_it, without = (answers.T @ seen) / shown, (answers.T @ (1 - seen)) / hidden
    weights: NDArray[np.float64] = with_it - without
    variance = answers.var(axis=0, ddof=1)[:, None] * (
        (seen**2).sum(axis=0) / shown**2 + ((1 - seen) ** 2).sum(axis=0) / hidden**2
    )
    return weights, np.sqrt(variance)
