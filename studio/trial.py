"""Trying an explanation out: what the classifier says while pieces that a person chooses are hidden."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai_core.case import Case
from xai_core.classifiers.base import Classifier
from xai_core.datasets import as_float
from xai_core.explanation import Explanation
from xai_core.lime.hiding import Hiding
from xai_core.segmenters import Segmentation

MOST_STEPS = 16  # of a film, besides its start


@dataclass(frozen=True, eq=False)
class Trial:
    """One explanation of one image, with the classifier at hand. Pieces are hidden as they were for the explanation."""

    case: Case
    explanation: Explanation
    model: Classifier
    hiding: Hiding

    @classmethod
    def of(cls, case: Case, arm: str, model: Classifier) -> Trial:
        """The trial of an arm of a case."""
        explanation = case.explanations[arm]
        segmentation = Segmentation(explanation.segments, explanation.weights.shape[1])
        settings = explanation.settings.as_dict()
        fill, constant = settings.get("fill", "blur"), settings.get("constant", 0.0)
        return cls(case, explanation, model, Hiding.of(as_float(case.image), segmentation, fill, constant))

    @property
    def stand_in(self) -> NDArray[np.uint8]:
        """What hidden pieces show, uint8 ``[H, W, C]``."""
        fill = self.hiding.fill.view(np.float32).reshape(self.hiding.shape)
        return np.rint(np.clip(fill, 0, 1) * 255).astype(np.uint8)

    @property
    def order(self) -> list[int]:
        """Labels of the pieces, the one that speaks most for the class first."""
        return [int(label) for label in np.argsort(-self.explanation.weights[0], kind="stable")]

    def share(self, hidden: Collection[int]) -> float:
        """Part of the image's pixels that those pieces cover, 0..1."""
        return float(np.isin(self.explanation.segments, list(hidden)).mean())

    def answers(self, several: Sequence[Collection[int]]) -> NDArray[np.float32]:
        """Probabilities ``[N, classes]`` with each of N sets of pieces hidden."""
        count = self.explanation.weights.shape[1]
        shown = np.stack([~np.isin(np.arange(count), list(hidden)) for hidden in several])
        bits = np.empty((len(shown), self.hiding.fill.size), np.uint32)
        self.hiding.compose(shown, bits)
        return self.model.predict_proba(bits.view(np.float32).reshape(-1, *self.hiding.shape))

    def deletion(self) -> list[tuple[int, float, float]]:
        """The deletion as steps: pieces hidden, the best first; part of the image that is; probability of the class."""
        order, label = self.order, self.explanation.classes[0]
        counts = np.unique(np.linspace(0, len(order), min(MOST_STEPS, len(order)) + 1).round().astype(int))
        sets = [order[:count] for count in counts]
        found = self.answers(sets)[:, label]
        return [(len(hidden), self.share(hidden), float(answer)) for hidden, answer in zip(sets, found, strict=True)]
