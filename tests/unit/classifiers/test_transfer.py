"""A classifier trained on a network's features: as scikit-learn has it, stored without pickles, found by name."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from xai_core.classifiers import default_classifier, list_classifiers, load_classifier
from xai_core.classifiers import transfer_training as module
from xai_core.classifiers.base import Classifier, StreamingClassifier, predict_batches
from xai_core.classifiers.transfer_training import IMAGENET, obstacle, train_transfer
from xai_core.datasets import UNKNOWN_LABEL, as_float, load_dataset
from xai_core.errors import ClassifierUnavailable, InvalidAnswer, InvalidInput
from xai_core.lime.engine import explain

from .toys import two_classes


def quarters(count=80, size=16):
    """One bright quarter of four."""
    rng = np.random.default_rng(0)
    labels = np.arange(count) % 4
    images = rng.integers(0, 60, (count, size, size, 3))
    for image, label in zip(images, labels, strict=True):
        top, left = (label // 2) * size // 2, (label % 2) * size // 2
        image[top : top + size // 2, left : left + size // 2] += 180
    images = images.astype(np.uint8)
    return replace(
        two_classes(),
        name="quarters",
        title="Quarters",
        class_names=("a", "b", "c", "d"),
        x_train=images,
        y_train=labels,
        x_test=images[:8],
        y_test=labels[:8],
    )


@pytest.fixture
def home(copied, monkeypatch):
    """A data root whose models hold the tiny network."""
    folder = copied.folder / "models"
    folder.mkdir()
    for path in copied.folder.glob("tiny.*"):
        path.rename(folder / path.name)
    monkeypatch.setenv("XAI_DATA_DIR", str(copied.folder))
    return folder


@pytest.mark.parametrize("data", [two_classes(), quarters()], ids=lambda data: data.name)
def test_probabilities_are_those_of_scikit_learn(home, data):
    found = train_transfer(data, base="tiny")
    assert isinstance(found, Classifier)
    assert isinstance(found, StreamingClassifier)
    images = as_float(data.x_train)
    features = found.embed(images)
    assert features.shape == (len(images), 5)
    reference = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(features, data.y_train)
    np.testing.assert_allclose(found.predict_proba(images), reference.predict_proba(features), atol=1e-3)
    np.testing.assert_allclose(
        predict_batches(found, [images[:3], images[3:40]]), found.predict_proba(images[:40]), atol=1e-6
    )
    assert (found.predict_proba(images).argmax(axis=1) == data.y_train).mean() > 0.6  # of a random network's features


def test_images_of_another_size_and_colour_are_fitted(home):
    data = two_classes(size=30)
    assert train_transfer(data, base="tiny").predict_proba(as_float(data.x_test)).shape == (32, 2)


def test_stored_found_and_loaded_again(home):
    data = two_classes()
    with pytest.raises(ClassifierUnavailable, match="train one, or put"):
        default_classifier(data)
    trained = train_transfer(data, base="tiny")
    assert sorted(path.name for path in home.glob("halves*")) == [
        "halves-transfer.json",
        "halves-transfer.transfer.npz",
    ]
    assert list_classifiers(data) == ["halves-transfer"]
    loaded = load_classifier(default_classifier(data))
    assert (loaded.version, loaded.class_names, loaded.input_shape) == (
        trained.version,
        ("upper", "lower"),
        (16, 16, 1),
    )
    np.testing.assert_array_equal(
        loaded.predict_proba(as_float(data.x_test)), trained.predict_proba(as_float(data.x_test))
    )
    with np.load(home / "halves-transfer.transfer.npz", allow_pickle=False) as arrays:
        assert {name: arrays[name].dtype for name in arrays} == {"coefficients": np.float32, "intercepts": np.float32}
    assert list_classifiers(replace(data, class_names=("x", "y"))) == []
    with pytest.raises(ClassifierUnavailable, match=r"halves-transfer.*tiny"):
        load_classifier("halves")


def test_the_card_says_how_good_it_is_and_what_it_saw(home):
    data = quarters()
    train_transfer(data, base="tiny")
    card = json.loads((home / "quarters-transfer.json").read_text())
    assert card["images"] == {"a": 20, "b": 20, "c": 20, "d": 20}
    assert card["base"] == "tiny"
    assert card["cross_validation"]["folds"] == 5
    assert 0.4 < card["cross_validation"]["accuracy"] <= 1
    noise = replace(
        data, name="noise", x_train=np.random.default_rng(0).integers(0, 256, (80, 16, 16, 3), dtype=np.uint8)
    )
    train_transfer(noise, base="tiny")
    card = json.loads((home / "noise-transfer.json").read_text())
    assert card["cross_validation"]["accuracy"] < 0.45  # chance is .25: nothing is learned where nothing is to be seen


def test_a_class_of_one_image_is_learned_but_not_cross_validated(home):
    data = quarters()
    rows = np.append(np.flatnonzero(data.y_train != 3), 3)
    train_transfer(replace(data, x_train=data.x_train[rows], y_train=data.y_train[rows]), base="tiny")
    card = json.loads((home / "quarters-transfer.json").read_text())
    assert card["cross_validation"] == {"folds": 0, "accuracy": None}
    assert card["images"]["d"] == 1


def test_large_sets_are_sampled_evenly(home, monkeypatch):
    monkeypatch.setattr(module, "MOST_IMAGES", 30)
    data = quarters()
    rare = np.flatnonzero((data.y_train != 2) | (np.arange(80) < 12))  # three images of c
    train_transfer(replace(data, x_train=data.x_train[rare], y_train=data.y_train[rare]), base="tiny")
    card = json.loads((home / "quarters-transfer.json").read_text())
    assert card["images"] == {"a": 9, "b": 9, "c": 3, "d": 9}


def test_progress_rises_to_one(home):
    told = []
    train_transfer(two_classes(), base="tiny", progress=lambda share, text: told.append((share, text)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    assert any("50 of 64" in text for _, text in told)


def test_it_can_be_explained(home):
    data = quarters()
    found = train_transfer(data, base="tiny")
    explanation = explain(data.x_test[0], found, ["grid-5"], samples=60)[0]
    assert explanation.classifier_version == found.version
    assert np.isfinite(explanation.weights).all()


class Features:
    """A network whose features tell the classes apart as well as ``noise`` allows."""

    version, precision, notes, input_shape = "1", "float32", (), (16, 16, 1)

    def __init__(self, name, noise):
        self.name, self.noise = name, noise

    def embed_batches(self, batches):
        images = np.concatenate(list(batches))
        upper = images[:, :8].mean(axis=(1, 2, 3)) > images[:, 8:].mean(axis=(1, 2, 3))
        seen = upper[:, None] + self.noise * np.random.default_rng(0).standard_normal((len(images), 4))
        return seen.astype(np.float32)


@pytest.mark.parametrize(("noise", "chosen"), [(0.01, "own"), (5.0, IMAGENET)])
def test_the_network_of_this_size_is_built_on_unless_the_imagenet_network_is_better(
    tmp_path, monkeypatch, noise, chosen
):
    networks = {"own": Features("own", noise), IMAGENET: Features(IMAGENET, 0.0)}
    monkeypatch.setattr(module, "networks_of_shape", lambda shape: ["own"])
    monkeypatch.setattr(module, "load_network_by_name", lambda name, precision: networks[name])
    assert train_transfer(two_classes(), models=tmp_path).base.name == chosen
    card = json.loads((tmp_path / "halves-transfer.json").read_text())
    assert card["compared"][IMAGENET] == 1
    assert (card["compared"]["own"] > 0.97) == (chosen == "own")


def test_without_a_network_of_this_size_the_imagenet_network(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "networks_of_shape", lambda shape: [])
    monkeypatch.setattr(module, "load_network_by_name", lambda name, precision: Features(name, 0.0))
    assert train_transfer(two_classes(), models=tmp_path).base.name == IMAGENET


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"x_train": np.empty((0, 16, 16, 1), np.uint8), "y_train": np.empty(0, np.int64)},
            "no labelled training images",
        ),
        ({"y_train": np.full(64, UNKNOWN_LABEL)}, "no labelled training images"),
        ({"class_names": ("only",), "y_train": np.zeros(64, np.int64)}, "one class"),
        ({"class_names": ("a", "b", "c")}, "no training image of c"),
    ],
)
def test_what_cannot_be_learned_from(tmp_path, change, message):
    data = replace(two_classes(), **change)
    assert message in obstacle(data)
    with pytest.raises(InvalidInput, match=message):
        train_transfer(data, models=tmp_path)


def test_images_of_unknown_class_are_not_learned_from(home):
    data = two_classes()
    labels = data.y_train.copy()
    labels[:10] = UNKNOWN_LABEL
    assert obstacle(replace(data, y_train=labels)) is None
    train_transfer(replace(data, y_train=labels), base="tiny")
    card = json.loads((home / "halves-transfer.json").read_text())
    assert card["images"] == {"upper": 27, "lower": 27}


@pytest.mark.parametrize("harm", ["cut short", "other arrays", "other model", "no card", "card of another kind"])
def test_damaged_files_are_named(home, harm):
    train_transfer(two_classes(), base="tiny")
    model, card = home / "halves-transfer.transfer.npz", home / "halves-transfer.json"
    match harm:
        case "cut short":
            model.write_bytes(model.read_bytes()[:100])
        case "other arrays":
            np.savez(model, weights=np.zeros(3))
        case "other model":
            np.savez(model, coefficients=np.zeros((5, 2), np.float32), intercepts=np.zeros(2, np.float32))
        case "no card":
            card.unlink()
        case _:
            card.write_text('{"class_names": ["upper", "lower"]}')
    with pytest.raises(ClassifierUnavailable, match=r"halves-transfer\.transfer\.npz and its card .*train it again"):
        load_classifier("halves-transfer")


def test_another_network_under_the_same_name_is_noticed(home):
    train_transfer(two_classes(), base="tiny")
    card = home / "halves-transfer.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | {"base_version": "another"}))
    with pytest.raises(ClassifierUnavailable, match="trained on version another of tiny"):
        load_classifier("halves-transfer")


def test_a_folder_that_cannot_be_written_is_named(home, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ClassifierUnavailable, match="could not be stored"):
        train_transfer(two_classes(), base="tiny", models=tmp_path / "file" / "models")


def test_wrong_shape_and_broken_answers_are_named(home):
    data = two_classes()
    found = train_transfer(data, base="tiny")
    with pytest.raises(InvalidInput, match=r"halves-transfer takes images \[N, 16, 16, 1\]"):
        found.predict_proba(np.zeros((2, 12, 10, 3), np.float32))
    with pytest.raises(InvalidAnswer, match="not a number"):
        found.predict_proba(np.full((2, 16, 16, 1), np.nan, np.float32))


@pytest.mark.slow
@pytest.mark.data
def test_birds_as_a_plain_folder(data_root, tmp_path):
    if not (data_root / "cub").is_dir():
        pytest.skip(f"no cub in {data_root}")
    data = load_dataset("cub", root=data_root)
    rows = np.concatenate([np.flatnonzero(data.y_train == label)[:10] for label in range(12)])
    few = replace(data, x_train=data.x_train[rows], y_train=data.y_train[rows])
    found = train_transfer(few, models=tmp_path)
    assert found.base.name == IMAGENET
    right = found.predict_proba(as_float(data.x_test[::3])).argmax(axis=1) == data.y_test[::3]
    assert right.mean() > 0.75  # of twelve species from ten pictures each; chance is a twelfth
