"""Images in the size and colours that a network takes."""

from __future__ import annotations

import numpy as np
from PIL import Image

from xai_core.classifiers.base import Images
from xai_core.numerics import luminance


def fitted(images: Images, shape: tuple[int, int, int]) -> Images:
    """Images float32 ``[N, H, W, C]`` in 0..1 as ``[N, *shape]``: resized (bicubic), grey or in three channels.

    Returns the very same array where nothing is to be done.
    """
    height, width, channels = shape
    if images.shape[3] != channels:
        images = np.repeat(luminance(images)[..., None].astype(np.float32), channels, axis=3)
    if images.shape[1:3] == (height, width):
        return images
    resized = np.empty((len(images), *shape), np.float32)
    for image, into in zip(images, resized, strict=True):
        for channel in range(channels):  # Pillow resizes floats one channel at a time
            plane = Image.fromarray(np.ascontiguousarray(image[..., channel]))
            into[..., channel] = np.asarray(plane.resize((width, height), Image.Resampling.BICUBIC))
    return resized.clip(0, 1, out=resized)  # bicubic overshoots at edges
