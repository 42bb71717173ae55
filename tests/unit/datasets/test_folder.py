"""A folder of class folders is a data set; what is wrong with it is said in a sentence."""

import numpy as np
import pytest
from PIL import Image

from xai_core.datasets import list_datasets, load_dataset
from xai_core.errors import BrokenFile, DatasetUnavailable


def put(path, size=(40, 40), colour=(255, 0, 0), mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path)


@pytest.fixture
def birds(tmp_path):
    for number in range(10):
        put(tmp_path / "birds/train/robin" / f"{number}.png", (60, 40), (255, number, 0))
        put(tmp_path / "birds/train/crow" / f"{number}.jpg", (50, 90), (0, 0, 0))
    return tmp_path / "birds"


def load(folder):
    return load_dataset(folder.name, root=folder.parent)


def test_train_and_test_folders(birds):
    put(birds / "test/robin/a.jpeg")
    put(birds / "test/crow/b.PNG", colour=(0, 0, 255))
    data = load(birds)
    assert data.class_names == ("crow", "robin")
    assert data.y_train.tolist() == [0] * 10 + [1] * 10
    assert data.x_train.shape == (20, 45, 45, 3)  # median of ten 40s and ten 50s
    assert data.y_test.tolist() == [0, 1]
    assert data.x_test[0, 0, 0].tolist() == [0, 0, 255]
    assert data.notes == ()


def test_without_test_folder_a_fifth_of_each_class_is_held_out(birds):
    data, again = load(birds), load(birds)
    assert np.bincount(data.y_test).tolist() == [2, 2]
    assert np.bincount(data.y_train).tolist() == [8, 8]
    assert np.array_equal(data.x_test, again.x_test)
    assert "held out" in data.notes[0]


def test_large_images_are_capped_and_grey_ones_stay_grey(tmp_path):
    for number in range(3):
        for name in "ab":
            put(tmp_path / "scans/train" / name / f"{number}.png", (400, 300), 9, "L")
    assert load(tmp_path / "scans").x_train.shape == (4, 224, 224, 1)


def test_a_text_named_png_is_left_out_with_a_note(birds):
    (birds / "train/crow/notes.png").write_text("no picture")
    data = load(birds)
    assert len(data.x_train) + len(data.x_test) == 20
    assert any("train/crow/notes.png is not an image" in note for note in data.notes)
    assert load(birds).notes == data.notes  # also when it comes from the cache


def test_changed_files_are_seen(birds):
    load(birds)
    put(birds / "train/robin/new.png")
    data = load(birds)
    assert len(data.x_train) + len(data.x_test) == 21


def test_truncated_cache_is_rebuilt(birds):
    first = load(birds)
    cache = birds.parent / "cache/birds.npz"
    cache.write_bytes(cache.read_bytes()[: cache.stat().st_size // 2])
    assert np.array_equal(load(birds).x_train, first.x_train)


def test_a_class_without_a_readable_image_is_left_out(birds):
    put(birds / "train/owl/0.png")
    for path in (birds / "train/crow").iterdir():
        path.write_text("no picture")
    data = load(birds)
    assert data.class_names == ("owl", "robin")
    assert set(data.y_train) == {0, 1}
    assert (data.x_train[data.y_train == 0] == (255, 0, 0)).all()
    assert any("the class crow, in which no file can be read" in note for note in data.notes)


def test_fewer_than_two_readable_classes(birds):
    for path in (birds / "train/crow").iterdir():
        path.write_text("no picture")
    with pytest.raises(BrokenFile, match=r"birds has readable images in 1 of its 2 classes"):
        load(birds)


def test_hundreds_of_broken_files_are_counted_not_listed(birds):
    for number in range(300):
        (birds / f"train/robin/broken{number:03}.jpg").touch()
    data = load(birds)
    assert len([note for note in data.notes if "is not an image" in note]) == 20
    assert any("280 more files" in note for note in data.notes)


def test_one_image_a_class_is_trained_and_tested_on(tmp_path):
    for number, name in enumerate(("apple", "pear", "plum")):
        put(tmp_path / "fruit/train" / name / "1.png", colour=(50 * number, 0, 0))
    data = load(tmp_path / "fruit")
    assert np.array_equal(data.x_test, data.x_train)
    assert data.y_test.tolist() == [0, 1, 2]
    assert any("single image" in note for note in data.notes)


def test_a_class_of_one_image_stays_in_training(birds):
    put(birds / "train/owl/0.png")
    data = load(birds)
    assert data.class_names == ("crow", "owl", "robin")
    assert (data.y_train == 1).sum() == 1
    assert 1 not in data.y_test


@pytest.mark.parametrize("suffix", [".webp", ".BMP", ".tif", ".TIFF", ".jfif", ".avif", ".JPG"])
def test_formats_and_capitals(tmp_path, suffix):
    names = {".jfif": "JPEG", ".JPG": "JPEG", ".tif": "TIFF", ".TIFF": "TIFF"}
    for name, grey in (("dark", 20), ("light", 220)):
        for number in range(2):
            path = tmp_path / "mine" / name / f"{number}{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (16, 16), (grey, grey, grey)).save(path, names.get(suffix, suffix[1:].upper()))
    data = load(tmp_path / "mine")
    assert data.class_names == ("dark", "light")
    assert np.abs(data.x_test.mean(axis=(1, 2, 3)) - [20, 220]).max() < 3


def test_folder_without_classes(tmp_path):
    put(tmp_path / "flat/train/a.png")
    with pytest.raises(DatasetUnavailable, match=r"flat/train has no class folders"):
        load(tmp_path / "flat")
    info = {info.name: info for info in list_datasets(tmp_path)}["flat"]
    assert not info.available
    assert "has no class folders" in info.reason


@pytest.mark.parametrize("name", ["nothing", "../birds", "", "birds/train"])
def test_unknown_name(birds, name):
    with pytest.raises(DatasetUnavailable, match=r"no data set .*birds"):
        load_dataset(name, root=birds.parent)
