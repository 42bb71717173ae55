"""What each measure means, its range, and which end is good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal


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
