"""Occlusion: a window slides over the image, and what it hides is worth what the answer loses.

Source: Zeiler & Fergus 2014, "Visualizing and understanding convolutional networks", section 4.2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from xai_core.attribution.cells import cells
from xai_core.attribution.game import Game
from xai_core.attribution.settings import AttributionSettings
from xai_core.classifiers.base import Classifier
from xai_core.classifiers.function import Function
from xai_core.explanation import Explanation
from xai_core.lime.inputs import AnyImage

OCCLUSION_ARM = "occlusion"
OVERLAP = 3  # cells a window is wide: it moves by a third of itself


def explain_occlusion(
    image: AnyImage,
    model: Classifier | Function,
    *,
    classes: int | str | Sequence[int | str] = 2,
    settings: AttributionSettings | None = None,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Explanation:
    """Slide a window over the image: what it hides is worth what the answer loses.

    There are as many windows as the evaluations allow, each a few cells wide and moving by a cell.

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
        Only recorded: the result is deterministic.
    progress : callable, optional
        Called with the share done, 0..1.
    cancelled : callable, optional
        Asked before every batch whether to stop.

    Returns
    -------
    Explanation
        Weights of square cells: the mean loss over the windows that hide a cell.

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
    .. [1] M. Zeiler and R. Fergus, "Visualizing and understanding convolutional networks", ECCV 2014,
       section 4.2.
    """
    game = Game.of(image, model, classes=classes, settings=settings, seed=seed, progress=progress, cancelled=cancelled)
    affordable = math.isqrt(max(game.budget.left - 1, 1)) - OVERLAP + 1  # windows also stand half outside
    pieces = cells(game.pixels, max(affordable, 1))
    side = math.isqrt(pieces.count)
    hiding = game.hiding(pieces)
    reach = range(1 - OVERLAP, side)
    places = np.arange(side)
    inside = np.array([(places >= start) & (places < start + OVERLAP) for start in reach])  # [windows, side]
    hidden = (inside[:, None, :, None] & inside[None, :, None, :]).reshape(-1, side * side)
    nothing = game.worth(hiding, np.zeros((1, pieces.count), np.bool_))[0]
    loss = game.whole - game.worth(hiding, ~hidden)  # [windows, C]
    weights = (loss.T @ hidden) / hidden.sum(axis=0)
    return game.explanation(OCCLUSION_ARM, pieces, weights, nothing=nothing, unchanged=hiding.unchanged)
