import numpy as np
import pytest
from scipy.spatial.distance import cdist

from xai_core.errors import InvalidInput
from xai_core.examples import distances
from xai_core.examples.distances import DISTANCES, VECTOR_DISTANCES, distances_to

VECTORS = np.array([[1, 2], [4, 6], [0, 0], [-1, -2]], dtype=np.float32)
QUERY = np.array([1, 2], dtype=np.float32)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("manhattan", [0, 7, 3, 6]),
        ("euclidean", [0, 5, 5**0.5, 20**0.5]),
        ("cosine", [0, 1 - 16 / (5 * 52) ** 0.5, 1, 2]),  # no direction: perpendicular
    ],
)
def test_by_hand(name, expected):
    np.testing.assert_allclose(distances_to(QUERY, VECTORS, name), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "scipy_name"), [("manhattan", "cityblock"), ("euclidean", "euclidean"), ("cosine", "cosine")]
)
def test_agrees_with_scipy_over_many_blocks(name, scipy_name, monkeypatch):
    monkeypatch.setattr(distances, "BLOCK_VALUES", 64)
    vectors = np.random.default_rng(0).normal(size=(101, 9)).astype(np.float32)
    expected = cdist(vectors[:1], vectors, scipy_name)[0]
    np.testing.assert_allclose(distances_to(vectors[0], vectors, name), expected, atol=1e-5)


def test_pixels_count_from_zero_to_one():
    images = np.array([[[[0]], [[255]]], [[[51]], [[255]]]], dtype=np.uint8)  # [2, 2, 1, 1]
    np.testing.assert_allclose(distances_to(images[0], images, "manhattan"), [0, 0.2], atol=1e-6)


def test_an_unknown_distance_lists_the_known_ones():
    with pytest.raises(InvalidInput, match="cosine, euclidean, manhattan"):
        distances_to(QUERY, VECTORS, "manhatten")
    with pytest.raises(InvalidInput, match="cosine, euclidean, manhattan, ssim"):
        distances.check_distance("manhatten")
    assert (*VECTOR_DISTANCES, "ssim") == DISTANCES


def test_a_query_of_another_space_is_refused():
    with pytest.raises(InvalidInput, match="3 features"):
        distances_to(np.zeros(3, np.float32), VECTORS, "cosine")
