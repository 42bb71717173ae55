"""Objects that many tests need, with plausible values and the changes named."""

from __future__ import annotations

import numpy as np

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
