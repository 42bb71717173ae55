"""The networks in ``data/models``: small enough, as good as promised, and what their cards say."""

import json

import numpy as np
import pytest

from xai_core.classifiers import default_classifier, load_classifier
from xai_core.classifiers.files import ModelFiles
from xai_core.classifiers.training.train import figures
from xai_core.datasets import load_dataset
from xai_core.errors import DatasetUnavailable
from xai_core.paths import MODELS_DIR

SHIPPED = {"mnist-cnn": ("mnist", 0.994), "cifar10-cnn": ("cifar10", 0.925), "casting-cnn": ("casting-synthetic", 0.9)}
SERVED = (*SHIPPED, "casting-watermark", "casting-protopnet", "cifar10-protopnet")


def dataset(name, test_images):
    try:
        data = load_dataset(name)
    except DatasetUnavailable as error:
        pytest.skip(str(error))
    if len(data.x_test) < test_images:
        pytest.skip(f"needs all of {name}, has {len(data.x_test)} test images")
    return data


def test_together_at_most_twelve_megabytes():
    assert sum(path.stat().st_size for path in MODELS_DIR.iterdir() if path.is_file()) <= 12e6


@pytest.mark.parametrize("name", SHIPPED)
def test_card_and_network_belong_together(name):
    classifier = load_classifier(name)
    card = json.loads((MODELS_DIR / f"{name}.json").read_text())
    assert card["weights"] == classifier.version
    assert tuple(card["class_names"]) == classifier.class_names
    assert card["test"][SHIPPED[name][0]]["accuracy"] >= SHIPPED[name][1]
    assert f"training {name} --seed {card['seed']}" in card["command"]


@pytest.mark.parametrize("name", SERVED)
def test_the_card_vouches_for_every_file_that_is_served(name):
    files = ModelFiles(MODELS_DIR, name)
    graphs = [graph for graph in (files.exported, files.eight_bit) if graph.exists()]
    assert graphs
    assert [files.altered(graph) for graph in graphs] == [[]] * len(graphs)
    served = {path.name for path in MODELS_DIR.glob(f"{name}*") if path.suffix in (".xml", ".bin")}
    assert set(files.card().entries["files"]) == served


@pytest.mark.parametrize("name", SHIPPED)
def test_bfloat16_gives_the_same_answers(name):
    exact, fast = load_classifier(name), load_classifier(name, precision="bfloat16")
    images = np.random.default_rng(0).random((50, *exact.input_shape), dtype=np.float32)
    assert np.abs(exact.predict_proba(images) - fast.predict_proba(images)).max() < 0.05


def test_cifar_is_shipped_in_eight_bits_too():
    exact, fast = load_classifier("cifar10-cnn"), load_classifier("cifar10-cnn", precision="int8")
    assert (fast.precision, fast.notes) == ("int8", ())
    card = json.loads((MODELS_DIR / "cifar10-cnn.json").read_text())
    accuracies = card["test"]["cifar10"]["accuracy"], card["int8"]["test"]["cifar10"]["accuracy"]
    assert accuracies[1] == pytest.approx(accuracies[0], abs=0.003)
    assert exact.version == fast.version


def test_mnist_and_castings_are_ready_without_any_download(tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_DATA_DIR", str(tmp_path))
    assert default_classifier(load_dataset("mnist")) == "mnist-cnn"


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize("name", SHIPPED)
def test_accuracy_is_what_the_card_says(name):
    card = json.loads((MODELS_DIR / f"{name}.json").read_text())
    for set_name, measured in card["test"].items():
        data = dataset(set_name, measured["images"])
        assert figures(load_classifier(name), data) == pytest.approx(measured, abs=0.0005)
