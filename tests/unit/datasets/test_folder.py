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
        put(tmp_path / "scans/train/a" / f"{number}.png", (400, 300), 9, "L")
    assert load(tmp_path / "scans").x_train.shape == (2, 224, 224, 1)


def test_a_text_named_png_is_left_out_with_a_note(birds):
    (birds / "train/crow/notes.png").write_text("no picture")
    data = load(birds)
    assert len(data.x_train) + len(data.x_test) == 20
    assert "train/crow/notes.png is not an image" in data.notes[0]
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


def test_class_without_a_readable_image(birds):
    for path in (birds / "train/crow").iterdir():
        path.write_text("no picture")
    with pytest.raises(BrokenFile, match=r"No file in .*train/crow is an image"):
        load(birds)


def test_empty_class_folder(birds):
    (birds / "train/owl").mkdir()
    with pytest.raises(BrokenFile, match=r"class folder .*train/owl has no \.png"):
        load(birds)


def test_test_class_that_train_lacks(birds):
    put(birds / "test/owl/a.png")
    with pytest.raises(BrokenFile, match=r"test/owl is a class that .*train does not have"):
        load(birds)


def test_folder_without_classes(tmp_path):
    put(tmp_path / "flat/train/a.png")
    with pytest.raises(DatasetUnavailable, match=r"flat/train has no class folders"):
        load(tmp_path / "flat")
    (info,) = [info for info in list_datasets(tmp_path) if info.name == "flat"]
    assert not info.available
    assert "has no class folders" in info.reason


@pytest.mark.parametrize("name", ["nothing", "../birds", "", "birds/train"])
def test_unknown_name(birds, name):
    with pytest.raises(DatasetUnavailable, match=r"no data set .*birds"):
        load_dataset(name, root=birds.parent)
