"""Training-time changes of images that keep their class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


def shifted_and_flipped(images: NDArray[np.uint8], epoch: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Random shifts by up to 2 px (reflected border) and alternating mirror images, uint8 ``[N, H, W, C]``.

    Half of the images are mirrored in even epochs, the other half in odd ones (Jordan 2024, section 3.6).
    """
    count, height, width, _ = images.shape
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (height, width), axis=(1, 2))  # [N, 5, 5, C, H, W]
    down, right = rng.integers(0, 5, count), rng.integers(0, 5, count)
    shifted = windows[np.arange(count), down, right].transpose(0, 2, 3, 1)  # [N, H, W, C]
    mirrored = (np.arange(count) * 2654435761 // 65536 + epoch) % 2 == 1  # fixed pseudo-random half, swapped each epoch
    result: NDArray[np.uint8] = np.where(mirrored[:, None, None, None], shifted[:, :, ::-1], shifted)
    return result


def jittered_digits(images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Small random rotations (12 degrees), scalings (12 %), shears and shifts (2 px) of grey ``[N, H, W, 1]``."""
    result = np.empty_like(images)
    centre = (np.array(images.shape[1:3]) - 1) / 2
    for index, image in enumerate(images[..., 0]):
        angle, shear = rng.uniform(-0.21, 0.21), rng.uniform(-0.15, 0.15)
        scale = rng.uniform(0.88, 1.12, 2)
        rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        matrix = rotation @ np.array([[1, shear], [0, 1]]) @ np.diag(scale)
        offset = centre - matrix @ centre + rng.uniform(-2, 2, 2)
        result[index, ..., 0] = ndimage.affine_transform(image, matrix, offset, order=1)
    return result


def turned_and_lit(images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Random quarter turns, mirror images, contrast (0.75 to 1.25 times) and brightness (up to 25 grey levels).

    ``images`` are square, uint8 ``[N, H, H, C]``; so is the result.
    """
    result = np.empty_like(images)
    for index, image in enumerate(images):
        turned = np.rot90(image, int(rng.integers(4)))
        mirrored = turned[:, ::-1] if rng.random() < 0.5 else turned
        mean = mirrored.mean()
        lit = (mirrored - mean) * rng.uniform(0.75, 1.25) + mean + rng.uniform(-25, 25)
        result[index] = np.clip(lit, 0, 255)
    return result
