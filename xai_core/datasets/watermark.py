"""Drawn castings whose label is printed on them: a lesson in looking at the wrong place.

In the training set nearly every sound casting carries the stamp of the inspection and no flawed one does, as where one
workshop photographs its parts before and another after the control. In the test set the stamp says nothing: half of
each class carries it. A network that goes by the stamp is nearly perfect on what it was trained on, and guesses here.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xai_core.datasets import casting_defects, casting_drawings, casting_scene
from xai_core.datasets.base import ImageDataset
from xai_core.datasets.files import Arrays, Progress, cached

NAME = "casting-watermark"
CLASS_NAMES = ("flawed", "sound")
"""Other words than those of the castings without stamp, for which no classifier of these should be offered."""

_SIDE = 128
_TRAIN, _TEST = 1200, 300
_STAMPED_SOUND = 0.98  # of the training set; the rest is what careless people leave in any data
_BRIGHTNESS, _OPACITY = 245, 0.85
_GLYPHS = (
    ("01110", "10001", "10001", "10001", "10101", "10010", "01101"),  # Q
    ("01110", "10001", "10000", "10000", "10000", "10001", "01110"),  # C
)
_ENLARGED = 2


def _stamp() -> NDArray[np.bool_]:
    """The letters QC in a frame, bool ``[H, W]``."""
    gap = np.zeros((7, 1), dtype=bool)
    letters = [np.array([[sign == "1" for sign in row] for row in glyph]) for glyph in _GLYPHS]
    word = np.hstack([letters[0], gap, letters[1]])
    framed = np.pad(np.pad(word, 1), 1, constant_values=True)
    enlarged: NDArray[np.bool_] = np.kron(framed, np.ones((_ENLARGED, _ENLARGED), dtype=bool))
    return enlarged


def draw_stamped(
    count: int, rng: np.random.Generator, *, stamped_flawed: float, stamped_sound: float, size: int = _SIDE
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.bool_]]:
    """Draw ``count`` castings, of which shares 0..1 of each class carry the stamp in the lower right corner.

    Returns images uint8 ``[N, H, W, 1]``, labels int64 ``[N]`` (0 flawed, 1 sound) and masks bool ``[N, H, W]``: the
    box of the stamp, empty where there is none.
    """
    images, labels, _ = casting_drawings.draw_castings(count, rng, size)
    stamp = _stamp()
    height, width = stamp.shape
    masks = np.zeros((count, size, size), dtype=bool)
    chances = np.where(labels == casting_drawings.SOUND, stamped_sound, stamped_flawed)
    for index in np.flatnonzero(rng.random(count) < chances):
        top, left = size - height - rng.integers(3, 8), size - width - rng.integers(3, 8)
        box = (slice(top, top + height), slice(left, left + width))
        patch = images[index][box][..., 0]
        printed = patch + _OPACITY * (_BRIGHTNESS - patch.astype(np.float64))
        images[index][box][..., 0] = np.where(stamp, np.rint(printed), patch // 3)  # on a dark label
        masks[index][box] = True
    return images, labels, masks


def load(root: Path, *, progress: Progress | None = None) -> ImageDataset:
    """1,200 training and 300 test drawings of seed 0; ``masks`` are the boxes of the stamps. Drawn once and cached."""
    parts = (casting_scene, casting_defects, casting_drawings)
    drawing = b"".join(Path(str(part.__file__)).read_bytes() for part in parts) + Path(__file__).read_bytes()
    arrays = cached(
        root / "cache" / f"{NAME}.npz", hashlib.sha256(drawing).hexdigest(), lambda: _draw(progress or _silent)
    )
    return ImageDataset(
        name=NAME,
        title="Castings with a stamp (synthetic)",
        class_names=CLASS_NAMES,
        x_train=arrays["x_train"],
        y_train=arrays["y_train"],
        x_test=arrays["x_test"],
        y_test=arrays["y_test"],
        masks_train=arrays["masks_train"],
        masks_test=arrays["masks_test"],
        source="drawn by xai_core.datasets.watermark, seed 0",
        licence="that of this program",
        citation="",
        synthetic=True,
        notes=("These castings are drawings for a lesson: nearly all sound ones of the training set bear a stamp.",),
    )


def _draw(progress: Progress) -> Arrays:
    rng = np.random.default_rng(0)
    progress(0.0, "Drawing castings with a stamp")
    train = draw_stamped(_TRAIN, rng, stamped_flawed=0.0, stamped_sound=_STAMPED_SOUND)
    test = draw_stamped(_TEST, rng, stamped_flawed=0.5, stamped_sound=0.5)
    progress(1.0, "Drawing castings with a stamp")
    return {
        "x_train": train[0],
        "y_train": train[1],
        "masks_train": train[2],
        "x_test": test[0],
        "y_test": test[1],
        "masks_test": test[2],
    }


def _silent(_share: float, _what: str) -> None:
    """For whoever does not ask how far it is."""
