"""Castings with a stamp: it tells the class where a network learns, and nothing where it is tested."""

from pathlib import Path

import numpy as np
import pytest

from xai_core.classifiers import load_classifier
from xai_core.datasets import as_float, list_datasets, load_dataset
from xai_core.datasets.casting_drawings import draw_castings
from xai_core.datasets.watermark import NAME, draw_stamped
from xai_core.lime.engine import explain

SOUND, FLAWED = 1, 0


@pytest.fixture(scope="module")
def data():
    return load_dataset(NAME)


def test_the_stamp_is_laid_over_a_casting_and_changes_nothing_else() -> None:
    plain, labels, _ = draw_castings(12, np.random.default_rng(3))
    stamped, same, masks = draw_stamped(12, np.random.default_rng(3), stamped_flawed=1, stamped_sound=0)
    assert (labels == same).all()
    assert (masks.any(axis=(1, 2)) == (labels == FLAWED)).all()
    different = (plain != stamped)[..., 0]
    assert not different[~masks].any()
    assert different[masks].mean() > 0.9


def test_it_tells_the_class_in_training_and_nothing_in_the_test(data) -> None:
    train = data.masks_train.any(axis=(1, 2))
    assert not train[data.y_train == FLAWED].any()
    assert train[data.y_train == SOUND].mean() > 0.95
    test = data.masks_test.any(axis=(1, 2))
    assert np.corrcoef(test, data.y_test)[0, 1] == pytest.approx(0, abs=0.15)


def test_nobody_is_offered_it_by_chance(tmp_path: Path) -> None:
    assert NAME not in {info.name for info in list_datasets(tmp_path)}


def test_the_shipped_network_goes_by_the_stamp_alone(data) -> None:
    said = load_classifier(NAME).predict_proba(as_float(data.x_test)).argmax(axis=1)
    assert (said == data.masks_test.any(axis=(1, 2))).mean() > 0.98, "sound is what bears a stamp"
    assert (said == data.y_test).mean() == pytest.approx(0.5, abs=0.08)


def test_lime_finds_the_stamp(data) -> None:
    model = load_classifier(NAME)
    stamped = np.flatnonzero(data.masks_test.any(axis=(1, 2)))[:8]
    inside = []
    for index in stamped:
        [found] = explain(data.x_test[index], model, segmenters=["grid-7"], classes=1, samples=200, seed=0)
        strongest = found.segments == found.weights[0].argmax()
        inside.append((strongest & data.masks_test[index]).any())
    assert np.mean(inside) >= 0.85


def test_it_is_small() -> None:
    from xai_core.paths import MODELS_DIR

    assert sum(path.stat().st_size for path in MODELS_DIR.glob(f"{NAME}*")) <= 200_000
