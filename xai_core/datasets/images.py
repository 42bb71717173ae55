"""Image files of any kind as arrays of one shape."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from xai_core.errors import BrokenFile, InvalidInput

MAX_PIXELS = 50_000_000
# what Pillow's decoders raise on damaged files
_UNDECODABLE = (OSError, SyntaxError, ValueError, EOFError, struct.error)


def decode(source: Path | io.BytesIO, shape: tuple[int, int, int], name: str) -> NDArray[np.uint8]:
    """An image file as uint8 ``[H, W, C]``: turned upright (EXIF), middle cut to the aspect of ``shape``, resized.

    C = 1 converts to grey, C = 3 to RGB; transparent parts become white. ``name`` stands in messages. Raises
    ``BrokenFile`` when ``source`` is no image or is truncated and ``InvalidInput`` when it has more than 50 million
    pixels, which is read from its header before any pixel is decoded.
    """
    height, width, channels = shape
    if channels not in (1, 3):
        raise InvalidInput(f"Images have 1 or 3 channels, not {channels}.")
    mode = "L" if channels == 1 else "RGB"
    try:
        with Image.open(source) as image:
            if image.width * image.height > MAX_PIXELS:
                raise InvalidInput(_too_large(name))
            image.draft(mode, (2 * width, 2 * height))  # a JPEG is decoded no larger than needed
            upright = _flat(ImageOps.exif_transpose(image)).convert(mode)
            fitted = ImageOps.fit(upright, (width, height), Image.Resampling.BICUBIC)
    except Image.DecompressionBombError as error:
        raise InvalidInput(_too_large(name)) from error
    except InvalidInput:  # a ValueError, but not one of Pillow's
        raise
    except _UNDECODABLE as error:
        raise BrokenFile(f"{name} is not an image that can be read; it is damaged or of another type.") from error
    return np.asarray(fitted).reshape(shape)


def read_upload(data: bytes, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """An uploaded file as uint8 ``[H, W, C]`` of the given shape; see ``decode`` for what is done and raised."""
    return decode(io.BytesIO(data), shape, "The upload")


def _flat(image: Image.Image) -> Image.Image:
    """Without transparency and with 8 bits a channel."""
    if image.has_transparency_data:
        colours = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), colours)
    if image.mode.startswith("I"):  # 16-bit grey, which Pillow would clip instead of scale
        return Image.fromarray((np.asarray(image) >> 8).clip(0, 255).astype(np.uint8))
    return image


def _too_large(name: str) -> str:
    return f"{name} has more than {MAX_PIXELS // 1_000_000} million pixels; make it smaller first."
