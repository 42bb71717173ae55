import numpy as np
import pytest

from tests.factories import make_explanation
from xai_core import quality
from xai_core.errors import InvalidInput

SEGMENTS = np.array([[0, 0], [1, 2]], np.int32)


class Brightness:
    """First probability = weighted sum of the four pixels; counts its calls."""

    name, version, precision, class_names, input_shape = "toy", "1", "float32", ("bright", "dark"), (2, 2, 1)

    def __init__(self, pixel_weights):
        self.pixel_weights, self.calls = np.array(pixel_weights), 0

    def predict_proba(self, images):
        self.calls += 1
        first = (images[..., 0] * self.pixel_weights).sum(axis=(1, 2))
        return np.stack([first, 1 - first], axis=1).astype(np.float32)

    def embed(self, images):
        return images.reshape(len(images), -1)


def explanation(weights):
    return make_explanation(SEGMENTS, weights, classes=(0,), probabilities=np.array([1.0, 0.0], np.float32))


IMAGE, FILL = np.ones((2, 2, 1), np.float32), np.zeros((2, 2, 1), np.float32)


def test_curves_by_hand():
    # pixels 0.1 0.1 / 0.6 0.2; order by weight: segment 1 (0.6), 2 (0.2), 0 (0.2 on half of the image)
    model = Brightness([[0.1, 0.1], [0.6, 0.2]])
    curves = quality.curves(IMAGE, FILL, explanation([0.2, 0.6, 0.3]), model)
    assert curves.share == pytest.approx([0, 0.25, 0.5, 1])
    assert curves.deletion == pytest.approx([1, 0.4, 0.2, 0])
    assert curves.insertion == pytest.approx([0, 0.6, 0.8, 1], abs=1e-6)
    deletion = 0.25 * (1 + 0.4) / 2 + 0.25 * (0.4 + 0.2) / 2 + 0.5 * 0.2 / 2
    assert curves.scores["deletion"] == pytest.approx(deletion)
    assert curves.scores["insertion"] == pytest.approx(1 - deletion)
    assert curves.scores["gap"] == pytest.approx(1 - 2 * deletion)
    assert model.calls == 1


def test_the_right_order_beats_the_wrong_one():
    model = Brightness([[0.1, 0.1], [0.6, 0.2]])
    right, wrong = (quality.curves(IMAGE, FILL, explanation(w), model).scores for w in ([0.2, 0.6, 0.3], [3, 1, 2]))
    assert right["deletion"] < wrong["deletion"]
    assert right["insertion"] > wrong["insertion"]
    assert right["gap"] > wrong["gap"]


def test_overlap_by_hand():
    truth = np.array([[True, True], [False, False]])
    assert quality.matched_iou(np.array([[3.0, 2], [1, 0]]), truth) == 1
    assert quality.matched_iou(np.array([[0.0, 1], [2, 3]]), truth) == 0
    assert quality.matched_iou(np.array([[3.0, 0], [2, 1]]), truth) == pytest.approx(1 / 3)
    # everything ties: two of four pixels by chance, one of them true
    assert quality.matched_iou(np.zeros((2, 2)), truth) == pytest.approx(1 / 3)


def test_pointing_by_hand():
    truth = np.array([[True, False], [False, False]])
    assert quality.pointing(np.array([[2.0, 1], [1, 0]]), truth) == 1
    assert quality.pointing(np.array([[1.0, 2], [1, 0]]), truth) == 0
    assert quality.pointing(np.array([[2.0, 2], [1, 0]]), truth) == 0.5


def test_stability_by_hand():
    rising, falling, flat = np.array([1.0, 2, 3]), np.array([3.0, 2, 1]), np.ones(3)
    assert quality.stability([rising, rising * 7]) == pytest.approx(1)
    assert quality.stability([rising, falling]) == pytest.approx(-1)
    assert quality.stability([rising, rising, falling]) == pytest.approx(-1 / 3)
    assert quality.stability([flat, flat]) == 1
    assert quality.stability([flat, rising]) == 0


def test_values_stay_in_the_range_that_is_claimed():
    rng = np.random.default_rng(0)
    for _ in range(50):
        weights, truth = rng.normal(size=3), rng.random((2, 2)) < 0.5
        truth[0, 0] = True
        pixel_weights = rng.random((2, 2))
        scores = quality.curves(
            IMAGE, FILL, explanation(weights), Brightness(pixel_weights / pixel_weights.sum())
        ).scores
        scores["iou"] = quality.matched_iou(weights[SEGMENTS], truth)
        scores["pointing"] = quality.pointing(weights[SEGMENTS], truth)
        scores["stability"] = quality.stability([weights, rng.normal(size=3)])
        assert scores.keys() == quality.METRICS.keys()
        for name, value in scores.items():
            assert quality.METRICS[name].low - 1e-6 <= value <= quality.METRICS[name].high + 1e-6


def test_improper_input_is_named():
    with pytest.raises(InvalidInput, match="0 pixels"):
        quality.matched_iou(np.zeros((2, 2)), np.zeros((2, 2), bool))
    with pytest.raises(InvalidInput, match=r"\[3, 3\]"):
        quality.pointing(np.zeros((2, 2)), np.ones((3, 3), bool))
    with pytest.raises(InvalidInput, match="two or more"):
        quality.stability([np.zeros(3)])
