"""Images on which a network is tried before its answers are believed: drawn ones, and real ones where there are any."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from scipy import ndimage

from xai_core.classifiers.base import Images
from xai_core.datasets import as_float, list_datasets, load_dataset
from xai_core.errors import XaiError

REAL = 32  # real images that are tried
_CONTRASTS = (1.0, 0.4, 0.1)
_FAR = (4.0, 32.0, 256.0)  # times the contrast that an image can have


def clouds(shape: tuple[int, int, int], count: int, rng: np.random.Generator) -> Images:
    """Smooth clouds of colour float32 ``[count, H, W, C]`` that fill 0..1, as smooth as photographs are."""
    noise = rng.standard_normal((count, *shape), dtype=np.float32)
    smooth = ndimage.gaussian_filter(noise, max(shape[:2]) / 16, axes=(1, 2), mode="wrap")
    darkest, brightest = (extreme(smooth, axis=(1, 2, 3), keepdims=True) for extreme in (np.min, np.max))
    drawn: Images = (smooth - darkest) / (brightest - darkest)
    return drawn


def drawn_images(shape: tuple[int, int, int], rng: np.random.Generator) -> Images:
    """Clouds at several contrasts and a black, a grey and a white image, ``[15, H, W, C]`` in 0..1."""
    levels = np.broadcast_to(np.array([0, 0.5, 1], np.float32).reshape(3, 1, 1, 1), (3, *shape))
    return np.concatenate([_contrasted(clouds(shape, 4, rng), by) for by in _CONTRASTS] + [levels])


def far_images(shape: tuple[int, int, int], rng: np.random.Generator) -> Images:
    """Clouds float32 ``[6, H, W, C]`` far beyond 0..1, where only answers that are bounded by nature stay small."""
    return np.concatenate([_contrasted(clouds(shape, 2, rng), by) for by in _FAR])


def fitting_images(class_names: tuple[str, ...], shape: tuple[int, int, int]) -> tuple[str, Images] | None:
    """Name and up to 32 test images of a data set on this machine that has these classes and this shape, if any."""
    for info in list_datasets():
        if info.available and info.class_names == class_names:
            with suppress(XaiError):  # said in full where that data set is asked for
                data = load_dataset(info.name)
                if data.image_shape == shape:
                    every = -(-len(data.x_test) // REAL)
                    return data.name, as_float(data.x_test[::every])
    return None


def _contrasted(images: Images, by: float) -> Images:
    return (images - np.float32(0.5)) * np.float32(by) + np.float32(0.5)
