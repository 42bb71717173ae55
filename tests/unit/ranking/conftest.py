from collections.abc import Callable

import numpy as np
import pytest

from tests.factories import make_explanation
from xai_core.explanation import Explanation
from xai_core.ranking import FEATURES, Event

ARMS = ("slic-medium", "slic-medium@fine", "grid-5", "fused")


@pytest.fixture
def explanation() -> Callable[..., Explanation]:
    def make(segments, weights, *, errors=0.0, r2=0.8, probabilities=(0.9, 0.1)) -> Explanation:
        weights = np.atleast_2d(weights)
        return make_explanation(
            segments,
            weights,
            errors,
            r2=np.full(len(weights), r2),
            probabilities=np.asarray(probabilities, np.float32),
        )

    return make


@pytest.fixture
def planted() -> Callable[..., list[Event]]:
    """Thumbs whose log odds are ``weights`` times standardised ψ, plus an effect of the arm."""

    def make(count, weights=None, *, arms=None, seed=0, images=None, raters=5, embedding=None, dataset="toy"):
        rng = np.random.default_rng(seed)
        events = []
        for number in range(count):
            z = {name: rng.standard_normal() for name in FEATURES}
            arm = ARMS[rng.integers(len(ARMS))]
            u = sum(weight * z[name] for name, weight in (weights or {}).items()) + (arms or {}).get(arm, 0.0)
            image = number if images is None else int(rng.integers(images))
            events.append(
                Event(
                    arm=arm,
                    features={name: FEATURES[name].centre + FEATURES[name].scale * value for name, value in z.items()},
                    dataset=dataset,
                    embedding=None if embedding is None else embedding(image),
                    image_id=f"image-{image}",
                    value=int(rng.random() < 1 / (1 + np.exp(-u))),
                    rater=f"rater-{rng.integers(raters)}",
                    sequence=number,
                )
            )
        return events

    return make
