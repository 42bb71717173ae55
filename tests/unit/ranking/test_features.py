import numpy as np
import pytest

from xai_core.ranking import FEATURES, all_features, features
from xai_core.ranking.features import Consensus, iou, marked, standardise

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
    assert psi["spread"] == pytest.approx(0)
    assert psi["components"] == pytest.approx(np.log(2))
    assert psi["border"] == pytest.approx(7 / 28)  # 7 of the 28 pixels of the frame
    assert psi["top_share"] == pytest.approx(0.75)
    assert psi["top3_share"] == pytest.approx(1)
    assert psi["entropy"] == pytest.approx(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25)) / np.log(4))
    assert psi["negative_share"] == pytest.approx(0.25)
    assert psi["strength"] == pytest.approx(0.6 / 0.9, abs=1e-6)
    assert psi["r2"] == pytest.approx(0.7)
    assert psi["margin"] == pytest.approx(0.8)
    assert psi["colour"] == 0


def test_two_marks_are_two_components(explanation):
    psi = features(explanation(QUARTERS, [0.5, 0, 0, 0.5]), GREY)
    assert psi["components"] == pytest.approx(np.log(3))


def test_disc_is_more_compact_than_a_line(explanation):
    y, x = np.mgrid[:64, :64]
    disc = ((y - 32) ** 2 + (x - 32) ** 2 < 20**2).astype(int)
    line = (y == 32).astype(int)
    image = np.zeros((64, 64, 1), np.float32)
    compact = [features(explanation(1 - shape, [1.0, 0.0]), image)["compactness"] for shape in (disc, line)]
    assert compact[0] == pytest.approx(1, abs=0.05)
    assert compact[1] < 0.1


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
    np.testing.assert_array_equal(Consensus.of([tight, rows, columns]).above(0.5), (y < 4) & (x < 4))
    psi = all_features([tight, rows, columns], GREY)
    assert psi[0]["overlap"] == 1
    assert psi[1]["overlap"] == pytest.approx(0.5)
    assert psi[0]["consensus"] > psi[1]["consensus"]
    assert psi[1]["coverage"] == 1
    assert psi[1]["excess"] == pytest.approx(np.log(2), abs=0.01)


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
    assert "compactness" not in unsettled, "nothing is marked, hence it has no shape"
    assert not recwarn.list


def test_standardising_clips_and_counts_what_is_missing():
    name, feature = next(iter(FEATURES.items()))
    rows, missing = standardise([{name: feature.centre + feature.scale}, {name: 1e9}, {}])
    np.testing.assert_allclose(rows[:, 0], [1, 3, 0])
    assert missing == 3 * len(FEATURES) - 2
    assert standardise([])[0].shape == (0, len(FEATURES))


def test_iou():
    a, b = np.array([[1, 1, 0]], bool), np.array([[0, 1, 1]], bool)
    assert iou(a, b) == pytest.approx(1 / 3)
    assert iou(a, ~a) == 0
    assert iou(np.zeros(3, bool), np.zeros(3, bool)) == 0
