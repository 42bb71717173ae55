"""What stands in for hidden pieces: fills by hand, doubt between two, and a choice that must come out right."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.factories import make_explanation
from xai_core.datasets import ImageDataset, as_float
from xai_core.errors import Cancelled, InvalidInput
from xai_core.lime.engine import explain
from xai_core.lime.fill_choice import FillChoice, choose_fill, keep_choice, kept_choice, usual_choice
from xai_core.lime.hiding import FILLS, surroundings
from xai_core.lime.second_fill import second_look, with_doubt
from xai_core.lime.settings import LimeSettings
from xai_core.quality.references import references
from xai_core.segmenters import from_labels

SIDE = 20
HALVES = (np.arange(SIDE) >= SIDE // 2).astype(int)[None].repeat(SIDE, axis=0)


def test_surroundings_show_what_lies_around_a_piece_not_the_piece():
    labels = np.zeros((SIDE, SIDE), int)
    labels[5:9, 5:9] = 1
    image = np.where(labels[..., None] == 1, 1.0, 0.25).astype(np.float32)
    filled = surroundings(image, from_labels(labels))
    assert (filled[labels == 1] == 0.25).all(), "the white square vanishes"
    assert (filled[labels == 0] == 1.0).all(), "around everything else there is only the square"


def test_one_piece_has_no_surroundings_and_keeps_its_mean():
    image = np.arange(4, dtype=np.float32).reshape(2, 2, 1) / 4
    assert (surroundings(image, from_labels(np.zeros((2, 2), int))) == image.mean()).all()


def test_a_mixture_lies_between_its_two():
    image = np.random.default_rng(0).random((SIDE, SIDE, 3)).astype(np.float32)
    cut = from_labels(HALVES)
    blur, mixed = FILLS["blur"](image, cut, 0.0), FILLS["blur-constant"](image, cut, 0.2)
    np.testing.assert_allclose(mixed, (blur + 0.2) / 2, atol=1e-6)


def test_opposite_signs_unsettle_and_agreement_changes_nothing():
    found = make_explanation([[0, 1, 2]], [0.4, 0.4, 0.4], errors=0.01)
    other = make_explanation([[0, 1, 2]], [-0.1, 0.2, -0.1], errors=[0.01, 0.01, 0.2])
    doubted = with_doubt(found, other)
    assert doubted.settled.tolist() == [[False, True, True]], "the third is not known with the second fill either"
    assert doubted.standard_errors[0, 0] == pytest.approx(np.hypot(0.01, 0.25))
    assert doubted.standard_errors[0, 1] == 0.01
    assert doubted.samples == 200
    assert (doubted.weights == found.weights).all()


def test_a_second_look_is_shorter_and_has_no_third():
    settings = LimeSettings(samples=256, fill="constant", second_fill="blur")
    assert second_look(settings) == replace(settings, fill="blur", second_fill=None, samples=64)


def test_explain_doubts_what_depends_on_the_fill(mean_classifier):
    # the classifier sees only that the left half is brighter than .5: black and white fills disagree about it
    model = mean_classifier(np.where(HALVES == 0, 1 / 200, 0.0))
    image = np.full((SIDE, SIDE, 1), 0.5, np.float32)
    plain = explain(image, model, segments=HALVES, fill="constant", constant=0.0, classes=1)[0]
    assert plain.settled[0, 0]
    doubted = explain(image, model, segments=HALVES, fill="constant", constant=0.0, second_fill="blur", classes=1)[0]
    assert doubted.settled[0, 0], "a blurred grey image is the image itself: no opposite sign"
    assert (doubted.weights == plain.weights).all()


def test_an_unknown_second_fill_is_refused():
    with pytest.raises(InvalidInput, match="second_fill"):
        LimeSettings(second_fill="confetti")


class LeftIsBright:
    """Probability of the first class: brightness of the left half, steeply; a texture-blind classifier."""

    name, version, precision, class_names = "left", "v1", "float32", ("left", "right")
    input_shape = (SIDE, SIDE, 1)

    def predict_proba(self, images):
        left, right = (images[:, side == HALVES].mean(axis=(1, 2)) for side in (0, 1))
        first = 1 / (1 + np.exp(-12 * (left - right)))
        return np.stack([first, 1 - first], axis=1).astype(np.float32)

    def embed(self, images):
        return images.reshape(len(images), -1)


@pytest.fixture
def bright_bars() -> ImageDataset:
    """A bright bar on black in the left or the right half: hiding it in its own mean colour changes little."""
    rng = np.random.default_rng(0)
    images = np.zeros((12, SIDE, SIDE, 1), np.uint8)
    for number, image in enumerate(images):
        column = (2 if number % 2 == 0 else 12) + int(rng.integers(3))
        image[3:17, column : column + 3] = 255
    labels = np.arange(12) % 2
    return ImageDataset("bars", "Bars", ("left", "right"), images, labels, images, labels, "", "", "")


def test_a_fill_that_removes_the_evidence_beats_one_that_leaves_it(bright_bars):
    told = []
    choice = choose_fill(
        bright_bars, LeftIsBright(), images=6, samples=64, progress=lambda share, text: told.append((share, text))
    )
    by_name = {(score.fill, score.constant): score for score in choice.scores}
    assert by_name["constant", 0.0].mean > by_name["mean", 0.0].mean
    assert choice.scores[0].mean == max(score.mean for score in choice.scores)
    assert (choice.fill, choice.images, choice.version) == (choice.scores[0].fill, 6, "v1")
    assert choice.second_fill != choice.fill
    assert set(choice.scores[0].gaps) == set(references(as_float(bright_bars.x_train[0])))
    assert choice.scores[0].mean == pytest.approx(np.mean(list(choice.scores[0].gaps.values())), abs=1e-3)
    assert told[0][0] == 0
    assert told[-1][0] == 1
    assert choose_fill(bright_bars, LeftIsBright(), images=6, samples=64) == choice, "seeded"


def test_it_needs_training_images_and_can_be_stopped(bright_bars):
    with pytest.raises(InvalidInput, match="no training images"):
        choose_fill(replace(bright_bars, x_train=bright_bars.x_train[:0]), LeftIsBright())
    with pytest.raises(Cancelled):
        choose_fill(bright_bars, LeftIsBright(), images=2, cancelled=lambda: True)


def test_a_choice_is_kept_for_its_weights_only(tmp_path, bright_bars):
    choice = choose_fill(bright_bars, LeftIsBright(), images=2, samples=32)
    path = tmp_path / "fills" / "bars.json"
    assert kept_choice(path, LeftIsBright()) is None
    keep_choice(path, choice)
    assert kept_choice(path, LeftIsBright()) == choice
    other = LeftIsBright()
    other.version = "v2"
    assert kept_choice(path, other) is None
    path.write_text(json.dumps({**choice.as_dict(), "fill": "confetti"}))
    assert kept_choice(path, LeftIsBright()) is None
    assert FillChoice.from_dict(json.loads(json.dumps(choice.as_dict()))) == choice


def test_without_a_measurement_an_image_is_blurred():
    settings = usual_choice("bars", LeftIsBright()).applied_to(LimeSettings(samples=77))
    assert (settings.fill, settings.samples) == ("blur", 77)
    assert settings.second_fill != settings.fill
