"""Archives are checked before they are believed; files are never left half-written."""

import hashlib
import io
import pickle
import struct
import tarfile
import tracemalloc
import zipfile

import numpy as np
import pytest

from xai_core.datasets import cifar10, files, load_dataset
from xai_core.errors import BrokenFile, DatasetUnavailable


@pytest.fixture(autouse=True)
def no_keras_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))


def digits(count=12, **changes):
    arrays = {
        "x_train": np.arange(count * 784, dtype=np.uint32).reshape(count, 28, 28).astype(np.uint8),
        "y_train": np.arange(count, dtype=np.uint8) % 10,
        "x_test": np.zeros((3, 28, 28), dtype=np.uint8),
        "y_test": np.zeros((3, 1), dtype=np.uint8),
    }
    return {name: array for name, array in {**arrays, **changes}.items() if array is not None}


def save(path, **arrays):
    np.savez_compressed(path, **arrays)
    return path


def test_mnist_archive_is_read_as_it_lies_there(tmp_path):
    arrays = digits()
    save(tmp_path / "mnist.npz", **arrays)
    data = load_dataset("mnist", root=tmp_path)
    assert data.x_train.shape == (12, 28, 28, 1)
    assert np.array_equal(data.x_train[..., 0], arrays["x_train"])
    assert data.y_test.tolist() == [0, 0, 0]
    assert data.y_train.dtype == np.int64
    assert data.notes == ()


def test_truncated_archive(tmp_path):
    path = save(tmp_path / "mnist.npz", **digits())
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(BrokenFile, match=r"mnist\.npz is truncated or not an \.npz archive"):
        load_dataset("mnist", root=tmp_path)


def test_archive_with_a_damaged_middle(tmp_path):
    path = save(tmp_path / "mnist.npz", **digits())
    content = bytearray(path.read_bytes())
    content[100:160] = bytes(60)
    path.write_bytes(content)
    with pytest.raises(BrokenFile, match=r"mnist\.npz cannot be read"):
        load_dataset("mnist", root=tmp_path)


def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (1500, 28, 28), dtype=np.uint8)


def test_large_uncompressed_arrays_stay_on_disk(tmp_path):
    images = noise()
    np.savez(tmp_path / "a.npz", first=np.arange(3), images=images, upside_down=np.asfortranarray(images))
    arrays = files.load_arrays(tmp_path / "a.npz")
    assert list(arrays) == ["first", "images", "upside_down"]
    assert arrays["first"].tolist() == [0, 1, 2]
    assert isinstance(arrays["images"].base, np.memmap)
    assert np.array_equal(arrays["images"], images)
    assert np.array_equal(arrays["upside_down"], images)
    with pytest.raises(ValueError, match="read-only"):
        arrays["images"][0] = 0


def test_what_else_an_archive_holds_does_not_matter(tmp_path):
    save(tmp_path / "mnist.npz", **digits(), remarks=np.array([{}], dtype=object))
    assert len(load_dataset("mnist", root=tmp_path).x_train) == 12


def test_damage_within_an_uncompressed_array_is_noticed(tmp_path):
    path = tmp_path / "mnist.npz"
    np.savez(path, **digits(x_train=noise(), y_train=np.zeros(1500, np.int64)))
    assert len(load_dataset("mnist", root=tmp_path).x_train) == 1500
    content = bytearray(path.read_bytes())
    content[600_000] ^= 1
    path.write_bytes(content)
    with pytest.raises(BrokenFile, match=r"mnist\.npz cannot be read.*CRC"):
        load_dataset("mnist", root=tmp_path)


def archive_of(path, name, head, values, *, declared=None, packed=True):
    """An archive with one array, whose head and whose size in the directory say what they want."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "|u1", "fortran_order": False, "shape": head})
    method = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr(f"{name}.npy", stream.getvalue() + bytes(values))
    if declared is not None:
        content = bytearray(path.read_bytes())
        at = content.rindex(b"PK\1\2") + 24
        content[at : at + 4] = struct.pack("<I", declared)
        path.write_bytes(content)


@pytest.mark.parametrize("packed", [True, False])
def test_a_head_that_declares_more_than_there_is_makes_no_room(tmp_path, packed):
    archive_of(tmp_path / "mnist.npz", "x_train", (10**9, 28, 28), 2_000_000, packed=packed)
    tracemalloc.start()
    with pytest.raises(BrokenFile, match=r"mnist\.npz cannot be read \(array x_train\.npy declares another size than"):
        load_dataset("mnist", root=tmp_path)
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_what_would_unpack_beyond_reason_is_refused_unpacked(tmp_path):
    archive_of(tmp_path / "mnist.npz", "x_train", (4_000_000_000,), 1000, declared=4_000_000_000)
    with pytest.raises(BrokenFile, match=r"unpacked it would take 4\.0 GB of memory; store it uncompressed"):
        load_dataset("mnist", root=tmp_path)


def test_text_or_lone_array_named_npz(tmp_path):
    (tmp_path / "mnist.npz").write_text("not an archive")
    with pytest.raises(BrokenFile, match=r"mnist\.npz"):
        load_dataset("mnist", root=tmp_path)
    with (tmp_path / "mnist.npz").open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(BrokenFile, match=r"mnist\.npz"):
        load_dataset("mnist", root=tmp_path)


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"y_test": None}, "lacks the array y_test"),
        ({"x_train": np.zeros((12, 28, 28))}, "x_train as float64"),
        ({"x_test": np.zeros((3, 32, 32, 3), dtype=np.uint8)}, r"x_test of shape \(3, 32, 32, 3\)"),
        (
            {"x_test": np.zeros((0, 28, 28), dtype=np.uint8), "y_test": np.zeros(0, dtype=int)},
            r"shape \(0, 28, 28, 1\)",
        ),
        ({"y_train": np.zeros(11, dtype=np.uint8)}, "12 whole numbers"),
        ({"y_train": np.zeros(12)}, "y_train as float64"),
        ({"y_train": np.full(12, 10)}, "labels 10 to 10"),
    ],
)
def test_wrong_content_is_named(tmp_path, changes, cause):
    save(tmp_path / "mnist.npz", **digits(**changes))
    with pytest.raises(BrokenFile, match=cause) as caught:
        load_dataset("mnist", root=tmp_path)
    assert "mnist.npz" in str(caught.value)


def test_objects_in_an_archive_are_not_unpickled(tmp_path):
    save(tmp_path / "mnist.npz", **digits(y_test=np.array([{}, {}, {}], dtype=object)))
    with pytest.raises(BrokenFile, match=r"mnist\.npz cannot be read"):
        load_dataset("mnist", root=tmp_path)


def test_atomic_leaves_nothing_behind_on_failure(tmp_path):
    target = tmp_path / "a.bin"
    target.write_text("before")

    def fail_halfway():
        with files.atomic(target) as part:
            part.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]


def test_cache_is_kept_until_its_key_changes(tmp_path):
    calls = []

    def build():
        calls.append(1)
        return {"a": np.arange(len(calls))}

    path = tmp_path / "cache" / "x.npz"
    assert files.cached(path, "one", build)["a"].tolist() == [0]
    assert files.cached(path, "one", build)["a"].tolist() == [0]
    assert files.cached(path, "two", build)["a"].tolist() == [0, 1]
    path.write_bytes(path.read_bytes()[:90])
    assert files.cached(path, "two", build)["a"].tolist() == [0, 1, 2]
    assert files.cached(path, "two", build)["a"].tolist() == [0, 1, 2]


def test_cache_does_without_a_disk(tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    built = files.cached(tmp_path / "cache" / "x.npz", "key", lambda: {"a": np.ones(2)})
    assert built["a"].tolist() == [1, 1]


def test_download_streams_reports_and_checks(tmp_path):
    source, target = tmp_path / "source", tmp_path / "out" / "target"
    source.write_bytes(bytes(range(256)) * 4000)
    checksum = hashlib.sha256(source.read_bytes()).hexdigest()
    shares = []
    files.download(source.as_uri(), target, checksum, "Thing", lambda share, text: shares.append(share))
    assert target.read_bytes() == source.read_bytes()
    assert shares == sorted(shares)
    assert len(shares) > 1
    assert shares[-1] == 1

    target.unlink()
    with pytest.raises(DatasetUnavailable, match="broke off or was altered"):
        files.download(source.as_uri(), target, "0" * 64, "Thing")
    assert list(target.parent.iterdir()) == []


def test_download_without_network(tmp_path, monkeypatch):
    # the discard port of this machine: refused at once, no network needed
    monkeypatch.setattr(cifar10, "_URL", "http://127.0.0.1:9/cifar.tar.gz")
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(DatasetUnavailable, match=r"CIFAR-10 photographs could not be downloaded .*check the network"):
        load_dataset("cifar10", root=tmp_path, download=True)
    assert list(tmp_path.iterdir()) == []


def test_cifar_is_not_downloaded_unasked(tmp_path):
    with pytest.raises(DatasetUnavailable, match="CIFAR-10 is not on this machine"):
        load_dataset("cifar10", root=tmp_path)


@pytest.fixture
def batches(tmp_path):
    """A tiny official distribution; image i of a batch has red plane i, the other planes 200 and 100."""
    folder = tmp_path / "keras" / "datasets" / "cifar-10-batches-py-target" / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    planes = np.concatenate([np.full((2, 1024), value, dtype=np.uint8) for value in (0, 200, 100)], axis=1)
    planes[1, :1024] = 1
    for name in cifar10._BATCHES:
        (folder / name).write_bytes(pickle.dumps({b"data": planes, b"labels": [3, 9]}))
    return folder


def test_keras_cache_of_cifar_is_read(tmp_path, batches):
    data = load_dataset("cifar10", root=tmp_path)
    assert data.x_train.shape == (10, 32, 32, 3)
    assert data.x_test[1, 5, 5].tolist() == [1, 200, 100]
    assert data.y_test.tolist() == [3, 9]


def test_cifar_batches_cannot_run_code(tmp_path, batches):
    (batches / "data_batch_1").write_bytes(pickle.dumps({b"data": print, b"labels": []}))
    with pytest.raises(BrokenFile, match=r"data_batch_1 cannot be read \(it holds builtins\.print\)"):
        load_dataset("cifar10", root=tmp_path)


@pytest.fixture
def official(tmp_path, batches, monkeypatch):
    """The tiny distribution as the download."""
    tar = tmp_path / "official.tar.gz"
    with tarfile.open(tar, "w:gz") as members:
        members.add(batches, arcname="cifar-10-batches-py")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "elsewhere"))
    monkeypatch.setattr(cifar10, "_URL", tar.as_uri())
    monkeypatch.setattr(cifar10, "_SHA256", hashlib.sha256(tar.read_bytes()).hexdigest())
    return tar


def test_downloaded_cifar_becomes_an_archive(tmp_path, official):
    root = tmp_path / "root"
    first = load_dataset("cifar10", root=root, download=True)
    again = load_dataset("cifar10", root=root)
    assert [path.name for path in root.iterdir()] == ["cifar10.npz"]
    assert np.array_equal(first.x_train, again.x_train)
    assert again.x_test[1, 5, 5].tolist() == [1, 200, 100]


def test_download_that_cannot_be_kept(official):
    with pytest.raises(DatasetUnavailable, match=r"cifar10\.npz could not be written"):
        load_dataset("cifar10", root=official / "no folder", download=True)
