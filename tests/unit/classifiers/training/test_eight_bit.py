import numpy as np
import pytest

from xai_core.classifiers.files import ModelFiles
from xai_core.classifiers.network import load_network
from xai_core.classifiers.training import eight_bit
from xai_core.classifiers.training.eight_bit import quantise
from xai_core.errors import ClassifierUnavailable

pytestmark = pytest.mark.slow


@pytest.fixture
def rounded(copied, images) -> ModelFiles:
    quantise(copied, images[:40])
    return copied


def test_eight_bits_are_served_and_close_to_float32(rounded, images):
    exact, fast = load_network(rounded), load_network(rounded, "int8")
    assert (fast.precision, fast.notes) == ("int8", ())
    assert fast.version == exact.version
    expected, found = exact.predict_proba(images), fast.predict_proba(images)
    assert expected.std() > 0.01  # else agreement would say nothing
    assert 0 < np.abs(found - expected).mean() < 0.01
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    assert fast.embed(images[:3]).shape == exact.embed(images[:3]).shape


def test_what_is_asked_of_float32_stays_float32(rounded, tiny, images):
    np.testing.assert_array_equal(load_network(rounded).predict_proba(images), load_network(tiny).predict_proba(images))


def test_a_network_without_them_falls_back(tiny, images):
    classifier = load_network(tiny, "int8")
    assert classifier.precision in {"bfloat16", "float32"}
    assert "tiny has no 8-bit version" in classifier.notes[0]


def test_eight_bits_of_other_weights_are_not_served(rounded, tmp_path):
    stale = ModelFiles(tmp_path / "other", "tiny")
    stale.folder.mkdir()
    for path in rounded.folder.glob("tiny*"):
        (stale.folder / path.name).write_bytes(path.read_bytes())
    graph = stale.eight_bit.path
    graph.write_text(graph.read_text().replace(rounded.stamp(), "another"))
    classifier = load_network(stale, "int8")
    assert classifier.precision != "int8"
    assert "tiny.int8.xml was made from other weights" in classifier.notes[0]


def test_broken_files_are_named(rounded):
    rounded.eight_bit.weights.write_bytes(b"nothing")
    with pytest.raises(ClassifierUnavailable, match=r"tiny\.int8\.bin"):
        load_network(rounded, "int8")


def test_eight_bits_that_disagree_are_taken_back(rounded, monkeypatch):
    monkeypatch.setattr("xai_core.classifiers.backends.AGREEMENT", -1.0)
    classifier = load_network(rounded, "int8")
    assert classifier.precision == "float32"
    assert classifier.notes[0].startswith("int8 changed probabilities by")


def test_a_network_without_convolutions_is_left_alone(tmp_path, images):
    import keras
    from keras import layers

    from xai_core.classifiers.training.train import store

    pixels = keras.Input(images.shape[1:])
    x = layers.Flatten(name="embedding")(pixels)
    files = ModelFiles(tmp_path, "dense")
    store(files, keras.Model(pixels, layers.Dense(2, activation="softmax")(x)), ("a", "b"))
    with pytest.raises(ClassifierUnavailable, match="dense has no convolution"):
        quantise(files, images[:5])


def test_an_unknown_name_is_one_sentence(capsys):
    assert eight_bit.main(["nobody"]) == 1
    assert "There is no classifier 'nobody'" in capsys.readouterr().err
