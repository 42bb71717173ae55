import numpy as np
import pytest

from xai_core.ranking.objectness import central, distinct, enclosed

RED, GREY = (0.9, 0.1, 0.1), (0.5, 0.5, 0.5)


@pytest.fixture
def disc():
    """A red disc on grey, off the middle, and its mask."""
    rows, columns = np.mgrid[:60, :80]
    mask = (rows - 25) ** 2 + (columns - 50) ** 2 < 12**2
    return np.where(mask[..., None], RED, GREY).astype(np.float32), mask


@pytest.mark.parametrize("level", [distinct, enclosed])
def test_a_disc_stands_out_from_what_is_around_it(disc, level):
    image, mask = disc
    found = level(image)
    assert found.shape == mask.shape
    assert found.min() >= 0
    assert found.max() <= 1
    assert found[mask].mean() > 0.7
    assert found[~mask].mean() < 0.15


@pytest.mark.parametrize("level", [distinct, enclosed])
@pytest.mark.parametrize("channels", [1, 3])
def test_an_even_picture_has_no_object(level, channels):
    found = level(np.full((28, 28, channels), 0.4, np.float32))
    assert np.isfinite(found).all()
    assert np.ptp(found) < 0.999 or level is enclosed  # a plain picture is the deeper the farther from its frame


def test_the_middle_is_central():
    found = central((21, 41))
    assert np.unravel_index(found.argmax(), found.shape) == (10, 20)
    np.testing.assert_allclose(found, found[::-1, ::-1])
    assert found[0, 0] == pytest.approx(np.exp(-2 / (2 * 0.5**2)))
