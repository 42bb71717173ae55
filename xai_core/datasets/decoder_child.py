"""Decodes image files in a process of its own, which may be starved and killed: ``python decoder_child.py FORMAT ...``.

A request is one line of JSON: ``shape`` (height, width, channels of the answer, or null for a look at the header) and
``path`` or the ``length`` of the file that follows. The answer is one line too: ``pixels``, how many bytes of them
follow; or ``size`` and ``mode`` of the header; or the ``problem``: pixels, memory, depth or
damaged.

Imports Pillow and the standard library alone: so it starts in a tenth of a second and leaves its memory to images.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import struct
import sys
import warnings
import zlib
from typing import IO, Any, cast

from PIL import (
    BmpImagePlugin,
    Image,
    ImageFile,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

MAX_PIXELS = 50_000_000
MEMORY = 300_000_000  # bytes of address space
SECONDS = 4  # of processor time for one file
AT_ONCE = 8_000_000  # pixels; larger images are reduced piece by piece, as each step of flattening holds a copy
ORIENTATION = 0x0112  # the tag in EXIF
# named, so that Pillow need not import what is never asked for, such as the reader that starts Ghostscript
PLUGINS = (BmpImagePlugin, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)

# what Pillow's decoders raise on damaged and on absurd files
_UNDECODABLE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    struct.error,
    zlib.error,
)
_GREY_STEP = {"L;2": 85, "L;4": 17}  # of files with fewer levels, as Pillow spreads them over 0..255
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class TooDeep(Exception):
    """The numbers of an image are not colours of 8 or 16 bits, and nobody knows what they mean for the eye."""


def main() -> None:
    """Answer requests until there are no more."""
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2  # Pillow warns beyond it and refuses what is twice as large
    warnings.simplefilter("ignore")
    starve()
    sys.stdout.buffer.write(b"ready\n")
    sys.stdout.buffer.flush()
    while line := sys.stdin.buffer.readline():
        request = json.loads(line)
        source = request["path"] or io.BytesIO(sys.stdin.buffer.read(request["length"]))
        allow_processor_time()
        answer, pixels = respond(source, request["shape"], sys.argv[1:])
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + pixels)
        sys.stdout.buffer.flush()


def starve() -> None:
    """Limit memory, and forbid to write files and to start programs, where the system can."""
    with contextlib.suppress(ImportError):  # Windows has no such limits
        import resource

        for limit, most in (
            (resource.RLIMIT_AS, MEMORY),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_CORE, 0),
            (getattr(resource, "RLIMIT_NPROC", resource.RLIMIT_CORE), 0),
        ):
            with contextlib.suppress(OSError, ValueError):  # macOS knows some of them by name only
                resource.setrlimit(limit, (most, most))


def allow_processor_time() -> None:
    """Let the system end this process once it has computed for ``SECONDS`` from now."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used.ru_utime + used.ru_stime) + SECONDS, hard))


def respond(
    source: str | IO[bytes], shape: tuple[int, int, int] | None, formats: list[str]
) -> tuple[dict[str, Any], bytes]:
    """The answer to one request and the bytes that follow it."""
    large = False
    try:
        with Image.open(source, formats=formats) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Image.DecompressionBombError
            if shape is None:
                return {"size": image.size, "mode": image.mode}, b""
            large = image.width * image.height > AT_ONCE
            pixels = fitted(image, *shape).tobytes()
            return {"pixels": len(pixels)}, pixels
    except Image.DecompressionBombError:
        problem = "pixels"
    except TooDeep:
        problem = "depth"
    except MemoryError:
        problem = "memory"
    except _UNDECODABLE as error:
        # of a want of memory libjpeg and libwebp say only that decoding failed
        unsure = large or "could not create decoder" in str(error)
        problem = "memory" if "out of memory" in str(error) else "unsure" if unsure else "damaged"
    return {"problem": problem}, b""


def fitted(image: ImageFile.ImageFile, height: int, width: int, channels: int) -> Image.Image:
    """``image`` upright and opaque, its middle cut to the aspect of ``width`` x ``height`` and resized."""
    mode = "L" if channels == 1 else "RGB"
    image.draft(mode, (2 * width, 2 * height))  # a JPEG is decoded no larger than needed
    spread_transparency(image)
    turn = _TURNS.get(orientation(image))
    image.load()
    picture: Image.Image = image
    times = min(image.size) // max(width, height) // 2
    if image.width * image.height > AT_ONCE and times > 1:
        picture = reduced(image, times, mode)
    if turn is not None:
        picture = picture.transpose(turn)
    return ImageOps.fit(flat(picture).convert(mode), (width, height), Image.Resampling.BICUBIC)


def orientation(image: Image.Image) -> int:
    """How the camera was held, 1 to 8. No other tag is read: many a camera writes some that cannot be."""
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except _UNDECODABLE:
        return 1


def spread_transparency(image: ImageFile.ImageFile) -> None:
    """Put the one transparent colour of a PNG that has not 8 bits a channel on the scale of its decoded pixels.

    Pillow spreads the pixels over 0..255 but leaves this colour as the file has it, so that nothing would match it.
    """
    transparent, stored_as = image.info.get("transparency"), image.tile[0].args if image.tile else None
    if isinstance(transparent, int) and stored_as in _GREY_STEP:
        image.info["transparency"] = transparent * _GREY_STEP[stored_as]
    elif isinstance(transparent, tuple) and stored_as == "RGB;16B":
        image.info["transparency"] = tuple(level >> 8 for level in transparent)


def reduced(image: Image.Image, times: int, mode: str) -> Image.Image:
    """``image`` flat, in ``mode`` and 1 / ``times`` as large, made from one piece of it after another."""
    small = Image.new(mode, (-(-image.width // times), -(-image.height // times)))
    step = times * max(1, AT_ONCE // (8 * image.width * times))
    for top in range(0, image.height, step):
        piece = image.crop((0, top, image.width, min(top + step, image.height)))
        small.paste(flat(piece).convert(mode).reduce(times), (0, top // times))
    return small


def flat(image: Image.Image) -> Image.Image:
    """Without transparency and with 8 bits a channel. Raises ``TooDeep``."""
    if image.mode == "F" or (image.mode == "I" and cast(float, image.getextrema()[1]) > 0xFFFF):
        raise TooDeep
    if image.mode.startswith("I"):  # 16-bit grey, which Pillow would clip instead of scale
        levels = [level >> 8 for level in range(1 << 16)]
        if isinstance(transparent := image.info.get("transparency"), int):
            levels[transparent] = 255
        return image.convert("I").point(levels, "L")
    if image.has_transparency_data:
        colours = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), colours)
    return image


if __name__ == "__main__":
    main()
