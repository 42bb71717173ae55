"""One image with its prediction and all its explanations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai_core.explanation import Explanation

UPLOAD = "upload"  # the data set and split of an image that a person brought


@dataclass(frozen=True, eq=False)
class Case:
    """One image with all its explanations.

    ``image`` uint8 ``[H, W, C]``, ``probabilities`` float32 ``[classes]``, ``embedding`` float32 ``[D]``;
    ``explanations`` and ``features`` are keyed by arm and end with the fused map.
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
