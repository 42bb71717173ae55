"""Small pictures of images that were shown before, found again by where they lie."""

from __future__ import annotations

from ui import cache
from xai_core import overlay
from xai_core.datasets import image_id
from xai_core.errors import XaiError

SIDE = 96  # pixels


def thumbnail(dataset: str, split: str, index: int, image: str) -> bytes | None:
    """PNG of the image of that id; ``None`` where it is no longer there."""
    try:
        data = cache.LIBRARY.dataset(dataset)
    except XaiError:  # the set it came from is gone, or was an upload
        return None
    images = data.x_test if split == "test" else data.x_train
    if index >= len(images) or image_id(images[index]) != image:
        return None
    return overlay.to_png(overlay.picture(images[index]), SIDE)
