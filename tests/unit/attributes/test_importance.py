"""Importance on comparisons whose answer is known by hand, and on a shipped classifier."""

import numpy as np
import pytest
from scipy import stats

from xai_core.attributes import (
    ATTRIBUTES,
    MODIFICATIONS,
    EmbeddingComparison,
    Importance,
    Scores,
    global_importance,
    importance_scores,
    local_importance,
    mean_importance,
    modify,
    shifts,
    usual_scores,
)
from xai_core.classifiers import load_classifier
from xai_core.classifiers.base import Images
from xai_core.datasets import load_dataset
from xai_core.errors import InvalidInput
from xai_core.examples import feature_space
from xai_core.examples.spaces import FeatureSpace


@pytest.fixture(scope="module")
def images() -> Images:
    """Two coloured images and a grey one of three channels."""
    found = np.random.default_rng(0).random((3, 16, 16, 3), np.float32)
    found[2] = found[2].mean(axis=2, keepdims=True)
    return found


def red(versions: Images) -> np.ndarray:
    """Similarity to two references that is the mean of red, and half of it."""
    means = versions[..., 0].mean(axis=(2, 3), dtype=float)
    return np.stack([means, means / 2], axis=-1)


def test_importance_is_similarity_before_minus_after_each_modification(images: Images) -> None:
    scores = importance_scores(images, red)
    assert scores.before.shape == (3, 2)
    for row, name in enumerate(MODIFICATIONS):
        change = images[:2, ..., 0].mean(axis=(1, 2)) - modify(images[:2], name)[..., 0].mean(axis=(1, 2))
        assert scores.importance[row, :2, 0] == pytest.approx(change, abs=1e-6)
        assert scores.importance[row, :2, 1] == pytest.approx(change / 2, abs=1e-6)


def test_a_grey_image_has_no_score_for_colour_and_null_is_exactly_0(images: Images) -> None:
    grey = local_importance(images[2], red)[0]
    assert grey.after["hue"] is None
    assert grey.scores["saturation"] is None
    assert grey.scores["contrast"] is not None
    assert all(importance.scores["null"] == 0 for image in images for importance in local_importance(image, red))


def test_strengths_are_those_of_the_caller(images: Images) -> None:
    still = local_importance(images[0], red, strengths=dict.fromkeys(ATTRIBUTES, 0.0))[0]
    assert set(still.scores.values()) == {0.0}
    with pytest.raises(InvalidInput, match="strength of hue"):
        local_importance(images[0], red, strengths={"hue": 9.0})
    with pytest.raises(InvalidInput, match="at least one image"):
        importance_scores(images[:0], red)


def test_chunks_make_no_difference_and_are_reported(images: Images) -> None:
    done: list[tuple[int, int]] = []
    many = np.concatenate([images] * 20)
    scores = importance_scores(many, red, progress=lambda *share: done.append(share))
    assert done == [(50, 60), (60, 60)]
    np.testing.assert_allclose(scores.after[:, 57:], importance_scores(images, red).after, rtol=1e-12)


def test_embeddings_of_a_shipped_classifier_compare_by_cosine() -> None:
    classifier = load_classifier("cifar10-cnn")
    photos = load_dataset("photos").x_test[:6, ::7, ::7]
    space = feature_space("model", classifier)
    references = space.features(photos)
    found = local_importance(photos[0].astype(np.float32) / 255, EmbeddingComparison(space, references))
    assert found[0].before == pytest.approx(1, abs=1e-5)
    lengths = np.linalg.norm(references, axis=1)
    for importance, reference, length in zip(found, references, lengths, strict=True):
        assert importance.before == pytest.approx(references[0] @ reference / (lengths[0] * length), abs=1e-5)
        assert importance.scores["null"] == 0
    assert all(score is not None and score > 0 for name, score in found[0].scores.items() if name != "null")


def test_pixels_are_a_space_too(images: Images) -> None:
    space = FeatureSpace("pixels")
    found = local_importance(images[0], EmbeddingComparison(space, space.features(images)))
    assert [importance.before for importance in found[:1]] == pytest.approx([1.0])
    assert found[0].scores["null"] == 0


def scores_of(values: np.ndarray, before: np.ndarray) -> Scores:
    """Scores whose importance is ``values`` ``[6, N, R]``."""
    return Scores(before, before - values)


def test_global_importance_weighs_by_similarity() -> None:
    values = np.zeros((6, 3, 1))
    values[0, :, 0] = [1, 2, 4]
    values[1, :, 0] = [1, np.nan, 3]
    values[2] = np.nan
    found = global_importance(scores_of(values, np.array([[0.5], [0.25], [-1]])), 0, np.random.default_rng(0))
    assert found.weighted["hue"].estimate == pytest.approx((0.5 * 1 + 0.25 * 2) / 0.75)
    assert found.plain["hue"].estimate == pytest.approx(7 / 3)
    assert found.plain["saturation"].estimate == pytest.approx(2)
    assert found.plain["saturation"].n == 2
    assert found.plain["contrast"] is None
    assert found.weighted["contrast"] is None
    null = found.weighted["null"]
    assert (null.estimate, null.low, null.high) == (0, 0, 0)


def test_bootstrap_intervals_cover_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(200):
        values = rng.normal(0.3, 1, (6, 60, 1))
        found = global_importance(scores_of(values, np.ones((60, 1))), 0, rng).weighted["shape"]
        covered += found.low <= 0.3 <= found.high
    assert 0.88 <= covered / 200 <= 0.99


def test_the_mean_over_references_leaves_out_what_does_not_apply() -> None:
    after = dict.fromkeys(MODIFICATIONS, 0.5)
    both = [Importance(1.0, after | {"hue": None}), Importance(0.7, after | {"hue": None, "shape": 0.1})]
    found = mean_importance(both, np.random.default_rng(0))
    assert found["hue"] is None
    assert found["shape"].estimate == pytest.approx((0.5 + 0.6) / 2)
    assert found["shape"].low == pytest.approx(0.5)
    assert found["shape"].high == pytest.approx(0.6)
    with pytest.raises(InvalidInput, match="there is none"):
        mean_importance([], np.random.default_rng(0))


def test_z_scores_are_relative_to_what_is_usual() -> None:
    values = np.zeros((6, 4, 1))
    values[3, :, 0] = [1, 2, 3, 4]
    values[0] = np.nan
    usual = usual_scores(scores_of(values, np.ones((4, 1))))
    found = usual.z_scores(Importance(5.0, dict.fromkeys(MODIFICATIONS, 1.0) | {"saturation": None}))
    assert found["shape"] == pytest.approx((4 - 2.5) / np.std([1, 2, 3, 4]))
    assert found["hue"] is None
    assert found["saturation"] is None
    assert found["contrast"] is None  # which never varied
    assert found.keys() == set(ATTRIBUTES)


def test_train_and_test_are_compared_by_reference_and_corrected_for_five_attributes() -> None:
    rng = np.random.default_rng(3)
    ours = rng.normal(0, 1, (6, 1, 12))
    theirs = ours + rng.normal(0, 0.1, ours.shape)
    theirs[3] += 0.5
    theirs[4] = ours[4]
    ours[0] = np.nan
    before = np.ones((1, 12))
    found = shifts(scores_of(ours, before), scores_of(theirs, before))
    assert found["hue"] is None
    assert found["texture"].p == 1
    assert found["texture"].difference.estimate == pytest.approx(0, abs=1e-12)
    paired = stats.ttest_rel(ours[3, 0], theirs[3, 0])
    assert found["shape"].p == pytest.approx(paired.pvalue)
    assert found["shape"].adjusted == pytest.approx(4 * paired.pvalue)  # the smallest of four
    assert found["shape"].difference.low < found["shape"].difference.estimate < found["shape"].difference.high < 0
    with pytest.raises(InvalidInput, match="12 and 1"):
        shifts(scores_of(ours, before), scores_of(ours[..., :1], before[:, :1]))
