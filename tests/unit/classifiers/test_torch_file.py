import io
import os
import pickle
import struct
import sys
from collections import OrderedDict
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pytest

from xai_core.classifiers.torch_file import read_tensors
from xai_core.errors import BrokenFile

MAGIC = 0x1950A86A20F9469CFC6C


@dataclass(frozen=True)
class Storage:
    kind: str
    key: str
    size: int


@dataclass(frozen=True)
class Tensor:
    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]

    def __reduce__(self):
        rebuild = sys.modules["torch._utils"]._rebuild_tensor_v2
        return rebuild, (self.storage, self.offset, self.size, self.stride, False, OrderedDict())


class Pickler(pickle.Pickler):
    def persistent_id(self, value):
        if not isinstance(value, Storage):
            return None
        return ("storage", getattr(sys.modules["torch"], value.kind), value.key, "cpu", value.size, None)


@pytest.fixture(autouse=True)
def torch_names(monkeypatch):
    """Just the names that a checkpoint refers to."""
    for module, names in (("torch", ("FloatStorage", "LongStorage")), ("torch._utils", ("_rebuild_tensor_v2",))):
        stand_in = ModuleType(module)
        for name in names:
            setattr(stand_in, name, type(name, (), {"__module__": module}))
        monkeypatch.setitem(sys.modules, module, stand_in)


def checkpoint(state, storages):
    stream = io.BytesIO()
    for part in (MAGIC, 1001, {"little_endian": True}, state, list(storages)):
        Pickler(stream, 2).dump(part)
    for content in storages.values():
        stream.write(struct.pack("<q", content.size) + content.tobytes())
    return stream.getvalue()


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_views_of_one_storage(tmp_path):
    numbers = np.arange(12, dtype=np.float32)
    path = tmp_path / "weights.pth"
    state = {
        "matrix": Tensor(Storage("FloatStorage", "7", 12), 0, (3, 4), (4, 1)),
        "transposed": Tensor(Storage("FloatStorage", "7", 12), 0, (4, 3), (1, 4)),
        "tail": Tensor(Storage("FloatStorage", "7", 12), 10, (2,), (1,)),
        "count": Tensor(Storage("LongStorage", "8", 1), 0, (), ()),
    }
    path.write_bytes(checkpoint(state, {"7": numbers, "8": np.array([42])}))
    found = read_tensors(path)
    np.testing.assert_array_equal(found["matrix"], numbers.reshape(3, 4))
    np.testing.assert_array_equal(found["transposed"], numbers.reshape(3, 4).T)
    np.testing.assert_array_equal(found["tail"], [10, 11])
    assert found["count"] == 42


def test_nothing_but_tensors_is_built(tmp_path):
    path = tmp_path / "evil.pth"
    marker = tmp_path / "ran"
    path.write_bytes(checkpoint({"x": Evil(marker)}, {}))
    with pytest.raises(BrokenFile, match=r"evil\.pth"):
        read_tensors(path)
    assert not marker.exists()


@pytest.mark.parametrize("cut", [0, 10, 200, -4])
def test_truncated(tmp_path, cut):
    path = tmp_path / "short.pth"
    whole = checkpoint({"x": Tensor(Storage("FloatStorage", "7", 50), 0, (50,), (1,))}, {"7": np.ones(50, np.float32)})
    path.write_bytes(whole[:cut])
    with pytest.raises(BrokenFile, match=r"short\.pth"):
        read_tensors(path)


def test_a_view_beyond_its_storage_is_refused(tmp_path):
    path = tmp_path / "beyond.pth"
    path.write_bytes(
        checkpoint({"x": Tensor(Storage("FloatStorage", "7", 4), 0, (50,), (1,))}, {"7": np.ones(4, np.float32)})
    )
    with pytest.raises(BrokenFile):
        read_tensors(path)
