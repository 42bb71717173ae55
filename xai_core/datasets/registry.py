"""Data sets by name."""

from __future__ import annotations

from pathlib import Path

from xai_core.datasets import casting, cifar10, folder, mnist, photos
from xai_core.datasets.base import DatasetInfo, ImageDataset
from xai_core.datasets.files import Progress
from xai_core.errors import DatasetUnavailable
from xai_core.paths import data_root

_OWN = ("mnist", "cifar10", "casting", "casting-synthetic", "photos")


def load_dataset(
    name: str, *, root: Path | None = None, download: bool = False, progress: Progress | None = None
) -> ImageDataset:
    """The data set ``mnist``, ``cifar10``, ``casting``, ``casting-synthetic``, ``photos`` or a folder below ``root``.

    ``root`` is ``$XAI_DATA_DIR`` (else ``data/``) when not given. Only with ``download`` is the network used, and only
    for ``mnist`` and ``cifar10`` that are not there. ``progress`` is told the share done (0..1) and what is being done.
    Raises ``DatasetUnavailable`` (unknown, not there, download failed) and ``BrokenFile`` (a damaged or wrong file).
    """
    root = root or data_root()
    match name:
        case "mnist":
            return mnist.load(root, fetch=download, progress=progress)
        case "cifar10":
            return cifar10.load(root, fetch=download, progress=progress)
        case "casting":
            return casting.load(root, progress=progress)
        case "casting-synthetic":
            return casting.load_synthetic(root, progress=progress)
        case "photos":
            return photos.load()
    known = [info.name for info in list_datasets(root)]
    if name not in known:
        raise DatasetUnavailable(f"There is no data set {name!r} in {root}; there are {', '.join(known)}.")
    return folder.load(root, name, progress=progress)


def list_datasets(root: Path | None = None) -> list[DatasetInfo]:
    """What can be had, without loading it: the built-in sets, then the class folders below ``root``.

    ``casting-synthetic`` is named apart only where ``casting`` is the real set.
    """
    root = root or data_root()
    castings = casting.info(root)
    synthetic = [] if castings.synthetic else [casting.info_synthetic()]
    own = [mnist.info(root), cifar10.info(root), castings, *synthetic, photos.info()]
    return own + [info for info in folder.find(root) if info.name not in _OWN]
