"""How good an explanation is, by numbers that need no person. None of them says that it convinces.

Every measure has an entry in ``METRICS`` that tells its range and which end is good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from xai_core.classifiers.base import Classifier
from xai_core.errors import InvalidInput
from xai_core.lime.explanation import Explanation

Floats = NDArray[np.float64]
Image = NDArray[np.float32]  # [H, W, C] in 0..1

STEPS = 20  # points of a deletion or insertion curve beside its start, at most one a segment


@dataclass(frozen=True)
class Metric:
    """What a number means: a sentence, its range, and whether ``"higher"`` or ``"lower"`` is better."""

    title: str
    meaning: str
    low: float
    high: float
    better: Literal["higher", "lower"]


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        "deletion": Metric("Deletion", "mean probability while the best evidence is hidden first", 0, 1, "lower"),
        "insertion": Metric("Insertion", "mean probability while the best evidence is shown first", 0, 1, "higher"),
        "gap": Metric("Insertion - deletion", "how far the two curves lie apart", -1, 1, "higher"),
        "iou": Metric(
            "Overlap", "area that the most relevant pixels share with the evidence, by the union", 0, 1, "higher"
        ),
        "pointing": Metric("Pointing game", "share of the strongest evidence that is true evidence", 0, 1, "higher"),
        "stability": Metric("Stability", "mean rank correlation of the weights between seeds", -1, 1, "higher"),
    }
)


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

    ``image`` and ``fill`` (what a hidden pixel shows) are float32 ``[H, W, C]`` in 0..1. Segments go in order of
    weight, the most supporting first, in at most ``STEPS`` steps. Source: Petsiuk, Das & Saenko 2018, "RISE",
    section 4.3; whole segments as in Rieger & Hansen 2020, "IROF".
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


def iou(relevance: Floats, truth: NDArray[np.bool_]) -> float:
    """Overlap 0..1 of the true evidence, bool ``[H, W]``, with as many of the most relevant pixels.

    Ties at the border count by their share, so that segments larger than the evidence are not favoured by pixel order.
    Raises ``InvalidInput`` if there is no true evidence or the sizes differ.
    """
    _check_truth(relevance, truth)
    wanted = int(truth.sum())
    border = np.partition(relevance.ravel(), -wanted)[-wanted]
    above, tied = relevance > border, relevance == border
    part = (wanted - above.sum()) / tied.sum()
    shared = (truth & above).sum() + part * (truth & tied).sum()
    return float(shared / (2 * wanted - shared))


def pointing(relevance: Floats, truth: NDArray[np.bool_]) -> float:
    """Share 0..1 of the most relevant pixels (a whole segment) that are true evidence, bool ``[H, W]``.

    The pointing game asks for one pixel; all pixels of a segment are equal, so this is its expected score.
    Source: Zhang et al. 2018, "Top-down neural attention by excitation backprop". Raises as ``iou``.
    """
    _check_truth(relevance, truth)
    return float(truth[relevance == relevance.max()].mean())


def stability(weights: Sequence[Floats]) -> float:
    """Mean Spearman correlation -1..1 over all pairs of weight vectors ``[K]`` found with different seeds.

    Equal vectors agree fully, also where they do not vary; else a vector that does not vary agrees with none.
    Raises ``InvalidInput`` for fewer than two vectors, or of different lengths.
    """
    if len(weights) < 2 or len({len(vector) for vector in weights}) > 1:
        raise InvalidInput(
            f"Stability needs two or more weight vectors of one length, not {[len(w) for w in weights]}."
        )
    pairs = [(a, b) for i, a in enumerate(weights) for b in weights[i + 1 :]]
    return float(np.mean([_agreement(a, b) for a, b in pairs]))


def _agreement(a: Floats, b: Floats) -> float:
    from scipy.stats import spearmanr  # here, since scipy.stats takes a second that pages should not wait for

    if np.array_equal(a, b):
        return 1.0
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return float(spearmanr(a, b).statistic)


def _check_truth(relevance: Floats, truth: NDArray[np.bool_]) -> None:
    if relevance.shape != truth.shape or not truth.any():
        raise InvalidInput(
            f"The true evidence ({int(truth.sum())} pixels of {list(truth.shape)}) must be a mask "
            f"with at least one pixel, of the relevance map's size {list(relevance.shape)}."
        )
