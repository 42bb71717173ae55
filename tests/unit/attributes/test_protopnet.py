"""A small prototypical part network, trained by the command on a folder of pictures."""

import json
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from xai_core.attributes import training
from xai_core.attributes.__main__ import kept_scores
from xai_core.attributes.__main__ import main as global_scores
from xai_core.attributes.importance import importance_scores, local_importance
from xai_core.attributes.protopnet import PrototypeNetwork, load_prototypes
from xai_core.attributes.stages import telling
from xai_core.attributes.training import Plan, train
from xai_core.classifiers import list_classifiers, load_classifier
from xai_core.classifiers.base import Images
from xai_core.classifiers.files import ModelFiles
from xai_core.classifiers.training.train import store
from xai_core.datasets import ImageDataset, load_dataset
from xai_core.errors import ClassifierUnavailable, InvalidInput

SIDE, PLAN = 24, Plan(each=2, width=8, warm_up=1, joint=3, batch=16)


class Stop(Exception):
    pass


def as_images(pixels: np.ndarray) -> Images:
    return pixels.astype(np.float32) / np.float32(255)


def picture(label: int, rng: np.random.Generator) -> Image.Image:
    """Noise with an upright stroke somewhere, or a lying one."""
    pixels = rng.normal(90, 8, (SIDE, SIDE))
    along, across = (slice(place, place + length) for place, length in zip(rng.integers(2, 15, 2), (7, 2), strict=True))
    pixels[(along, across) if label else (across, along)] = 220
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the data set ``strokes``, and an untrained network for its images."""
    root = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    for split, count in (("train", 48), ("test", 16)):
        for label, name in enumerate(("lying", "upright")):
            folder = root / "strokes" / split / name
            folder.mkdir(parents=True)
            for number in range(count):
                picture(label, rng).save(folder / f"{number:02}.png")
    keras.utils.set_random_seed(1)
    inputs = keras.Input((SIDE, SIDE, 1))
    x = layers.Conv2D(16, 3, padding="same", activation="relu")(layers.Rescaling(4.0, -1.6)(inputs))
    x = layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Conv2D(16, 5, strides=2, padding="same", activation="relu")(x)
    answers = layers.Dense(2, activation="softmax")(layers.GlobalMaxPooling2D(name="embedding")(x))
    (root / "models").mkdir()
    store(ModelFiles(root / "models", "strokes-cnn"), keras.Model(inputs, answers), ("lying", "upright"))
    return root


@pytest.fixture(autouse=True)
def data_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XAI_DATA_DIR", str(root))


def answers(root: Path) -> np.ndarray:
    """Similarities of all test images to the prototypes of the stored network."""
    return load_classifier("strokes-protopnet").embed(as_images(load_dataset("strokes", root=root).x_test))


@pytest.fixture(scope="module")
def trained(root: Path) -> dict[str, list[str]]:
    """What was reported by a training that was interrupted, the same continued, and another in one go."""
    reports: dict[str, list[str]] = {"interrupted": [], "continued": [], "whole": []}

    def stop_after_two(line: str) -> None:
        reports["interrupted"].append(line)
        if line.startswith("joint  epoch 2/"):
            raise Stop

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAI_DATA_DIR", str(root))
        with pytest.raises(Stop):
            train("strokes", PLAN, seed=3, report=stop_after_two)
        assert not (root / "models" / "strokes-protopnet.keras").exists()
        train("strokes", PLAN, seed=3, report=reports["continued"].append)
        continued = answers(root)
        train("strokes", PLAN, seed=3, report=reports["whole"].append)
        np.testing.assert_allclose(answers(root), continued, atol=1e-5)
    return reports


@pytest.fixture
def network(trained: dict[str, list[str]]) -> PrototypeNetwork:
    return load_prototypes("strokes-protopnet")


@pytest.fixture
def data() -> ImageDataset:
    return load_dataset("strokes")


def test_an_interrupted_training_goes_on_and_ends_as_one_in_one_go(trained: dict[str, list[str]]) -> None:
    assert [line.split("  ")[:2] for line in trained["continued"]][:2] == [
        ["joint", "epoch 3/4"],
        ["joint", "epoch 4/4"],
    ]
    assert trained["whole"][3].startswith("warm-up  epoch 1/4")  # after three kinds of features, computed anew


def test_it_is_a_classifier_like_the_others(network: PrototypeNetwork, data: ImageDataset) -> None:
    assert list_classifiers(data) == ["strokes-protopnet", "strokes-cnn"]  # whose card names no data set
    probabilities = load_classifier("strokes-protopnet").predict_proba(as_images(data.x_test))
    assert probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)
    fast = load_classifier("strokes-protopnet", precision="bfloat16")
    assert (fast.precision, fast.notes) == ("float32", ())  # distances are differences of nearly equal numbers
    card = json.loads(network.files.card_path.read_text())
    accuracy = (probabilities.argmax(axis=1) == data.y_test).mean()
    assert card["test"]["strokes"] == {
        "images": 32,
        "accuracy": round(float(accuracy), 4),
        "auc": pytest.approx(1, abs=0.3),
    }
    assert card["command"].startswith("python -m xai_core.attributes.training strokes --seed 3 --each 2")


def test_every_prototype_is_a_patch_of_a_training_image_of_its_class(
    network: PrototypeNetwork, data: ImageDataset
) -> None:
    network.check(data)
    assert [prototype.label for prototype in network.prototypes] == [0, 0, 1, 1]
    assert len({prototype.image for prototype in network.prototypes}) == 4
    for number, prototype in enumerate(network.prototypes):
        assert data.y_train[prototype.image] == prototype.label
        (found,) = network.similarity_maps(as_images(data.x_train[[prototype.image]]))
        assert found[prototype.place][number] > 9  # log(1 / 1e-4) = 9.21 at no distance at all
        top, left, bottom, right = prototype.box
        assert prototype.box == network.box(*prototype.place)
        assert max(bottom - top, right - left) <= SIDE / 2


@pytest.mark.parametrize("name", ["strokes-protopnet", "casting-protopnet", "cifar10-protopnet"])
def test_pixels_outside_of_the_box_do_not_move_the_similarity(trained: dict[str, list[str]], name: str) -> None:
    network = load_prototypes(name)
    shape = network.classifier.input_shape
    image, noise = np.random.default_rng(0).random((2, *shape), np.float32)
    (before,) = network.similarity_maps(image[None])
    for place in ((0, 0), (2, 3), (len(network.rows) - 1, len(network.columns) - 1)):
        top, left, bottom, right = network.box(*place)
        assert max(bottom - top, right - left) <= shape[0] / 2
        elsewhere = noise.copy()
        elsewhere[top:bottom, left:right] = image[top:bottom, left:right]
        inside = image.copy()
        inside[top:bottom, left:right] = noise[top:bottom, left:right]
        outside_changed, inside_changed = network.similarity_maps(np.stack([elsewhere, inside]))
        assert outside_changed[place] == pytest.approx(before[place], abs=1e-6)
        assert np.abs(inside_changed[place] - before[place]).max() > 1e-3


def test_embedding_patches_and_maps_agree(network: PrototypeNetwork, data: ImageDataset) -> None:
    images = as_images(data.x_test[:3])
    embedding = network.classifier.embed(images)
    assert network.similarity_maps(images).max(axis=(1, 2)) == pytest.approx(embedding, abs=1e-4)
    for image, similarities in zip(images, embedding, strict=True):
        patches = network.patches(image)
        assert [patch.similarity for patch in patches] == pytest.approx(similarities.tolist(), abs=1e-4)


def test_importance_is_asked_at_the_place_of_the_unmodified_image(
    network: PrototypeNetwork, data: ImageDataset
) -> None:
    image = as_images(data.x_test[1])
    other = np.roll(image, 6, axis=0)
    fixed = network(np.stack([image, other])[:, None])
    maps = network.similarity_maps(np.stack([image, other]))
    for number, patch in enumerate(network.patches(image)):
        assert fixed[:, 0, number] == pytest.approx(maps[:, *patch.place, number])
    found = local_importance(image, network)
    assert len(found) == 4
    assert all(importance.scores["null"] == 0 and importance.scores["hue"] is None for importance in found)


def test_global_scores_by_command_are_kept_and_go_on_where_they_stopped(
    trained: dict[str, list[str]], network: PrototypeNetwork, data: ImageDataset, capsys: pytest.CaptureFixture[str]
) -> None:
    assert global_scores(["strokes-protopnet", "--images", "20"]) == 0
    printed = capsys.readouterr().out
    assert "importance over 20 training images" in printed
    assert "1 lying" in printed
    assert "shape" in printed.split("paired by prototype")[1]
    assert "hue" not in printed.split("paired by prototype")[1]
    scores = kept_scores(data, network, "train", 20)
    assert not scores.importance[-1].any()
    rows = np.random.default_rng(0).permutation(len(data.x_train))[:20]
    direct = importance_scores(as_images(data.x_train[rows]), network)
    np.testing.assert_array_equal(scores.before, direct.before)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PrototypeNetwork, "__call__", None)  # so that nothing can be computed again
        np.testing.assert_array_equal(kept_scores(data, network, "train", 20).after, scores.after)
    assert global_scores(["strokes-protopnet", "--images", "0"]) == 1
    assert "scores of 0 of 96 images cannot be averaged" in capsys.readouterr().err


def test_prototypes_that_repeat_or_hardly_matter_are_noted(network: PrototypeNetwork) -> None:
    first, second, third, fourth = (replace(each, weight=1.0, tells=0.9) for each in network.prototypes)
    assert replace(network, prototypes=(first, second, third, fourth)).notes() == {}
    twin = replace(second, image=first.image, place=first.place)
    weak, mute = replace(fourth, weight=0.01), replace(third, tells=0.55)
    notes = replace(network, prototypes=(first, twin, third, weak, mute)).notes()
    assert notes == {
        1: "The same patch as prototype 1.",
        3: "It hardly matters to what the network answers.",
        4: "The same patch as prototype 3.",
    }
    notes = replace(network, prototypes=(mute,)).notes()
    assert notes == {0: "Images of other classes resemble it as much."}


def test_telling_is_the_share_of_pairs_in_the_right_order() -> None:
    similarities = np.array([[3, 1], [2, 5], [1, 4], [2.5, 0]], np.float32)
    found = telling(similarities, np.array([0, 0, 1, 1]), np.array([0, 1]))
    assert found.tolist() == [3 / 4, 1 / 4]


def test_what_cannot_be_is_said_in_a_sentence(
    network: PrototypeNetwork, data: ImageDataset, capsys: pytest.CaptureFixture[str]
) -> None:
    assert training.main(["strokes", "--each", "49"]) == 1
    assert "lying has 48 training images, fewer than the 49 prototypes it is to have" in capsys.readouterr().err
    with pytest.raises(ClassifierUnavailable, match="strokes-cnn has no prototypes: choose a network trained with"):
        load_prototypes("strokes-cnn")
    with pytest.raises(ClassifierUnavailable, match="no classifier 'nothing'"):
        load_prototypes("nothing")
    with pytest.raises(InvalidInput, match="patches of other training images than those of"):
        network.check(replace(data, name="others"))
    with pytest.raises(InvalidInput, match="takes images"):
        network.similarity_maps(np.zeros((1, 8, 8, 1), np.float32))
