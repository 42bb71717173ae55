from dataclasses import replace

import numpy as np
import pytest

from xai_core.classifiers import Classifier, load_classifier
from xai_core.classifiers.svm import train_svm
from xai_core.datasets import as_float, load_dataset
from xai_core.errors import InvalidInput


def test_learns_what_is_easy(halves):
    machine = train_svm(halves)
    probabilities = machine.predict_proba(as_float(halves.x_test))
    assert isinstance(machine, Classifier)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert (probabilities.argmax(axis=1) == halves.y_test).all()
    assert len(machine.embed(as_float(halves.x_test))) == len(halves.x_test)


def test_version_follows_data_and_seed(halves):
    version = train_svm(halves).version
    assert train_svm(halves).version == version
    assert train_svm(halves, seed=1).version != version
    assert train_svm(replace(halves, y_train=1 - halves.y_train)).version != version


def test_too_few_images_of_a_class(halves):
    few = replace(halves, x_train=halves.x_train[:6], y_train=halves.y_train[:6])
    with pytest.raises(InvalidInput, match="'upper' of Halves has 3"):
        train_svm(few)


def test_wrong_shape_is_named(halves):
    with pytest.raises(InvalidInput, match="halves-svm"):
        train_svm(halves).predict_proba(np.zeros((1, 16, 16, 3), np.float32))


@pytest.mark.slow
def test_digits_of_the_notebook():
    digits = load_dataset("mnist")
    machine = load_classifier("mnist-svm", dataset=digits)
    images, labels = as_float(digits.x_test[:1000]), digits.y_test[:1000]
    assert machine.embed(images[:3]).shape == (3, 10)
    assert (machine.predict_proba(images).argmax(axis=1) == labels).mean() > 0.88
