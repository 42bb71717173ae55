"""Files that are never left half-written, archives that are checked before they are believed."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import math
import struct
import urllib.request
import uuid
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from xai_core.errors import BrokenFile, DatasetUnavailable

Progress = Callable[[float, str], None]  # share done 0..1, what is being done
Arrays = dict[str, NDArray[Any]]

MOST_UNPACKED = 2_000_000_000  # bytes of all compressed arrays of an archive; uncompressed ones stay on disk
_WORTH_MAPPING = 1 << 20  # bytes; smaller arrays are read at once
_LENGTHS_AT = 26  # where the head of a zip member tells the lengths of its name and extra field (APPNOTE, 4.3.7)
SPLITS = ("x_train", "y_train", "x_test", "y_test")
# RuntimeError: an encrypted archive, or one compressed in a way that Python does not know
_UNREADABLE = (OSError, EOFError, ValueError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error)


@contextlib.contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """A temporary neighbour of ``path`` that takes its place when the block succeeds and vanishes when it fails.

    Raises ``OSError`` when the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.stem}-{uuid.uuid4().hex}{path.suffix}")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def read_archive(path: Path, image_shape: tuple[int, ...], classes: int) -> Arrays:
    """The four arrays of a Keras-style ``.npz``: ``x_*`` uint8 ``[N, H, W, C]``, ``y_*`` int64 ``[N]``.

    ``image_shape`` is ``(H, W, C)``; grey images may come without the last axis. Raises ``BrokenFile`` when the file is
    truncated, is not an archive, lacks an array, or holds another type or shape.
    """
    try:
        if not zipfile.is_zipfile(path):
            raise BrokenFile(f"{path} is truncated or not an .npz archive; replace it or delete it.")
        arrays = load_arrays(path, SPLITS)
    except _UNREADABLE as error:
        raise BrokenFile(f"{path} cannot be read ({error}); replace it or delete it.") from error
    missing = [name for name in SPLITS if name not in arrays]
    if missing:
        raise BrokenFile(f"{path} lacks the array {missing[0]}: it needs {', '.join(SPLITS)}.")
    for part in ("train", "test"):
        arrays[f"x_{part}"] = _images(path, f"x_{part}", arrays[f"x_{part}"], image_shape)
        arrays[f"y_{part}"] = _labels(path, f"y_{part}", arrays[f"y_{part}"], len(arrays[f"x_{part}"]), classes)
    return arrays


def load_arrays(path: Path, names: Collection[str] | None = None) -> Arrays:
    """Arrays of an ``.npz`` file, those of ``names`` that it has or all; large ones stored uncompressed stay on disk.

    Every checksum is verified. The arrays on disk are read-only and must not be written over, only replaced as
    ``atomic`` does. Raises ``zipfile.BadZipFile``, ``zlib.error``, ``ValueError``, ``EOFError`` or ``OSError`` for what
    is damaged, no archive, holds Python objects, or would unpack to more than 2 GB, before anything is unpacked.
    """
    with zipfile.ZipFile(path) as archive:
        members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
        wanted = {name: member for name, member in members.items() if names is None or name in names}
        packed = [member.file_size for member in wanted.values() if member.compress_type != zipfile.ZIP_STORED]
        if sum(packed) > MOST_UNPACKED:
            raise ValueError(f"unpacked it would take {sum(packed) / 1e9:,.1f} GB of memory; store it uncompressed")
        return {name: _load_array(path, archive, member) for name, member in wanted.items()}


def _load_array(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    with archive.open(member) as stream:
        shape, fortran, dtype, header = _declared(stream, member)
        if member.compress_type == zipfile.ZIP_STORED and member.file_size >= _WORTH_MAPPING:
            while stream.read(1 << 20):  # the last piece verifies the checksum
                pass
            start = _content_at(path, member) + header
            return np.memmap(path, dtype, "r", start, shape, "F" if fortran else "C").view(np.ndarray)
    with archive.open(member) as stream:
        return np.lib.format.read_array(stream, allow_pickle=False)


def _declared(stream: IO[bytes], member: zipfile.ZipInfo) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Shape, order and type of an array, and where its values begin, from a head that its length bears out.

    NumPy would make room for whatever the head declares before it reads a value. Raises ``ValueError``.
    """
    version = np.lib.format.read_magic(stream)
    if version != (1, 0):  # later ones are for records with many or strangely named columns
        raise ValueError(f"array {member.filename} of version {version}")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    header = stream.tell()
    if not dtype.hasobject and header + math.prod(shape) * dtype.itemsize != member.file_size:
        raise ValueError(f"array {member.filename} declares another size than it has")
    return shape, fortran, dtype, header


def _content_at(path: Path, member: zipfile.ZipInfo) -> int:
    """Where the content of a member begins; the archive's directory does not say how long the member's own head is."""
    with path.open("rb") as file:
        file.seek(member.header_offset + _LENGTHS_AT)
        lengths = struct.unpack("<HH", file.read(4))
    return member.header_offset + _LENGTHS_AT + 4 + int(sum(lengths))


def _images(path: Path, name: str, images: NDArray[Any], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    if images.dtype != np.uint8:
        raise BrokenFile(f"{path} holds {name} as {images.dtype}, where uint8 (0 to 255) is needed.")
    if images.ndim == 3 and shape[2] == 1:
        images = images[..., None]
    if images.shape[1:] != shape or len(images) == 0:
        raise BrokenFile(
            f"{path} holds {name} of shape {images.shape}, where (N, {', '.join(map(str, shape))}) is needed."
        )
    return images


def _labels(path: Path, name: str, labels: NDArray[Any], count: int, classes: int) -> NDArray[np.int64]:
    if labels.size != count or not np.issubdtype(labels.dtype, np.integer):
        raise BrokenFile(
            f"{path} holds {name} as {labels.dtype} {labels.shape}, where {count} whole numbers are needed."
        )
    labels = labels.reshape(-1).astype(np.int64)
    if labels.min() < 0 or labels.max() >= classes:
        raise BrokenFile(
            f"{path} holds labels {labels.min()} to {labels.max()} in {name}, where 0 to {classes - 1} are known."
        )
    return labels


def cached(path: Path, key: str, build: Callable[[], Arrays]) -> Arrays:
    """Arrays from the cache file ``path`` if it was written under ``key``, else built and stored there.

    A cache that is stale, truncated or missing is rebuilt; where the disk cannot be written, it is simply not kept.
    """
    with contextlib.suppress(*_UNREADABLE):
        stored = load_arrays(path)
        if str(stored.pop("key")) == key:
            return stored
    arrays = build()
    with contextlib.suppress(OSError), atomic(path) as part:
        contents: Mapping[str, Any] = {"key": np.array(key), **arrays}
        np.savez(part, **contents)
    return arrays


def download(url: str, path: Path, sha256: str, title: str, progress: Progress | None = None) -> None:
    """Stream ``url`` to ``path``, which appears only when complete and with the given checksum.

    Raises ``DatasetUnavailable`` when the network, the disk or the checksum fails; nothing is left behind.
    """
    digest = hashlib.sha256()
    try:
        with atomic(path) as part, urllib.request.urlopen(url, timeout=30) as answer, part.open("wb") as file:
            total, done = int(answer.headers.get("Content-Length") or 0), 0
            while block := answer.read(1 << 18):
                file.write(block)
                digest.update(block)
                done += len(block)
                if progress and total:
                    progress(min(done / total, 1.0), f"Downloading {title}: {done / 1e6:.0f} of {total / 1e6:.0f} MB")
            if digest.hexdigest() != sha256:
                raise DatasetUnavailable(f"The download of {title} from {url} broke off or was altered; try again.")
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise DatasetUnavailable(
            f"{title} could not be downloaded from {url} ({reason}); check the network and the disk, then try again."
        ) from error
