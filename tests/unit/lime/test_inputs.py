"""Whatever a notebook may hold becomes the same image, or a sentence."""

import numpy as np
import pytest
from PIL import Image

from xai_core.errors import InvalidInput
from xai_core.lime.inputs import as_bytes, as_floats, as_pixels, chosen_classes

COLOURS = np.random.default_rng(0).integers(0, 256, (5, 4, 3), dtype=np.uint8)
GREY = COLOURS[..., :1]
NAMES = ("cat", "dog", "7")
PROBABILITIES = np.float32([0.2, 0.7, 0.1])


@pytest.mark.parametrize(
    "image",
    [
        COLOURS,
        COLOURS.astype(np.int64),
        COLOURS.astype(np.uint16),
        COLOURS.tolist(),
        np.asfortranarray(COLOURS),
        Image.fromarray(COLOURS),
        Image.fromarray(COLOURS).convert("RGBA"),
        COLOURS / 255,
        (COLOURS / 255).astype(np.float32),
        (COLOURS / 255).astype(np.float16),
        (COLOURS / 255).tolist(),
        COLOURS / 255 * (1 + 1e-7) + 1e-9,
        COLOURS / 255 - 1e-7,
        np.ma.masked_array(COLOURS),
    ],
)
def test_one_image_in_many_forms(image):
    pixels = as_pixels(image)
    assert pixels.dtype in (np.uint8, np.float32)
    np.testing.assert_array_equal(as_bytes(pixels), COLOURS)
    floats = as_floats(pixels)
    assert floats.dtype == np.float32
    assert 0 <= floats.min() <= floats.max() <= 1
    np.testing.assert_allclose(floats, COLOURS / 255, atol=5e-4)


@pytest.mark.parametrize("image", [GREY, GREY[..., 0], Image.fromarray(GREY[..., 0]), GREY[..., 0].tolist()])
def test_grey_has_one_channel(image):
    np.testing.assert_array_equal(as_bytes(as_pixels(image)), GREY)


def test_bits():
    bits = np.array([[0, 1], [1, 0]], bool)
    for image in (bits, Image.fromarray(bits)):
        np.testing.assert_array_equal(as_bytes(as_pixels(image))[..., 0], [[0, 255], [255, 0]])


def test_transparent_parts_of_a_pillow_image_are_white():
    image = Image.new("RGBA", (2, 1), (10, 20, 30, 255))
    image.putpixel((1, 0), (10, 20, 30, 0))
    assert as_pixels(image).tolist() == [[[10, 20, 30], [255, 255, 255]]]


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((0, 0, 3)), "no pixels"),
        (np.zeros((3, 0, 1), np.uint8), "no pixels"),
        (np.zeros((2, 4, 4, 3)), r"\[2, 4, 4, 3\]"),
        (np.zeros((3, 24, 24)), r"\[3, 24, 24\]"),
        (np.zeros((4, 4, 4)), r"\[4, 4, 4\]"),
        (np.float32(1), r"\[\]"),
        ("cat.png", "not str: open the file"),
        (b"\x89PNG", "not bytes: open the file"),
        ([[1, 2], [3]], "list does not become one"),
        (None, r"\[\]"),
        ([["a", "b"], ["c", "d"]], "not <U1"),
        (np.zeros((4, 4), complex), "complex128"),
        (np.full((4, 4), 1.002), r"0\.\.1, not 1\.002\.\.1\.002"),
        (np.full((4, 4), -0.01), r"-0\.01"),
        (COLOURS.astype(float), "divide them by 255"),
        (np.full((4, 4), np.nan), "nan"),
        (np.full((4, 4), np.inf), "inf"),
        (np.full((4, 4), 256), r"256"),
        (np.full((4, 4), -1), r"-1"),
        (np.eye(4, dtype=int), "say by a type whether 1 is white"),
        (Image.fromarray(np.full((4, 4), 40_000, np.uint16)), "mode I;16"),
        (Image.fromarray(np.full((4, 4), 0.5, np.float32)), "mode F"),
    ],
)
def test_what_is_no_image_is_named(image, message):
    with pytest.raises(InvalidInput, match=message):
        as_pixels(image)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (2, (1, 0)),
        (np.int64(1), (1,)),
        ("dog", (1,)),
        (["dog", "cat"], (1, 0)),
        (["7"], (2,)),
        ([0, "dog"], (0, 1)),
        ((2, 0), (2, 0)),
        (np.array([2, 0]), (2, 0)),
    ],
)
def test_classes_by_number_index_or_name(asked, expected):
    assert chosen_classes(asked, PROBABILITIES, NAMES) == expected


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("dgo", "no class 'dgo'; there are, for example, dog"),
        (["dog", 1], "different indices"),
        ([0.5], "no class 0.5"),
        ([True], "no class True"),
        (1.5, "no class 1.5"),
        (None, "no class None"),
        ([3], "from 0 to 2"),
        ([], "different indices"),
        (0, "At least one"),
    ],
)
def test_classes_that_are_not_there(asked, message):
    with pytest.raises(InvalidInput, match=message):
        chosen_classes(asked, PROBABILITIES, NAMES)
