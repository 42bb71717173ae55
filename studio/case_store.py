"""Cases on disk: each is computed once for all who may see it, and found again after a restart."""

from __future__ import annotations

import logging
import os
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from weakref import WeakValueDictionary

from studio.case_key import CaseKey
from xai_core import case_file
from xai_core.case import Case
from xai_core.datasets import ImageDataset
from xai_core.datasets.files import atomic
from xai_core.errors import BrokenFile

log = logging.getLogger(__name__)

SUFFIX = ".case"
ROOM_LEFT = 0.9  # of the limit is kept when the store is full, so that not every case makes it look through its files
LOOK_AFTER = 0.05  # of the limit written since the last look at all files: others may write too


class CaseStore:
    """A folder of at most ``limit`` bytes of cases, the least recently used given up first. Threads may share it.

    Several processes may share the folder; each counts what it writes and looks at all files now and then.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder = folder
        self.limit = limit
        self._lock = threading.Lock()
        self._unlooked: float = float("inf")  # bytes written since the files were last looked at
        self._alive: WeakValueDictionary[str, Case] = WeakValueDictionary()

    def __contains__(self, key: CaseKey) -> bool:
        return self._path(key).exists()

    def get(self, key: CaseKey, data: ImageDataset) -> Case | None:
        """The case of an image of ``data``; ``None`` where it is not kept, or its file is damaged and was given up.

        What the data set says of the image (its place, truth and class names) is taken from ``data`` as it is now. As
        long as somebody holds a case, everybody gets the same one.
        """
        case = self._alive.get(key.digest) or self._read(key)
        return None if case is None else self._placed(key, data, case)

    def keep(self, key: CaseKey, data: ImageDataset, content: bytes) -> Case:
        """``put``, and the case at once. Raises ``BrokenFile`` where ``content`` is none."""
        case = self._placed(key, data, case_file.from_bytes(content))
        self.put(key, content)
        return case

    def put(self, key: CaseKey, content: bytes) -> None:
        """Keep ``case_file.to_bytes`` of the case of ``key``. Where the disk cannot be written, it is not kept."""
        try:
            with atomic(self._path(key)) as part:
                part.write_bytes(content)
        except OSError as error:
            log.warning("case not kept: %s", error)
            return
        with self._lock:
            self._unlooked += len(content)
            if self._unlooked > self.limit * LOOK_AFTER:
                self._make_room()
                self._unlooked = 0

    def size(self) -> tuple[int, int]:
        """How many cases are kept, and their bytes."""
        files = self._files()
        return len(files), sum(file.size for file in files)

    def _placed(self, key: CaseKey, data: ImageDataset, case: Case) -> Case:
        truths = data.y_test if key.split == "test" else data.y_train
        place = {
            "dataset": data.name,
            "split": key.split,
            "index": key.index,
            "truth": int(truths[key.index]),
            "class_names": data.class_names,
        }
        if any(getattr(case, name) != value for name, value in place.items()):
            case = replace(case, **place)  # type: ignore[arg-type]  # as their names say
        self._alive[key.digest] = case
        return case

    def _read(self, key: CaseKey) -> Case | None:
        path = self._path(key)
        try:
            case = case_file.from_bytes(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, BrokenFile) as error:
            log.warning("case given up: file=%s problem=%s", path.name, error)
            with suppress(OSError):
                path.unlink()
            return None
        with suppress(OSError):
            os.utime(path)  # used now
        return case

    def _make_room(self) -> None:
        files = sorted(self._files(), key=lambda file: file.used)
        kept = sum(file.size for file in files)
        if kept <= self.limit:
            return
        for file in files:
            with suppress(OSError):
                file.path.unlink()
            kept -= file.size
            if kept <= self.limit * ROOM_LEFT:
                break
        log.info("case store made room: bytes=%d", kept)

    def _files(self) -> list[_File]:
        found = []
        for path in self.folder.glob(f"*/*{SUFFIX}"):
            with suppress(OSError):  # another process may have given it up
                about = path.stat()
                found.append(_File(path, about.st_size, about.st_mtime))
        return found

    def _path(self, key: CaseKey) -> Path:
        digest = key.digest
        return self.folder / digest[:2] / f"{digest}{SUFFIX}"


@dataclass(frozen=True)
class _File:
    path: Path
    size: int
    used: float
