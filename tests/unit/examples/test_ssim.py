import numpy as np
import pytest
from skimage.metrics import structural_similarity

from xai_core.errors import InvalidInput
from xai_core.examples.ssim import ssim


@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 32, 3), (7, 9, 3), (300, 310, 1)])
def test_equals_scikit_image(shape):
    rng = np.random.default_rng(0)
    query = rng.integers(0, 256, shape, dtype=np.uint8)
    noisy = np.clip(query + rng.normal(0, [[[[5]]], [[[40]]]], (2, *shape)), 0, 255).astype(np.uint8)
    images = np.concatenate(
        [noisy, rng.integers(0, 256, (2, *shape), dtype=np.uint8), np.full((1, *shape), 255, np.uint8)]
    )
    expected = [structural_similarity(query, image, channel_axis=2, data_range=255) for image in images]
    np.testing.assert_allclose(ssim(query, images), expected, rtol=0, atol=1e-10)


def test_many_images_are_compared_in_blocks():
    images = np.random.default_rng(0).integers(0, 256, (150, 32, 32, 1), dtype=np.uint8)
    values = ssim(images[140], images)
    assert values.argmax() == 140
    assert values[140] == pytest.approx(1)
    np.testing.assert_array_equal(values[90:100], ssim(images[140], images[90:100]))


def test_small_or_unequal_images_are_refused():
    with pytest.raises(InvalidInput, match="7"):
        ssim(np.zeros((6, 8, 1), np.uint8), np.zeros((2, 6, 8, 1), np.uint8))
    with pytest.raises(InvalidInput):
        ssim(np.zeros((8, 8, 1), np.uint8), np.zeros((2, 8, 9, 1), np.uint8))
