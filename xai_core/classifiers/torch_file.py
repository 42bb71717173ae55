"""Read the tensors of a PyTorch checkpoint without PyTorch, and without running what else a pickle may hold."""

from __future__ import annotations

import collections
import pickle
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from xai_core.errors import BrokenFile

_MAGIC = 0x1950A86A20F9469CFC6C  # of the format before PyTorch 1.6: pickles, then raw storages one after the other
_DTYPES = {"FloatStorage": np.float32, "HalfStorage": np.float16, "LongStorage": np.int64}


def read_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Tensors of the state dictionary in ``path`` by name, each its own copy.

    Raises ``BrokenFile`` where the file is not such a checkpoint, is truncated, or asks for any other Python object.
    """
    try:
        with path.open("rb") as stream:
            if _TensorUnpickler(stream).load() != _MAGIC:
                raise pickle.UnpicklingError("not a checkpoint")
            for _ in ("protocol version", "system"):
                _TensorUnpickler(stream).load()
            reader = _TensorUnpickler(stream)
            state = reader.load()
            for key in _TensorUnpickler(stream).load():
                reader.storages[key][:] = _raw_storage(stream, reader.storages[key].dtype)
    except (pickle.UnpicklingError, EOFError, ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise BrokenFile(
            f"{path.name} is not a PyTorch checkpoint of plain tensors: install its package again."
        ) from error
    return {name: tensor.copy() for name, tensor in state.items()}


def _raw_storage(stream: IO[bytes], dtype: np.dtype[Any]) -> NDArray[Any]:
    size = int.from_bytes(stream.read(8), "little")
    return np.frombuffer(stream.read(size * dtype.itemsize), dtype, size)


class _TensorUnpickler(pickle.Unpickler):
    """Knows ordered dictionaries, storages and views of storages; everything else is refused."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(stream)
        self.storages: dict[str, NDArray[Any]] = {}

    def find_class(self, module: str, name: str) -> object:
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _view
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        raise pickle.UnpicklingError(f"{module}.{name} is not part of a tensor")

    def persistent_load(self, identity: tuple[str, type, str, str, int, None]) -> NDArray[Any]:
        _, dtype, key, _, size, _ = identity
        return self.storages.setdefault(key, np.zeros(size, dtype))


def _view(
    storage: NDArray[Any], offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object
) -> NDArray[Any]:
    """The tensor that ``torch._utils._rebuild_tensor_v2`` makes: a strided window on its storage, filled later.

    NumPy raises ``ValueError`` where the window reaches beyond the storage.
    """
    steps = tuple(step * storage.itemsize for step in stride)
    return np.ndarray(size, storage.dtype, storage, offset * storage.itemsize, steps)
