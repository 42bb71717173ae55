"""Objects that many tests need, with plausible values and the changes named."""

from __future__ import annotations

import numpy as np

from xai_core.case import Case
from xai_core.datasets import image_id
from xai_core.explanation import Explanation
from xai_core.lime.settings import LimeSettings


def make_explanation(segments, weights, errors=0.0, **changes) -> Explanation:
    """An explanation of weights [K] or [C, K] over a label map [H, W]; certain unless ``errors`` are given."""
    weights = np.atleast_2d(np.asarray(weights, float))
    values = {
        "arm": "slic-medium",
        "segments": np.asarray(segments, np.int32),
        "classes": tuple(range(len(weights))),
        "weights": weights,
        "standard_errors": np.array(np.broadcast_to(np.asarray(errors, float), weights.shape)),
        "intercepts": np.zeros(len(weights)),
        "r2": np.full(len(weights), 0.8),
        "unchanged": np.zeros(weights.shape[1], bool),
        "probabilities": np.array([0.9, 0.1], np.float32),
        "samples": 100,
        "settings": LimeSettings(),
        "seed": 0,
        "image_id": "image",
        "classifier": "toy",
        "classifier_version": "1",
        "precision": "float32",
        "seconds": 0.5,
    }
    return Explanation(**(values | changes))


def make_case(number: int, arms=("grid-5", "slic-medium", "fused")) -> Case:
    """The case of a toy image that ``number`` tells apart, with an explanation an arm."""
    image = np.full((4, 4, 1), number, np.uint8)
    segments = np.repeat(np.arange(2, dtype=np.int32), 8).reshape(4, 4)
    return Case(
        dataset="toy",
        split="test",
        index=number,
        image=image,
        image_id=image_id(image),
        truth=0,
        class_names=("cat", "dog", "cow"),
        classifier="toy",
        classifier_version="1",
        precision="float32",
        probabilities=np.array([0.7, 0.2, 0.1], np.float32),
        embedding=np.ones(3, np.float32),
        explanations={arm: make_explanation(segments, [[0.5, -0.1], [-0.4, 0.1]], 0.01, arm=arm) for arm in arms},
        features={arm: {"area": 0.1 * at} for at, arm in enumerate(arms)},
    )
