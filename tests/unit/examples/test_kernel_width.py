import sys

import numpy as np
import pytest

from tests.unit.examples.toys import CountingClassifier, toy_dataset
from xai_core.errors import InvalidInput
from xai_core.examples import __main__ as command
from xai_core.examples import kernel_width
from xai_core.examples.kernel_width import COARSE, FINE, scree, search_gamma


def clusters(scale=1.0):
    """Two classes of two clusters each, crosswise: one prototype a class cannot tell them apart."""
    rng = np.random.default_rng(0)
    centres = np.array([[0, 0], [4, 4], [0, 4], [4, 0]])
    points = np.concatenate([rng.normal(centre, 0.3, (20, 2)) for centre in centres]) * scale
    return points.astype(np.float32), np.repeat([0, 1], 40)


def test_the_search_is_coarse_then_fine_and_finds_a_width_that_works():
    shares = []
    search = search_gamma(*clusters(), progress=lambda share, what: shares.append(share))
    widths = [score.gamma for score in search.scores]
    assert tuple(widths[: len(COARSE)]) == COARSE
    best_coarse = max(search.scores[1 : len(COARSE)], key=lambda score: score.recall).gamma
    assert widths[len(COARSE) :] == pytest.approx([best_coarse * factor for factor in FINE])
    assert search.best.recall == max(score.recall for score in search.scores) == 1
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_features_far_apart_want_a_smaller_gamma():
    far = search_gamma(*clusters(scale=1000))
    recall = {score.gamma: score.recall for score in far.scores}
    assert recall[1.0] < 1
    assert far.best.recall == 1


def test_features_are_scaled_before_the_search():
    points, labels = clusters(scale=1000)
    search = search_gamma(points, labels, scale=lambda features: features / 1000)
    assert {score.gamma: score.recall for score in search.scores}[1.0] == 1
    same = scree(*clusters(), largest=3)
    scaled = scree(points, labels, scale=lambda features: features / 1000, largest=3)
    np.testing.assert_allclose(scaled[0], same[0], atol=1e-5)


def test_sorted_classes_and_a_cap_on_the_images_of_a_class(monkeypatch):
    monkeypatch.setattr(kernel_width, "PER_CLASS", 15)
    assert search_gamma(*clusters()).best.recall == 1


def test_a_class_smaller_than_the_folds_is_refused():
    points, labels = clusters()
    labels[:77] = 0
    with pytest.raises(InvalidInput, match="3 images"):
        search_gamma(points, labels)


def test_the_scree_falls():
    curves = scree(*clusters(), largest=6)
    assert list(curves) == [0, 1]
    assert all(len(curve) == 6 and curve[1] < curve[0] / 3 for curve in curves.values())


def test_the_command_prints_search_and_scree(monkeypatch, capsys, tmp_path):
    data = toy_dataset()
    monkeypatch.setenv("XAI_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(command, "load_dataset", lambda name, progress: data)
    monkeypatch.setattr(command, "default_classifier", lambda dataset: "counting")
    monkeypatch.setattr(command, "load_classifier", lambda name, dataset: CountingClassifier())
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert command.main(["toy", "--largest", "4"]) == 0
    printed = capsys.readouterr()
    assert "<- best" in printed.out
    assert "median heuristic" in printed.out
    assert "dark" in printed.out
    assert "100%" in printed.err


def test_the_command_says_what_is_missing(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("XAI_DATA_DIR", str(tmp_path))
    assert command.main(["no-such-set"]) == 1
    assert "no-such-set" in capsys.readouterr().err
