import numpy as np
import pytest
from PIL import Image

from xai_core.classifiers.fitting import fitted

IMAGES = np.random.default_rng(0).random((3, 9, 7, 3), dtype=np.float32)


def test_what_fits_is_left_alone():
    assert fitted(IMAGES, (9, 7, 3)) is IMAGES


@pytest.mark.parametrize("shape", [(18, 14, 3), (5, 5, 3), (9, 20, 3)])
def test_size_as_pillow_has_it(shape):
    expected = [
        np.stack([Image.fromarray(p).resize((shape[1], shape[0]), Image.Resampling.BICUBIC) for p in planes], axis=-1)
        for planes in np.ascontiguousarray(IMAGES.transpose(0, 3, 1, 2))
    ]
    found = fitted(IMAGES, shape)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.clip(expected, 0, 1), atol=1e-6)


def test_colours():
    grey = IMAGES[..., :1]
    np.testing.assert_array_equal(fitted(grey, (9, 7, 3)), np.repeat(grey, 3, axis=3))
    green = np.zeros((1, 4, 4, 3), np.float32)
    green[..., 1] = 1
    np.testing.assert_allclose(fitted(green, (4, 4, 1)), 0.587, atol=1e-6)
    assert fitted(grey, (12, 12, 3)).shape == (3, 12, 12, 3)


def test_edges_do_not_overshoot():
    edge = np.zeros((1, 8, 8, 1), np.float32)
    edge[:, :, 4:] = 1
    enlarged = fitted(edge, (32, 32, 1))
    assert (enlarged.min(), enlarged.max()) == (0, 1)
