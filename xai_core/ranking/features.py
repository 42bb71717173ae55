"""What is measured of an explanation's marks: their shape, what they cover, what the classifier says about them.

Everything is computed when the explanation is made, from what is at hand then; :mod:`xai_core.ranking.psi` says what
each figure means.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from xai_core.arms import arm_named
from xai_core.classifiers.base import Classifier
from xai_core.explanation import Explanation
from xai_core.numerics import iou, luminance
from xai_core.quality.faithfulness import Faithfulness
from xai_core.quality.references import references
from xai_core.ranking.guard import guard_features
from xai_core.ranking.psi import with_typical
from xai_core.ranking.scene import FLOOR, Consensus, Image, Mask, Scene, marked, scaled, soft_iou

SMALLEST = 1e-3  # share of the image: areas below are all alike


def features(
    explanation: Explanation,
    image: Image,
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
        "compact": _compactness(mask),
    }
    if consensus is not None:
        values |= {
            "consensus": _correlation(scaled(explanation), consensus.relevance),
            "overlap": np.log(iou(mask, consensus.relevance >= 0.35) + FLOOR),
            "overlap_core": np.log(iou(mask, consensus.relevance >= 0.7) + FLOOR),
            "visible": np.log(consensus.visible[mask].mean() + FLOOR) if mask.any() else np.nan,
            "visible_overlap": np.log(soft_iou(mask, consensus.visible) + FLOOR),
            "coverage": mask[consensus.relevance >= 0.5].mean() if consensus.relevance.any() else np.nan,
        }
    return {name: float(value) for name, value in values.items() if np.isfinite(value)}


def embed_marked(explanations: Sequence[Explanation], image: Image, model: Classifier) -> NDArray[np.float32]:
    """Embeddings float32 ``[K, D]`` of the image with only the marked pieces of each explanation, the rest blurred."""
    masks = np.stack([marked(explanation) for explanation in explanations])[..., None]
    return model.embed(np.where(masks, image, references(image)["blur"]))


def all_features(
    explanations: Sequence[Explanation],
    image: Image,
    *,
    faithfulness: Sequence[Faithfulness] | None = None,
    embeddings: tuple[NDArray[np.floating], NDArray[np.floating]] | None = None,
) -> list[dict[str, float]]:
    """Compute ψ of every explanation of one image, in the light of all of them.

    Beside the figures of ``features`` there is what each explanation shares with the others (those of LIME: a fused
    map would agree with itself) and the image's means. What is not given is left out.

    Parameters
    ----------
    explanations : sequence of Explanation
        All explanations of the image.
    image : float32 array [H, W, C], 0..1
        The image that was explained.
    faithfulness : sequence of Faithfulness, optional
        Of each.
    embeddings : tuple of arrays, optional
        The image's ``[D]``, and what ``embed_marked`` gives.

    Returns
    -------
    list of dict
        As ``features``, one for each explanation, with the image's means under ``TYPICAL`` + name.
    """
    single = [e for e in explanations if arm_named(e.arm).method not in ("fused", "attribution")] or list(explanations)
    consensus, scene = Consensus.of(single, image), Scene.of(single, image)
    masks = np.stack([marked(explanation) for explanation in explanations])
    agreements = _agreements(masks)
    rows = []
    for number, (explanation, mask) in enumerate(zip(explanations, masks, strict=True)):
        row = features(explanation, image, consensus=consensus) | scene.covered_by(mask)
        if np.isfinite(agreements[number]):
            row["agreement"] = float(agreements[number])
        if faithfulness is not None:
            row |= _faithful(faithfulness[number])
        if embeddings is not None:
            row["alike"] = _cosine(embeddings[0], embeddings[1][number])
        rows.append(row)
    return with_typical(rows)


def _faithful(found: Faithfulness) -> dict[str, float]:
    return {
        **guard_features(found),
        "sufficiency": min(found.sufficiency, 1.5),
        "necessity": max(found.necessity, -1.0),
        "strongest": float(np.log(found.strongest + 0.01)),
        "disagreement": found.disagreement,
    }


def _agreements(masks: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean overlap (IoU) of each mask ``[K, H, W]`` with the others, float64 ``[K]``; nan for a single one."""
    flat = masks.reshape(len(masks), -1).astype(np.float32)
    shared = flat @ flat.T
    union = np.diag(shared)[:, None] + np.diag(shared) - shared
    overlaps = shared / np.maximum(union, 1)
    if len(masks) < 2:
        return np.full(len(masks), np.nan)
    return np.asarray((overlaps.sum(axis=1) - np.diag(overlaps)) / (len(masks) - 1), np.float64)


def _cosine(left: NDArray[np.floating], right: NDArray[np.floating]) -> float:
    length = float(np.linalg.norm(left) * np.linalg.norm(right))
    return float(left @ right) / length if length > 0 else 0.0


def _compactness(mask: Mask) -> float:
    """Share 0..1 of the marks' bounding box that they fill; 0 without a mark."""
    if not mask.any():
        return 0.0
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return float(mask.sum() / ((np.ptp(rows) + 1) * (np.ptp(columns) + 1)))


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
