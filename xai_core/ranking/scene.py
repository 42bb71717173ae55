"""Where in an image there is something to mark: what its explanations share, what its pixels tell.

An explanation's marks are judged by these maps (see ``features``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.filters.rank import median

from xai_core.explanation import Explanation
from xai_core.numerics import luminance
from xai_core.ranking.objectness import Level, central, distinct, enclosed

Image = NDArray[np.float32]  # [H, W, C] in 0..1
Mask = NDArray[np.bool_]  # [H, W]

FLOOR = 0.02  # of a peak: what an explanation grants where it sees nothing; keeps logarithms of overlaps finite
SMOOTH = 30  # side of the image by the standard deviation with which the explanations' tints are smoothed


def marked(explanation: Explanation, class_position: int = 0, *, least: float = 0.5) -> NDArray[np.bool_]:
    """The pixels that stand out as speaking for the class, bool ``[H, W]``.

    Segments of positive and settled weight, at least ``least`` times the greatest: with the default those that a
    picture colours strongly, with 0 all that it tints.
    """
    weights = explanation.weights[class_position]
    strong = (weights > 0) & (weights >= least * weights.max()) & explanation.settled[class_position]
    return np.asarray(strong[explanation.segments])


@dataclass(frozen=True, eq=False)
class Consensus:
    """Where all explanations of an image point to, float64 ``[H, W]`` in 0..1: ``relevance`` by themselves, ``visible``
    the same times the fine structure that the image has there."""

    relevance: NDArray[np.float64]
    visible: NDArray[np.float64]

    @classmethod
    def of(cls, explanations: Sequence[Explanation], image: Image) -> Consensus:
        """Geometric mean of the settled positive relevance of each, scaled to its peak.

        Every segmentation blurs the evidence over a segment of its own; a geometric mean is large only where all of
        them see it, hence sharper than any of them. The floor lets an explanation that sees nothing object, not veto.
        """
        logs = [np.log(np.where(marked(e, least=0), scaled(e), 0) + FLOOR) for e in explanations]
        relevance = _stretched(np.exp(np.mean(logs, axis=0)))
        return cls(relevance, _stretched(relevance * _structure(image)))


@dataclass(frozen=True, eq=False)
class Scene:
    """Where in an image there is something to mark, as far as pixels and explanations tell: :data:`Level` each."""

    distinct: Level
    object: Level
    central: Level
    tinted: Level
    focus: Level

    @classmethod
    def of(cls, explanations: Sequence[Explanation], image: Image) -> Scene:
        """``tinted`` is the mean of the explanations' positive relevance; ``focus`` where it meets the object."""
        middle, apart = central(image.shape[:2]), distinct(image)
        likely = _stretched(np.sqrt(enclosed(image) * apart) * middle)
        tinted = np.mean([scaled(explanation) for explanation in explanations], axis=0)
        smooth = ndimage.gaussian_filter(tinted, min(image.shape[:2]) / SMOOTH)
        return cls(apart, likely, middle, tinted, _stretched(np.sqrt(likely * smooth)))

    def covered_by(self, mask: Mask) -> dict[str, float]:
        """How the marked pixels fit each of the levels."""
        values = {f"{name}_overlap": float(np.log(soft_iou(mask, level) + FLOOR)) for name, level in vars(self).items()}
        values["distinct_cover"] = float(self.distinct[mask].sum() / max(self.distinct.sum(), 1e-9))
        values["distinct_inside"] = float(self.distinct[mask].mean()) if mask.any() else 0.0
        return values


def scaled(explanation: Explanation, class_position: int = 0) -> NDArray[np.float64]:
    """Positive relevance in 0..1, its peak 1."""
    positive = np.clip(explanation.relevance(class_position), 0, None)
    peak = positive.max()
    return np.asarray(positive / peak if peak > 0 else positive)


def soft_iou(mask: NDArray[np.bool_], level: NDArray[np.float64]) -> float:
    """IoU of a mask with a map of memberships 0..1."""
    inside = level[mask].sum()
    return float(inside / max(mask.sum() + level.sum() - inside, 1e-9))


def _stretched(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same with its range stretched to 0..1; zeros where it is constant."""
    span = values.max() - values.min()
    return np.asarray((values - values.min()) / span if span > 0 else np.zeros_like(values))


def _structure(image: Image) -> NDArray[np.float64]:
    """How much a pixel stands out from its surroundings, float64 ``[H, W]`` >= 0: the distance of its brightness from
    the median within a fourteenth of the image's side, slightly smoothed."""
    grey = luminance(image)
    side = min(grey.shape)
    width = max(3, round(side / 14))
    # by sliding histograms: a hundred times as fast on a photograph as sorting every window
    around = median((grey * 255).round().astype(np.uint8), np.ones((width, width))) / 255
    return np.asarray(ndimage.gaussian_filter(np.abs(grey - around), side / 128))
