"""Structural similarity of one image to many at once.

The mean SSIM of Wang et al., "Image quality assessment: from error visibility to structural similarity", 2004, with
the choices of scikit-image's ``structural_similarity`` (7 x 7 uniform window, sample covariance, K1 = 0.01,
K2 = 0.03, mean over channels and over the pixels whose window lies inside): the same numbers, without a loop.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xai_core.errors import InvalidInput

WINDOW = 7
PIXELS = WINDOW * WINDOW
C1 = (0.01 * 255) ** 2 * PIXELS**2  # stabilises the term of the means, which is computed n² times too large
C2 = (0.03 * 255) ** 2 * PIXELS * (PIXELS - 1)  # and that of the (co)variances, n(n - 1) times too large
BLOCK_VALUES = 1 << 16  # pixels at a time: the intermediate tables stay in the processor's cache


def ssim(query: NDArray[np.uint8], images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Structural similarity of one image to many.

    Parameters
    ----------
    query : uint8 array [H, W, C]
        The image.
    images : uint8 array [N, H, W, C]
        What it is compared with.

    Returns
    -------
    float64 array [N]
        In -1..1; 1 for the same image.

    Raises
    ------
    InvalidInput
        If shapes differ, or images are smaller than the window of 7 pixels.

    References
    ----------
    Wang et al. 2004, "Image quality assessment: from error visibility to structural similarity".
    """
    if query.shape != images.shape[1:]:
        raise InvalidInput(f"SSIM compares images of one shape, not {query.shape} with {images.shape[1:]}.")
    if min(query.shape[:2]) < WINDOW:
        raise InvalidInput(f"SSIM needs images of at least {WINDOW} x {WINDOW} pixels, not {query.shape[:2]}.")
    x = query.astype(np.int32)[None]
    sum_x, sum_xx = _window_sums(x), _window_sums(x * x)  # [1, H - 6, W - 6, C]
    result = np.empty(len(images))
    step = max(1, BLOCK_VALUES // query.size)
    for start in range(0, len(images), step):
        y = images[start : start + step].astype(np.int32)
        sum_y, sum_yy, sum_xy = _window_sums(y), _window_sums(y * y), _window_sums(x * y)
        # everything scaled by n² or n(n - 1), so that it stays an integer as long as possible
        product = sum_x * sum_y
        squares = sum_x * sum_x + sum_y * sum_y
        covariance = PIXELS * sum_xy - product
        variances = PIXELS * (sum_xx + sum_yy) - squares
        similarity = ((2 * product + C1) / (squares + C1)) * ((2 * covariance + C2) / (variances + C2))
        result[start : start + step] = similarity.mean(axis=(1, 2, 3))
    return result


def _window_sums(images: NDArray[np.int32]) -> NDArray[np.int32]:
    """Sums over every 7 x 7 window that lies inside, from a summed-area table.

    The table of a large image may wrap around 2³²; the differences are exact all the same, since a window's sum fits.
    """
    table = np.pad(images.cumsum(axis=1, dtype=np.int32), ((0, 0), (1, 0), (0, 0), (0, 0)))
    strips = table[:, WINDOW:] - table[:, :-WINDOW]
    table = np.pad(strips.cumsum(axis=2, dtype=np.int32), ((0, 0), (0, 0), (1, 0), (0, 0)))
    sums: NDArray[np.int32] = table[:, :, WINDOW:] - table[:, :, :-WINDOW]
    return sums
