"""Photographs with a planted spot, and a classifier that answers to nothing but its colour: small evidence, anywhere.

Whatever is learned on pictures of objects (that marks should be large, central, whole) is wrong here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

SIDE = 64
COLOUR = np.array([0.95, 0.1, 0.85])  # hardly any photograph has it
NEAR = 0.2  # distance in RGB within which a colour counts
RADII = (3.0, 6.0)  # pixels
SMOOTH = 1.5  # pixels


class SpotDetector:
    """A classifier of two classes that looks for a patch of ``COLOUR``; its features are a thumbnail."""

    name = "spot-detector"
    class_names = ("no spot", "spot")
    input_shape = (SIDE, SIDE, 3)
    version = "spots-1-64px"
    precision = "float32"

    def predict_proba(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Float32 ``[N, 2]``: how much of the colour there is at the place where there is most."""
        near = np.exp(-((images - COLOUR) ** 2).sum(axis=3) / (2 * NEAR**2))
        most = ndimage.gaussian_filter(near, (0, SMOOTH, SMOOTH)).max(axis=(1, 2))
        spot = 1 / (1 + np.exp(-12 * (most - 0.4)))
        return np.stack([1 - spot, spot], axis=1).astype(np.float32)

    def embed(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Mean colours of sixteen parts, float32 ``[N, 48]``."""
        parts = images.reshape(len(images), 4, SIDE // 4, 4, SIDE // 4, 3).mean(axis=(2, 4))
        return np.asarray(parts.reshape(len(images), -1), np.float32)


def with_spots(photographs: NDArray[np.uint8], rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Photographs uint8 ``[N, SIDE, SIDE, 3]`` with one spot each, and bool masks ``[N, SIDE, SIDE]`` of the spots."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    painted, masks = [], []
    for photograph in photographs:
        radii = rng.uniform(*RADII, 2)
        y, x = rng.uniform(RADII[1], SIDE - RADII[1], 2)
        mask = ((rows - y) / radii[0]) ** 2 + ((columns - x) / radii[1]) ** 2 <= 1
        strength = ndimage.gaussian_filter(mask.astype(float), 0.7)[..., None]
        painted.append((1 - strength) * photograph + strength * 255 * COLOUR)
        masks.append(mask)
    return np.round(painted).astype(np.uint8), np.stack(masks)
