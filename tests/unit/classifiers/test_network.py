import json
import subprocess
import sys

import numpy as np
import pytest

from xai_core.classifiers.backends import OpenVINOBackend, TensorFlowBackend
from xai_core.classifiers.base import Classifier, StreamingClassifier, predict_batches
from xai_core.classifiers.files import ModelFiles
from xai_core.classifiers.network import NetworkClassifier, load_network
from xai_core.errors import ClassifierUnavailable, InvalidAnswer, InvalidInput
from xai_core.paths import IMPORT_ROOT, MODELS_DIR


def test_is_a_streaming_classifier_with_probabilities_and_features(tiny, images):
    classifier = load_network(tiny)
    assert isinstance(classifier, Classifier)
    assert isinstance(classifier, StreamingClassifier)
    probabilities, features = classifier.predict_proba(images), classifier.embed(images)
    assert probabilities.shape == (len(images), 3)
    assert features.shape == (len(images), 5)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(predict_batches(classifier, [images[:7], images[7:]]), probabilities, atol=1e-6)


def test_features_are_the_input_of_the_last_layer(tiny, images):
    import keras

    classifier = load_network(tiny)
    kernel, bias = keras.models.load_model(tiny.keras, compile=False).layers[-1].get_weights()
    scores = classifier.embed(images) @ kernel + bias
    expected = np.exp(scores - scores.max(axis=1, keepdims=True))
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(classifier.predict_proba(images), expected, atol=1e-5)


def test_wrong_shape_is_named(tiny):
    classifier = load_network(tiny)
    with pytest.raises(InvalidInput, match=r"\[N, 12, 10, 3\].*\(2, 12, 10, 1\)"):
        classifier.predict_proba(np.zeros((2, 12, 10, 1), np.float32))
    with pytest.raises(InvalidInput):
        classifier.embed(np.zeros((0, 12, 10, 3), np.float32))


def test_no_tensorflow_where_the_exported_graph_is_there(tiny):
    program = (
        "import sys; from pathlib import Path; from xai_core.classifiers import load_classifier;"
        f"load_classifier('tiny', models=Path({str(tiny.folder)!r}), precision='bfloat16');"
        "print(sorted({'tensorflow', 'keras', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=IMPORT_ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_missing_graph_is_made_again(copied, images):
    before = load_network(copied).predict_proba(images)
    copied.exported.path.unlink()
    after = load_network(copied)
    assert isinstance(after.backend, OpenVINOBackend)
    assert copied.exported.path.exists()
    np.testing.assert_array_equal(after.predict_proba(images), before)


@pytest.mark.slow
def test_stale_graph_is_made_again(copied, images):
    import keras

    model = keras.models.load_model(copied.keras, compile=False)
    old = load_network(copied)
    model.set_weights([weight * 0.9 for weight in model.get_weights()])
    model.save(copied.keras)
    new = load_network(copied)
    assert new.version != old.version
    np.testing.assert_allclose(new.predict_proba(images), model(images).numpy(), atol=1e-5)


def swap(path):
    """Other numbers in the same place."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x40
    path.write_bytes(content)


def test_files_that_are_what_the_card_says_are_served_as_they_are(tiny, images, monkeypatch):
    monkeypatch.setattr("xai_core.classifiers.network.run_module", lambda *_: pytest.fail("exported again"))
    assert tiny.altered(tiny.exported) == []
    assert load_network(tiny).predict_proba(images).shape == (len(images), 3)


@pytest.mark.slow
@pytest.mark.parametrize("which", ["path", "weights"])
def test_swapped_files_are_noticed_and_made_again(copied, images, which, caplog):
    expected = load_network(copied).predict_proba(images)
    path = getattr(copied.exported, which)
    swap(path)
    assert copied.altered(copied.exported) == [path.name]
    np.testing.assert_array_equal(load_network(copied).predict_proba(images), expected)
    assert f"{path.name} is not the file that {copied.card_path.name} describes" in caplog.text
    assert copied.altered(copied.exported) == []


def test_weights_that_the_card_does_not_describe_are_not_served(copied):
    card = json.loads(copied.card_path.read_text())
    copied.card_path.write_text(json.dumps(card | {"weights": "0" * 16}))
    with pytest.raises(ClassifierUnavailable, match=r"tiny\.keras holds other weights than tiny\.json describes"):
        load_network(copied)
    copied.card_path.write_text(json.dumps(card | {"weights": copied.version()}))
    assert load_network(copied).version == copied.version()


def test_a_swapped_network_of_eight_bits_is_not_served(tmp_path):
    for path in MODELS_DIR.glob("cifar10-cnn*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    files = ModelFiles(tmp_path, "cifar10-cnn")
    assert load_network(files, "int8").precision == "int8"
    swap(files.eight_bit.weights)
    served = load_network(files, "int8")
    assert served.precision != "int8"
    assert served.notes[0].startswith(
        "cifar10-cnn.int8.bin is not the file that cifar10-cnn.json describes: computed in"
    )


def test_tensorflow_serves_where_openvino_is_absent(tiny, images, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    classifier = load_network(tiny, "bfloat16")
    assert isinstance(classifier.backend, TensorFlowBackend)
    assert classifier.precision == "float32"
    assert classifier.notes
    monkeypatch.undo()
    np.testing.assert_allclose(classifier.predict_proba(images), load_network(tiny).predict_proba(images), atol=1e-5)


class Silent:
    """A back end whose fourth answer is not a number."""

    precision, answers, notes = "float32", "", ()

    def run(self, batches, output):
        answers = np.concatenate([batch.reshape(len(batch), -1) for batch in batches])
        answers[3:4, 0] = np.nan
        return answers


@pytest.mark.parametrize("ask", ["predict_proba", "embed", "predict_batches", "embed_batches"])
def test_an_answer_that_is_no_number_is_named(images, ask):
    classifier = NetworkClassifier("odd", ("a", "b", "c"), (12, 10, 3), "1", Silent())
    given = (lambda part: [part]) if ask.endswith("batches") else (lambda part: part)
    assert getattr(classifier, ask)(given(images[:3])).shape == (3, 360)
    with pytest.raises(InvalidAnswer, match=r"odd answers image 4 of 7 with something that is not a number"):
        getattr(classifier, ask)(given(images[:7]))


def test_class_names_must_fit_the_outputs(copied):
    copied.card_path.write_text(json.dumps({"class_names": ["a", "b"]}))
    with pytest.raises(ClassifierUnavailable, match=r"3 outputs but .* 2 classes"):
        load_network(copied)


@pytest.mark.parametrize(
    ("activation", "units", "expected"),
    [
        ("softmax", 2, lambda scores: np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)),
        ("linear", 2, lambda scores: np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)),
        ("sigmoid", 1, lambda scores: np.hstack([1 / (1 + np.exp(scores)), 1 / (1 + np.exp(-scores))])),
    ],
)
def test_a_users_model_without_softmax_or_scale(tmp_path, activation, units, expected):
    import keras
    from keras import layers

    from xai_core.classifiers.export import export_openvino
    from xai_core.classifiers.files import ModelFiles

    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(units, activation=activation)])
    kernel = np.random.default_rng(0).normal(0, 0.002, (16, units)).astype(np.float32)
    model.layers[-1].set_weights([kernel, np.full(units, 0.1, np.float32)])
    files = ModelFiles(tmp_path, "mine")
    model.save(files.keras)
    files.card_path.write_text(json.dumps({"class_names": ["no", "yes"], "input_scale": 255}))
    export_openvino(files)
    images = np.random.default_rng(1).random((6, 4, 4, 1), dtype=np.float32)
    classifier = load_network(files)
    scores = 255 * images.reshape(6, 16) @ kernel + 0.1
    np.testing.assert_allclose(classifier.predict_proba(images), expected(scores), atol=1e-5)
    np.testing.assert_allclose(classifier.embed(images), 255 * images.reshape(6, 16), rtol=1e-5)


@pytest.mark.slow
def test_another_input_scale_makes_the_graph_stale(copied, images):
    before = load_network(copied).predict_proba(images)
    copied.card_path.write_text(json.dumps({"class_names": ["a", "b", "c"], "input_scale": 3}))
    np.testing.assert_allclose(load_network(copied).predict_proba(images / 3), before, atol=1e-5)


def test_what_openvino_cannot_serve_is_served_by_tensorflow(copied, images, monkeypatch):
    expected = load_network(copied).predict_proba(images)
    copied.exported.path.unlink()
    monkeypatch.setattr("xai_core.classifiers.network.run_module", lambda module, folder, name: "unknown operation")
    classifier = load_network(copied)
    assert classifier.notes == ("OpenVINO cannot serve tiny: unknown operation",)
    np.testing.assert_allclose(classifier.predict_proba(images), expected, atol=1e-5)
