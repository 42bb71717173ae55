import csv
import json
import math

import numpy as np
import pytest
from PIL import Image

from xai_core.classifiers import imagenet, list_classifiers, load_classifier
from xai_core.datasets import load_dataset
from xai_core.datasets.imagenet import imagenet_labels
from xai_core.errors import ClassifierUnavailable
from xai_core.paths import data_root

BOXES = data_root() / "imagenet" / "val_boxes"


def test_photographs_are_served_by_imagenet_classifiers():
    assert list_classifiers(load_dataset("photos"))[0] == "imagenet-efficientnet-lite0"


def test_weights_that_cannot_be_had_are_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(imagenet, "run_module", lambda module, folder, name: "no route to host")
    with pytest.raises(ClassifierUnavailable, match=r"imagenet-resnet50.*Internet.*no route to host"):
        load_classifier("imagenet-resnet50")


@pytest.mark.slow
def test_efficientnet_knows_a_cat(tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_DATA_DIR", str(tmp_path))
    classifier = load_classifier("imagenet-efficientnet-lite0")
    photos = load_dataset("photos")
    probabilities = classifier.predict_proba(photos.x_test[:2].astype(np.float32) / 255)
    assert [imagenet_labels()[i] for i in probabilities.argmax(axis=1)][1] == "espresso"
    assert probabilities[0, 281:286].sum() > 0.5  # tabby, tiger cat, Persian, Siamese, Egyptian cat
    assert classifier.embed(photos.x_test[:2].astype(np.float32) / 255).shape == (2, 1280)
    version = classifier.version
    card = json.loads((tmp_path / "cache/classifiers/imagenet-efficientnet-lite0.json").read_text())
    assert len(card["class_names"]) == 1000
    assert load_classifier("imagenet-efficientnet-lite0").version == version


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.skipif(not BOXES.exists(), reason="needs photographs of ImageNet in $XAI_DATA_DIR/imagenet/val_boxes")
@pytest.mark.parametrize(("number", "published"), [(0, 0.751), (2, 0.776)])
def test_efficientnet_is_as_accurate_as_published(number, published):
    with (BOXES / "boxes.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    whole = [
        np.asarray(
            Image.open(next(BOXES.rglob(row["file"]))).convert("RGB").resize((224, 224), Image.Resampling.BICUBIC)
        )
        for row in rows
    ]
    images = np.stack(whole).astype(np.float32) / 255
    truth = np.array([int(row["class_index"]) for row in rows])
    found = load_classifier(f"imagenet-efficientnet-lite{number}").predict_proba(images).argmax(axis=1)
    sure = 3 * math.sqrt(published * (1 - published) / len(truth))
    assert (found == truth).mean() == pytest.approx(published, abs=sure)
