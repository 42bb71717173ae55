import json
from dataclasses import replace

import pytest

from xai_core.classifiers import default_classifier, list_classifiers, load_classifier
from xai_core.errors import ClassifierUnavailable, InvalidInput

from .toys import SHAPE, two_classes


@pytest.fixture
def matching():
    data = two_classes()
    shape = (0, *SHAPE)
    return replace(
        data,
        class_names=("a", "b", "c"),
        x_train=data.x_train[:0].reshape(shape),
        x_test=data.x_test[:0].reshape(shape),
    )


def test_unknown_name_lists_the_known(copied):
    with pytest.raises(ClassifierUnavailable, match=r"'mnist-cmm'.*mnist-svm, tiny"):
        load_classifier("mnist-cmm", models=copied.folder)


def test_unknown_precision(copied):
    with pytest.raises(InvalidInput, match="float16"):
        load_classifier("tiny", models=copied.folder, precision="float16")


def test_a_folder_that_is_not_there_holds_nothing(tmp_path):
    with pytest.raises(ClassifierUnavailable):
        load_classifier("tiny", models=tmp_path / "nowhere")


def test_the_users_own_folder_is_searched(copied, monkeypatch):
    folder = copied.folder / "models"
    folder.mkdir()
    for path in copied.folder.glob("tiny.*"):
        path.rename(folder / path.name)
    monkeypatch.setenv("XAI_DATA_DIR", str(copied.folder))
    assert load_classifier("tiny").class_names == ("a", "b", "c")


def test_only_networks_that_fit_are_listed(copied, matching):
    assert list_classifiers(matching, models=copied.folder) == ["tiny"]
    assert default_classifier(matching, models=copied.folder) == "tiny"
    assert list_classifiers(replace(matching, class_names=("a", "b", "d")), models=copied.folder) == []
    assert list_classifiers(replace(matching, x_test=matching.x_test[:, 1:]), models=copied.folder) == []


def test_the_network_trained_on_the_very_set_comes_first(copied, matching):
    for path in list(copied.folder.glob("tiny.*")):
        (copied.folder / f"zeta{path.suffix}").write_bytes(path.read_bytes())
    assert list_classifiers(matching, models=copied.folder) == ["tiny", "zeta"]
    (copied.folder / "zeta.json").write_text(json.dumps({"class_names": ["a", "b", "c"], "dataset": "halves"}))
    assert default_classifier(matching, models=copied.folder) == "zeta"


def test_broken_networks_do_not_hide_the_others(copied, matching):
    (copied.folder / "broken.keras").write_bytes(b"text")
    (copied.folder / "broken.json").write_text('{"class_names": ["a", "b", "c"]}')
    (copied.folder / "nameless.keras").write_bytes(copied.keras.read_bytes())
    assert list_classifiers(matching, models=copied.folder) == ["tiny"]


def test_no_classifier_says_what_to_put_where(halves, copied):
    with pytest.raises(ClassifierUnavailable, match=r"Halves.*16 x 16 x 1"):
        default_classifier(halves, models=copied.folder)
