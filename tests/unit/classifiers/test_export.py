"""What is served answers as the network that it was made from."""

import json
from pathlib import Path

import numpy as np
import pytest

from xai_core.classifiers import export
from xai_core.classifiers.files import ModelFiles
from xai_core.classifiers.network import load_network


@pytest.fixture
def resizing(tmp_path: Path) -> tuple[ModelFiles, np.ndarray, np.ndarray]:
    """A network that enlarges its images before it normalises them, with images and its answers."""
    import keras
    from keras import layers

    images = keras.Input((8, 8, 3))
    x = layers.Resizing(12, 12)(images)
    x = layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.GlobalAveragePooling2D()(layers.ReLU()(x))
    model = keras.Model(images, layers.Dense(3, activation="softmax")(x))
    rng = np.random.default_rng(0)
    for layer in model.layers:
        low = 0.5 if isinstance(layer, layers.BatchNormalization) else -0.5
        layer.set_weights([rng.uniform(low, low + 1, weight.shape) for weight in layer.get_weights()])
    files = ModelFiles(tmp_path, "resizing")
    model.save(files.keras)
    files.card_path.write_text(json.dumps({"class_names": ["a", "b", "c"]}))
    batch = rng.random((5, 8, 8, 3), dtype=np.float32)
    return files, batch, np.asarray(model.predict(batch, verbose=0))


@pytest.mark.slow
def test_images_are_normalised_by_what_was_learned_and_not_by_the_batch(resizing) -> None:
    files, images, expected = resizing
    export.export_openvino(files)
    np.testing.assert_allclose(load_network(files).predict_proba(images), expected, atol=1e-5)
    np.testing.assert_allclose(load_network(files).predict_proba(images[:1]), expected[:1], atol=1e-5)


@pytest.mark.slow
def test_a_graph_that_answers_otherwise_is_refused(resizing, monkeypatch: pytest.MonkeyPatch) -> None:
    files, _, _ = resizing
    monkeypatch.setattr(export, "AGREEMENT", 1e-12)
    with pytest.raises(RuntimeError, match=r"differs from itself by .*e-"):
        export.export_openvino(files)
    assert not files.exported.path.exists()
