"""Arrays that are computed once and kept on disk, with the key they were made for and a checksum."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_core.datasets.files import atomic

MAPPED_FROM_BYTES = 64 * 2**20  # larger files are memory-mapped


def kept_array(path: Path, key: Mapping[str, str], build: Callable[[], NDArray[Any]]) -> NDArray[Any]:
    """The array at ``path`` (``.npy``) if it was made for ``key`` and is unharmed, otherwise ``build()``, then kept.

    ``key`` says everything the array depends on. Beside the array lies ``<path>.json`` with key and SHA-256; it is
    written last, so an array whose writing was cut short is never trusted. Where the disk cannot be written, the array
    is simply not kept.
    """
    kept = _read(path, key)
    if kept is not None:
        return kept
    array = build()
    with contextlib.suppress(OSError):
        _write(path, key, array)
    return array


def _manifest(path: Path) -> Path:
    return path.with_name(path.name + ".json")


def _read(path: Path, key: Mapping[str, str]) -> NDArray[Any] | None:
    try:
        manifest = json.loads(_manifest(path).read_text())
        if manifest["key"] != dict(key) or manifest["sha256"] != _checksum(path):
            return None
        mapped = path.stat().st_size >= MAPPED_FROM_BYTES
        array: NDArray[Any] = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
    except (OSError, ValueError, KeyError, TypeError):
        return None  # absent, cut short or not ours: to be built again
    return array


def _write(path: Path, key: Mapping[str, str], array: NDArray[Any]) -> None:
    with atomic(path) as part:
        np.save(part, array, allow_pickle=False)
        checksum = _checksum(part)
    with atomic(_manifest(path)) as part:
        part.write_text(json.dumps({"key": dict(key), "sha256": checksum}, indent=1))


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
