"""Small numerical pieces that mean the same wherever they are used: grey, overlap, threads of linear algebra."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as in Pillow: what decoding a file to grey gives


def luminance(image: NDArray[np.generic]) -> NDArray[np.float64]:
    """Brightness of images, in the scale of the image.

    Parameters
    ----------
    image : array [..., H, W, C]
        C = 1 or 3, of any numerical type.

    Returns
    -------
    float64 array [..., H, W]
        The only channel, or the weighted sum of three.

    References
    ----------
    ITU-R Recommendation BT.601-7, section 2.5.1.
    """
    if image.shape[-1] == 1:
        return np.asarray(image[..., 0], np.float64)
    return np.asarray(np.asarray(image, np.float64) @ np.array(LUMA))


def iou(mask: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """Intersection over union of two masks.

    Parameters
    ----------
    mask : bool array
        One mask.
    truth : bool array
        Another of the same shape.

    Returns
    -------
    float
        0..1; 0 when both are empty.

    References
    ----------
    Jaccard 1912, "The distribution of the flora in the alpine zone".
    """
    union = (mask | truth).sum()
    return float((mask & truth).sum() / union) if union else 0.0


def one_blas_thread() -> AbstractContextManager[object]:
    """Limit BLAS to one thread: with more, solves as small as ours stall on a busy machine.

    Returns
    -------
    context manager
        The limit holds within it.
    """
    limited: AbstractContextManager[object] = _thread_pools().limit(limits=1, user_api="blas")
    return limited


@cache
def _thread_pools() -> ThreadpoolController:
    """The BLAS thread pools of the process; finding them takes milliseconds, hence once."""
    return ThreadpoolController()
