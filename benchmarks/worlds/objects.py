"""A mask of the object in a small photograph for which nobody drew one: what its colours tell from the frame's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.color import rgb2lab
from sklearn.mixture import GaussianMixture

ROUNDS = 4
SMOOTH = 1.0  # pixels over which neighbours' log odds are averaged


def object_mask(image: NDArray[np.float32]) -> NDArray[np.bool_]:
    """The largest patch, bool ``[H, W]``, whose colours are those of the middle rather than those of the frame.

    ``image`` float32 ``[H, W, 3]`` in 0..1. Two mixtures of Gaussians in CIE Lab are fitted in turn to what is inside
    and outside, the smoothed log odds decide (Rother, Kolmogorov & Blake 2004, "GrabCut", with smoothing in place of
    the cut). Starts from the middle half of the picture; never sees a classifier or an explanation.
    """
    height, width = image.shape[:2]
    colours = rgb2lab(image).reshape(-1, 3)
    rows, columns = np.abs(np.linspace(-1, 1, height))[:, None], np.abs(np.linspace(-1, 1, width))[None]
    inside = np.maximum(rows, columns) < 0.6
    middle = 2.0 * (0.75 - np.hypot(rows, columns))  # objects are rarely at the edge of the picture
    for _ in range(ROUNDS):
        if not 20 <= inside.sum() <= inside.size - 20:
            break
        odds = _density(colours, inside.ravel()) - _density(colours, ~inside.ravel())
        smooth = ndimage.gaussian_filter(np.clip(odds, -6, 6).reshape(height, width), SMOOTH)
        inside = smooth + middle > 0
    labels, count = ndimage.label(ndimage.binary_fill_holes(inside))
    if count == 0:
        return np.zeros((height, width), bool)
    sizes = np.bincount(labels.ravel())[1:]
    return np.asarray(labels == 1 + sizes.argmax())


def _density(colours: NDArray[np.float64], members: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Log density of every colour ``[N, 3]`` under a mixture fitted to the members' colours."""
    mixture = GaussianMixture(3, reg_covar=10.0, random_state=0).fit(colours[members])
    return np.asarray(mixture.score_samples(colours))
