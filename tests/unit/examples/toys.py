"""A tiny data set and a classifier that counts how often it is asked."""

from dataclasses import dataclass, field

import numpy as np

from xai_core.datasets import ImageDataset


def toy_dataset(images=40, size=8, channels=1, seed=0, name="toy"):
    """Two classes of noise, the second one brighter."""
    rng = np.random.default_rng(seed)
    labels = np.arange(images) % 2
    pixels = rng.integers(0, 128, (images, size, size, channels)) + 100 * labels[:, None, None, None]
    return ImageDataset(
        name=name,
        title="Toy",
        class_names=("dark", "bright"),
        x_train=pixels.astype(np.uint8),
        y_train=labels,
        x_test=pixels[:4].astype(np.uint8),
        y_test=labels[:4],
        source="",
        licence="",
        citation="",
    )


@dataclass
class CountingClassifier:
    """Embeds an image as its mean and its spread; calls it bright when the mean is above one half."""

    name: str = "counting"
    class_names: tuple = ("dark", "bright")
    input_shape: tuple = (8, 8, 1)
    version: str = "1"
    precision: str = "float32"
    embedded: list = field(default_factory=list)

    def predict_proba(self, images):
        bright = (images.mean(axis=(1, 2, 3)) > 0.45).astype(np.float32)
        return np.stack([1 - bright, bright], axis=1)

    def embed(self, images):
        self.embedded.append(len(images))
        return np.stack([images.mean(axis=(1, 2, 3)), images.std(axis=(1, 2, 3))], axis=1)
