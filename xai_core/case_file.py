"""A case as bytes and back, exactly: results only, never code.

The layout is a line that names the format, the SHA-256 of the rest, and compressed: a line of JSON that describes the
case, then the values of its arrays, to which the description refers. Whatever is damaged fails the checksum before
anything is read.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import json
import math
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_core.case import Case
from xai_core.errors import BrokenFile

MAGIC = b"xai-feedback-studio case 1\n"
_DIGEST = hashlib.sha256().digest_size
_LEVEL = 3  # of compression: higher ones take twice as long for a hundredth
_KIND = "$"  # the key of a description that says what it is of
_PACKAGE = __name__.partition(".")[0]
_SMALLER: tuple[type[np.integer[Any]], ...] = (np.uint8, np.uint16)  # label maps hold few labels


def to_bytes(case: Case) -> bytes:
    """The content of a file that ``from_bytes`` reads.

    Parameters
    ----------
    case : Case
        The case to keep.

    Returns
    -------
    bytes
        50 to 400 kB, by the size of the image.

    Raises
    ------
    TypeError
        Where the case holds what is neither an array, a plain value nor a dataclass.
    """
    values = bytearray()
    described = json.dumps(_described(case, values))
    content = zlib.compress(described.encode() + b"\n" + values, _LEVEL)
    return MAGIC + hashlib.sha256(content).digest() + content


def from_bytes(content: bytes) -> Case:
    """The case that ``to_bytes`` was given.

    Parameters
    ----------
    content : bytes
        What ``to_bytes`` returned, perhaps from a file.

    Returns
    -------
    Case
        Equal to the last bit; its arrays can be written to.

    Raises
    ------
    BrokenFile
        For anything else: damaged, of another format, or naming what is no result of this package.
    """
    start = len(MAGIC) + _DIGEST
    packed = content[start:]
    if content[: len(MAGIC)] != MAGIC or hashlib.sha256(packed).digest() != content[len(MAGIC) : start]:
        raise BrokenFile("This is no case of this program, or it is damaged; it has to be computed again.")
    try:
        described, _, values = zlib.decompress(packed).partition(b"\n")
        case = _read(json.loads(described), values)
    except (ValueError, KeyError, TypeError, AttributeError, ImportError, zlib.error) as error:
        raise BrokenFile(f"This case is of another version of the program ({error}); compute it again.") from error
    if not isinstance(case, Case):
        raise BrokenFile("This file holds no case; compute it again.")
    return case


def _described(value: object, values: bytearray) -> Any:  # noqa: ANN401
    """``value`` as JSON has it; those of its arrays are appended to ``values``."""
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        kept = _small(value)
        start = len(values)
        values += np.ascontiguousarray(kept).tobytes()
        return {_KIND: "array", "at": start, "as": kept.dtype.str, "shape": kept.shape, "dtype": value.dtype.str}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kind = type(value)
        fields = {field.name: _described(getattr(value, field.name), values) for field in dataclasses.fields(value)}
        return {_KIND: f"{kind.__module__}:{kind.__qualname__}", "fields": fields}
    if isinstance(value, Mapping):
        return {_KIND: "mapping", "of": {str(key): _described(one, values) for key, one in value.items()}}
    if isinstance(value, (tuple, list)):
        return [_described(one, values) for one in value]
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    raise TypeError(f"A case that holds {type(value).__name__} cannot be kept.")


def _read(described: Any, values: bytes) -> Any:  # noqa: ANN401
    if isinstance(described, list):
        return tuple(_read(one, values) for one in described)
    if not isinstance(described, dict):
        return described
    match described[_KIND]:
        case "array":
            kept, shape = np.dtype(described["as"]), tuple(described["shape"])
            array = np.frombuffer(values, kept, math.prod(shape), described["at"])
            return array.reshape(shape).astype(described["dtype"])  # a copy: some libraries refuse what is read-only
        case "mapping":
            return {key: _read(one, values) for key, one in described["of"].items()}
        case kind:
            return _result(kind)(**{name: _read(one, values) for name, one in described["fields"].items()})


def _result(kind: str) -> type[Any]:
    """A dataclass of this package by its name. Raises ``TypeError`` for anything else."""
    module, _, name = kind.partition(":")
    found = getattr(importlib.import_module(module), name) if module.split(".")[0] == _PACKAGE else None
    if not (isinstance(found, type) and dataclasses.is_dataclass(found)):
        raise TypeError(f"{kind} is no result")
    return found


def _small(array: NDArray[Any]) -> NDArray[Any]:
    """The same whole numbers in fewer bytes, where they fit."""
    if array.dtype.kind != "i" or array.size == 0 or array.min() < 0:
        return array
    fitting = next((kind for kind in _SMALLER if array.max() <= np.iinfo(kind).max), None)
    return array if fitting is None else array.astype(fitting)
