"""In a world whose classes differ in one attribute alone, that attribute is found to matter most."""

import numpy as np
import pytest

from benchmarks.worlds.planted_attributes import LEVELS, draw, ranked_first
from xai_core.attributes import ATTRIBUTES
from xai_core.numerics import luminance


@pytest.mark.parametrize("planted", ATTRIBUTES)
def test_the_planted_attribute_ranks_first_and_null_scores_exactly_0(planted: str) -> None:
    first, null = ranked_first(planted, np.random.default_rng(7))
    assert first >= 0.95
    assert null == 0


def test_worlds_show_their_classes_equally_often_and_in_every_other_respect_alike() -> None:
    rng = np.random.default_rng(0)
    for planted, levels in LEVELS.items():
        images, labels = draw(planted, 200, rng)
        assert np.bincount(labels, minlength=len(levels)).min() > 200 / len(levels) / 3
        bright = [luminance(images[labels == label]).mean() for label in range(len(levels))]
        assert np.ptp(bright) < 0.03
