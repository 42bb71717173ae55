"""All explanations of an image at once: in which unit, and what is said where there is nothing to explain."""

import numpy as np
import pytest

from studio.pieces import effect_sentence
from xai_core.errors import InvalidAnswer, InvalidInput
from xai_core.lime.fill_choice import FillChoice
from xai_core.precompute import explain_image

SIDE = 20
ARMS = ("grid-5", "slic-medium")


class Halves:
    """First probability: a sigmoid of ``level`` and ``slope`` times the brightness of the left half over the right."""

    name, version, precision, class_names = "halves", "1", "float32", ("left", "right")
    input_shape = (SIDE, SIDE, 1)

    def __init__(self, level=0.0, slope=4.0):
        self.level, self.slope = level, slope

    def predict_proba(self, images):
        left, right = (half.mean(axis=(1, 2, 3)) for half in np.split(images, 2, axis=2))
        first = 1 / (1 + np.exp(-self.level - self.slope * (left - right)))
        return np.stack([first, 1 - first], axis=1).astype(np.float32)

    def embed(self, images):
        return images.reshape(len(images), -1)


@pytest.fixture
def image():
    """Grey dots, brighter on the left."""
    pixels = np.random.default_rng(0).integers(40, 100, (SIDE, SIDE, 1)).astype(np.uint8)
    pixels[:, : SIDE // 2] += 120
    return pixels


def explained(image, model, fill="constant"):
    choice = FillChoice("toy", model.name, model.version, fill, 0.0, "mean")
    pixels = image.astype(np.float32) / 255
    return explain_image(image, pixels, model, dataset="toy", arms=ARMS, fill=choice, samples=64)


def told(found):
    return {effect_sentence(figures, "left", "blue") for figures in found.faithfulness}


def test_probabilities_are_explained_as_long_as_pieces_move_them(image):
    found = explained(image, Halves())
    assert {each.scale for each in found.explanations} == {"probability"}
    assert {each.arm for each in found.explanations} == {*ARMS, "fused"}


def test_log_odds_are_explained_where_the_answer_is_near_certain(image):
    found = explained(image, Halves(level=9))
    assert {each.scale for each in found.explanations} == {"log-odds"}
    for each in found.explanations:
        marked = each.marked()[each.segments]
        assert marked[:, : SIDE // 2].sum() > 0.8 * marked.sum() > 0, "the same pieces are found"
    assert all("hardly matter" in sentence for sentence in told(found)), "and it is said that the answer stays"


@pytest.mark.parametrize("fill", ["blur", "mean", "surroundings"])
def test_a_constant_image_gives_no_reason(fill):
    found = explained(np.full((SIDE, SIDE, 1), 128, np.uint8), Halves(level=1), fill)
    assert told(found) == {"No piece speaks for left beyond doubt: this explanation gives no reason."}
    assert {each.scale for each in found.explanations} == {"probability"}, "no other unit helps"


def test_an_image_that_is_its_background_gives_no_reason():
    found = explained(np.zeros((SIDE, SIDE, 1), np.uint8), Halves(level=1))
    assert all("gives no reason" in sentence for sentence in told(found))


def test_a_model_that_answers_the_same_to_everything_gives_no_reason(image):
    found = explained(image, Halves(level=1, slope=0))
    assert all("gives no reason" in sentence for sentence in told(found))


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_answers_that_are_no_probabilities_are_refused(image, broken):
    class Broken(Halves):
        def predict_proba(self, images):
            answers = super().predict_proba(images)
            answers[-1, 0] = broken
            return answers

    with pytest.raises(InvalidAnswer):
        explained(image, Broken())


def test_a_fill_outside_of_the_colours_is_refused(image):
    choice = FillChoice("toy", "halves", "1", "constant", 1.2, "mean")
    with pytest.raises(InvalidInput, match=r"constant = 1\.2"):
        explain_image(image, image / np.float32(255), Halves(), dataset="toy", arms=ARMS, fill=choice, samples=64)
