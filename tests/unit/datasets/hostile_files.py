"""Files as a stranger may upload them: programs, bombs, polyglots, damage. All made on the spot.

``python -m tests.unit.datasets.hostile_files FOLDER`` tries those in ``FOLDER`` and prints JSON: what became of each,
and the most memory (kB) that a decoding process took.
"""

from __future__ import annotations

import gzip
import io
import json
import pickle
import random
import resource
import struct
import sys
import time
import zipfile
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from xai_core.datasets.decoder import STORED, UPLOADED, Decoder
from xai_core.errors import XaiError

SHAPE = (224, 224, 3)
GRADIENT = Image.linear_gradient("L").convert("RGB")


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 0, interlaced: int = 0) -> bytes:
    """A PNG of these chunks; without any its pixels are missing."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND", b"")


def zeros(count: int) -> bytes:
    """``count`` zero bytes, compressed a thousandfold without ever being held at once."""
    squeeze = zlib.compressobj(9)
    parts = [squeeze.compress(bytes(1 << 20)) for _ in range(count >> 20)]
    return b"".join([*parts, squeeze.compress(bytes(count % (1 << 20))), squeeze.flush()])


def blank(width: int, height: int, *, depth: int = 8, channels: int = 1, interlaced: int = 0) -> bytes:
    """A valid PNG, grey or with colours and transparency, that is all zero and therefore tiny."""
    colour = {1: 0, 4: 6}[channels]
    pixels = chunk(b"IDAT", zeros(height * (1 + width * channels * depth // 8)))
    return png(width, height, pixels, depth=depth, colour=colour, interlaced=interlaced)


def with_chunks(*chunks: bytes) -> bytes:
    """A small sound PNG with more chunks before its pixels."""
    sound = encoded(GRADIENT)
    return sound[:33] + b"".join(chunks) + sound[33:]


def jpeg_of_size(width: int, height: int) -> bytes:
    sound = bytearray(encoded(Image.new("RGB", (8, 8)), "JPEG"))
    at = sound.index(b"\xff\xc0")
    sound[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(sound)


def jpeg_of_many_scans() -> bytes:
    """A progressive JPEG whose last scan is repeated: every repetition costs a pass over all 12 million pixels."""
    sound = encoded(Image.new("RGB", (4000, 3000)), "JPEG", progressive=True)
    last = sound.rindex(b"\xff\xda")
    return sound[:last] + sound[last:-2] * 400 + b"\xff\xd9"


def bmp(width: int, height: int, compression: int = 0, bits: int = 24, pixels: bytes = b"") -> bytes:
    palette = bytes(4 << bits) if bits <= 8 else b""
    start = 54 + len(palette)
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(pixels), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + header + palette + pixels


def webp_canvas(side: int) -> bytes:
    frame = encoded(GRADIENT, "WEBP")[12:]
    body = b"WEBP" + b"VP8X" + struct.pack("<IB3x", 10, 0) + 2 * (side - 1).to_bytes(3, "little") + frame
    return b"RIFF" + struct.pack("<I", len(body)) + body


def exif(*entries: tuple[int, int, int, bytes], next_directory: int = 0) -> bytes:
    rows = b"".join(struct.pack("<HHI4s", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + rows + struct.pack("<I", next_directory)


def tiff(*entries: tuple[int, int, int, bytes], next_directory: int = 0) -> bytes:
    return exif(*sorted(entries), next_directory=next_directory) + bytes(64)


def number(value: int) -> bytes:
    return struct.pack("<I", value)


POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n%%EndComments\n"
STEAL = POSTSCRIPT + b"(/etc/passwd) (r) file 100 string readstring pop == showpage\n%%EOF\n"
LOOP = POSTSCRIPT + b"{} loop\n%%EOF\n"
PIPE = POSTSCRIPT + b"(%pipe%touch mark) (w) file closefile showpage\n%%EOF\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
LAUGHS = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><svg>&b;</svg>'
SCRIPT = b"1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj"
PDF = b"%PDF-1.4\n" + SCRIPT + b"\ntrailer<</Root 1 0 R>>\n%%EOF"
GRID = (0x100, 4, 1, number(20_000)), (0x101, 4, 1, number(20_000))


def programs() -> dict[str, bytes]:
    """What some viewer would run."""
    binary = b"\xc5\xd0\xd3\xc6" + struct.pack("<IIIIIIH", 32, len(STEAL), 0, 0, 0, 0, 0xFFFF) + b"\0\0" + STEAL
    return {
        "eps": POSTSCRIPT + b"showpage\n%%EOF\n",
        "eps that reads a file": STEAL,
        "eps that loops": LOOP,
        "eps that opens a pipe": PIPE,
        "eps with a binary header": binary,
        "eps with old line ends": STEAL.replace(b"\n", b"\r"),
        "ps": b"%!PS\n(%pipe%touch mark) (w) file closefile showpage\n",
        "pdf": PDF,
        "svg": SVG,
        "svg of entities": LAUGHS,
        "svgz": gzip.compress(SVG),
        "html": b"<html><img src=x onerror=alert(1)></html>",
        "shell script": b"#!/bin/sh\ntouch mark\n",
        "elf": b"\x7fELF\2\1\1" + bytes(200),
        "pickle": pickle.dumps(print),
        "xbm": b"#define im_width 16\n#define im_height 16\nstatic char im_bits[] = {\n0x00, 0x00\n};\n",
        "mvg": b"push graphic-context\nviewbox 0 0 9 9\nfill 'url(https://127.0.0.1/x.jpg\"|touch \"mark)'\n",
    }


def other_kinds() -> dict[str, bytes]:
    """Images and archives of kinds that nobody promised to read."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr("zeros", bytes(10_000_000))
    kinds = ("GIF", "ICO", "PPM", "PCX", "TGA", "SGI", "DDS", "JPEG2000", "AVIF", "ICNS")
    Image.init()
    small = GRADIENT.resize((64, 64))
    images = {kind.lower(): encoded(small, kind) for kind in kinds if kind in Image.SAVE}
    gif = encoded(small.convert("P"), "GIF", save_all=True, append_images=[small.convert("P").rotate(9)] * 50)
    return images | {
        "animated gif": gif,
        "another tiff": encoded(small, "TIFF"),
        "zip bomb": archive.getvalue(),
        "npz": zip_of_array(),
        "fits": b"SIMPLE  =                    T".ljust(80) + b"END".ljust(2800),
        "psd": b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 60_000, 60_000, 8, 3) + bytes(40),
    }


def zip_of_array() -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, a=np.zeros(1000))
    return stream.getvalue()


def polyglots() -> dict[str, bytes]:
    """Two things at once; where the one is a sound image, only that is seen."""
    sound = encoded(GRADIENT)
    comment = encoded(GRADIENT, "JPEG", comment=b"<?php system('touch mark'); ?><script>alert(1)</script>")
    return {
        "png signature before eps": b"\x89PNG\r\n\x1a\n" + STEAL,
        "eps before png": STEAL + sound,
        "png before zip": sound + zip_of_array(),
        "png before eps": sound + STEAL,
        "jpeg with php": comment,
        "jpeg before pdf": encoded(GRADIENT, "JPEG") + PDF,
        "pdf around jpeg": PDF[:9] + b"stream\n" + encoded(GRADIENT, "JPEG") + b"\nendstream" + PDF[9:],
        "bmp that is a script": b"BM=1;alert(1)//" + bytes(80),
        "gif that is a script": b"GIF89a=1;alert(1)//",
        "riff that is no webp": b"RIFF\x24\0\0\0WAVEfmt " + bytes(40),
    }


def bombs() -> dict[str, bytes]:
    """Little to send and much to unpack."""
    text = chunk(b"zTXt", b"k\0\0" + zeros(100_000_000))
    return {
        "png of 1e8 pixels": blank(10_000, 10_000),
        "png of 4e9 pixels, header alone": png(65_535, 65_535, chunk(b"IDAT", b"")),
        "png of 2^31 pixels a side": png(2**31 - 1, 2**31 - 1),
        "png of 49 million transparent pixels": blank(7_000, 7_000, channels=4),
        "png of 49 million pixels of 64 bits": blank(7_000, 7_000, depth=16, channels=4),
        "png of 49 million pixels, interlaced": blank(7_000, 7_000, channels=4, interlaced=1),
        "png with more pixels than it declares": png(8, 8, chunk(b"IDAT", zeros(200_000_000))),
        "png one pixel high": blank(49_000_000, 1),
        "png with text of 100 MB": with_chunks(text),
        "png with 90 texts": with_chunks(*[chunk(b"zTXt", b"k\0\0" + zeros(1_000_000))] * 90),
        "png with international text": with_chunks(chunk(b"iTXt", b"k\0\1\0\0\0" + zeros(100_000_000))),
        "png with a profile of 100 MB": with_chunks(chunk(b"iCCP", b"k\0\0" + zeros(100_000_000))),
        "png with exif of 15 MB": with_chunks(chunk(b"eXIf", exif((0x112, 3, 1, number(6))) + bytes(15_000_000))),
        "png of a million chunks": with_chunks(*[chunk(b"tEXt", b"k\0v")] * 1_000_000),
        "png of a million empty pieces": png(8, 8, chunk(b"IDAT", b"") * 1_000_000),
        "animated png": encoded(GRADIENT, "PNG", save_all=True, append_images=[GRADIENT.rotate(9)] * 30),
        "jpeg of 4e9 pixels": jpeg_of_size(65_500, 65_500),
        "jpeg of 1e8 pixels": jpeg_of_size(10_000, 10_000),
        "jpeg of many scans": jpeg_of_many_scans(),
        "jpeg of many markers": b"\xff\xd8" + b"\xff\xfe\0\2" * 4_500_000 + encoded(GRADIENT, "JPEG")[2:],
        "jpeg, progressive, 49 million pixels": encoded(
            Image.new("RGB", (7_000, 7_000)), "JPEG", progressive=True, subsampling=0
        ),
        "webp of 2e8 pixels": webp_canvas(16_383),
        "webp of a canvas of 1e14 pixels": webp_canvas(1 << 24),
        "webp of 49 million pixels": encoded(Image.new("RGB", (7_000, 7_000)), "WEBP", method=0, quality=1),
        "animated webp": encoded(GRADIENT, "WEBP", save_all=True, append_images=[GRADIENT.rotate(9)] * 30),
        "bmp of 1e10 pixels": bmp(100_000, 100_000),
        "bmp of negative size": bmp(-50, -(2**31)),
        "bmp of run lengths": bmp(7_000, 7_000, compression=1, bits=8, pixels=b"\xff\0" * 6_000_000),
        "bmp of leaps": bmp(7_000, 7_000, compression=1, bits=8, pixels=b"\0\2\xff\xff" * 3_000_000),
    }


def damaged() -> dict[str, bytes]:
    """Cut off, bitten, or with strange remarks."""
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8))
    found = {"nothing": b"", "zeros": bytes(1 << 20), "noise": random.Random(0).randbytes(1 << 20), "text": b"hello"}
    for kind in ("PNG", "JPEG", "WEBP", "BMP"):
        whole = encoded(noise, kind)
        for share in (0.01, 0.5, 0.98):
            found[f"{kind} cut at {share:.0%}"] = whole[: int(len(whole) * share)]
        bitten = bytearray(whole)
        for at in random.Random(0).sample(range(30, len(whole)), 60):
            bitten[at] ^= 0xFF
        found[f"{kind} bitten"] = bytes(bitten)
    odd = exif((0x112, 3, 1, number(6)), (0x8769, 4, 1, number(8)), next_directory=8)
    found["jpeg with exif that loops"] = encoded(GRADIENT, "JPEG", exif=b"Exif\0\0" + odd)
    found["png with exif that is none"] = with_chunks(chunk(b"eXIf", b"\xff" * 5_000))
    found["png without end"] = encoded(GRADIENT)[:-12]
    return found


def tiffs() -> dict[str, bytes]:
    """TIFF is read in folders only."""
    return {
        "tiff of 4e8 pixels": tiff(*GRID, (0x111, 4, 1, number(8)), (0x117, 4, 1, number(64))),
        "tiff whose directories loop": tiff((0x100, 3, 1, number(8)), next_directory=8),
        "tiff of deflated pixels": encoded(Image.new("RGBA", (7_000, 7_000)), "TIFF", compression="tiff_deflate"),
        "tiff of 1e8 deflated pixels": encoded(Image.new("L", (10_000, 10_000)), "TIFF", compression="tiff_deflate"),
        "tiff of one tile, larger than the image": tiff(
            (0x100, 4, 1, number(16)),
            (0x101, 4, 1, number(16)),
            (0x102, 3, 1, number(8)),
            (0x103, 3, 1, number(8)),
            (0x106, 3, 1, number(1)),
            (0x142, 4, 1, number(65_536)),
            (0x143, 4, 1, number(65_536)),
            (0x144, 4, 1, number(8)),
            (0x145, 4, 1, number(64)),
        ),
        "tiff of floating-point numbers": encoded(Image.new("F", (64, 64), 0.5), "TIFF"),
        "tiff of 32 bits": encoded(Image.new("I", (64, 64), 1 << 20), "TIFF"),
        "tiff cut": encoded(GRADIENT, "TIFF")[:5_000],
    }


def corpus() -> dict[str, bytes]:
    """All files by name."""
    return programs() | other_kinds() | polyglots() | bombs() | damaged() | tiffs()


def main() -> None:
    """Try every file in a decoder of its own, as uploads are. Children inherit the peak of this small process."""
    found = {}
    for path in sorted(Path(sys.argv[1]).iterdir()):
        before = time.perf_counter()
        try:
            with Decoder(STORED if path.name.startswith("tiff ") else UPLOADED) as decoder:
                said = str(decoder.decode(path.read_bytes(), SHAPE, "The upload").shape)
        except XaiError as error:
            said = str(error)
        found[path.name] = {"said": said, "seconds": time.perf_counter() - before}
    print(json.dumps({"found": found, "peak_kb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}))


if __name__ == "__main__":
    main()
