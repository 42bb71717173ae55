"""Files of every kind become arrays of one shape, or one sentence."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from xai_core.datasets import read_upload
from xai_core.errors import BrokenFile, InvalidInput


def encoded(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def test_exact_size_is_kept_pixel_by_pixel():
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    assert np.array_equal(read_upload(encoded(Image.fromarray(pixels)), (20, 30, 3)), pixels)


def test_the_middle_is_cut_out():
    pixels = np.zeros((10, 30, 3), dtype=np.uint8)
    pixels[:, 10:20] = 255
    assert read_upload(encoded(Image.fromarray(pixels)), (10, 10, 3)).min() == 255


def test_grey_for_a_colour_model_and_colour_for_a_grey_one():
    grey = np.arange(64, dtype=np.uint8).reshape(8, 8)
    assert np.array_equal(read_upload(encoded(Image.fromarray(grey)), (8, 8, 3)), np.repeat(grey[..., None], 3, axis=2))
    red = Image.new("RGB", (8, 8), (255, 0, 0))
    assert read_upload(encoded(red), (8, 8, 1)).tolist() == np.full((8, 8, 1), 76).tolist()  # 0.299 * 255


def test_camera_orientation_is_undone():
    lying = Image.new("RGB", (20, 20), "black")
    lying.paste("white", (0, 0, 20, 10))  # white on top as stored
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: top of the scene is the right side of the file
    upright = read_upload(encoded(lying, "PNG", exif=exif), (20, 20, 1))[..., 0]
    assert upright[:, 12:].min() > 200
    assert upright[:, :8].max() < 50


def test_transparent_parts_become_white():
    clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    assert read_upload(encoded(clear), (8, 8, 3)).min() == 255
    palette = Image.new("P", (8, 8), 0)
    palette.putpalette([10, 20, 30] + [0] * 765)
    assert read_upload(encoded(palette), (8, 8, 3))[0, 0].tolist() == [10, 20, 30]
    assert read_upload(encoded(palette, transparency=0), (8, 8, 3)).min() == 255


def test_sixteen_bit_grey_is_scaled_not_clipped():
    deep = Image.fromarray(np.full((8, 8), 128 * 256, dtype=np.uint16))
    assert read_upload(encoded(deep), (8, 8, 1)).max() == 128


def test_large_jpeg_is_reduced():
    large = Image.new("RGB", (1600, 1200), (40, 80, 160))
    assert np.abs(read_upload(encoded(large, "JPEG"), (32, 32, 3)).astype(int) - [40, 80, 160]).max() <= 3


@pytest.mark.parametrize("data", [b"", b"hello, I am a text", b"\x89PNG\r\n\x1a\n", b"GIF89a"])
def test_no_image(data):
    with pytest.raises(BrokenFile, match="The upload is not an image that can be read"):
        read_upload(data, (8, 8, 3))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
def test_truncated_image(kind):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    whole = encoded(Image.fromarray(noise), kind)
    with pytest.raises(BrokenFile, match="damaged"):
        read_upload(whole[: len(whole) // 2], (8, 8, 3))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [7_100, 10_000, 40_000])
def test_decompression_bomb_is_refused_from_its_header(side):
    """The header alone promises the pixels; nothing behind it could be decoded."""
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    bomb = b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    with pytest.raises(InvalidInput, match="more than 50 million pixels"):
        read_upload(bomb, (8, 8, 3))


def test_channels_are_one_or_three():
    with pytest.raises(InvalidInput, match="not 4"):
        read_upload(encoded(Image.new("RGB", (8, 8))), (8, 8, 4))
