"""Pump impellers, defective or sound: the real set where the user placed it, else the project's own drawings."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from xai_core.datasets import casting_defects, casting_drawings, casting_scene, folder
from xai_core.datasets.base import DatasetInfo, ImageDataset
from xai_core.datasets.files import Arrays, Progress, cached
from xai_core.datasets.layout import looks_like_data

_SIDE = 128
_TITLE = "Castings"
_SYNTHETIC_TITLE = "Castings (synthetic)"
_CLASS_TITLES = {"def_front": "defective", "ok_front": "sound"}
_TRAIN, _TEST = 2000, 500


def info(root: Path) -> DatasetInfo:
    """Available unless the user's folder is of no use; without one it stands for the drawings, and says so."""
    if not _real(root):
        return info_synthetic("casting")
    found = folder.info(root / "casting", _TITLE)
    return replace(found, class_names=tuple(_CLASS_TITLES.get(name, name) for name in found.class_names))


def info_synthetic(name: str = "casting-synthetic") -> DatasetInfo:
    """The drawings, under their own name or standing in for the real set."""
    return DatasetInfo(name, _SYNTHETIC_TITLE, available=True, synthetic=True, class_names=casting_drawings.CLASS_NAMES)


def load(root: Path, *, progress: Progress | None = None) -> ImageDataset:
    """The real photographs, grey 128 x 128, if ``root / "casting"`` is there, else ``load_synthetic``.

    Raises ``BrokenFile`` and ``DatasetUnavailable`` as ``folder.load`` does.
    """
    if not _real(root):
        return load_synthetic(root, progress=progress)
    return folder.load(
        root,
        "casting",
        shape=(_SIDE, _SIDE, 1),
        title=_TITLE,
        class_titles=_CLASS_TITLES,
        licence="CC BY-NC-ND 4.0",
        citation="Dabhi (2020): Casting product image data for quality inspection. Kaggle.",
        progress=progress,
    )


def load_synthetic(root: Path, *, progress: Progress | None = None) -> ImageDataset:
    """2,000 training and 500 test drawings of seed 0 with the mask of each defect; drawn once and cached."""
    parts = (casting_scene, casting_defects, casting_drawings)
    drawing = b"".join(Path(str(part.__file__)).read_bytes() for part in parts)  # another way of drawing, another set
    arrays = cached(
        root / "cache" / "casting-synthetic.npz",
        hashlib.sha256(drawing + f"{_SIDE} {_TRAIN} {_TEST}".encode()).hexdigest(),
        lambda: _draw(progress),
    )
    return ImageDataset(
        name="casting-synthetic",
        title=_SYNTHETIC_TITLE,
        class_names=casting_drawings.CLASS_NAMES,
        x_train=arrays["x_train"],
        y_train=arrays["y_train"],
        x_test=arrays["x_test"],
        y_test=arrays["y_test"],
        masks_train=arrays["masks_train"],
        masks_test=arrays["masks_test"],
        source="drawn by xai_core.datasets.casting_drawings, seed 0",
        licence="that of this program",
        citation="",
        synthetic=True,
        notes=("These castings are drawings, made by the program; each defect's pixels are known.",),
    )


def _real(root: Path) -> bool:
    return looks_like_data(root / "casting")


def _draw(progress: Progress | None) -> Arrays:
    rng, step = np.random.default_rng(0), 100
    parts = []
    for done in range(0, _TRAIN + _TEST, step):
        parts.append(casting_drawings.draw_castings(step, rng, _SIDE))
        if progress:
            progress((done + step) / (_TRAIN + _TEST), f"Drawing castings: {done + step} of {_TRAIN + _TEST}")
    x, y, masks = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    train, test = slice(_TRAIN), slice(_TRAIN, None)
    return {
        "x_train": x[train],
        "y_train": y[train],
        "masks_train": masks[train],
        "x_test": x[test],
        "y_test": y[test],
        "masks_test": masks[test],
    }
