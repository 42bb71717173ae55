"""The modifications do what the formulas say, written out here a second time by other means."""

import colorsys

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.interpolate import RectBivariateSpline
from skimage.color import lab2rgb, rgb2lab
from skimage.data import astronaut
from skimage.transform import resize

from xai_core.attributes.modifications import ATTRIBUTES, STRONGEST, applicable, modify
from xai_core.classifiers.base import Images
from xai_core.errors import InvalidInput

SIDE = 56  # a quarter of 224: the sine warp is 1 px high and 10 px long


@pytest.fixture(scope="module")
def photos() -> Images:
    """Three crops of a photograph, none of them square."""
    picture = resize(astronaut(), (128, 128), anti_aliasing=True).astype(np.float32)
    return np.stack([picture[top : top + SIDE, left : left + SIDE + 8] for top, left in ((0, 0), (30, 40), (70, 60))])


@pytest.fixture(scope="module")
def grey(photos: Images) -> Images:
    return photos.mean(axis=3, keepdims=True)


def test_hue_moves_along_the_colour_circle(photos: Images) -> None:
    def turned(pixel: NDArray[np.float32]) -> tuple[float, float, float]:
        hue, saturation, value = colorsys.rgb_to_hsv(*map(float, pixel))
        return colorsys.hsv_to_rgb((hue + 0.1) % 1, saturation, value)

    assert modify(photos, "hue") == pytest.approx(np.apply_along_axis(turned, 3, photos), abs=1e-3)


def test_saturation_and_contrast_are_mixtures_with_grey(photos: Images) -> None:
    brightness = (0.299 * photos[..., 0] + 0.587 * photos[..., 1] + 0.114 * photos[..., 2])[..., None]
    assert modify(photos, "saturation") == pytest.approx(0.7 * photos + 0.3 * brightness, abs=1e-3)
    mean = np.array([image.mean() for image in brightness])[:, None, None, None]
    assert modify(photos, "contrast") == pytest.approx(0.45 * photos + 0.55 * mean, abs=1e-3)


def test_full_strength_ends_where_it_should(photos: Images) -> None:
    assert np.ptp(modify(photos, "contrast", STRONGEST["contrast"]), axis=(1, 2)).max() < 1e-6
    assert np.ptp(modify(photos, "saturation", STRONGEST["saturation"]), axis=3).max() < 1e-6
    red = np.broadcast_to(np.array([1, 0, 0], np.float32), (1, 4, 4, 3))
    assert modify(red, "hue", STRONGEST["hue"])[0, 0, 0] == pytest.approx([0, 1, 1], abs=1e-6)


def test_shape_shifts_rows_and_then_columns_along_a_sine_without_wrapping_around(photos: Images) -> None:
    amplitude, period, border = 4 * SIDE / 224, 40 * SIDE / 224, 12
    for image, found in zip(photos[..., 1], modify(photos, "shape")[..., 1], strict=True):
        mirrored = np.pad(image, border, mode="reflect")
        spline = RectBivariateSpline(*(np.arange(length) - border for length in mirrored.shape), mirrored)
        for row, column in np.ndindex(image.shape):
            from_row = row - amplitude * np.sin(2 * np.pi * column / period)
            from_column = column - amplitude * np.sin(2 * np.pi * from_row / period)
            assert found[row, column] == pytest.approx(spline(from_row, from_column)[0, 0].clip(0, 1), abs=1e-3)


def test_shape_brings_nothing_in_from_the_opposite_border() -> None:
    image = np.zeros((1, SIDE, SIDE, 1), np.float32)
    image[:, :, -4:] = 1
    assert modify(image, "shape", STRONGEST["shape"])[0, :, :8].max() < 0.01


def non_local_means(plane: NDArray[np.float64], patch: int, search: int, h: float) -> NDArray[np.float64]:
    """The formula of Buades, Coll & Morel 2005 with evenly weighted patches, ``[H, W, C]``.

    ``patch`` is even, as that of scikit-image is: a pixel lies up and left of the middle of its patch.
    """
    around = patch // 2 + search
    padded = np.pad(plane, ((around, around), (around, around), (0, 0)), mode="reflect")
    height, width, _ = plane.shape

    def patch_at(row: int, column: int) -> NDArray[np.float64]:
        top, left = row + around - patch // 2 + 1, column + around - patch // 2 + 1
        return padded[top : top + patch, left : left + patch]

    smooth = np.empty_like(plane)
    for row, column in np.ndindex(height, width):
        places = [(row + d, column + r) for d, r in np.ndindex(2 * search + 1, 2 * search + 1)]
        places = [(there - search, beside - search) for there, beside in places]
        unlike = np.array([((patch_at(*place) - patch_at(row, column)) ** 2).mean() for place in places])
        values = np.array([padded[there + around, beside + around] for there, beside in places])
        smooth[row, column] = np.exp(-unlike / h**2) @ values / np.exp(-unlike / h**2).sum()
    return smooth


def test_texture_is_non_local_means_of_lightness_and_of_colours(photos: Images) -> None:
    image = photos[1, :16, :20]
    lab = rgb2lab(image.astype(float)) / [100, 255, 255]
    smooth = [non_local_means(part, 2, 2, 4 / 255) for part in (lab[..., :1], lab[..., 1:])]
    assert modify(image[None], "texture")[0] == pytest.approx(
        lab2rgb(np.concatenate(smooth, axis=2) * [100, 255, 255]), abs=1e-3
    )


def test_texture_takes_grain_and_leaves_edges(grey: Images) -> None:
    halves = np.full((1, SIDE, SIDE, 1), 0.3, np.float32)
    halves[:, :, SIDE // 2 :] = 0.7
    grain = np.random.default_rng(0).normal(0, 0.012, halves.shape).astype(np.float32)
    left = modify(halves + grain, "texture") - halves
    assert left.std() < 0.5 * grain.std()
    assert modify(grey, "texture").shape == grey.shape


@pytest.mark.parametrize("attribute", ["shape", "texture"])
def test_shape_and_texture_leave_the_mean_colour(photos: Images, attribute: str) -> None:
    before, after = (images.mean(axis=(1, 2)) for images in (photos, modify(photos, attribute)))
    assert after == pytest.approx(before, rel=0.02)


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_strength_0_changes_nothing_and_more_strength_changes_more(photos: Images, attribute: str) -> None:
    changes = [np.abs(modify(photos, attribute, strength) - photos).mean() for strength in (0, 0.5, 1, 1.5)]
    assert changes[0] == 0
    assert (np.diff(changes) > 0).all()
    each = np.concatenate([modify(photo[None], attribute) for photo in photos])
    np.testing.assert_allclose(modify(photos, attribute), each, atol=1e-6)


def test_null_returns_the_very_pixels_in_an_array_of_its_own(photos: Images) -> None:
    same = modify(photos, "null")
    np.testing.assert_array_equal(same, photos)
    assert not np.shares_memory(same, photos)


def test_grey_images_have_neither_hue_nor_saturation(photos: Images, grey: Images) -> None:
    three_channels = np.repeat(grey, 3, axis=3)
    mixed = np.stack([photos[0], three_channels[1]])
    for attribute in ("hue", "saturation"):
        assert not applicable(grey, attribute).any()
        assert applicable(mixed, attribute).tolist() == [True, False]
        changed = modify(mixed, attribute) != mixed
        assert changed.any(axis=(1, 2, 3)).tolist() == [True, False]
    for attribute in ("contrast", "shape", "texture", "null"):
        assert applicable(grey, attribute).all()


def test_what_there_is_not_is_refused_by_name(photos: Images) -> None:
    with pytest.raises(InvalidInput, match="no attribute 'brightness'; there are hue"):
        modify(photos, "brightness")
    with pytest.raises(InvalidInput, match=r"strength of contrast lies in 0 to 1\.82, not 2"):
        modify(photos, "contrast", 2)
