"""CIFAR-10: from an archive, from Keras' cache, or downloaded when asked for."""

from __future__ import annotations

import pickle
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from xai_core.datasets.base import DatasetInfo, ImageDataset
from xai_core.datasets.files import Arrays, Progress, atomic, download, read_archive
from xai_core.errors import BrokenFile, DatasetUnavailable
from xai_core.paths import keras_cache

_URL = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
_SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
_TITLE = "CIFAR-10 photographs"
_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_BATCHES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")


def info(root: Path) -> DatasetInfo:
    """Available when a copy is on the machine; otherwise offered for download."""
    there = (root / "cifar10.npz").is_file() or _keras_batches() is not None
    return DatasetInfo(
        "cifar10",
        _TITLE,
        available=there,
        downloadable=not there,
        size_mb=170.5,
        reason=None if there else "CIFAR-10 is not on this machine; it can be downloaded once (170 MB).",
        class_names=_CLASSES,
    )


def load(root: Path, *, fetch: bool = False, progress: Progress | None = None) -> ImageDataset:
    """Colour photographs 32 x 32 in ten classes.

    Raises ``BrokenFile`` (damaged archive) and ``DatasetUnavailable`` (not there and not to be downloaded, or the
    download failed).
    """
    path, batches = root / "cifar10.npz", _keras_batches()
    if path.is_file():
        arrays = read_archive(path, (32, 32, 3), len(_CLASSES))
    elif batches is not None:
        arrays = _unpack(batches)
    elif fetch:
        _fetch(path, progress)
        arrays = read_archive(path, (32, 32, 3), len(_CLASSES))
    else:
        raise DatasetUnavailable("CIFAR-10 is not on this machine; download it (170 MB) or put cifar10.npz in place.")
    return ImageDataset(
        name="cifar10",
        title=_TITLE,
        class_names=_CLASSES,
        x_train=arrays["x_train"],
        y_train=arrays["y_train"],
        x_test=arrays["x_test"],
        y_test=arrays["y_test"],
        source="https://www.cs.toronto.edu/~kriz/cifar.html",
        licence="none stated; asks for its citation",
        citation="Krizhevsky (2009): Learning multiple layers of features from tiny images.",
    )


def _keras_batches() -> Path | None:
    folder = keras_cache() / "cifar-10-batches-py-target" / "cifar-10-batches-py"
    return folder if all((folder / name).is_file() for name in _BATCHES) else None


def _fetch(path: Path, progress: Progress | None) -> None:
    """Turn the official distribution into ``cifar10.npz``, which appears only when complete."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            tar = Path(folder) / "cifar-10-python.tar.gz"
            download(_URL, tar, _SHA256, _TITLE, progress)
            with tarfile.open(tar) as members:
                members.extractall(folder, filter="data")
            arrays = _unpack(Path(folder) / "cifar-10-batches-py")
        with atomic(path) as part:
            np.savez(part, **dict[str, Any](arrays))  # photographs hardly shrink, and like this they can stay on disk
    except OSError as error:
        raise DatasetUnavailable(f"{path} could not be written ({error}); make room or allow writing.") from error


def _unpack(folder: Path) -> Arrays:
    """The six pickled batches of the official distribution; each holds planes ``[10000, 3 * 32 * 32]``."""
    images, labels = [], []
    for name in _BATCHES:
        try:
            with (folder / name).open("rb") as file:
                batch = _ArraysOnly(file, encoding="bytes").load()
            images.append(batch[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
            labels.append(np.array(batch[b"labels"], dtype=np.int64))
        except (OSError, EOFError, KeyError, TypeError, ValueError, pickle.UnpicklingError) as error:
            raise BrokenFile(f"{folder / name} cannot be read ({error}); delete it and download again.") from error
    return {
        "x_train": np.concatenate(images[:5]),
        "y_train": np.concatenate(labels[:5]),
        "x_test": images[5],
        "y_test": labels[5],
    }


class _ArraysOnly(pickle.Unpickler):
    """Reads pickled numpy arrays and refuses every other object: a pickle may otherwise run code."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401
        if (module.removesuffix(".multiarray"), name) in {
            ("numpy.core", "_reconstruct"),
            ("numpy._core", "_reconstruct"),
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
        }:
            return super().find_class(module.replace("numpy.core", "numpy._core"), name)
        raise pickle.UnpicklingError(f"it holds {module}.{name}")
