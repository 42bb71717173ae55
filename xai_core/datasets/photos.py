"""The photographs that come with scikit-image."""

from __future__ import annotations

from importlib import resources

import numpy as np

from xai_core.datasets.base import UNKNOWN_LABEL, DatasetInfo, ImageDataset
from xai_core.datasets.decoder import Decoder
from xai_core.datasets.imagenet import imagenet_labels

_SHAPE = (224, 224, 3)
_TITLE = "Photographs of scikit-image"
# what the photograph shows as an ImageNet class, where one of the thousand says it
_PHOTOGRAPHS = {
    "chelsea.png": 281,  # tabby
    "coffee.png": 967,  # espresso
    "camera.png": 872,  # tripod
    "astronaut.png": UNKNOWN_LABEL,
    "motorcycle_left.png": UNKNOWN_LABEL,
    "rocket.jpg": UNKNOWN_LABEL,
    "coins.png": UNKNOWN_LABEL,
}


def info() -> DatasetInfo:
    """Always available."""
    return DatasetInfo("photos", _TITLE, available=True, class_names=imagenet_labels())


def load() -> ImageDataset:
    """Seven photographs 224 x 224 as the test split; the training split is empty."""
    folder = resources.files("skimage") / "data"
    images = []
    with Decoder() as decoder:
        for name in _PHOTOGRAPHS:
            with resources.as_file(folder / name) as path:
                images.append(decoder.decode(path, _SHAPE, name))
    return ImageDataset(
        name="photos",
        title=_TITLE,
        class_names=imagenet_labels(),
        x_train=np.empty((0, *_SHAPE), dtype=np.uint8),
        y_train=np.empty(0, dtype=np.int64),
        x_test=np.stack(images),
        y_test=np.array(list(_PHOTOGRAPHS.values()), dtype=np.int64),
        source="scikit-image (skimage.data)",
        licence="public domain or CC0, see skimage.data",
        citation="van der Walt et al. (2014): scikit-image: image processing in Python.",
    )
