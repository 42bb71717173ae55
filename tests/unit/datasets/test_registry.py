"""The built-in data sets, offline."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from xai_core.datasets import UNKNOWN_LABEL, casting, image_id, list_datasets, load_dataset
from xai_core.errors import BrokenFile, DatasetUnavailable


@pytest.fixture(autouse=True)
def no_keras_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))


def check(data):
    """What every data set promises."""
    for images, labels in ((data.x_train, data.y_train), (data.x_test, data.y_test)):
        assert images.dtype == np.uint8
        assert labels.dtype == np.int64
        assert images.shape == (len(labels), *data.image_shape)
        assert ((labels >= UNKNOWN_LABEL) & (labels < len(data.class_names))).all()
    assert data.title
    assert data.licence


def test_list_without_any_file(tmp_path):
    infos = {info.name: info for info in list_datasets(tmp_path / "nowhere")}
    assert list(infos) == ["mnist", "cifar10", "casting", "photos"]
    assert infos["casting"].synthetic
    assert "synthetic" in infos["casting"].title
    assert not infos["cifar10"].available
    assert infos["cifar10"].downloadable
    assert "downloaded" in infos["cifar10"].reason
    assert all(info.reason is None for info in infos.values() if info.available)


def test_mnist_without_any_file(tmp_path):
    data, again = load_dataset("mnist", root=tmp_path), load_dataset("mnist", root=tmp_path)
    check(data)
    assert (len(data.x_train), len(data.x_test)) == (4000, 1000)
    assert np.bincount(np.concatenate([data.y_train, data.y_test])).tolist() == [500] * 10
    assert np.bincount(data.y_test).min() >= 80
    assert np.array_equal(data.x_test, again.x_test)
    assert "5,000 of the 70,000" in data.notes[0]


def test_photos():
    data = load_dataset("photos")
    check(data)
    assert data.x_test.shape == (7, 224, 224, 3)
    assert len(data.x_train) == 0
    assert len(set(data.class_names)) == 1000
    named = [data.class_names[label] for label in data.y_test if label != UNKNOWN_LABEL]
    assert named == ["tabby", "espresso", "tripod"]


def test_castings_fall_back_to_drawings(tmp_path, monkeypatch):
    monkeypatch.setattr(casting, "_TRAIN", 70)
    monkeypatch.setattr(casting, "_TEST", 30)
    data = load_dataset("casting", root=tmp_path)
    check(data)
    assert data.name == "casting-synthetic"
    assert data.synthetic
    assert data.masks_train.shape == (70, 128, 128)
    assert np.array_equal(data.masks_test.any(axis=(1, 2)), data.y_test == 0)
    cached = load_dataset("casting-synthetic", root=tmp_path)
    assert np.array_equal(cached.x_test, data.x_test)
    (tmp_path / "file").touch()
    undisked = load_dataset("casting-synthetic", root=tmp_path / "file")
    assert np.array_equal(undisked.x_test, data.x_test)


def test_real_castings_where_the_user_placed_them(tmp_path):
    for split in ("train", "test"):
        for name, grey in (("def_front", 10), ("ok_front", 200)):
            (tmp_path / "casting" / split / name).mkdir(parents=True)
            Image.new("RGB", (300, 300), (grey, grey, grey)).save(tmp_path / "casting" / split / name / "a.jpeg")
    data = load_dataset("casting", root=tmp_path)
    check(data)
    assert data.name == "casting"
    assert not data.synthetic
    assert data.image_shape == (128, 128, 1)
    assert data.class_names == ("defective", "sound")
    assert [int(image.mean()) for image in data.x_test] == [10, 200]
    assert "casting-synthetic" in {info.name for info in list_datasets(tmp_path)}


def own_folder(root, name):
    for part in ("train", "test"):
        for number, class_name in enumerate(("cat", "dog")):
            (root / name / part / class_name).mkdir(parents=True)
            Image.new("L", (28, 28), 100 * number).save(root / name / part / class_name / "1.png")


@pytest.mark.parametrize("name", ["photos", "mnist", "cifar10", "casting-synthetic", "upload", "surprise"])
def test_a_folder_that_has_the_name_of_something_else_gives_way(tmp_path, name):
    own_folder(tmp_path, name)
    names = [info.name for info in list_datasets(tmp_path)]
    assert len(set(names)) == len(names)
    assert f"{name}-folder" in names
    data = load_dataset(f"{name}-folder", root=tmp_path)
    check(data)
    assert data.name == f"{name}-folder"
    assert data.class_names == ("cat", "dog")


def test_the_set_of_that_name_says_where_the_folder_is(tmp_path):
    own_folder(tmp_path, "photos")
    own_folder(tmp_path, "cifar10")
    data = load_dataset("photos", root=tmp_path)
    assert len(data.x_test) == 7
    assert data.notes == (f"Your own folder {tmp_path / 'photos'} is the data set photos-folder.",)
    with pytest.raises(DatasetUnavailable, match=r"download it .*cifar10 is the data set cifar10-folder"):
        load_dataset("cifar10", root=tmp_path)


def test_castings_one_level_deeper_are_the_real_ones(tmp_path):
    for name in ("def_front", "ok_front"):
        for number in range(3):
            path = tmp_path / "casting/casting_data/Train" / name / f"{number}.jpeg"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", (300, 300), 90).save(path)
    info = {info.name: info for info in list_datasets(tmp_path)}["casting"]
    assert (info.synthetic, info.class_names) == (False, ("defective", "sound"))
    assert load_dataset("casting", root=tmp_path).class_names == info.class_names


def test_a_folder_of_castings_without_classes_is_named(tmp_path):
    (tmp_path / "casting").mkdir()
    Image.new("L", (300, 300), 90).save(tmp_path / "casting/1.png")
    info = {info.name: info for info in list_datasets(tmp_path)}["casting"]
    assert "casting has no class folders" in info.reason


def test_the_digest_sees_every_pixel_and_label(tmp_path):
    own_folder(tmp_path, "pets")
    data = load_dataset("pets", root=tmp_path)
    assert load_dataset("pets", root=tmp_path).digest == data.digest
    seen = {data.digest}
    for row, line, column in ((0, 0, 0), (1, 27, 27), (0, 13, 5)):
        changed = data.x_train.copy()
        changed[row, line, column] ^= 1
        seen.add(replace(data, x_train=changed).digest)
    seen.add(replace(data, y_train=data.y_train[::-1].copy()).digest)
    assert len(seen) == 5


def test_a_broken_file_stops_only_its_own_set(tmp_path):
    (tmp_path / "mnist.npz").write_bytes(b"half")
    with pytest.raises(BrokenFile):
        load_dataset("mnist", root=tmp_path)
    assert len(list_datasets(tmp_path)) == 4
    check(load_dataset("photos", root=tmp_path))


def test_data_root_comes_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_DATA_DIR", str(tmp_path))
    (tmp_path / "mine" / "train").mkdir(parents=True)
    assert "mine" in {info.name for info in list_datasets()}


def test_image_id_is_the_pixels():
    image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    assert image_id(image) == image_id(np.asfortranarray(image)) == image_id(np.stack([image, image])[1])
    assert len(image_id(image)) == 20
    changed = image.copy()
    changed[3, 3, 2] += 1
    assert image_id(changed) != image_id(image)
    assert image_id(image.reshape(2, 8, 3)) != image_id(image)  # the same bytes in another shape


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "train", "test", "shape"),
    [
        ("mnist", 60000, 10000, (28, 28, 1)),
        ("cifar10", 50000, 10000, (32, 32, 3)),
        ("casting", 3000, 715, (128, 128, 1)),
    ],
)
def test_real_data(data_root, name, train, test, shape):
    if not any((data_root / place).exists() for place in (name, f"{name}.npz")):
        pytest.skip(f"no {name} in {data_root}")
    data = load_dataset(name, root=data_root)
    check(data)
    assert data.image_shape == shape
    assert len(data.x_test) == test
    assert len(data.x_train) >= train
