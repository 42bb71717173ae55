"""Where in a picture there is probably an object: from its pixels alone, without a classifier, in milliseconds.

Three old observations: an object's colours differ from those at the picture's frame, it is cut off from the frame by
edges, and it stands near the middle. Source: Wei, Wen, Zhu & Sun 2012, "Geodesic saliency using background priors";
Judd et al. 2009, "Learning to predict where humans look", section 4 (centre prior).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.color import rgb2lab
from skimage.graph import MCP_Geometric
from skimage.transform import resize

Level = NDArray[np.float64]  # [H, W] in 0..1

SIDE = 48  # pixels a side are enough to find an object
NEAR = 0.02  # cost of a step within an even area
CENTRE = 0.5  # standard deviation of the centre prior, in half sides
NOISE = 25.0  # variance of colours that even a plain frame is granted, in CIE Lab


def distinct(image: NDArray[np.float32]) -> Level:
    """How far a pixel's colour is from the colours at the frame: Mahalanobis distance, scaled to its 98 % quantile.

    ``image`` float32 ``[H, W, C]`` in 0..1, as in all functions here.
    """
    colours = _small_lab(image)
    side = len(colours)
    frame = np.ones(colours.shape[:2], bool)
    frame[side // 10 or 1 : -(side // 10 or 1), side // 10 or 1 : -(side // 10 or 1)] = False
    beyond = colours - colours[frame].mean(axis=0)
    precision = np.linalg.inv(np.cov(colours[frame].T) + NOISE * np.eye(3))
    distance = np.sqrt(np.einsum("hwc,cd,hwd->hw", beyond, precision, beyond))
    return _enlarged(ndimage.gaussian_filter(distance, 1), image.shape[:2])


def enclosed(image: NDArray[np.float32]) -> Level:
    """How many edges a path from the frame must cross to reach a pixel, scaled to its 98 % quantile."""
    colours = ndimage.gaussian_filter(_small_lab(image), (0.7, 0.7, 0))
    slopes = np.stack([ndimage.sobel(colours, axis=axis) for axis in (0, 1)])
    steep = np.sqrt((slopes**2).sum(axis=(0, 3)))
    cost = np.clip(steep - np.median(steep) / 2, 0, None) / (steep.mean() + 1e-6) + NEAR
    frame = np.ones(cost.shape, bool)
    frame[1:-1, 1:-1] = False
    distance, _ = MCP_Geometric(cost).find_costs(np.argwhere(frame))
    return _enlarged(distance, image.shape[:2])


def central(shape: tuple[int, int]) -> Level:
    """A Gaussian around the middle of a picture of that height and width."""
    rows, columns = (np.linspace(-1, 1, length) ** 2 for length in shape)
    return np.asarray(np.exp(-(rows[:, None] + columns) / (2 * CENTRE**2)))


def _small_lab(image: NDArray[np.float32]) -> NDArray[np.float64]:
    side = min(SIDE, *image.shape[:2])
    small = resize(image.astype(np.float64), (side, side), anti_aliasing=True)
    return np.asarray(rgb2lab(np.repeat(small, 3, axis=2) if small.shape[2] == 1 else small))


def _enlarged(values: NDArray[np.float64], shape: tuple[int, ...]) -> Level:
    top = float(np.quantile(values, 0.98)) or float(values.max()) or 1.0
    return np.asarray(np.clip(resize(np.clip(values / top, 0, 1), shape[:2], order=1), 0, 1))
