"""Folders as people really have them."""

import os
import re

import pytest

from xai_core.datasets.layout import class_names, looks_like_data, read_layout
from xai_core.errors import DatasetUnavailable


@pytest.fixture
def make(tmp_path):
    """Makes empty files below a folder, which is all that a layout looks at."""

    def files(*paths):
        for path in paths:
            (tmp_path / "set" / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "set" / path).touch()
        return tmp_path / "set"

    return files


def counts(classes):
    return {name: len(paths) for name, paths in classes.items()}


PARTS = ("{train}/cat/1.jpg", "{train}/dog/1.jpg", "{train}/dog/2.jpg", "{test}/cat/3.jpg", "{test}/dog/3.jpg")


@pytest.mark.parametrize("above", ["", "set/", "set/set/set/"])
@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("train", "test"),
        ("Train", "Test"),
        ("TRAINING", "TESTING"),
        ("train", "val"),
        ("train", "valid"),
        ("train", "Validation"),
        ("training_set", "test_set"),
        ("seg_train/seg_train", "seg_test/seg_test"),
    ],
)
def test_parts_however_they_are_called(make, above, train, test):
    layout = read_layout(make(*(above + path.format(train=train, test=test) for path in PARTS)))
    assert counts(layout.train) == {"cat": 1, "dog": 2}
    assert counts(layout.test) == {"cat": 1, "dog": 1}
    assert bool(layout.notes) == test.lower().startswith("val")


@pytest.mark.parametrize("above", ["", "PetImages/", "images/", "data/images/"])
def test_class_folders_without_parts(make, above):
    folder = make(f"{above}cat/1.jpg", f"{above}dog/1.webp", "LICENSE.txt")
    assert class_names(folder) == ("cat", "dog")
    layout = read_layout(folder)
    assert (counts(layout.train), layout.test, layout.notes) == ({"cat": 1, "dog": 1}, {}, ())


def test_images_deeper_within_a_class(make):
    layout = read_layout(make("train/cat/indoor/1.jpg", "train/cat/2.jpg", "train/dog/a/b/c/1.jpg"))
    assert counts(layout.train) == {"cat": 2, "dog": 1}


def test_a_class_that_is_called_train(make):
    assert class_names(make("bus/1.jpg", "train/1.jpg", "airplane/1.jpg")) == ("airplane", "bus", "train")


@pytest.mark.parametrize("name", ["__MACOSX", ".thumbnails", "@eaDir", "$RECYCLE.BIN"])
def test_folders_that_systems_leave_behind_are_no_classes(make, name):
    folder = make("train/cat/1.jpg", "train/dog/1.jpg", f"train/{name}/._1.jpg", f"{name}/2.jpg", "train/cat/._1.jpg")
    make("train/cat/.DS_Store", "train/cat/Thumbs.db", "train/dog/desktop.ini")
    layout = read_layout(folder)
    assert counts(layout.train) == {"cat": 1, "dog": 1}
    assert layout.notes == ()


@pytest.mark.parametrize(
    ("extra", "note"),
    [
        ("train/owl/.keep", "train/owl, since the class folder holds no image"),
        ("train/cat/readme.md", r"not images \(1 × \.md\)"),
        ("train/3.png", "train/3.png, since 1 image in train lie"),
        ("test/owl/1.jpg", "test/owl, since train has no such class"),
        ("train/masks/1.png", "train/masks, since its name"),
        ("val/cat/1.jpg", "val, since it is not the part"),
        ("valid/1.jpg", "valid, since it has no class folders"),
        ("extra/1.jpg", "extra, since it is not the part"),
    ],
)
def test_what_is_left_out_is_named(make, extra, note):
    layout = read_layout(make(*(path.format(train="train", test="test") for path in PARTS), extra))
    assert counts(layout.train) == {"cat": 1, "dog": 2}
    assert counts(layout.test) == {"cat": 1, "dog": 1}
    (only,) = layout.notes
    assert re.search(note, only)


def test_unsorted_images_to_test_on_are_named(make):
    layout = read_layout(make("train/cat/1.jpg", "train/dog/1.jpg", "test/1.jpg", "test/2.jpg"))
    assert layout.test == {}
    assert layout.notes == ("Left out: test, since it has no class folders.",)


def test_classes_to_test_on_in_other_capitals(make):
    layout = read_layout(make("train/Cat/1.jpg", "train/dog/1.jpg", "test/cat/2.jpg", "test/DOG/2.jpg"))
    assert counts(layout.test) == {"Cat": 1, "dog": 1}


def test_links(make, tmp_path):
    folder = make("train/cat/1.jpg", "train/dog/1.jpg", "train/dog/2.jpg")
    (folder / "train/cat/gone.jpg").symlink_to("../../.git/annex/objects/x.jpg")
    (folder / "train/cat/self.jpg").symlink_to(folder / "train/cat/self.jpg")
    (folder / "train/horse").symlink_to("/nowhere/horse")
    (folder / "train/dog/up").symlink_to(folder / "train/dog")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/1.jpg").touch()
    (folder / "train/owl").symlink_to(tmp_path / "elsewhere")
    (folder / "train/cat/2.jpg").symlink_to(tmp_path / "elsewhere/1.jpg")
    layout = read_layout(folder)
    assert counts(layout.train) == {"cat": 2, "dog": 2, "owl": 1}
    assert sorted(note.split()[2] for note in layout.notes) == [
        "train/cat/gone.jpg,",
        "train/cat/self.jpg,",
        "train/horse,",
    ]


def test_links_in_a_circle_end(make):
    folder = make("train/cat/a.txt", "train/dog/1.jpg", "train/owl/1.jpg")
    for name in ("x", "y", "z"):
        (folder / "train/cat" / name).symlink_to(folder / "train", target_is_directory=True)
    assert counts(read_layout(folder).train).keys() >= {"dog", "owl"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_named(make):
    folder = make("train/cat/1.jpg", "train/dog/1.jpg", "train/owl/1.jpg")
    (folder / "train/owl").chmod(0)
    layout = read_layout(folder)
    assert counts(layout.train) == {"cat": 1, "dog": 1}
    assert "train/owl" in layout.notes[0]


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (["train/1.jpg"], "set/train has no class folders"),
        (["1.jpg", "2.jpg"], "set has no class folders"),
        (["images/1.jpg", "masks/1.png"], "set has no class folders"),
        (["train/readme.txt"], "set/train has no class folders"),
        (["test/cat/1.jpg", "test/dog/1.jpg", "val/cat/1.jpg"], "but no folder train"),
        (["train/good/1.jpg", "test/good/1.jpg", "test/broken/1.jpg"], "one class only, good"),
        (["bottles/good/1.jpg"], "one class only, good"),
    ],
)
def test_what_is_no_data_set_says_why(make, paths, message):
    folder = make(*paths)
    assert looks_like_data(folder)
    for read in (class_names, read_layout):
        with pytest.raises(DatasetUnavailable, match=message):
            read(folder)


def test_a_folder_without_images_is_passed_over(make):
    assert not looks_like_data(make("notes/a.txt", "weights.npz"))
