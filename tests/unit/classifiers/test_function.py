"""A function or any object may stand for a classifier; what it answers is looked at."""

from dataclasses import dataclass

import numpy as np
import pytest

from xai_core.classifiers.base import Classifier, StreamingClassifier, predict_batches
from xai_core.classifiers.function import FunctionClassifier, as_classifier, checked_probabilities
from xai_core.errors import InvalidAnswer, InvalidInput

IMAGE = np.full((6, 5, 1), 0.25, np.float32)
IMAGES = np.random.default_rng(0).random((7, 6, 5, 1), dtype=np.float32)


def mean(images):
    return images.mean(axis=(1, 2, 3))


def columns(images):
    return np.stack([1 - mean(images), mean(images)], axis=1)


@dataclass
class Own:
    """An object with all that a classifier has, answering by ``function``."""

    function: object = columns
    name = "own"
    class_names = ("dark", "bright")
    input_shape = (6, 5, 1)
    version = "1"
    precision = "float32"

    def predict_proba(self, images):
        return self.function(images)

    def embed(self, images):
        return images.reshape(len(images), -1)


class Streaming(Own):
    def predict_batches(self, batches):
        return np.concatenate([self.function(batch) for batch in batches])


@pytest.mark.parametrize(
    "function",
    [
        columns,
        mean,
        lambda images: mean(images)[:, None],
        lambda images: columns(images).tolist(),
        lambda images: columns(images).astype(np.float64),
        lambda images: columns(images) * (1 + 1e-7),
    ],
)
@pytest.mark.parametrize("kind", [lambda function: function, Own, Streaming], ids=["function", "object", "streaming"])
def test_probabilities_in_many_forms(function, kind):
    model = as_classifier(kind(function), IMAGE)
    assert isinstance(model, Classifier)
    assert isinstance(model, StreamingClassifier)
    found = model.predict_proba(IMAGES)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, columns(IMAGES), atol=1e-6)
    np.testing.assert_allclose(predict_batches(model, [IMAGES[:3], IMAGES[3:]]), found, atol=1e-6)


def test_a_function_is_asked_how_many_classes_there_are():
    model = as_classifier(lambda images: np.full((len(images), 4), 0.25), IMAGE)
    assert model.class_names == ("class 0", "class 1", "class 2", "class 3")
    assert as_classifier(mean, IMAGE).class_names == ("class 0", "class 1")
    named = as_classifier(mean, IMAGE, ["dark", "bright"])
    assert (named.name, named.class_names, named.input_shape) == ("mean", ("dark", "bright"), (6, 5, 1))


def test_a_function_has_no_features():
    with pytest.raises(NotImplementedError):
        FunctionClassifier("mean", ("a", "b"), (6, 5, 1), mean).embed(IMAGES)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            lambda images: columns(images) * 20 - 3,
            r"own answers with numbers from -?[\d.]+ to [\d.]+, which are not prob",
        ),
        (lambda images: np.log(columns(images)), "not probabilities"),
        (lambda images: columns(images)[:-1], r"shape \[6, 2\], where probabilities of shape \[7, 2\]"),
        (lambda images: columns(images)[:, [0, 1, 1]], r"\[7, 3\]"),
        (lambda images: np.full((len(images), 2), np.nan), "not a number"),
        (lambda images: None, "answers 7 images with an array of shape"),
        (lambda images: "cat", "str, which is not an array of numbers"),
        (lambda images: [{"cat": 0.5}], "list, which is not an array"),
    ],
)
@pytest.mark.parametrize("kind", [Own, Streaming])
def test_answers_that_are_not_probabilities_are_named(function, message, kind):
    model = as_classifier(kind(function), IMAGE)
    with pytest.raises(InvalidAnswer, match=message):
        model.predict_proba(IMAGES)


def test_batches_are_checked_too():
    model = as_classifier(Streaming(lambda images: columns(images)[:1]), IMAGE)
    with pytest.raises(InvalidAnswer, match=r"\[2, 2\], where probabilities of shape \[7, 2\]"):
        model.predict_batches([IMAGES[:3], IMAGES[3:]])


@pytest.mark.parametrize("model", [3, "mnist-cnn", None, object()])
def test_what_is_no_classifier_says_what_it_lacks(model):
    with pytest.raises(
        InvalidInput, match=rf"{type(model).__name__} is not a classifier, since it lacks .*predict_proba"
    ):
        as_classifier(model, IMAGE)


def test_names_that_contradict_the_classifiers_own():
    assert as_classifier(Own(), IMAGE, ["dark", "bright"]).class_names == ("dark", "bright")
    with pytest.raises(InvalidInput, match="own has class names of its own"):
        as_classifier(Own(), IMAGE, ["no", "yes"])


def test_rows_are_not_taken_for_columns():
    two = checked_probabilities("x", [0.25, 0.75], 2, 2)
    np.testing.assert_allclose(two, [[0.75, 0.25], [0.25, 0.75]])
