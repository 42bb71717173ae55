"""A network small enough to be made for the tests, with random weights and batch statistics."""

from pathlib import Path

import numpy as np
import pytest

from xai_core.classifiers.files import ModelFiles
from xai_core.datasets import ImageDataset

from .toys import SHAPE, two_classes


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> ModelFiles:
    """Three classes, five penultimate features, exported."""
    import keras
    from keras import layers

    from xai_core.classifiers.training.train import store

    keras.utils.set_random_seed(3)
    images = keras.Input(SHAPE)
    x = layers.Conv2D(8, 3, padding="same", use_bias=False)(images)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("silu")(x)
    x = layers.Conv2D(5, 3, strides=2, padding="same")(x)
    x = layers.GlobalMaxPooling2D(name="embedding")(x)
    model = keras.Model(images, layers.Dense(3, activation="softmax")(x))
    rng = np.random.default_rng(0)
    for layer in model.layers:
        low = 0.5 if isinstance(layer, layers.BatchNormalization) else -0.5
        layer.set_weights([rng.uniform(low, low + 1, weight.shape) for weight in layer.get_weights()])
    files = ModelFiles(tmp_path_factory.mktemp("models"), "tiny")
    store(files, model, ("a", "b", "c"))
    return files


@pytest.fixture
def copied(tiny: ModelFiles, tmp_path: Path) -> ModelFiles:
    """The tiny network in a folder of the test's own, to be broken."""
    files = ModelFiles(tmp_path, "tiny")
    for source in (tiny.keras, tiny.exported.path, tiny.exported.weights, tiny.card_path):
        (tmp_path / source.name).write_bytes(source.read_bytes())
    return files


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(1).random((230, *SHAPE), dtype=np.float32)


@pytest.fixture
def halves() -> ImageDataset:
    return two_classes()
