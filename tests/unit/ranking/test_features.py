import numpy as np
import pytest

from xai_core.numerics import iou
from xai_core.ranking import FEATURES, all_features, features
from xai_core.ranking.psi import TYPICAL, count_missing, standardise, with_typical
from xai_core.ranking.scene import FLOOR, Consensus, marked

QUARTERS = np.kron([[0, 1], [2, 3]], np.ones((4, 4), int))  # 8 x 8, four squares
GREY = np.zeros((8, 8, 1), np.float32)


def test_marked_are_settled_segments_of_at_least_half_the_greatest_weight(explanation):
    toy = explanation(QUARTERS, [0.4, 0.25, 0.1, -0.9], errors=[0.01, 0.2, 0.01, 0.01])
    np.testing.assert_array_equal(marked(toy), QUARTERS == 0)  # 1 is not settled, 2 too weak, 3 speaks against
    np.testing.assert_array_equal(marked(toy, least=0), (QUARTERS == 0) | (QUARTERS == 2))


def test_figures_of_a_quarter_of_the_image(explanation):
    psi = features(explanation(QUARTERS, [0.6, 0, 0, -0.2], r2=0.7), GREY)
    assert psi["segments"] == pytest.approx(np.log(4))
    assert psi["area"] == pytest.approx(np.log(0.25 + 1e-3))
    assert psi["components"] == pytest.approx(np.log(2))
    assert psi["border"] == pytest.approx(7 / 28)  # 7 of the 28 pixels of the frame
    assert psi["top3_share"] == pytest.approx(1)
    assert psi["entropy"] == pytest.approx(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25)) / np.log(4))
    assert psi["r2"] == pytest.approx(0.7)
    assert psi["margin"] == pytest.approx(0.8)
    assert psi["compact"] == 1


def test_two_marks_are_two_components(explanation):
    psi = features(explanation(QUARTERS, [0.5, 0, 0, 0.5]), GREY)
    assert psi["components"] == pytest.approx(np.log(3))


def test_segments_along_an_edge_are_told_from_segments_across_it(explanation):
    image = np.zeros((16, 16, 1), np.float32)
    image[:, 8:] = 1
    along = np.tile(np.arange(16) // 8, (16, 1))
    assert features(explanation(along, [1, 0]), image)["edges"] > 0
    assert features(explanation(along, [1, 0]), image)["edges"] > features(explanation(along.T, [1, 0]), image)["edges"]


def test_contrast_of_a_bright_mark(explanation):
    image = np.where(QUARTERS == 0, 1, 0).astype(np.float32)[..., None]
    assert features(explanation(QUARTERS, [1, 0, 0, 0]), image)["contrast"] == pytest.approx(1 / image.std(), rel=1e-4)


def test_consensus_is_where_all_agree_and_prefers_the_one_that_marks_it(explanation):
    """Three segmentations; what they share is the corner, which only the first marks tightly."""
    y, x = np.mgrid[:8, :8]
    tight = explanation(((y < 4) & (x < 4)).astype(int), [0, 0.5])
    rows = explanation((y < 4).astype(int), [0, 0.5])
    columns = explanation((x < 4).astype(int), [0, 0.5])
    np.testing.assert_array_equal(Consensus.of([tight, rows, columns], GREY).relevance >= 0.5, (y < 4) & (x < 4))
    psi = all_features([tight, rows, columns], GREY)
    assert psi[0]["overlap"] == pytest.approx(np.log(1 + FLOOR))
    assert psi[1]["overlap"] == pytest.approx(np.log(0.5 + FLOOR))
    assert psi[0]["consensus"] > psi[1]["consensus"]
    assert psi[1]["coverage"] == 1
    assert psi[0][TYPICAL + "overlap"] == pytest.approx(np.mean([row["overlap"] for row in psi]))


def test_of_two_marks_that_are_agreed_on_the_visible_one_stands_out(explanation):
    """Two segmentations agree on both corners; only in one of them something is to be seen."""
    image = np.zeros((28, 28, 1), np.float32)
    image[4:7, 4:7] = 1
    y, x = np.mgrid[:28, :28]
    corners = np.where((y < 10) & (x < 10), 1, np.where((y > 18) & (x > 18), 2, 0))
    both, seen, empty = (explanation(corners, weights) for weights in ([0, 0.5, 0.5], [0, 0.5, 0], [0, 0, 0.5]))
    psi = all_features([both, seen, empty], image)
    assert psi[1]["visible"] > psi[0]["visible"] > psi[2]["visible"]
    assert psi[1]["visible_overlap"] > psi[2]["visible_overlap"]


def test_renumbering_the_segments_changes_nothing(explanation):
    weights = np.array([0.5, 0.2, -0.1, 0.0])
    swap = np.array([2, 0, 3, 1])
    assert features(explanation(QUARTERS, weights), GREY) == pytest.approx(
        features(explanation(swap[QUARTERS], weights[np.argsort(swap)]), GREY)
    )


def test_degenerate_explanations_are_described_without_a_warning(explanation, recwarn):
    flat = features(explanation(np.zeros((8, 8)), [0.0]), GREY)
    unsettled = features(explanation(QUARTERS, [0.1, 0.2, 0.3, 0.4], errors=1.0), GREY)
    for psi in (flat, unsettled):
        assert set(psi) <= set(FEATURES)
        assert all(np.isfinite(value) for value in psi.values())
    assert "contrast" not in unsettled, "nothing is marked, hence nothing differs from the rest"
    assert not recwarn.list


def test_standardising_clips_and_counts_what_is_missing():
    name, feature = next(iter(FEATURES.items()))
    rows = [{name: feature.centre + feature.scale}, {name: 1e9}, {}]
    beside, typical = standardise(rows)
    np.testing.assert_allclose(beside[:, 0], [1, 3, 0])
    assert not typical.any()
    assert count_missing(rows) == 3 * len(FEATURES) - 2
    assert standardise([])[0].shape == (0, len(FEATURES))


def test_features_are_measured_beside_the_others_of_the_image():
    name, feature = next(iter(FEATURES.items()))
    image = with_typical([{name: feature.centre + z * feature.scale} for z in (0.5, 1.5)] + [{}])
    beside, typical = standardise(image)
    np.testing.assert_allclose(beside[:, 0], [-0.5, 0.5, 0])
    np.testing.assert_allclose(typical[:, 0], 1)


def test_iou():
    a, b = np.array([[1, 1, 0]], bool), np.array([[0, 1, 1]], bool)
    assert iou(a, b) == pytest.approx(1 / 3)
    assert iou(a, ~a) == 0
    assert iou(np.zeros(3, bool), np.zeros(3, bool)) == 0
