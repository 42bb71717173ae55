"""Square cells: the pieces of methods that know no segments."""

from __future__ import annotations

import numpy as np

from xai_core.lime.inputs import Image
from xai_core.segmenters import Segmentation, from_labels, grid

MOST_CELLS = 28  # a side


def cells(pixels: Image, most: int = MOST_CELLS) -> Segmentation:
    """The image in as many rows as columns of rectangles, at most ``most`` and no smaller than a pixel."""
    return from_labels(np.asarray(grid(pixels, min(most, *pixels.shape[:2]))))
