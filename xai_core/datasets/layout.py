"""Where the classes of a folder of images lie: the layouts that people really have.

A class is a folder with images, however deep they lie in it. Class folders lie in ``train`` and ``test`` (or ``val``,
``valid``, ``validation``), in capitals or not, or directly below, and all of it perhaps a level or two further down.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from xai_core.errors import DatasetUnavailable

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".tif", ".tiff", ".avif", ".gif"})
_PARTS = MappingProxyType(
    {
        **dict.fromkeys(("train", "training", "trainset", "trainingset", "segtrain"), "train"),
        **dict.fromkeys(("test", "testing", "testset", "testingset", "segtest"), "test"),
        **dict.fromkeys(("val", "valid", "validation", "valset", "validationset"), "validation"),
    }
)
_KINDS_OF_FILE = frozenset({"images", "imgs", "img", "masks", "annotations", "labels", "groundtruth"})
_CLUTTER = frozenset({"__macosx", "@eadir", "$recycle.bin", "system volume information", "thumbs.db", "desktop.ini"})
_DEEPEST = 6  # levels below the folder at which class folders are still looked for

Classes = dict[str, list[Path]]  # class -> files, both in order


@dataclass(frozen=True)
class Layout:
    """The files of each class for training and, where there is such a part, for testing.

    ``notes`` are sentences on what was left out. All classes of ``test`` are among those of ``train``.
    """

    train: Classes
    test: Classes
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Place:
    """The folders whose subfolders are classes, and the folders beside them that were passed over."""

    train: Path
    test: Path | None
    passed_over: tuple[Path, ...] = ()


def class_names(folder: Path) -> tuple[str, ...]:
    """The classes of ``folder``, told from file names alone. Raises ``DatasetUnavailable`` for fewer than two."""
    names = tuple(path.name for path in _class_folders(_place(folder).train))
    if len(names) == 1:
        raise DatasetUnavailable(_one_class(folder, names[0]))
    return names


def read_layout(folder: Path) -> Layout:
    """All image files of ``folder`` by part and class. Raises ``DatasetUnavailable`` for fewer than two classes."""
    place = _place(folder)
    survey = _Survey(folder)
    train = survey.classes(place.train)
    if len(train) < 2:
        raise DatasetUnavailable(_one_class(folder, *train) if train else _no_classes(place.train))
    test = _matched(survey, place, train)
    for path in place.passed_over:
        unsorted = _part(path) and not _class_folders(path)
        survey.leave_out(path, "it has no class folders" if unsorted else "it is not the part to train or to test on")
    adjusted: tuple[str, ...] = ()
    if place.test is not None and _part(place.test) == "validation":
        adjusted = (f"There is no test folder, so {place.test.name} is the test.",)
    return Layout(train, test, adjusted + survey.notes())


def looks_like_data(folder: Path) -> bool:
    """Whether ``folder`` holds images, or a part to train on that may still be empty."""
    return _has_image(folder) or any(_part(path) == "train" for path in _subfolders(folder))


def _matched(survey: _Survey, place: _Place, train: Classes) -> Classes:
    """The classes to test on under the names that they have in ``train``; what has none is left out."""
    if place.test is None:
        return {}
    names = {name.casefold(): name for name in train} | {name: name for name in train}
    matched: Classes = {}
    for name, paths in survey.classes(place.test).items():
        known = names.get(name, names.get(name.casefold()))
        if known is None:
            survey.leave_out(place.test / name, f"{place.train.name} has no such class")
        else:
            matched.setdefault(known, []).extend(paths)
    return {name: matched[name] for name in train if name in matched}


def _place(folder: Path, depth: int = 0) -> _Place:
    """Where the classes lie at or below ``folder``. Raises ``DatasetUnavailable``."""
    subfolders = _subfolders(folder)
    parts = {part: path for path in reversed(subfolders) if (part := _part(path)) and _class_folders(path)}
    if "train" in parts:
        train, test = parts["train"], parts.get("test", parts.get("validation"))
        beside = tuple(path for path in subfolders if path not in (train, test) and _has_image(path))
        return _Place(_unwrapped(train), test and _unwrapped(test), beside)
    classes = _class_folders(folder)
    if all(_part(path) for path in classes):
        images = [path for path in subfolders if _is_kind_of_file(path) and _class_folders(path)]
        if images and not classes and depth < _DEEPEST:
            return _place(images[0], depth + 1)
        raise DatasetUnavailable(_no_train(folder, *parts.values()) if parts else _no_classes(_deepest(folder)))
    if len(classes) == 1 and depth < _DEEPEST and _wraps(classes[0]):
        return _place(classes[0], depth + 1)
    return _Place(folder, None)


def _unwrapped(part: Path) -> Path:
    """``train/train/...``, as archives that were unpacked by a mouse click have it, is ``train/...``."""
    inner = _class_folders(part)
    return inner[0] if len(inner) == 1 and _part(inner[0]) == _part(part) and _wraps(inner[0]) else part


def _wraps(folder: Path) -> bool:
    return not any(True for _ in _image_entries(folder)) and any(map(_has_image, _subfolders(folder)))


class _Survey:
    """Collects the files of classes and the reasons for which others are left out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._left_out: list[str] = []
        self._others: Counter[str] = Counter()

    def leave_out(self, path: Path, reason: str) -> None:
        self._left_out.append(f"Left out: {path.relative_to(self._folder)}, since {reason}.")

    def notes(self) -> tuple[str, ...]:
        kinds = ", ".join(f"{count} × {suffix or 'no suffix'}" for suffix, count in sorted(self._others.items()))
        return (*self._left_out, *([f"Left out: files that are not images ({kinds})."] if kinds else ()))

    def classes(self, part: Path) -> Classes:
        """The class folders of ``part`` that hold a file with the name of an image."""
        strays = _images_in(part)
        if strays:
            self.leave_out(strays[0], f"{_counted(len(strays), 'image')} in {part.name} lie in no class folder")
        for path in sorted(Path(entry.path) for entry in _entries(part) if entry.is_symlink()):
            if _leads_nowhere(path) and path not in strays:
                self.leave_out(path, "the link leads nowhere")
        found: Classes = {}
        for path in _subfolders(part):
            if _is_kind_of_file(path):
                self.leave_out(path, "its name says what kind of file it holds, not which class")
            elif paths := self._files(path):
                found[path.name] = paths
            else:
                self.leave_out(path, "the class folder holds no image")
        return found

    def _files(self, folder: Path) -> list[Path]:
        paths = []
        for path in _walk(folder):
            if path.suffix.lower() not in SUFFIXES:
                self._others[path.suffix.lower()] += 1
            elif _leads_nowhere(path):
                self.leave_out(path, "the link leads nowhere: fetch what it stands for, or remove it")
            elif path.is_file():
                paths.append(path)
            else:
                self.leave_out(path, "it is not a file")
        return sorted(paths)


def _walk(folder: Path) -> Iterator[Path]:
    """Files below ``folder``, through links to other folders but never twice through the same one."""
    seen: set[str] = set()
    for place, folders, files in os.walk(folder, followlinks=True):
        real = str(Path(place).resolve())
        folders[:] = [] if real in seen else sorted(name for name in folders if _wanted(name))
        if real not in seen:
            yield from (Path(place, name) for name in files if _wanted(name))
        seen.add(real)


def _has_image(folder: Path, depth: int = 0) -> bool:
    """Whether a file with the name of an image lies in or below ``folder``; ends at the first."""
    if any(True for _ in _image_entries(folder)):
        return True
    return depth < _DEEPEST and any(_has_image(path, depth + 1) for path in _subfolders(folder))


def _images_in(folder: Path) -> list[Path]:
    """Files directly in ``folder`` whose name is that of an image, links that lead nowhere included."""
    return sorted(Path(entry.path) for entry in _image_entries(folder))


def _image_entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    return (
        entry for entry in _entries(folder) if Path(entry.name).suffix.lower() in SUFFIXES and not _is_folder(entry)
    )


def _class_folders(folder: Path) -> list[Path]:
    return [path for path in _subfolders(folder) if not _is_kind_of_file(path) and _has_image(path)]


def _subfolders(folder: Path) -> list[Path]:
    return sorted(Path(entry.path) for entry in _entries(folder) if _is_folder(entry))


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    with suppress(OSError), os.scandir(folder) as entries:  # what may not be read holds nothing for us
        yield from (entry for entry in entries if _wanted(entry.name))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _deepest(folder: Path) -> Path:
    """The part to train on where there is one: what a message should name."""
    return next((path for path in _subfolders(folder) if _part(path) == "train"), folder)


def _leads_nowhere(path: Path) -> bool:
    return path.is_symlink() and not path.exists()


def _wanted(name: str) -> bool:
    return not name.startswith(".") and name.lower() not in _CLUTTER


def _is_kind_of_file(path: Path) -> bool:
    return _plain(path.name) in _KINDS_OF_FILE


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter not in " _-.")


def _part(path: Path) -> str | None:
    return _PARTS.get(_plain(path.name))


def _counted(count: int, what: str) -> str:
    return f"1 {what}" if count == 1 else f"{count:,} {what}s"


def _no_classes(folder: Path) -> str:
    return f"{folder} has no class folders; put the images of each class into a folder of its own."


def _no_train(folder: Path, *parts: Path) -> str:
    return f"{folder} has {' and '.join(path.name for path in parts)}, but no folder train with the same classes."


def _one_class(folder: Path, name: str) -> str:
    return f"{folder} has one class only, {name}: there is nothing to tell it from; add a folder of other images."
