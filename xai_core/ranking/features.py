"""What is known of an explanation before anybody has judged it, in numbers that mean the same on every image.

They are the ψ of the ranking model: cheap, computed when the explanation is made, stored with the impression.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from xai_core.arms import arm_named
from xai_core.explanation import Explanation
from xai_core.numerics import iou, luminance
from xai_core.ranking.psi import with_typical

FLOOR = 0.02  # of a peak: what an explanation grants where it sees nothing; keeps logarithms of overlaps finite
SMALLEST = 1e-3  # share of the image: areas below are all alike


@dataclass(frozen=True, eq=False)
class Consensus:
    """Where all explanations of an image point to, float64 ``[H, W]`` in 0..1: ``relevance`` by themselves, ``visible``
    the same times the fine structure that the image has there."""

    relevance: NDArray[np.float64]
    visible: NDArray[np.float64]

    @classmethod
    def of(cls, explanations: Sequence[Explanation], image: NDArray[np.float32]) -> Consensus:
        """Geometric mean of the settled positive relevance of each, scaled to its peak.

        Every segmentation blurs the evidence over a segment of its own; a geometric mean is large only where all of
        them see it, hence sharper than any of them. The floor lets an explanation that sees nothing object, not veto.
        """
        logs = [np.log(np.where(marked(e, least=0), _scaled(e), 0) + FLOOR) for e in explanations]
        relevance = _stretched(np.exp(np.mean(logs, axis=0)))
        return cls(relevance, _stretched(relevance * _structure(image)))


def marked(explanation: Explanation, class_position: int = 0, *, least: float = 0.5) -> NDArray[np.bool_]:
    """The pixels that stand out as speaking for the class, bool ``[H, W]``.

    Segments of positive and settled weight, at least ``least`` times the greatest: with the default those that a
    picture colours strongly, with 0 all that it tints.
    """
    weights = explanation.weights[class_position]
    strong = (weights > 0) & (weights >= least * weights.max()) & explanation.settled[class_position]
    return np.asarray(strong[explanation.segments])


def features(
    explanation: Explanation,
    image: NDArray[np.float32],
    probabilities: NDArray[np.float32] | None = None,
    *,
    consensus: Consensus | None = None,
) -> dict[str, float]:
    """Compute ψ of an explanation, for its first class.

    Parameters
    ----------
    explanation : Explanation
        The explanation.
    image : float32 array [H, W, C], 0..1
        The image that was explained.
    probabilities : float32 array [all classes], optional
        Of the unmodified image; by default those stored with the explanation.
    consensus : Consensus, optional
        That of all explanations of this image.

    Returns
    -------
    dict of str to float
        Keyed as ``FEATURES``. What cannot be computed (no consensus, no standard errors) is left out, not guessed.
    """
    probabilities = explanation.probabilities if probabilities is None else probabilities
    weights, errors = explanation.weights[0], explanation.standard_errors[0]
    magnitudes = np.sort(np.abs(weights))[::-1]
    total = magnitudes.sum() or 1.0
    mask = marked(explanation)
    ranked = np.sort(probabilities)[::-1]
    grey = luminance(image)

    values = {
        "segments": np.log(len(weights)),
        "area": np.log(mask.mean() + SMALLEST),
        "components": np.log1p(ndimage.label(mask)[1]),
        "border": _border_share(mask),
        "top3_share": magnitudes[:3].sum() / total,
        "entropy": _entropy(magnitudes / total),
        "r2": explanation.r2[0],
        "relative_error": errors.mean() / (magnitudes[0] or 1.0),
        "settled": explanation.settled[0].mean(),
        "edges": _edge_alignment(explanation.segments, grey),
        "contrast": _contrast(mask, grey),
        "margin": ranked[0] - ranked[1] if len(ranked) > 1 else np.nan,
        "colour": float(image.shape[2] == 3),
    }
    if consensus is not None:
        values |= {
            "consensus": _correlation(_scaled(explanation), consensus.relevance),
            "overlap": np.log(iou(mask, consensus.relevance >= 0.35) + FLOOR),
            "overlap_core": np.log(iou(mask, consensus.relevance >= 0.7) + FLOOR),
            "visible": np.log(consensus.visible[mask].mean() + FLOOR) if mask.any() else np.nan,
            "visible_overlap": np.log(_soft_iou(mask, consensus.visible) + FLOOR),
            "coverage": mask[consensus.relevance >= 0.5].mean() if consensus.relevance.any() else np.nan,
        }
    return {name: float(value) for name, value in values.items() if np.isfinite(value)}


def all_features(explanations: Sequence[Explanation], image: NDArray[np.float32]) -> list[dict[str, float]]:
    """Compute ψ of every explanation of one image, with their consensus and the means over the image.

    The consensus is that of LIME's explanations: a fused map would agree with itself.

    Parameters
    ----------
    explanations : sequence of Explanation
        All explanations of the image.
    image : float32 array [H, W, C], 0..1
        The image that was explained.

    Returns
    -------
    list of dict
        As ``features``, one for each explanation, with the image's means under ``TYPICAL`` + name.
    """
    single = [e for e in explanations if arm_named(e.arm).method not in ("fused", "attribution")]
    consensus = Consensus.of(single or explanations, image)
    return with_typical([features(explanation, image, consensus=consensus) for explanation in explanations])


def _border_share(mask: NDArray[np.bool_]) -> float:
    """Share of the image's border pixels that the mask covers."""
    frame = np.ones_like(mask)
    frame[1:-1, 1:-1] = False
    return float(mask[frame].mean())


def _entropy(shares: NDArray[np.float64]) -> float:
    """Entropy of the weights' shares relative to a uniform distribution, 0..1."""
    if len(shares) < 2:
        return 0.0
    positive = shares[shares > 0]
    return float(-(positive * np.log(positive)).sum() / np.log(len(shares)))


def _edge_alignment(segments: NDArray[np.int32], grey: NDArray[np.float64]) -> float:
    """Log ratio of the image gradient on segment boundaries to that of the whole image; 0 = no better than chance."""
    gradient = np.hypot(ndimage.sobel(grey, axis=0), ndimage.sobel(grey, axis=1))
    boundary = np.zeros(segments.shape, bool)
    boundary[:-1] |= segments[:-1] != segments[1:]
    boundary[:, :-1] |= segments[:, :-1] != segments[:, 1:]
    if not boundary.any() or gradient.mean() == 0:
        return 0.0
    return float(np.log((gradient[boundary].mean() + 1e-6) / (gradient.mean() + 1e-6)))


def _contrast(mask: NDArray[np.bool_], grey: NDArray[np.float64]) -> float:
    """|mean brightness inside - outside| of the mask in standard deviations of the image; nan without both sides."""
    if mask.all() or not mask.any():
        return float("nan")
    return float(abs(grey[mask].mean() - grey[~mask].mean()) / (grey.std() + 1e-6))


def _correlation(left: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    """Correlation over pixels; nan where either is constant."""
    if left.std() == 0 or right.std() == 0:
        return float("nan")
    return float(np.corrcoef(left.ravel(), right.ravel())[0, 1])


def _scaled(explanation: Explanation, class_position: int = 0) -> NDArray[np.float64]:
    """Positive relevance in 0..1, its peak 1."""
    positive = np.clip(explanation.relevance(class_position), 0, None)
    peak = positive.max()
    return np.asarray(positive / peak if peak > 0 else positive)


def _stretched(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same with its range stretched to 0..1; zeros where it is constant."""
    span = values.max() - values.min()
    return np.asarray((values - values.min()) / span if span > 0 else np.zeros_like(values))


def _structure(image: NDArray[np.float32]) -> NDArray[np.float64]:
    """How much a pixel stands out from its surroundings, float64 ``[H, W]`` >= 0: the distance of its brightness from
    the median within a fourteenth of the image's side, slightly smoothed."""
    grey = luminance(image)
    side = min(grey.shape)
    around = ndimage.median_filter(grey, max(3, round(side / 14)))
    return np.asarray(ndimage.gaussian_filter(np.abs(grey - around), side / 128))


def _soft_iou(mask: NDArray[np.bool_], level: NDArray[np.float64]) -> float:
    """IoU of a mask with a map of memberships 0..1."""
    inside = level[mask].sum()
    return float(inside / max(mask.sum() + level.sum() - inside, 1e-9))
