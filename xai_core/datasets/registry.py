"""Data sets by name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from xai_core.datasets import casting, cifar10, folder, mnist, photos, watermark
from xai_core.datasets.base import DatasetInfo, ImageDataset
from xai_core.datasets.files import Progress
from xai_core.errors import DatasetUnavailable
from xai_core.paths import data_root

_SUFFIX = "-folder"
_OWN = ("mnist", "cifar10", "casting", "casting-synthetic", watermark.NAME, "photos")
_RESERVED = (*_OWN, "upload", "surprise")  # the last two mean something else where a data set is chosen or recorded


def load_dataset(
    name: str, *, root: Path | None = None, download: bool = False, progress: Progress | None = None
) -> ImageDataset:
    """Load a data set by name.

    The network is used only if ``download`` is true, and only for ``mnist`` and ``cifar10`` where they are missing.

    Parameters
    ----------
    name : str
        ``mnist``, ``cifar10``, ``casting``, ``casting-synthetic``, ``photos``, or a folder of class folders below
        ``root``. ``casting-watermark``, which a lesson is about, is to be had by its name alone and in no list.
    root : pathlib.Path, optional
        Folder of data sets; by default ``$XAI_DATA_DIR``, or ``data/`` where that is not set.
    download : bool, default False
        Whether a missing data set may be fetched.
    progress : callable, optional
        Called with the share done, 0..1, and a sentence on what is being done.

    Returns
    -------
    ImageDataset
        Training and test images with their classes.

    Raises
    ------
    DatasetUnavailable
        If the name is unknown, the set is missing or a download failed.
    BrokenFile
        If a file is damaged or not what its name says.
    """
    root = root or data_root()
    if name not in _OWN:
        return _load_folder(name, root, progress)
    aside = _aside(name, root)
    try:
        data = _load_own(name, root, download=download, progress=progress)
    except DatasetUnavailable as error:
        raise DatasetUnavailable(" ".join((str(error), *aside))) from error
    return replace(data, notes=(*data.notes, *aside)) if aside else data


def list_datasets(root: Path | None = None) -> list[DatasetInfo]:
    """List the data sets that can be had, without loading them: the built-in ones, then class folders.

    ``casting-synthetic`` is listed by itself only where ``casting`` is the real set. A folder that has the name of
    something else is listed as ``NAME-folder``.

    Parameters
    ----------
    root : pathlib.Path, optional
        Folder of data sets; by default ``$XAI_DATA_DIR``, or ``data/`` where that is not set.

    Returns
    -------
    list of DatasetInfo
        One for each.
    """
    root = root or data_root()
    castings = casting.info(root)
    synthetic = [] if castings.synthetic else [casting.info_synthetic()]
    return [mnist.info(root), cifar10.info(root), castings, *synthetic, photos.info(), *_folders(root)]


def _load_own(name: str, root: Path, *, download: bool, progress: Progress | None) -> ImageDataset:
    match name:
        case "mnist":
            return mnist.load(root, fetch=download, progress=progress)
        case "cifar10":
            return cifar10.load(root, fetch=download, progress=progress)
        case "casting":
            return casting.load(root, progress=progress)
        case "casting-synthetic":
            return casting.load_synthetic(root, progress=progress)
        case watermark.NAME:
            return watermark.load(root, progress=progress)
    return photos.load()


def _load_folder(name: str, root: Path, progress: Progress | None) -> ImageDataset:
    found = {info.name: info for info in _folders(root)}
    if name not in found:
        known = ", ".join(info.name for info in list_datasets(root))
        empty = name in {path.name for path in root.glob("*")}
        what = f"{root / name} holds no images" if empty else f"There is no data set {name!r} in {root}"
        raise DatasetUnavailable(f"{what}; there are {known}.")
    folder_name = name if (root / name).is_dir() else name.removesuffix(_SUFFIX)
    return folder.load(root, name, folder=root / folder_name, title=found[name].title, progress=progress)


def _folders(root: Path) -> list[DatasetInfo]:
    """The user's own folders. That called ``casting`` is the data set of this name, others give way."""
    infos = [info for info in folder.find(root) if info.name != "casting"]
    return [
        replace(info, name=info.name + _SUFFIX, title=f"{info.title} (your folder)") if info.name in _RESERVED else info
        for info in infos
    ]


def _aside(name: str, root: Path) -> tuple[str, ...]:
    """Where the user's own folder of that name is to be found."""
    if any(info.name == name + _SUFFIX for info in _folders(root)):
        return (f"Your own folder {root / name} is the data set {name + _SUFFIX}.",)
    return ()
