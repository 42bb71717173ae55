"""Any folder ``<root>/<name>/{train,test}/<class>/`` of PNG, JPEG, WebP, BMP or TIFF files as a data set."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xai_core.datasets import decoder_child
from xai_core.datasets.base import DatasetInfo, ImageDataset
from xai_core.datasets.decoder import Decoders
from xai_core.datasets.files import Arrays, Progress, cached
from xai_core.errors import BrokenFile, DatasetUnavailable, InvalidInput

MAX_SIDE = 224
# of image files; what is in them decides whether they can be read, and what cannot is left out with a note
_SUFFIXES = {
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".tif", ".tiff"),
    *(".gif", ".avif", ".heic", ".heif", ".jp2", ".jxl", ".ppm", ".pgm", ".eps", ".svg"),
}
_GREY = {"1", "L", "LA", "I", "F", "I;16", "I;16B"}
_PEEKED = 200  # headers that are read to choose a common size

Files = dict[str, dict[str, list[Path]]]  # split -> class -> files in order


def find(root: Path) -> list[DatasetInfo]:
    """The folders below ``root`` that have a ``train`` folder, each with the reason if it cannot be used."""
    if not root.is_dir():
        return []
    found = []
    for folder in sorted(root.iterdir()):
        if folder.name.startswith(".") or not (folder / "train").is_dir():
            continue
        classes = _subfolders(folder / "train")
        reason = None if classes else _no_classes(folder)
        found.append(DatasetInfo(folder.name, folder.name, available=not reason, reason=reason))
    return found


def load(
    root: Path,
    name: str,
    *,
    shape: tuple[int, int, int] | None = None,
    title: str | None = None,
    class_names: Mapping[str, str] | None = None,
    licence: str = "as its owner says",
    citation: str = "",
    progress: Progress | None = None,
) -> ImageDataset:
    """The images of the folder ``root / name``, cut square and resized to ``shape`` (H, W, C).

    Without ``shape`` the side is the median shorter side, at most 224, and the images are grey if all files are. The
    classes are the folders of ``train`` in sorted order; ``class_names`` gives some of them a better name. Without a
    ``test`` folder every fifth image of each class (in a fixed random order) is held out. Files that are no images are
    left out, with a note. Decoded images are cached below ``root`` until a file changes. Raises ``DatasetUnavailable``
    (no such folder, no classes) and ``BrokenFile`` (a class without a single image, a test class that ``train`` lacks).
    """
    folder = root / name
    files = _files(folder)
    classes = list(files["train"])
    arrays = cached(
        root / "cache" / f"{name}.npz",
        _fingerprint(folder, files, shape),
        lambda: _decode_all(folder, files, shape, progress),
    )
    notes = tuple(str(note) for note in arrays["notes"])
    if "test" not in files:
        notes += ("There is no test folder, so every fifth training image was held out as a test.",)
    return ImageDataset(
        name=name,
        title=title or name,
        class_names=tuple((class_names or {}).get(folder_name, folder_name) for folder_name in classes),
        x_train=arrays["x_train"],
        y_train=arrays["y_train"],
        x_test=arrays["x_test"],
        y_test=arrays["y_test"],
        source=f"folder {name}",
        licence=licence,
        citation=citation,
        notes=notes,
    )


def _files(folder: Path) -> Files:
    if not (folder / "train").is_dir():
        raise DatasetUnavailable(
            f"{folder} has no folder train with one folder a class; create it or choose another set."
        )
    files = {split: _class_files(folder / split) for split in ("train", "test") if (folder / split).is_dir()}
    if not files["train"]:
        raise DatasetUnavailable(_no_classes(folder))
    if not files.get("test", True):
        del files["test"]  # an empty test folder is as good as none
    strangers = set(files.get("test", ())) - set(files["train"])
    if strangers:
        raise BrokenFile(
            f"{folder / 'test' / min(strangers)} is a class that {folder / 'train'} does not have; add or remove it."
        )
    return files


def _class_files(folder: Path) -> dict[str, list[Path]]:
    classes = {}
    for subfolder in _subfolders(folder):
        paths = sorted(path for path in subfolder.iterdir() if path.suffix.lower() in _SUFFIXES)
        if not paths:
            raise BrokenFile(
                f"The class folder {subfolder} has no .png, .jpg, .webp, .bmp or .tif file; add images or remove it."
            )
        classes[subfolder.name] = paths
    return classes


def _subfolders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _no_classes(folder: Path) -> str:
    return f"{folder / 'train'} has no class folders; put the images of each class into a folder of its own."


def _common_shape(paths: list[Path], decoders: Decoders) -> tuple[int, int, int]:
    """Median shorter side (at most 224) and channels, from the headers of at most 200 files spread over ``paths``."""
    sides, modes = [], set()
    for path in paths[:: -(-len(paths) // _PEEKED)]:
        with suppress(BrokenFile, InvalidInput), decoders.borrowed() as decoder:  # named when the pixels are read
            width, height, mode = decoder.look(path, path.name)
            sides.append(min(width, height))
            modes.add(mode)
    side = min(int(np.median(sides)), MAX_SIDE) if sides else MAX_SIDE
    return side, side, 1 if modes and modes <= _GREY else 3


def _fingerprint(folder: Path, files: Files, shape: tuple[int, int, int] | None) -> str:
    """Changes when a file is added, removed, renamed or rewritten, or when shape or way of decoding are others."""
    digest = hashlib.sha256(repr((shape, sorted(files))).encode())
    digest.update(Path(decoder_child.__file__).read_bytes())
    for classes in files.values():
        for path in (path for group in classes.values() for path in group):
            stat = path.stat()
            digest.update(f"{path.relative_to(folder)}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _decode_all(folder: Path, files: Files, shape: tuple[int, int, int] | None, progress: Progress | None) -> Arrays:
    notes: list[str] = []
    jobs = [
        (split, label, path)
        for split, classes in files.items()
        for label, group in enumerate(classes.get(name, []) for name in files["train"])
        for path in group
    ]
    images: dict[str, list[NDArray[np.uint8]]] = {split: [] for split in files}
    labels: dict[str, list[int]] = {split: [] for split in files}
    with Decoders() as decoders, ThreadPoolExecutor(decoders.count) as pool:
        size = shape or _common_shape([path for group in files["train"].values() for path in group], decoders)

        def read(path: Path) -> NDArray[np.uint8] | str:
            try:
                with decoders.borrowed() as decoder:
                    return decoder.decode(path, size, str(path.relative_to(folder)))
            except (BrokenFile, InvalidInput) as error:
                return f"Left out: {error}"

        results = pool.map(read, (path for _, _, path in jobs))
        for done, ((split, label, _), result) in enumerate(zip(jobs, results, strict=True), start=1):
            if isinstance(result, str):
                notes.append(result)
            else:
                images[split].append(result)
                labels[split].append(label)
            if progress and done % 50 == 0:
                progress(done / len(jobs), f"Reading {folder.name}: {done} of {len(jobs)} images")
    for split in files:
        for label, name in enumerate(files["train"]):
            if name in files[split] and label not in labels[split]:
                raise BrokenFile(f"No file in {folder / split / name} is an image that can be read; replace the files.")
    x = {split: np.stack(group) for split, group in images.items()}
    y = {split: np.array(group, dtype=np.int64) for split, group in labels.items()}
    if "test" not in files:
        held_out = _fifth_of_each(y["train"])
        x = {"train": x["train"][~held_out], "test": x["train"][held_out]}
        y = {"train": y["train"][~held_out], "test": y["train"][held_out]}
    return {
        "x_train": x["train"],
        "y_train": y["train"],
        "x_test": x["test"],
        "y_test": y["test"],
        "notes": np.array(notes, dtype=np.str_),
    }


def _fifth_of_each(labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Marks a random fifth of each class (at least one image of two or more), the same on every call."""
    rng = np.random.default_rng(0)
    marked = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        marked[members[: max(len(members) // 5, int(len(members) > 1))]] = True
    return marked
