"""What strangers read names files, not the folders of this machine."""

import pytest

from studio.places import without_folders
from xai_core.paths import IMPORT_ROOT, MODELS_DIR


@pytest.fixture(autouse=True)
def data_folder(tmp_path, monkeypatch):
    folder = tmp_path / "my data"
    folder.mkdir()
    monkeypatch.setenv("XAI_DATA_DIR", str(folder))
    return folder


def test_files_below_a_known_folder_are_named_from_there(data_folder):
    told = without_folders(f"{data_folder / 'birds' / 'train'} has no class folders; look into {data_folder}.")
    assert told == "birds/train has no class folders; look into the data folder."
    assert without_folders(f"There is no data set 'x' in {data_folder}; there are mnist.") == (
        "There is no data set 'x' in the data folder; there are mnist."
    )
    assert without_folders(f"{MODELS_DIR / 'a.keras'} is not a model: put it into {MODELS_DIR}.") == (
        "a.keras is not a model: put it into the folder of models."
    )
    assert without_folders(f"{IMPORT_ROOT}/data/feedback.sqlite is gone") == "data/feedback.sqlite is gone"


def test_a_folder_that_only_begins_alike_is_another(data_folder):
    assert without_folders(f"{data_folder}-2/x.png is damaged") == "my data-2/x.png is damaged"


def test_links_to_the_folder_count(tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to(tmp_path / "my data")
    monkeypatch.setenv("XAI_DATA_DIR", str(tmp_path / "link"))
    assert without_folders(f"{tmp_path / 'my data'}/a.npz and {tmp_path / 'link'}/b.npz") == "a.npz and b.npz"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("The database file /srv/db/feedback.sqlite is damaged.", "The database file feedback.sqlite is damaged."),
        ("No such file or directory: '/var/lib/x/a.bin'", "No such file or directory: 'a.bin'"),
        (r"C:\Users\ann\data\a.npz cannot be read", "a.npz cannot be read"),
        ("(/opt/xai/), which", "(xai), which"),
        ("downloaded from https://www.cs.toronto.edu/~kriz/cifar.tar.gz (timed out)",) * 2,
        ("train/a/b.png is 3/4 of and/or 5 / 6, at 10 px/s",) * 2,
        ("no path at all",) * 2,
    ],
)
def test_other_paths_keep_their_last_name(text, told):
    assert without_folders(text) == told
