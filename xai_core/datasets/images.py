"""Image files of any kind as arrays of one shape."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xai_core.datasets.decoder import UPLOADED, Decoder


def read_upload(data: bytes, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Decode an uploaded file, in a process of its own so that no upload can tamper with the next.

    Parameters
    ----------
    data : bytes
        The content of the file; ``Decoder.decode`` says which formats are read and how they are converted.
    shape : tuple of int
        Height, width and channels of the result.

    Returns
    -------
    uint8 array [H, W, C]
        Of the given shape.

    Raises
    ------
    BrokenFile
        If the file is not an image, or one that is too large.
    """
    with Decoder(UPLOADED) as decoder:
        return decoder.decode(data, shape, "The upload")
