"""Any folder of class folders as a data set; ``layout`` says where in it the classes may lie."""

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
from xai_core.datasets.layout import Layout, class_names, looks_like_data, read_layout
from xai_core.errors import BrokenFile, DatasetUnavailable, InvalidInput

MAX_SIDE = 224
_GREY = {"1", "L", "LA", "I", "F", "I;16", "I;16B"}
_PEEKED = 200  # headers that are read to choose a common size
_NOTES = 20  # sentences on single files, after which they are counted
_FORMAT = 2  # of the cache: another one is built anew
_TRAIN, _TEST = 0, 1
_HELD_OUT = "There is no test folder, so every fifth training image was held out as a test."
_SINGLE = "Every class has a single image, so the images to train on are also those to test on."
_OURS = frozenset({"cache", "embeddings", "models"})  # folders of the program itself below the data root

Labels = NDArray[np.int64]


def find(root: Path) -> list[DatasetInfo]:
    """The folders below ``root`` that hold images, each with the reason if it cannot be used."""
    if not root.is_dir():
        return []
    folders = sorted(path for path in root.iterdir() if path.name not in _OURS and not path.name.startswith("."))
    return [info(path) for path in folders if path.is_dir() and looks_like_data(path)]


def info(folder: Path, title: str | None = None) -> DatasetInfo:
    """What is known of ``folder`` without reading an image."""
    try:
        names = class_names(folder)
    except DatasetUnavailable as error:
        return DatasetInfo(folder.name, title or folder.name, available=False, reason=str(error))
    return DatasetInfo(folder.name, title or folder.name, available=True, class_names=names)


def load(
    root: Path,
    name: str,
    *,
    folder: Path | None = None,
    shape: tuple[int, int, int] | None = None,
    title: str | None = None,
    class_titles: Mapping[str, str] | None = None,
    licence: str = "as its owner says",
    citation: str = "",
    progress: Progress | None = None,
) -> ImageDataset:
    """The images of ``folder`` (``root / name`` if not given), cut square and resized to ``shape`` (H, W, C).

    Without ``shape`` the side is the median shorter side, at most 224, and the images are grey if all files are. The
    classes are in sorted order; ``class_titles`` gives some of them a better name. Without a part to test on, every
    fifth image of each class (in a fixed random order) is held out. What is not an image or belongs to no class, and
    classes without images, are left out, with a note. Decoded images are cached below ``root`` until a file changes.
    Raises ``DatasetUnavailable`` for a folder without two classes and ``BrokenFile`` for one where no file of a second
    class can be read.
    """
    folder = folder or root / name
    layout = read_layout(folder)
    arrays = cached(
        root / "cache" / f"{name}.npz",
        _fingerprint(folder, layout, shape),
        lambda: _decode_all(folder, layout, shape, progress),
    )
    titles = class_titles or {}
    return ImageDataset(
        name=name,
        title=title or name,
        class_names=tuple(titles.get(class_name, class_name) for class_name in arrays["classes"].tolist()),
        x_train=arrays["x_train"],
        y_train=arrays["y_train"],
        x_test=arrays["x_test"],
        y_test=arrays["y_test"],
        source=f"folder {folder.name}",
        licence=licence,
        citation=citation,
        notes=(*layout.notes, *(str(note) for note in arrays["notes"])),
    )


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


def _fingerprint(folder: Path, layout: Layout, shape: tuple[int, int, int] | None) -> str:
    """Changes when a file is added, removed, renamed or rewritten, or when shape or way of decoding are others."""
    digest = hashlib.sha256(repr((_FORMAT, shape, list(layout.train), list(layout.test))).encode())
    digest.update(Path(decoder_child.__file__).read_bytes())
    for classes in (layout.train, layout.test):
        for path in (path for group in classes.values() for path in group):
            stat = path.stat()
            digest.update(f"{path.relative_to(folder)}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _decode_all(folder: Path, layout: Layout, shape: tuple[int, int, int] | None, progress: Progress | None) -> Arrays:
    """The four arrays, ``classes`` (names with a readable image to train on) and ``notes``."""
    names = list(layout.train)
    jobs = [
        (part, names.index(name), path)
        for part, classes in ((_TRAIN, layout.train), (_TEST, layout.test))
        for name, group in classes.items()
        for path in group
    ]

    images: list[NDArray[np.uint8]] = []
    rows: list[tuple[int, int]] = []  # part and label of each
    left_out: list[str] = []
    with Decoders() as decoders, ThreadPoolExecutor(decoders.count) as pool:
        size = shape or _common_shape([path for group in layout.train.values() for path in group], decoders)

        def read(path: Path) -> NDArray[np.uint8] | str:
            try:
                with decoders.borrowed() as decoder:
                    return decoder.decode(path, size, str(path.relative_to(folder)))
            except (BrokenFile, InvalidInput) as error:
                return f"Left out: {error}"

        results = pool.map(read, (path for _, _, path in jobs))
        for done, ((part, label, _), result) in enumerate(zip(jobs, results, strict=True), start=1):
            if isinstance(result, str):
                left_out.append(result)
            else:
                images.append(result)
                rows.append((part, label))
            if progress and done % 50 == 0:
                progress(done / len(jobs), f"Reading {folder.name}: {done} of {len(jobs)} images")
    parts, labels = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    known = np.unique(labels[parts == _TRAIN])
    if len(known) < 2:
        raise BrokenFile(
            f"{folder} has readable images in {len(known)} of its {len(names)} classes, and at least two classes are "
            f"needed: replace the damaged files, such as {jobs[0][2].relative_to(folder)}."
        )
    usable = np.isin(labels, known)
    x, parts, labels = np.stack(images)[usable], parts[usable], np.searchsorted(known, labels[usable])
    train, test, notes = _split(parts, labels)
    unreadable = [names[label] for label in range(len(names)) if label not in known]
    notes += [f"Left out: the class {name}, in which no file can be read." for name in unreadable]
    notes += left_out[:_NOTES]
    if len(left_out) > _NOTES:
        notes.append(f"Left out: {len(left_out) - _NOTES:,} more files that cannot be read.")
    return {
        "x_train": x[train],
        "y_train": labels[train],
        "x_test": x[test],
        "y_test": labels[test],
        "classes": np.array([names[label] for label in known], dtype=np.str_),
        "notes": np.array(notes, dtype=np.str_),
    }


def _split(parts: Labels, labels: Labels) -> tuple[NDArray[np.bool_], NDArray[np.bool_], list[str]]:
    """Which images to train and which to test on, and what had to be done for it."""
    if (parts == _TEST).any():
        return parts == _TRAIN, parts == _TEST, []
    held_out = _fifth_of_each(labels)
    if held_out.any():
        return ~held_out, held_out, [_HELD_OUT]
    return ~held_out, ~held_out, [_SINGLE]


def _fifth_of_each(labels: Labels) -> NDArray[np.bool_]:
    """Marks a random fifth of each class (at least one image of two or more), the same on every call."""
    rng = np.random.default_rng(0)
    marked = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        marked[members[: max(len(members) // 5, int(len(members) > 1))]] = True
    return marked
