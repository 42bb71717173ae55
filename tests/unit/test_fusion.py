from dataclasses import replace

import numpy as np
import pytest

from tests.factories import make_explanation
from xai_core.errors import InvalidInput
from xai_core.fusion import fuse, fused_explanation

ROWS = np.array([[0, 0], [1, 1]], np.int32)
COLUMNS = np.array([[0, 1], [0, 1]], np.int32)


def explanation(segments, weights, errors=0.0, arm="rows"):
    return make_explanation(
        segments,
        weights,
        errors,
        arm=arm,
        r2=np.full(len(weights), 0.5),
        samples=10,
        probabilities=np.array([0.7, 0.3], np.float32),
    )


@pytest.fixture
def pair():
    """Rows weigh 2 and -1, columns 0.1 and 0.3; a second class has the opposite signs."""
    return [
        explanation(ROWS, [[2, -1], [-2, 1]]),
        explanation(COLUMNS, [[0.1, 0.3], [-0.1, -0.3]], arm="columns"),
    ]


def test_sum_by_hand(pair):
    # normalised rows 1, -1/2; columns 1/3, 1; sums 4/3, 2, -1/6, 1/2, over 2
    assert fuse(pair) == pytest.approx(np.array([[2 / 3, 1], [-1 / 12, 1 / 4]]))


def test_max_by_hand(pair):
    assert fuse(pair, how="max") == pytest.approx(np.array([[1, 1], [-0.5, 1]]))


def test_weights_and_classes(pair):
    assert fuse(pair, weights=[1, 0]) == pytest.approx(np.array([[1, 1], [-0.5, -0.5]]))
    assert fuse(pair, 1) == pytest.approx(-fuse(pair))


def test_loudness_and_numbering_of_a_segmentation_do_not_matter(pair):
    louder = replace(pair[0], weights=pair[0].weights * 100)
    renumbered = replace(pair[1], segments=1 - COLUMNS, weights=pair[1].weights[:, ::-1])
    assert fuse([louder, renumbered]) == pytest.approx(fuse(pair))


def test_no_weights_at_all_give_an_empty_map():
    assert not fuse([explanation(ROWS, [[0, 0]])]).any()


def test_a_fused_explanation_carries_the_fused_map(pair):
    fused = fused_explanation(pair, [1, 0.5])
    assert fused.arm == "fused"
    assert fused.segments.tolist() == [[0, 1], [2, 3]]
    for position in range(2):
        assert fused.relevance(position) == pytest.approx(fuse(pair, position, weights=[1, 0.5]))
    assert (fused.samples, fused.seconds, fused.image_id) == (20, 1.0, "image")


def test_errors_add_in_squares():
    # scales 1/2 and 1/0.3; the joint weights reach 2, so errors are sqrt((0.6 / 2)^2 + (0.12 / 0.3)^2) / 2 = 0.25
    fused = fused_explanation(
        [explanation(ROWS, [[2, -1]], [[0.6, 0.6]]), explanation(COLUMNS, [[0.1, 0.3]], [[0.12, 0.12]])]
    )
    assert fused.standard_errors == pytest.approx(np.full((1, 4), 0.25))


def test_fusing_one_changes_only_the_scale(pair):
    fused = fused_explanation(pair[:1])
    assert fused.weights == pytest.approx(pair[0].weights / 2)
    assert np.array_equal(fused.segments, ROWS)


def test_a_joint_segment_is_unchanged_where_all_are(pair):
    both = [replace(e, unchanged=np.array([True, False])) for e in pair]
    assert fused_explanation(both).unchanged.tolist() == [True, False, False, False]


@pytest.mark.parametrize(
    ("weights", "how"), [([1], "sum"), ([-1, 2], "sum"), ([0, 0], "sum"), ([np.nan, 1], "sum"), (None, "median")]
)
def test_improper_weights_and_ways_are_refused(pair, weights, how):
    with pytest.raises(InvalidInput):
        fuse(pair, how=how, weights=weights)


def test_only_explanations_of_one_image_and_the_same_classes_go_together(pair):
    with pytest.raises(InvalidInput, match="one image"):
        fuse([pair[0], replace(pair[1], image_id="another")])
    with pytest.raises(InvalidInput, match="same classes"):
        fuse([pair[0], replace(pair[1], classes=(1, 0))])
    with pytest.raises(InvalidInput, match="no explanation"):
        fuse([])
