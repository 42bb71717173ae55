"""Faithfulness by hand: a classifier that adds pixels, an image of four quarters."""

import numpy as np
import pytest

from tests.factories import make_explanation
from xai_core.errors import Cancelled
from xai_core.quality.faithfulness import AREAS, faithfulness_of
from xai_core.quality.references import references

SIDE = 20
QUARTERS = np.kron(np.array([[0, 1], [2, 3]]), np.ones((10, 10), int))
SHARES = np.array([0.6, 0.2, 0.0, 0.0])  # what each quarter adds to the probability of the first class
IMAGE = np.ones((SIDE, SIDE, 1), np.float32)


class Additive:
    """First probability: .1 and the share of every quarter times its mean brightness; counts the images it saw."""

    name, version, precision, class_names = "toy", "1", "float32", ("yes", "no")
    input_shape = (SIDE, SIDE, 1)

    def __init__(self):
        self.seen = 0

    def predict_proba(self, images):
        self.seen += len(images)
        means = np.stack([images[:, quarter == QUARTERS].mean(axis=(1, 2)) for quarter in range(4)], axis=1)
        first = 0.1 + means @ SHARES
        return np.stack([first, 1 - first], axis=1).astype(np.float32)

    def embed(self, images):
        return images.reshape(len(images), -1)


def explanation(weights, **changes):
    return make_explanation(QUARTERS, weights, classes=(0,), probabilities=np.array([0.9, 0.1], np.float32), **changes)


@pytest.fixture
def only_black(monkeypatch):
    """One reference, so that figures can be worked out on paper; a blurred white image stays white."""
    monkeypatch.setattr("xai_core.quality.faithfulness.references", lambda image: {"black": np.zeros_like(image)})


def test_figures_by_hand(only_black):
    found = faithfulness_of([explanation([0.6, 0.06, 0.0, 0.0])], IMAGE, Additive())[0]
    assert found.whole == pytest.approx(0.9)
    assert found.without_marked == pytest.approx(0.3), "the first quarter has ten elevenths of the evidence"
    assert found.only_marked == pytest.approx(0.7)
    assert found.strongest == pytest.approx(0.6)
    assert found.marked_area == 0.25
    # hidden first quarter, second, third, fourth: .9 .3 .1 .1 .1; the first three points of the curve are at a quarter,
    # a quarter and a half of the image
    assert found.deletion == pytest.approx(0.25 * (0.6 + 0.2 + 0.1 + 0.1))
    assert found.insertion == pytest.approx(0.25 * (0.4 + 0.8 + 0.9 + 0.9))
    assert found.gap == pytest.approx(found.insertion - found.deletion)
    assert found.necessity == pytest.approx(0.6 / 0.9)
    assert found.sufficiency == pytest.approx(0.7 / 0.9)
    assert found.decides
    assert found.as_dict()["gap"] == found.gap


def test_the_right_order_beats_the_wrong_one_under_every_reference():
    image = np.random.default_rng(0).random((SIDE, SIDE, 1)).astype(np.float32) * 0.2 + 0.4
    image[QUARTERS == 0] += 0.4
    right, wrong = faithfulness_of([explanation([3, 2, 1, 0]), explanation([0, 1, 2, 3])], image, Additive())
    assert right.gap > wrong.gap + 0.1
    assert right.necessity > wrong.necessity
    assert right.disagreement > 0, "black and a blurred image are not the same"


def test_figures_are_means_over_the_references(monkeypatch):
    both = faithfulness_of([explanation([0.6, 0.2, 0.0, 0.0])], IMAGE, Additive())[0]
    means = []
    for name, fill in references(IMAGE).items():
        monkeypatch.setattr(
            "xai_core.quality.faithfulness.references", lambda image, name=name, fill=fill: {name: fill}
        )
        means.append(faithfulness_of([explanation([0.6, 0.2, 0.0, 0.0])], IMAGE, Additive())[0].without_marked)
    assert both.without_marked == pytest.approx(np.mean(means))


def test_many_explanations_cost_what_is_promised_and_equal_each_alone():
    some = [explanation([0.6, 0.2, 0.1, 0.0]), explanation([0.0, 0.1, 0.2, 0.6])]
    model = Additive()
    together = faithfulness_of(some, IMAGE, model)
    assert model.seen == 2 * (1 + 2 * (2 * len(AREAS) + 3))
    alone = [faithfulness_of([each], IMAGE, Additive())[0] for each in some]
    for one, other in zip(together, alone, strict=True):
        assert list(one.as_dict().values()) == pytest.approx(list(other.as_dict().values()))


def test_nothing_settled_marks_nothing_and_changes_nothing():
    found = faithfulness_of([explanation([0.6, 0.2, 0.0, 0.0], errors=1.0)], IMAGE, Additive())[0]
    assert (found.marked_area, found.without_marked) == (0, pytest.approx(found.whole))
    assert not found.decides


def test_no_explanations_ask_nothing():
    model = Additive()
    assert faithfulness_of([], IMAGE, model) == []
    assert model.seen == 0


def test_it_stops_when_told_to():
    with pytest.raises(Cancelled):
        faithfulness_of([explanation([1, 0, 0, 0])], IMAGE, Additive(), cancelled=lambda: True)
