"""Drawn castings whose true evidence is known pixel by pixel.

Front views of pump impellers in the manner of the photographs that quality inspection works with: a turned face with
the sheen of the lathe, a collar with a groove around it, the dark cavity with its vanes, the hub with its bore. A sound
casting has stains, glints and grain too, so that none of these gives a defect away. A defect is laid over the finished
sound picture, hence the two differ in its mask and nowhere else.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xai_core.datasets.casting_defects import add_defect
from xai_core.datasets.casting_scene import draw_scene
from xai_core.errors import InvalidInput

DEFECTIVE, SOUND = 0, 1
CLASS_NAMES = ("defective", "sound")


def draw_castings(
    count: int, rng: np.random.Generator, size: int = 128, labels: ArrayLike | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.bool_]]:
    """Draw ``count`` castings, each at a place, an angle and under a light of its own.

    Returns images uint8 ``[N, H, W, 1]``, labels int64 ``[N]`` (0 defective, 1 sound, equally likely unless ``labels``
    are given) and masks bool ``[N, H, W]``: the pixels of the defect, none for a sound casting. The scene does not
    depend on the label: the same ``rng`` state with other ``labels`` draws the same castings with and without their
    defect, and such pairs are equal outside of the mask. Raises ``InvalidInput`` when ``labels`` are not ``count``
    zeros and ones.
    """
    seeds = rng.integers(2**63, size=(count, 2))
    drawn = rng.integers(0, 2, count)
    y = drawn if labels is None else np.asarray(labels, dtype=np.int64)
    if y.shape != (count,) or not np.isin(y, (DEFECTIVE, SOUND)).all():
        raise InvalidInput(f"{count} castings need as many labels 0 or 1, not {labels!r}.")
    images = np.empty((count, size, size, 1), dtype=np.uint8)
    masks = np.zeros((count, size, size), dtype=bool)
    for index, (scene_seed, defect_seed) in enumerate(seeds):
        scene = draw_scene(np.random.default_rng(scene_seed), size)
        image = scene.image
        if y[index] == DEFECTIVE:
            image, masks[index] = add_defect(scene, np.random.default_rng(defect_seed))
        images[index, ..., 0] = np.rint(image * 255).clip(0, 255)
    return images, y, masks
