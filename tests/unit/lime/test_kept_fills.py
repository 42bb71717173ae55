"""The choice of a fill is found on the card, in the data folder, or measured there."""

import json
from dataclasses import replace

import pytest

from studio.commands import tune_fill
from xai_core.classifiers import load_classifier
from xai_core.classifiers.registry import stored_files
from xai_core.datasets import load_dataset
from xai_core.lime.fill_choice import FillChoice, FillScore, usual_choice
from xai_core.lime.kept_fills import known_fill, measured_fill


@pytest.mark.parametrize(
    ("name", "dataset"), [("mnist-cnn", "mnist"), ("cifar10-cnn", "cifar10"), ("casting-cnn", "casting-synthetic")]
)
def test_shipped_cards_say_what_was_measured_on_their_own_weights(name, dataset, tmp_path):
    choice = known_fill(dataset, load_classifier(name), tmp_path)
    assert choice is not None
    assert choice.images >= 40
    assert choice.scores[0].mean > next(score.mean for score in choice.scores if score.fill == "mean")


def test_a_set_that_the_card_does_not_know_is_measured_once_and_kept(tmp_path, monkeypatch):
    data = load_dataset("mnist", root=tmp_path)
    classifier = load_classifier("mnist-cnn")
    assert known_fill("letters", classifier, tmp_path) is None
    calls = []

    def choose(data, classifier, *, images, progress):
        calls.append(images)
        score = FillScore("surroundings", 0.0, {"black": 0.5}, 0.5, 0.1)
        return FillChoice("letters", classifier.name, classifier.version, "surroundings", 0.0, "blur", 1, (score,))

    monkeypatch.setattr("xai_core.lime.kept_fills.choose_fill", choose)
    data = replace(data, name="letters")
    found = measured_fill(data, classifier, tmp_path)
    assert known_fill("letters", classifier, tmp_path) == found
    assert len(calls) == 1


def test_the_table_of_the_command_names_every_fill_and_the_choice():
    scores = (
        FillScore("constant", 0.25, {"black": 0.5, "blur": 0.4}, 0.45, 0.02),
        FillScore("mean", 0.0, {"black": 0.1, "blur": 0.2}, 0.15, 0.01),
    )
    told = tune_fill.table(FillChoice("set", "net", "v", "constant", 0.25, "mean", 40, scores)).splitlines()
    assert told[0] == "insertion - deletion on 40 training images of set, net"
    assert told[2].split() == ["constant", "0.25", "0.500", "0.400", "0.450", "0.020"]
    assert told[3].split()[0] == "mean"
    assert told[-1] == "chosen: constant, doubted by mean"


def test_a_card_of_other_weights_does_not_count(tmp_path):
    classifier = load_classifier("mnist-cnn")
    card = json.loads(stored_files("mnist-cnn").card_path.read_text())
    assert card["fills"]["mnist"]["version"] == classifier.version
    assert usual_choice("mnist", classifier).scores == ()
