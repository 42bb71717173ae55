"""Small numerical pieces that mean the same wherever they are used: grey, overlap, threads of linear algebra."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as in Pillow: what decoding a file to grey gives


def luminance(image: NDArray[np.generic]) -> NDArray[np.float64]:
    """Brightness float64 ``[..., H, W]`` of images ``[..., H, W, C]``, C = 1 or 3, in the scale of the image.

    Source: ITU-R Recommendation BT.601-7, section 2.5.1.
    """
    if image.shape[-1] == 1:
        return np.asarray(image[..., 0], np.float64)
    return np.asarray(np.asarray(image, np.float64) @ np.array(LUMA))


def iou(mask: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """Intersection over union 0..1 of two masks of one shape; 0 when both are empty (Jaccard 1912)."""
    union = (mask | truth).sum()
    return float((mask & truth).sum() / union) if union else 0.0


def one_blas_thread() -> AbstractContextManager[object]:
    """A context in which BLAS uses one thread: with more, solves as small as ours stall on a busy machine."""
    limited: AbstractContextManager[object] = _thread_pools().limit(limits=1, user_api="blas")
    return limited


@cache
def _thread_pools() -> ThreadpoolController:
    """The BLAS thread pools of the process; finding them takes milliseconds, hence once."""
    return ThreadpoolController()
