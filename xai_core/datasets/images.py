"""Image files of any kind as arrays of one shape."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xai_core.datasets.decoder import UPLOADED, Decoder


def read_upload(data: bytes, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """An uploaded file as uint8 ``[H, W, C]`` of the given shape; see ``Decoder.decode`` for what is done and raised.

    Every upload has a process of its own, so that none can tamper with the next.
    """
    with Decoder(UPLOADED) as decoder:
        return decoder.decode(data, shape, "The upload")
