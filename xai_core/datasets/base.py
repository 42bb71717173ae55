"""What a data set is to the rest of the program."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

UNKNOWN_LABEL = -1
_HASHED = 1000  # images at a time


@dataclass(frozen=True, eq=False)
class ImageDataset:
    """Labelled images of one size.

    ``x_*`` are uint8 ``[N, H, W, C]`` with C = 1 (grey) or 3 (RGB), ``y_*`` int64 ``[N]`` with indices into
    ``class_names`` (``UNKNOWN_LABEL`` where nobody knows), ``masks_*`` bool ``[N, H, W]``: the pixels that truly
    are the evidence, where the set has them. ``notes`` are sentences about what was skipped or adjusted on loading.
    """

    name: str
    title: str
    class_names: tuple[str, ...]
    x_train: NDArray[np.uint8]
    y_train: NDArray[np.int64]
    x_test: NDArray[np.uint8]
    y_test: NDArray[np.int64]
    source: str
    licence: str
    citation: str
    masks_train: NDArray[np.bool_] | None = None
    masks_test: NDArray[np.bool_] | None = None
    synthetic: bool = False
    notes: tuple[str, ...] = ()

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of every image."""
        height, width, channels = self.x_test.shape[1:]
        return height, width, channels

    @cached_property
    def digest(self) -> str:
        """Which training set this is, 16 hexadecimal digits: a hash of its name, all labels and all pixels."""
        digest = hashlib.sha256(f"{self.name} {self.x_train.shape}".encode())
        digest.update(self.y_train.tobytes())
        for start in range(0, len(self.x_train), _HASHED):  # which may be memory-mapped
            digest.update(self.x_train[start : start + _HASHED].tobytes())
        return digest.hexdigest()[:16]


@dataclass(frozen=True)
class DatasetInfo:
    """What a list of data sets says about one of them, without loading it.

    ``size_mb`` is the size of the download in megabytes (None where there is nothing to download), ``reason`` the
    sentence that says why the set is not available, ``class_names`` its classes where they are known unloaded.
    """

    name: str
    title: str
    available: bool
    downloadable: bool = False
    size_mb: float | None = None
    reason: str | None = None
    synthetic: bool = False
    class_names: tuple[str, ...] = ()


def image_id(image: NDArray[np.uint8]) -> str:
    """Identify an image by a hash of its shape and pixels, so that feedback survives a new order of the data set.

    Parameters
    ----------
    image : uint8 array [H, W, C]
        The image.

    Returns
    -------
    str
        20 hexadecimal digits.
    """
    digest = hashlib.sha256(repr(image.shape).encode())
    digest.update(np.ascontiguousarray(image).tobytes())
    return digest.hexdigest()[:20]


def as_float(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Bring images to the scale that classifiers and segmenters take.

    Parameters
    ----------
    images : uint8 array
        Of any shape.

    Returns
    -------
    float32 array, 0..1
        Of the same shape.
    """
    return images.astype(np.float32) / np.float32(255)
