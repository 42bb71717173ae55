import numpy as np
import pytest
from sklearn.metrics.pairwise import rbf_kernel

from xai_core.errors import InvalidInput
from xai_core.examples.kernels import as_points, column_means, kernel_column, median_gamma, rbf, unit_length

POINTS = np.random.default_rng(0).normal(3, 1, (53, 4)).astype(np.float32)


def test_kernel_and_its_columns_equal_scikit_learn():
    reference = rbf_kernel(POINTS.astype(np.float64), gamma=0.3)
    np.testing.assert_allclose(rbf(POINTS, POINTS, 0.3), reference, atol=1e-5)
    np.testing.assert_allclose(kernel_column(POINTS, 7, 0.3), reference[7], atol=1e-6)


@pytest.mark.parametrize("block", [1, 7, 52, 53, 1000])
def test_column_means_do_not_depend_on_the_block(block):
    reference = rbf_kernel(POINTS.astype(np.float64), gamma=0.3).mean(axis=0)
    np.testing.assert_allclose(column_means(POINTS, 0.3, block=block), reference, atol=1e-6)


def test_median_gamma_by_hand():
    line = np.array([[0], [1], [3]], dtype=np.float32)  # squared distances 1, 9, 4
    assert median_gamma(line) == pytest.approx(1 / 4)


def test_median_gamma_of_duplicates_stays_finite():
    mostly_equal = np.array([[0], [0], [0], [0], [2]], dtype=np.float32)  # median 0, mean 4 * 4 / 10
    assert median_gamma(mostly_equal) == pytest.approx(10 / 16)
    assert median_gamma(np.zeros((5, 2), np.float32)) == 1
    assert median_gamma(np.zeros((1, 2), np.float32)) == 1


def test_median_gamma_of_a_sample_is_close_and_repeatable():
    many = np.random.default_rng(1).normal(size=(3000, 8)).astype(np.float32)
    assert median_gamma(many, seed=0) == median_gamma(many, seed=0)
    assert median_gamma(many, seed=0) == pytest.approx(median_gamma(many, seed=1), rel=0.05)


def test_pixels_count_from_zero_to_one():
    pixels = np.array([[[[0], [255]]]], dtype=np.uint8)
    np.testing.assert_array_equal(as_points(pixels), [[0, 1]])


def test_unit_length_by_hand():
    points = np.array([[3, 4], [0, 0]], dtype=np.float32)
    np.testing.assert_allclose(unit_length(points), [[0.6, 0.8], [0, 0]])


@pytest.mark.parametrize("bad", [np.empty((0, 3), np.float32), np.zeros(3, np.float32), np.full((2, 2), np.nan)])
def test_what_is_not_points_is_refused(bad):
    with pytest.raises(InvalidInput):
        as_points(bad)
