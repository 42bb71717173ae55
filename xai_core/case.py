"""One image with its prediction and all its explanations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from xai_core.arms import FUSED_ARM
from xai_core.explanation import Explanation, Scale
from xai_core.quality.faithfulness import Faithfulness

LEAST_FULL_COLOUR: Mapping[Scale, float] = {"probability": 0.1, "log-odds": 0.7}
"""Where all effects are smaller, all of them look pale: ten points of probability, odds that double."""

UPLOAD = "upload"  # the data set and split of an image that a person brought


@dataclass(frozen=True, eq=False)
class Case:
    """One image with all its explanations.

    ``image`` uint8 ``[H, W, C]``, ``probabilities`` float32 ``[classes]``, ``embedding`` float32 ``[D]``;
    ``explanations``, ``faithfulness`` (of the predicted class) and ``features`` are keyed by arm and end with the
    fused map.
    """

    dataset: str
    split: str
    index: int
    image: NDArray[np.uint8]
    image_id: str
    truth: int
    class_names: tuple[str, ...]
    classifier: str
    classifier_version: str
    precision: str
    probabilities: NDArray[np.float32]
    embedding: NDArray[np.float32]
    explanations: Mapping[str, Explanation]
    features: Mapping[str, Mapping[str, float]]
    faithfulness: Mapping[str, Faithfulness] = field(default_factory=dict)

    @property
    def top(self) -> NDArray[np.intp]:
        """Classes by falling probability."""
        return np.argsort(-self.probabilities, kind="stable")

    @property
    def prediction(self) -> int:
        """The most probable class."""
        return int(self.top[0])

    @property
    def confidence(self) -> float:
        """Probability of the predicted class."""
        return float(self.probabilities[self.prediction])

    @property
    def margin(self) -> float:
        """Probability of the predicted class minus that of the runner-up."""
        return float(self.probabilities[self.top[0]] - self.probabilities[self.top[1]])

    def full_colour(self, arm: str, class_position: int = 0) -> float:
        """The weight that is drawn in full colour: one for all explanations of the image in that unit.

        It is the largest effect that any arm found, so that weak explanations look weak beside strong ones, but no less
        than ``LEAST_FULL_COLOUR``. The fused map has no unit: it is as strong as the arms are on average.

        Parameters
        ----------
        arm : str
            The arm whose explanation is drawn.
        class_position : int, default 0
            Position of the class within the ``classes`` of the explanations.

        Returns
        -------
        float
            Change of a probability or of log-odds, whichever the arm explains, > 0.
        """
        scale = self.explanations[arm].scale
        peaks = {
            name: float(np.abs(explanation.weights[class_position]).max())
            for name, explanation in self.explanations.items()
            if explanation.scale == scale
        }
        own = peaks.pop(FUSED_ARM, 1.0)
        least = LEAST_FULL_COLOUR[scale]
        largest = max(least, *peaks.values()) if peaks else least
        if arm != FUSED_ARM:
            return largest
        average = float(np.mean(list(peaks.values()))) if peaks else largest
        return own * largest / average if average > 0 else max(own, 1.0)
