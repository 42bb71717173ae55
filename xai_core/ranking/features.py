"""What is known of an explanation before anybody has judged it, in numbers that mean the same on every image.

They are the ψ of the ranking model: cheap, computed when the explanation is made, stored with the impression.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from xai_core.arms import FUSED_ARM
from xai_core.explanation import Explanation
from xai_core.numerics import iou, luminance

TYPICAL = "typical "  # before the name of a feature: its mean over all explanations of the image
FLOOR = 0.02  # of a peak: what an explanation grants where it sees nothing; keeps logarithms of overlaps finite
SMALLEST = 1e-3  # share of the image: areas below are all alike


@dataclass(frozen=True)
class Feature:
    """One entry of ψ: how it is standardised, and how a person would say that it is high or low.

    ``centre`` and ``scale`` are constants, not statistics of the log: a stored event gives the same number for ever,
    whatever was collected after it. ``high`` and ``low`` complete "it stands here because ...".
    """

    name: str
    centre: float
    scale: float
    high: str
    low: str


FEATURES: Mapping[str, Feature] = {
    feature.name: feature
    for feature in (
        Feature("segments", 3.3, 1.0, "the image is cut into many small pieces", "the image is cut into few pieces"),
        Feature("area", -2.5, 1.0, "a large part of the image is marked", "only a small part of the image is marked"),
        Feature("components", 1.1, 0.6, "the marks fall into several patches", "the marks form one patch"),
        Feature(
            "border", 0.1, 0.15, "the marks touch the image's border", "the marks keep clear of the image's border"
        ),
        Feature("top3_share", 0.6, 0.25, "three pieces carry most of the evidence", "many pieces share the evidence"),
        Feature("entropy", 0.7, 0.2, "the evidence is spread evenly", "the evidence is concentrated"),
        Feature(
            "r2",
            0.7,
            0.25,
            "it foretells well what the model says when pieces are hidden",
            "it foretells poorly what the model says when pieces are hidden",
        ),
        Feature("relative_error", 0.05, 0.05, "its colours are uncertain", "its colours are certain"),
        Feature(
            "settled", 0.5, 0.3, "most pieces clearly speak for or against", "few pieces clearly speak for or against"
        ),
        Feature("edges", 0.8, 0.4, "the pieces follow the edges in the image", "the pieces cut across edges"),
        Feature(
            "contrast", 0.6, 0.5, "the marks differ in brightness from the rest", "the marks are as bright as the rest"
        ),
        Feature("consensus", 0.5, 0.2, "other explanations point to the same place", "the others point elsewhere"),
        Feature(
            "overlap", -1.8, 0.8, "the marks are what all explanations share", "the explanations share something else"
        ),
        Feature(
            "overlap_core",
            -2.8,
            0.8,
            "the marks are the very heart of what all explanations share",
            "the marks miss the heart of what all explanations share",
        ),
        Feature(
            "visible",
            -2.6,
            0.6,
            "what is marked stands out to the eye",
            "little of what is marked stands out",
        ),
        Feature(
            "visible_overlap",
            -2.7,
            0.6,
            "the marks fit what stands out to the eye",
            "the marks fit nothing that stands out",
        ),
        Feature(
            "coverage",
            0.8,
            0.3,
            "the marks contain all that the explanations share",
            "the marks miss some of what the explanations share",
        ),
        Feature("margin", 0.7, 0.3, "the classifier is sure", "the classifier wavers"),
        Feature("colour", 0.5, 0.5, "the image is in colour", "the image is grey"),
    )
}


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
    return np.asarray(explanation.marked(class_position, least=least)[explanation.segments])


def features(
    explanation: Explanation,
    image: NDArray[np.float32],
    probabilities: NDArray[np.float32] | None = None,
    *,
    consensus: Consensus | None = None,
) -> dict[str, float]:
    """ψ of an explanation of ``image`` (float32 ``[H, W, C]`` in 0..1) for its first class, keyed as ``FEATURES``.

    ``probabilities`` default to those stored with the explanation. ``consensus`` is that of all explanations of this
    image. What cannot be computed (no consensus, no standard errors) is left out, not guessed.
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
    """:func:`features` of every explanation of one image, with their consensus (that of the single segmentations: a
    fused map would agree with itself) and, under ``TYPICAL`` + name, the image's means."""
    consensus = Consensus.of([e for e in explanations if e.arm != FUSED_ARM] or explanations, image)
    return with_typical([features(explanation, image, consensus=consensus) for explanation in explanations])


def standardise(rows: Sequence[Mapping[str, float]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """ψ of N explanations in units of scale, two float64 ``[N, len(FEATURES)]`` clipped to ±3.

    The first is beside the other explanations of the image: what an order can go by. The second is the image's mean:
    how easily its explanations convince, whichever is shown. Without a stored mean an explanation is compared with
    ``centre``. A missing or non-finite feature counts as average, 0, in both.
    """
    own = _table(rows, list(FEATURES))
    typical = _table(rows, [TYPICAL + name for name in FEATURES])
    centres = np.array([feature.centre for feature in FEATURES.values()])
    scales = np.array([feature.scale for feature in FEATURES.values()])
    known = np.isfinite(own)
    reference = np.where(np.isfinite(typical), typical, centres)
    beside = np.where(known, (own - reference) / scales, 0.0)
    return np.clip(beside, -3, 3), np.clip((reference - centres) / scales, -3, 3)


def count_missing(rows: Sequence[Mapping[str, float]]) -> int:
    """How many entries of ψ are missing or not finite."""
    return int((~np.isfinite(_table(rows, list(FEATURES)))).sum())


def with_typical(rows: Sequence[Mapping[str, float]]) -> list[dict[str, float]]:
    """ψ of all explanations of one image, each with the image's means under ``TYPICAL`` + name."""
    seen = {name: [row[name] for row in rows if np.isfinite(row.get(name, np.nan))] for name in FEATURES}
    typical = {TYPICAL + name: float(np.mean(values)) for name, values in seen.items() if values}
    return [{**row, **typical} for row in rows]


def _table(rows: Sequence[Mapping[str, float]], names: Sequence[str]) -> NDArray[np.float64]:
    complete = itemgetter(*names)

    def values(row: Mapping[str, float]) -> Sequence[float]:
        try:
            return complete(row)  # type: ignore[no-any-return]
        except KeyError:
            return [row.get(name, np.nan) for name in names]

    # number by number: a hundred thousand tuples at once would set off the garbage collector again and again
    flat = np.fromiter(chain.from_iterable(map(values, rows)), np.float64, len(rows) * len(names))
    return flat.reshape(-1, len(names))


def _border_share(mask: NDArray[np.bool_]) -> float:
    """Share of the image's border pixels that the mask covers."""
    frame = np.ones_like(mask)
    frame[1:-1, 1:-1] = False
    return float(mask[frame].mean())


def _entropy(shares: NDArray[np.float64]) -> float:
    """Entropy of the weights' shares relative to an even spread, 0..1."""
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
