"""Uploads that want to run programs, or more memory and time than they are given, end in one sentence."""

import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.datasets import hostile_files
from xai_core.datasets import decoder, load_dataset, read_upload
from xai_core.datasets.decoder import Decoder, Decoders
from xai_core.errors import BrokenFile, InvalidInput

ROOT = Path(__file__).resolve().parents[3]
MARKER = "#!/bin/sh\ntouch started\n"
# sound images, whatever else they are or however much they ask for
SHOWN = {
    "png before zip",
    "png before eps",
    "jpeg with php",
    "jpeg before pdf",
    "png with more pixels than it declares",
    "png with exif of 15 MB",
    "animated png",
    "animated webp",
    "jpeg with exif that loops",
    "png with exif that is none",
    "png without end",
}
EITHER = {
    *("PNG bitten", "JPEG bitten", "WEBP bitten", "BMP bitten"),  # noise is noise
    # a matter of seconds, which a busy machine does not have
    *("png of 49 million transparent pixels", "png of 49 million pixels of 64 bits", "tiff of deflated pixels"),
    *("png one pixel high", "bmp of leaps", "png of a million chunks", "jpeg of many scans"),
}


@pytest.fixture(scope="module")
def tried(tmp_path_factory):
    """What became of every file, as told by a process that does nothing else."""
    folder = tmp_path_factory.mktemp("hostile")
    files = hostile_files.corpus()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    command = [sys.executable, "-m", hostile_files.__name__, str(folder)]
    answer = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)
    assert set(answer["found"]) == set(files)
    assert len(files) >= 60
    return answer


@pytest.mark.slow
def test_each_hostile_file_is_refused_in_one_sentence(tried):
    said = {name: found["said"] for name, found in tried["found"].items()}
    shown = {name for name, text in said.items() if text == str(hostile_files.SHAPE)}
    assert shown - EITHER == SHOWN
    for name in set(said) - shown:
        sentence = said[name]
        assert sentence.startswith("The upload "), name
        assert sentence.endswith("."), name
        assert "\n" not in sentence, name
        assert ": " not in sentence, name
        assert "/" not in sentence, name
    for name in {*hostile_files.programs(), *hostile_files.other_kinds()}:
        assert "is not an image that can be read; it is damaged or not PNG, JPEG, WEBP or BMP." in said[name], name


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory of processes is limited on Linux only")
def test_no_hostile_file_takes_300_mb(tried):
    assert tried["peak_kb"] < 300_000


@pytest.mark.skipif(sys.platform == "win32", reason="the marker is a shell script")
def test_no_foreign_program_is_started(tmp_path):
    """A Ghostscript that only leaves a mark: Pillow as it comes starts it, the decoder does not."""
    for name in ("gs", "gswin64c", "pdftoppm", "rsvg-convert", "convert", "sh"):
        program = tmp_path / name
        program.write_text(MARKER)
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "touch").symlink_to("/usr/bin/touch" if Path("/usr/bin/touch").exists() else "/bin/touch")
    environment = os.environ | {"PATH": str(tmp_path), "PYTHONPATH": str(ROOT)}

    def run(script):
        subprocess.run([sys.executable, "-W", "ignore", "-c", script], cwd=tmp_path, env=environment, check=True)

    corpus = (
        "import io; from tests.unit.datasets.hostile_files import *; files = programs() | polyglots() | other_kinds()"
    )
    run(
        f"{corpus}; from xai_core.datasets import decoder_child\n"
        "for content in files.values(): decoder_child.respond(io.BytesIO(content), SHAPE, list(STORED))"
    )
    assert not (tmp_path / "started").exists()
    run(f"{corpus}; import contextlib\nwith contextlib.suppress(Exception): Image.open(io.BytesIO(STEAL)).load()")
    assert (tmp_path / "started").exists()


def test_the_child_is_told_nothing_and_its_decoder_is_put_to_death_when_it_dawdles(monkeypatch):
    monkeypatch.setattr(decoder, "PATIENCE", 0.5)
    many = hostile_files.jpeg_of_many_scans()
    with Decoder() as slow:
        with pytest.raises(InvalidInput, match="The upload takes too long to be decoded; make it smaller first"):
            slow.decode(many, (8, 8, 3), "The upload")
        assert slow._child is None
        small = hostile_files.encoded(hostile_files.GRADIENT)
        monkeypatch.undo()
        assert slow.decode(small, (8, 8, 3), "The upload").shape == (8, 8, 3)  # in another process
        if sys.platform == "linux":
            assert slow._child is not None
            assert Path(f"/proc/{slow._child.pid}/environ").read_bytes() == b""


def another_class(root):
    """One image of a second class: with one class there is nothing to tell apart."""
    folder = root / "set/train/b"
    folder.mkdir(parents=True)
    (folder / "0.png").write_bytes(hostile_files.encoded(hostile_files.GRADIENT))


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes in folders")
def test_a_pipe_among_the_images_of_a_folder_keeps_nobody_waiting(tmp_path, monkeypatch):
    monkeypatch.setattr(decoder, "PATIENCE", 0.5)
    folder = tmp_path / "set/train/a"
    folder.mkdir(parents=True)
    for number in range(5):
        (folder / f"{number}.png").write_bytes(hostile_files.encoded(hostile_files.GRADIENT))
    os.mkfifo(folder / "pipe.png")
    another_class(tmp_path)
    data = load_dataset("set", root=tmp_path)
    assert len(data.x_train) + len(data.x_test) == 5 + 1
    assert any("pipe.png" in note for note in data.notes)


def test_a_wrong_suffix_does_not_matter_but_the_content_does(tmp_path):
    folder = tmp_path / "set/train/a"
    folder.mkdir(parents=True)
    picture = hostile_files.GRADIENT.resize((40, 40))
    kinds = {"0.png": "JPEG", "1.gif": "PNG", "2.jfif": "JPEG", "3.JPG": "WEBP", "4.tif": "TIFF", "5.bmp": "BMP"}
    for name, kind in kinds.items():
        (folder / name).write_bytes(hostile_files.encoded(picture, kind))
    (folder / "eps.png").write_bytes(hostile_files.STEAL)
    (folder / "real.gif").write_bytes(hostile_files.encoded(picture, "GIF"))
    another_class(tmp_path)
    data = load_dataset("set", root=tmp_path)
    assert len(data.x_train) + len(data.x_test) == 6 + 1
    ending = "is not an image that can be read; it is damaged or not PNG, JPEG, WEBP, BMP, TIFF or AVIF."
    assert data.notes[-2:] == tuple(f"Left out: train/a/{name} {ending}" for name in ("eps.png", "real.gif"))


def test_an_upload_is_no_tiff():
    with pytest.raises(BrokenFile, match="not PNG, JPEG, WEBP or BMP"):
        read_upload(hostile_files.encoded(hostile_files.GRADIENT, "TIFF"), (8, 8, 3))


def test_a_decoder_that_died_is_replaced():
    content = hostile_files.encoded(hostile_files.GRADIENT)
    with Decoder() as one:
        one.decode(content, (8, 8, 1), "It")
        assert one._child is not None
        one._child.kill()
        one._child.wait()
        with pytest.raises(InvalidInput, match="memory"):  # who else kills a process
            one.decode(content, (8, 8, 1), "It")
        assert one.decode(content, (8, 8, 1), "It").shape == (8, 8, 1)


def test_decoders_are_lent_to_one_at_a_time():
    with Decoders() as all_of_them:
        lent = [all_of_them.borrowed() for _ in range(all_of_them.count)]
        assert len({id(one.__enter__()) for one in lent}) == all_of_them.count
        assert all_of_them._idle.empty()


def test_transparent_colours_match_at_every_depth():
    """Of 0, 1 and the brightest level, level 1 is transparent: white in the end."""
    for depth in (1, 2, 4, 8, 16):
        brightest = (1 << depth) - 1
        bits = "".join(f"{level:0{depth}b}" for level in (0, 1, brightest, 0)).ljust(-(-4 * depth // 8) * 8, "0")
        row = int(bits, 2).to_bytes(len(bits) // 8, "big")
        pixels = hostile_files.chunk(b"IDAT", hostile_files.zlib.compress((b"\0" + row) * 4))
        transparent = hostile_files.chunk(b"tRNS", b"\0\1")
        got = read_upload(hostile_files.png(4, 4, transparent, pixels, depth=depth), (4, 4, 1))[0, :, 0]
        assert got.tolist() == [0, 255, 255, 0], depth
    row = b"".join(level.to_bytes(2, "big") * 3 for level in (0, 0x5500, 0xFFFF, 0x1000))
    pixels = hostile_files.chunk(b"IDAT", hostile_files.zlib.compress((b"\0" + row) * 4))
    transparent = hostile_files.chunk(b"tRNS", b"\x55\0" * 3)
    coloured = hostile_files.png(4, 4, transparent, pixels, depth=16, colour=2)
    assert read_upload(coloured, (4, 4, 3))[0, :, 0].tolist() == [0, 255, 255, 16]


def test_large_images_are_reduced_to_what_they_show():
    """Nine million pixels, above white and below half transparent blue, come out as a small copy would."""
    large = hostile_files.Image.new("RGBA", (3000, 3000), (255, 255, 255, 255))
    large.paste((0, 0, 255, 128), (0, 1500, 3000, 3000))
    got = read_upload(hostile_files.encoded(large, compress_level=1), (30, 30, 3))
    assert got[:14].min() == 255
    assert abs(got[16:].astype(int) - [127, 127, 255]).max() <= 1


def test_only_the_orientation_is_read_of_exif():
    """Tags that Pillow cannot write back did not let an upright picture through."""
    picture = hostile_files.Image.new("L", (40, 20), "black")
    picture.paste("white", (0, 0, 20, 20))
    tags = hostile_files.exif(
        (0x112, 3, 1, hostile_files.number(6)),
        (0x11A, 2, 4, b"72\0\0"),
        (0x213, 4, 2, b"\xff" * 4),
    )
    stream = io.BytesIO()
    picture.save(stream, "JPEG", exif=b"Exif\0\0" + tags, quality=95)
    upright = read_upload(stream.getvalue(), (40, 20, 1))[..., 0]
    assert upright[:18].min() > 200
    assert upright[22:].max() < 55
