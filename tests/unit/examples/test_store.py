import numpy as np
import pytest

from xai_core.examples import store
from xai_core.examples.store import kept_array

KEY = {"version": "1"}


class Builder:
    """Builds the same array and counts how often."""

    def __init__(self):
        self.calls = 0

    def __call__(self):
        self.calls += 1
        return np.arange(1000, dtype=np.float32).reshape(100, 10)


@pytest.fixture
def build():
    return Builder()


def test_built_once_and_read_afterwards(tmp_path, build):
    path = tmp_path / "embeddings" / "a.npy"
    first, second = kept_array(path, KEY, build), kept_array(path, KEY, build)
    assert build.calls == 1
    np.testing.assert_array_equal(first, second)
    assert sorted(file.name for file in path.parent.iterdir()) == ["a.npy", "a.npy.json"]


def test_another_key_builds_again(tmp_path, build):
    path = tmp_path / "a.npy"
    kept_array(path, KEY, build)
    kept_array(path, {"version": "2"}, build)
    kept_array(path, {"version": "2"}, build)
    assert build.calls == 2


@pytest.mark.parametrize(
    "harm", ["cut short", "one bit", "empty", "gone", "manifest cut short", "manifest of another kind"]
)
def test_a_damaged_file_is_built_again(tmp_path, build, harm):
    path = tmp_path / "a.npy"
    manifest = tmp_path / "a.npy.json"
    whole = kept_array(path, KEY, build)
    content = path.read_bytes()
    match harm:
        case "cut short":
            path.write_bytes(content[: len(content) // 2])
        case "one bit":
            path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        case "empty":
            path.write_bytes(b"")
        case "gone":
            path.unlink()
        case "manifest cut short":
            manifest.write_text(manifest.read_text()[:20])
        case _:
            manifest.write_text("[1, 2]")
    np.testing.assert_array_equal(kept_array(path, KEY, build), whole)
    assert build.calls == 2
    kept_array(path, KEY, build)
    assert build.calls == 2


def test_large_arrays_are_mapped(tmp_path, build, monkeypatch):
    monkeypatch.setattr(store, "MAPPED_FROM_BYTES", 100)
    kept_array(tmp_path / "a.npy", KEY, build)
    mapped = kept_array(tmp_path / "a.npy", KEY, build)
    assert isinstance(mapped, np.memmap)
    np.testing.assert_array_equal(mapped, build())


def test_a_disk_that_cannot_be_written_costs_only_the_keeping(tmp_path, build):
    (tmp_path / "file").write_text("")
    assert kept_array(tmp_path / "file" / "a.npy", KEY, build).shape == (100, 10)


def test_a_failing_build_leaves_nothing_behind(tmp_path):
    def fail():
        raise RuntimeError("no model")

    with pytest.raises(RuntimeError):
        kept_array(tmp_path / "a.npy", KEY, fail)
    assert list(tmp_path.iterdir()) == []
