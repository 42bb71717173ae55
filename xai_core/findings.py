"""What an explanation found, in words and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_core.explanation import Explanation

PLACES = (
    ("upper left", "at the top", "upper right"),
    ("on the left", "in the middle", "on the right"),
    ("lower left", "at the bottom", "lower right"),
)


def describe(explanation: Explanation, class_names: Sequence[str], class_position: int = 0) -> str:
    """Say what an explanation found, in a sentence: the alternative text of its picture.

    Parameters
    ----------
    explanation : Explanation
        The explanation to describe.
    class_names : sequence of str
        Names of all classes of the classifier.
    class_position : int, default 0
        Position of the class within ``explanation.classes``.

    Returns
    -------
    str
        Such as "3 regions support cat, 2 oppose, 5 are too uncertain to tell; the strongest supports it and lies upper
        left."
    """
    name = class_names[explanation.classes[class_position]]
    weights, settled = explanation.weights[class_position], explanation.settled[class_position]
    if not settled.any():
        return f"No region supports or opposes {name} beyond doubt."
    supports, opposes = int((settled & (weights > 0)).sum()), int((settled & (weights < 0)).sum())
    uncertain = int((~settled & ~explanation.unchanged).sum())
    strongest = int(np.argmax(np.abs(weights) * settled))
    doubt = f", {uncertain} {'is' if uncertain == 1 else 'are'} too uncertain to tell" if uncertain else ""
    return (
        f"{supports or 'No'} {'region supports' if supports <= 1 else 'regions support'} {name}, "
        f"{opposes or 'none'} {'opposes' if opposes <= 1 else 'oppose'}{doubt}; "
        f"the strongest {'supports' if weights[strongest] > 0 else 'opposes'} it and lies "
        f"{_places(explanation.segments)[strongest]}."
    )


def weight_table(explanation: Explanation, class_names: Sequence[str]) -> list[dict[str, Any]]:
    """Tabulate the weights of an explanation.

    Parameters
    ----------
    explanation : Explanation
        The explanation to tabulate.
    class_names : sequence of str
        Names of all classes of the classifier.

    Returns
    -------
    list of dict
        A row for each segment and class, the largest weight first: ``class``, ``segment`` (label), ``place``, ``share``
        of the image's pixels 0..1, ``weight``, ``standard_error``, and ``finding`` (supports, opposes, uncertain, or
        "hiding it changes nothing").
    """
    places, settled = _places(explanation.segments), explanation.settled
    shares = np.bincount(explanation.segments.ravel()) / explanation.segments.size
    rows = [
        {
            "class": class_names[index],
            "segment": label,
            "place": places[label],
            "share": float(shares[label]),
            "weight": float(weight),
            "standard_error": float(explanation.standard_errors[position, label]),
            "finding": _finding(float(weight), bool(settled[position, label]), bool(explanation.unchanged[label])),
        }
        for position, index in enumerate(explanation.classes)
        for label, weight in enumerate(explanation.weights[position])
    ]
    return sorted(rows, key=lambda row: -abs(row["weight"]))


def _finding(weight: float, settled: bool, unchanged: bool) -> str:
    if unchanged:
        return "hiding it changes nothing"
    if not settled:
        return "uncertain"
    return "supports" if weight > 0 else "opposes"


def _places(segments: NDArray[np.int32]) -> list[str]:
    """Where the centre of each segment lies, in thirds of the image."""
    labels, sizes = segments.ravel(), np.bincount(segments.ravel())
    thirds = [
        (3 * (np.bincount(labels, at.ravel()) / sizes + 0.5) / length).astype(int)
        for at, length in zip(np.indices(segments.shape), segments.shape, strict=True)
    ]
    return [PLACES[down][right] for down, right in zip(*thirds, strict=True)]
