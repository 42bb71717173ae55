"""Deletion and insertion: what the classifier says while segments are hidden, or shown, the best first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai_core.classifiers.base import Classifier
from xai_core.explanation import Explanation

Floats = NDArray[np.float64]
Image = NDArray[np.float32]  # [H, W, C] in 0..1

STEPS = 20  # points of a deletion or insertion curve besides its start, at most one a segment


@dataclass(frozen=True, eq=False)
class Curves:
    """Probability of the class while segments are hidden or shown in order of weight.

    ``share`` float64 ``[P]``: part of the image's pixels hidden (or shown), 0 to 1; ``deletion`` and ``insertion``
    float64 ``[P]``: the probabilities.
    """

    share: Floats
    deletion: Floats
    insertion: Floats

    @property
    def scores(self) -> dict[str, float]:
        """Areas under the curves (trapezoids), and the ``gap`` between them."""
        deletion, insertion = (float(np.trapezoid(curve, self.share)) for curve in (self.deletion, self.insertion))
        return {"deletion": deletion, "insertion": insertion, "gap": insertion - deletion}


def curves(image: Image, fill: Image, explanation: Explanation, model: Classifier, class_position: int = 0) -> Curves:
    """Deletion and insertion curves of one explanation, both from a single batch.

    Segments go in order of weight, the most supporting first, in at most ``STEPS`` steps.

    Parameters
    ----------
    image : float32 array [H, W, C], 0..1
        The image that was explained.
    fill : float32 array [H, W, C], 0..1
        What a hidden pixel shows.
    explanation : Explanation
        The explanation to judge.
    model : Classifier
        The classifier that was explained.
    class_position : int, default 0
        Position of the class within ``explanation.classes``.

    Returns
    -------
    Curves
        Share of pixels and probabilities.

    References
    ----------
    Petsiuk, Das & Saenko 2018, "RISE", section 4.3; whole segments as in Rieger & Hansen 2020, "IROF".
    """
    order = np.argsort(-explanation.weights[class_position], kind="stable")
    rank = np.argsort(order)[explanation.segments]  # [H, W]: when a pixel's segment has its turn
    counts = np.unique(np.linspace(0, len(order), min(STEPS, len(order)) + 1).round().astype(int))
    chosen = rank[None] < counts[:, None, None]  # [P, H, W]
    deleted = np.where(chosen[..., None], fill, image)
    inserted = np.where(chosen[..., None], image, fill)
    answers = model.predict_proba(np.concatenate([deleted, inserted]))[:, explanation.classes[class_position]]
    deletion, insertion = answers.astype(np.float64).reshape(2, -1)
    return Curves(chosen.mean(axis=(1, 2)), deletion, insertion)
