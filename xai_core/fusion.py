"""Several segmentations of one image, one relevance map.

Each explanation's map is divided by its largest absolute weight, so that all speak equally loud, then the maps are
added, or each pixel takes the loudest; the result is scaled to -1..1. As in the mini-MNIST notebook.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from xai_core.arms import FUSED_ARM
from xai_core.errors import InvalidInput
from xai_core.explanation import Explanation
from xai_core.segmenters import from_labels

Floats = NDArray[np.float64]
How = Literal["sum", "max"]


def fuse(
    explanations: Sequence[Explanation],
    class_position: int = 0,
    how: How = "sum",
    weights: Sequence[float] | None = None,
) -> Floats:
    """Combine several explanations of an image into one relevance map.

    Parameters
    ----------
    explanations : sequence of Explanation
        Of the same image and the same classes.
    class_position : int, default 0
        Position of the class within their ``classes``.
    how : {"sum", "max"}, default "sum"
        Add the maps, or take for each pixel the value that is largest in size.
    weights : sequence of float, optional
        How much each explanation counts, >= 0; equally by default.

    Returns
    -------
    float64 array [H, W], -1..1
        All zero if every weight is.

    Raises
    ------
    InvalidInput
        If there is no explanation, if they are of different images or classes, or for improper weights.
    """
    if how not in COMBINED:
        raise InvalidInput(f"Maps are combined by {' or '.join(COMBINED)}, not {how!r}.")
    shares = _shares(explanations, weights)
    maps = np.stack([_normalised(e.relevance(class_position)) for e in explanations])  # [E, H, W]
    return _normalised(COMBINED[how](maps * shares[:, None, None]))


def fused_explanation(explanations: Sequence[Explanation], weights: Sequence[float] | None = None) -> Explanation:
    """Combine several explanations of an image into an explanation, arm ``fused``: their sum.

    Its segments are the pixels that share their segment in every one of them. Standard errors add in squares, since the
    masks of different segmentations are drawn independently; intercepts and R^2 are means.

    Parameters
    ----------
    explanations : sequence of Explanation
        Of the same image and the same classes.
    weights : sequence of float, optional
        How much each explanation counts, >= 0; equally by default.

    Returns
    -------
    Explanation
        Its weights lie in -1..1 and are scaled as by ``fuse``.

    Raises
    ------
    InvalidInput
        As ``fuse`` raises it.
    """
    shares = _shares(explanations, weights)
    stacked = np.stack([e.segments.ravel() for e in explanations])  # [E, H * W]
    pixel_cell = stacked[0]
    for labels in stacked[1:]:  # row by row: sorting numbers is ten times as fast as sorting columns
        pixel_cell = np.unique(pixel_cell.astype(np.int64) * (labels.max() + 1) + labels, return_inverse=True)[1]
    cells = stacked[:, np.unique(pixel_cell, return_index=True)[1]]  # [E, K]
    first = explanations[0]
    joint, variances = np.zeros((2, len(first.classes), cells.shape[1]))
    for explanation, share, cell in zip(explanations, shares, cells, strict=True):
        scale = share / _scale(explanation.weights)  # [C, 1]
        joint += (explanation.weights * scale)[:, cell]
        variances += ((explanation.standard_errors * scale)[:, cell]) ** 2
    unchanged = np.all([e.unchanged[cell] for e, cell in zip(explanations, cells, strict=True)], axis=0)
    return Explanation(
        arm=FUSED_ARM,
        segments=from_labels(pixel_cell.reshape(first.segments.shape)).labels,
        classes=first.classes,
        weights=joint / _scale(joint),
        standard_errors=np.sqrt(variances) / _scale(joint),
        intercepts=np.mean([e.intercepts for e in explanations], axis=0),
        r2=np.mean([e.r2 for e in explanations], axis=0),
        unchanged=unchanged,
        probabilities=first.probabilities,
        samples=sum(e.samples for e in explanations),
        settings=first.settings,
        seed=first.seed,
        image_id=first.image_id,
        classifier=first.classifier,
        classifier_version=first.classifier_version,
        precision=first.precision,
        seconds=sum(e.seconds for e in explanations),
        notes=(f"Combined from {len(explanations)} explanation{'s' * (len(explanations) > 1)} of this image.",),
        scale=first.scale,
    )


def _loudest(maps: Floats) -> Floats:
    loudest: Floats = np.take_along_axis(maps, np.abs(maps).argmax(axis=0)[None], axis=0)[0]
    return loudest


COMBINED: Mapping[str, Callable[[Floats], Floats]] = MappingProxyType(
    {"sum": lambda maps: maps.sum(axis=0), "max": _loudest}
)


def _shares(explanations: Sequence[Explanation], weights: Sequence[float] | None) -> Floats:
    """How much each explanation counts ``[E]``, after checking that they can be combined."""
    if not explanations:
        raise InvalidInput("There is no explanation to combine.")
    if len({(e.image_id, e.classes) for e in explanations}) > 1:
        raise InvalidInput("Only explanations of one image and the same classes can be combined.")
    shares = np.ones(len(explanations)) if weights is None else np.asarray(weights, dtype=np.float64)
    if shares.shape != (len(explanations),) or not (shares >= 0).all() or not shares.any():
        raise InvalidInput(f"{len(explanations)} explanations need as many weights >= 0, not {weights}.")
    return shares


def _scale(values: Floats) -> Floats:
    """Largest size in each row ``[C, 1]``; 1 for rows of zeros, so that one can divide by it."""
    largest: Floats = np.abs(values).max(axis=1, keepdims=True)
    return np.where(largest > 0, largest, 1.0)


def _normalised(values: Floats) -> Floats:
    normalised: Floats = values / _scale(values.reshape(1, -1))
    return normalised
