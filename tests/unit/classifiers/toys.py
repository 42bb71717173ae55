"""Images to train small classifiers on."""

import numpy as np

from xai_core.datasets import ImageDataset

SHAPE = (12, 10, 3)  # of the tiny network


def two_classes(count: int = 64, size: int = 16) -> ImageDataset:
    """Bright upper half against bright lower half, with noise."""
    rng = np.random.default_rng(0)
    labels = np.arange(count) % 2
    pictures = rng.integers(0, 80, (count, size, size, 1))
    for index, label in enumerate(labels):
        rows = slice(0, size // 2) if label == 0 else slice(size // 2, size)
        pictures[index, rows] += 150
    pictures = pictures.astype(np.uint8)
    return ImageDataset(
        name="halves",
        title="Halves",
        class_names=("upper", "lower"),
        x_train=pictures,
        y_train=labels,
        x_test=pictures[: count // 2],
        y_test=labels[: count // 2],
        source="drawn",
        licence="CC0",
        citation="none",
    )
