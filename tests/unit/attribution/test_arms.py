"""Attributions stand among the arms that a page offers."""

import math

import numpy as np
from numpy.typing import NDArray

from xai_core.arms import ATTRIBUTION_ARMS, FUSED_ARM, arms_for
from xai_core.attribution.methods import ATTRIBUTIONS
from xai_core.classifiers.function import FunctionClassifier
from xai_core.precompute import explain_image


class Embedding(FunctionClassifier):
    """A function with features, which a case needs."""

    def embed(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        return images.reshape(len(images), -1)[:, ::16]


def brightness(images: np.ndarray) -> np.ndarray:
    answer = images[:, 4:12, 4:12].mean(axis=(1, 2, 3))
    return np.stack([1 - answer, answer], axis=1)


def test_every_attribution_is_an_arm_and_the_other_way_round() -> None:
    assert set(ATTRIBUTIONS) == set(ATTRIBUTION_ARMS)


def test_photographs_are_explained_in_all_ways_and_digits_in_those_that_show_more() -> None:
    assert set(ATTRIBUTIONS) <= set(arms_for((224, 224)))
    assert set(ATTRIBUTIONS) & set(arms_for((28, 28))) == {"partition"}


def test_a_case_holds_them_beside_lime_with_figures_and_features() -> None:
    image = np.zeros((16, 16, 1), np.uint8)
    image[4:12, 4:12] = 255
    model = Embedding("brightness", ("dark", "bright"), (16, 16, 1), brightness)
    found = explain_image(
        image, image / np.float32(255), model, dataset="x", arms=["grid-5", *ATTRIBUTIONS], samples=200
    )
    arms = [explanation.arm for explanation in found.explanations]
    assert arms == ["grid-5", *ATTRIBUTIONS, FUSED_ARM]
    assert len(found.faithfulness) == len(found.features) == len(arms)
    fused = found.explanations[-1]
    assert fused.notes == ("Combined from 1 explanation of this image.",)
    for explanation, features in zip(found.explanations, found.features, strict=True):
        inside = explanation.relevance()[4:12, 4:12].mean()
        assert inside > explanation.relevance()[:3].mean(), explanation.arm
        assert all(math.isfinite(value) for value in features.values())
    assert "r2" not in found.features[1]
