"""What is known of an explanation before anybody has judged it, in numbers that mean the same on every image.

They are the ψ of the ranking model: cheap, computed when the explanation is made, stored with the impression.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from xai_core.lime.explanation import Explanation


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
        Feature("segments", 3.2, 0.6, "the image is cut into many small pieces", "the image is cut into few pieces"),
        Feature("area", 0.25, 0.2, "much of the image is marked", "little of the image is marked"),
        Feature("top_size", -3.0, 0.8, "the strongest segment is large", "the strongest segment is small"),
        Feature("components", 1.0, 0.6, "the marked area falls into many patches", "the marked area is in one piece"),
        Feature("compactness", 0.3, 0.2, "the marked area is compact", "the marked area is ragged"),
        Feature("border", 0.2, 0.2, "the marks touch the image's border", "the marks keep clear of the border"),
        Feature("top_share", 0.25, 0.15, "one segment carries most of it", "no single segment stands out"),
        Feature("top3_share", 0.5, 0.2, "three segments carry most of it", "the weight is spread over many segments"),
        Feature("entropy", 0.8, 0.12, "the weight is spread evenly", "the weight is concentrated"),
        Feature(
            "negative_share", 0.35, 0.2, "much speaks against the class as well", "little speaks against the class"
        ),
        Feature("strength", 0.6, 0.5, "the marked area accounts for the prediction", "the marked area explains little"),
        Feature("r2", 0.5, 0.25, "the weights reproduce the classifier well", "the weights fit the classifier poorly"),
        Feature("relative_error", 0.15, 0.12, "the weights are uncertain", "the weights are certain"),
        Feature("settled", 0.5, 0.25, "most segments have a settled sign", "few segments have a settled sign"),
        Feature("edges", 0.5, 0.5, "the segments follow the edges of the image", "the segments cut across edges"),
        Feature(
            "contrast", 0.8, 0.6, "the marked area differs in brightness", "the marked area is as bright as the rest"
        ),
        Feature("consensus", 0.5, 0.25, "other segmentations point to the same place", "other segmentations disagree"),
        Feature("margin", 0.7, 0.3, "the classifier is sure", "the classifier wavers"),
        Feature("colour", 0.5, 0.5, "the image is in colour", "the image is grey"),
    )
}


def positive_mask(explanation: Explanation, class_position: int = 0) -> NDArray[np.bool_]:
    """The pixels that are shown as speaking for the class, bool ``[H, W]``: positive weight, sign settled."""
    weights = explanation.weights[class_position]
    return np.asarray(((weights > 0) & explanation.settled[class_position])[explanation.segments])


def consensus_map(explanations: Sequence[Explanation], class_position: int = 0) -> NDArray[np.float64]:
    """Mean positive relevance of several explanations, float64 ``[H, W]`` in 0..1, each scaled to its own peak."""
    maps = [np.clip(explanation.relevance(class_position), 0, None) for explanation in explanations]
    scaled = [relevance / peak if (peak := relevance.max()) > 0 else relevance for relevance in maps]
    return np.asarray(np.mean(scaled, axis=0))


def features(
    explanation: Explanation,
    image: NDArray[np.float32],
    probabilities: NDArray[np.float32] | None = None,
    *,
    consensus: NDArray[np.float64] | None = None,
) -> dict[str, float]:
    """ψ of an explanation of ``image`` (float32 ``[H, W, C]`` in 0..1) for its first class, keyed as ``FEATURES``.

    ``probabilities`` default to those stored with the explanation. ``consensus`` is :func:`consensus_map` of all
    explanations of this image. What cannot be computed (no consensus, no standard errors) is left out, not guessed.
    """
    probabilities = explanation.probabilities if probabilities is None else probabilities
    weights, errors = explanation.weights[0], explanation.standard_errors[0]
    magnitudes = np.sort(np.abs(weights))[::-1]
    total = magnitudes.sum() or 1.0
    shares = magnitudes / total
    sizes = np.bincount(explanation.segments.ravel(), minlength=len(weights)) / explanation.segments.size
    mask = positive_mask(explanation)
    ranked = np.sort(probabilities)[::-1]
    grey = np.asarray(image, np.float64).mean(axis=2)

    values = {
        "segments": np.log(len(weights)),
        "area": mask.mean(),
        "top_size": np.log(sizes[np.argmax(weights)]),
        "components": np.log1p(ndimage.label(mask)[1]),
        "compactness": _compactness(mask),
        "border": _border_share(mask),
        "top_share": shares[0],
        "top3_share": shares[:3].sum(),
        "entropy": _entropy(shares),
        "negative_share": np.abs(weights[weights < 0]).sum() / total,
        "strength": weights[(weights > 0) & explanation.settled[0]].sum() / max(float(ranked[0]), 1e-6),
        "r2": explanation.r2[0],
        "relative_error": errors.mean() / (magnitudes[0] or 1.0),
        "settled": explanation.settled[0].mean(),
        "edges": _edge_alignment(explanation.segments, grey),
        "contrast": _contrast(mask, grey),
        "consensus": np.nan if consensus is None else _agreement(explanation.relevance(0), consensus),
        "margin": ranked[0] - ranked[1] if len(ranked) > 1 else np.nan,
        "colour": float(image.shape[2] == 3),
    }
    return {name: float(value) for name, value in values.items() if np.isfinite(value)}


def all_features(explanations: Sequence[Explanation], image: NDArray[np.float32]) -> list[dict[str, float]]:
    """:func:`features` of every explanation of one image, with their consensus."""
    consensus = consensus_map(explanations)
    return [features(explanation, image, consensus=consensus) for explanation in explanations]


def standardise(rows: Sequence[Mapping[str, float]]) -> tuple[NDArray[np.float64], int]:
    """ψ of N explanations, float64 ``[N, len(FEATURES)]`` in units of scale, clipped to ±3; and how many were missing.

    A missing or non-finite feature counts as its centre, 0.
    """
    raw = np.array([[row.get(name, np.nan) for name in FEATURES] for row in rows], np.float64)
    raw = raw.reshape(len(rows), len(FEATURES))
    centres = np.array([feature.centre for feature in FEATURES.values()])
    scales = np.array([feature.scale for feature in FEATURES.values()])
    known = np.isfinite(raw)
    return np.clip(np.where(known, (raw - centres) / scales, 0.0), -3, 3), int((~known).sum())


def _compactness(mask: NDArray[np.bool_]) -> float:
    """4π area / perimeter², 1 for a disc, small for a ragged shape (isoperimetric quotient); nan for no mask."""
    if not mask.any():
        return float("nan")
    padded = np.pad(mask, 1).astype(np.int8)
    perimeter = np.abs(np.diff(padded, axis=0)).sum() + np.abs(np.diff(padded, axis=1)).sum()
    # a pixel outline of a disc is 4/π times as long as the circle
    return float(4 * np.pi * mask.sum() / (perimeter * np.pi / 4) ** 2)


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


def _agreement(relevance: NDArray[np.float64], consensus: NDArray[np.float64]) -> float:
    """Correlation over pixels of the positive relevance with the consensus; nan where either is constant."""
    positive = np.clip(relevance, 0, None)
    if positive.std() == 0 or consensus.std() == 0:
        return float("nan")
    return float(np.corrcoef(positive.ravel(), consensus.ravel())[0, 1])
