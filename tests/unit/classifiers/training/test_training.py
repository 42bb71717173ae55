import json
from dataclasses import replace

import numpy as np
import pytest

from xai_core.classifiers import load_classifier
from xai_core.classifiers.training import loop
from xai_core.classifiers.training import train as training
from xai_core.classifiers.training.recipes import RECIPES, Recipe
from xai_core.errors import InvalidInput


def small_network(data):
    import keras
    from keras import layers

    images = keras.Input(data.image_shape)
    x = layers.Conv2D(4, 3, strides=2, use_bias=False)(images)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("silu")(x)
    x = layers.Flatten(name="embedding")(x)
    return keras.Model(images, layers.Softmax(dtype="float32")(layers.Dense(2, dtype="float32")(x)))


@pytest.fixture
def recipe():
    def noisy(data, number, rng):
        return np.clip(data.x_train + rng.integers(0, 30, data.x_train.shape), 0, 255).astype(np.uint8), data.y_train

    return Recipe(
        dataset="halves",
        build=small_network,
        epoch=noisy,
        epochs=3,
        batch=16,
        learning_rate=0.05,
        weight_decay=1e-3,
        label_smoothing=0.1,
    )


class Stop(Exception):
    pass


@pytest.mark.slow
@pytest.mark.parametrize("bfloat16", [False, True])
def test_an_interrupted_run_ends_with_the_same_weights(tmp_path, halves, recipe, bfloat16):
    recipe = replace(recipe, bfloat16=bfloat16)
    lines = []
    whole = loop.fit(recipe, halves, seed=5, checkpoints=tmp_path / "whole", report=lines.append)
    assert len(lines) == 3

    def stop_after_two(line):
        if line.startswith("epoch 2/"):
            raise Stop

    with pytest.raises(Stop):
        loop.fit(recipe, halves, seed=5, checkpoints=tmp_path / "parts", report=stop_after_two)
    lines.clear()
    resumed = loop.fit(recipe, halves, seed=5, checkpoints=tmp_path / "parts", report=lines.append)
    assert len(lines) == 1
    for one, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        assert one.dtype == np.float32
        np.testing.assert_allclose(one, other, atol=1e-5)
    another = loop.fit(recipe, halves, seed=6, checkpoints=tmp_path / "seed", report=lines.append)
    assert np.abs(another.get_weights()[0] - whole.get_weights()[0]).max() > 1e-3


@pytest.mark.slow
def test_training_stores_a_classifier_and_its_card(tmp_path, halves, recipe, monkeypatch):
    monkeypatch.setitem(RECIPES, "halves-cnn", replace(recipe, epochs=8))
    monkeypatch.setattr(training, "MODELS_DIR", tmp_path / "models")
    monkeypatch.setattr(training, "load_dataset", lambda name, download=False: halves)
    monkeypatch.setenv("XAI_DATA_DIR", str(tmp_path / "data"))
    files = training.train("halves-cnn", seed=1, report=lambda line: None)
    classifier = load_classifier("halves-cnn", models=files.folder)
    card = json.loads(files.card_path.read_text())
    assert card["command"] == "python -m xai_core.classifiers.training halves-cnn --seed 1 --epochs 8"
    assert card["weights"] == classifier.version
    assert card["test"]["halves"] == training.figures(classifier, halves)
    assert card["test"]["halves"]["auc"] > 0.95
    assert card["multiply_adds"] == 49 * 9 * 4 + 196 * 2
    assert not list((tmp_path / "data" / "cache" / "training").iterdir())  # nothing is left to resume
    assert b"optimizer" not in files.keras.read_bytes()


@pytest.mark.slow
def test_a_teacher_is_trained_first_and_only_once(tmp_path, halves, recipe, monkeypatch):
    monkeypatch.setitem(RECIPES, "halves-teacher", replace(recipe, epochs=8, shipped=False))
    monkeypatch.setitem(RECIPES, "halves-cnn", replace(recipe, epochs=2, teacher="halves-teacher"))
    monkeypatch.setattr(training, "MODELS_DIR", tmp_path / "models")
    monkeypatch.setattr(training, "load_dataset", lambda name, download=False: halves)
    monkeypatch.setenv("XAI_DATA_DIR", str(tmp_path / "data"))
    lines = []
    files = training.train("halves-cnn", seed=1, report=lines.append)
    teacher = load_classifier("halves-teacher", models=tmp_path / "data" / "models")
    assert files.card().entries["teacher"] == {"name": "halves-teacher", "weights": teacher.version}
    assert sum(line.startswith("epoch") for line in lines) == 10
    lines.clear()
    training.train("halves-cnn", seed=1, report=lines.append)
    assert sum(line.startswith("epoch") for line in lines) == 2
    assert files.card().entries["teacher"]["weights"] == teacher.version


def test_targets_by_hand(halves, recipe):
    class Teacher:
        def predict_proba(self, images):
            assert images.max() <= 1
            return np.full((len(images), 2), [0.6, 0.4], np.float32)

    epoch = halves.x_train[:2], np.array([0, 1])
    assert loop._targets(recipe, epoch, 2, None) == pytest.approx(np.array([[0.95, 0.05], [0.05, 0.95]]))
    # a quarter of the smoothed labels, three quarters of the teacher
    taught = loop._targets(recipe, epoch, 2, Teacher())
    assert taught == pytest.approx(np.array([[0.6875, 0.3125], [0.4625, 0.5375]]))


def test_leftovers_of_an_epoch_make_no_batch():
    images, labels = np.arange(10, dtype=np.uint8), np.arange(10)
    batches = list(loop._batches((images, labels), 4, seed=0, number=0))
    assert [len(x) for x, _ in batches] == [4, 4]
    assert len({int(label) for _, y in batches for label in y}) == 8


def test_unknown_name():
    with pytest.raises(InvalidInput, match="mnist-cnn"):
        training.train("mnist")
