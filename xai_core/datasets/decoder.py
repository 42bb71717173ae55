"""Decoding of image files in processes that can be killed: a file from a stranger may be a bomb or run forever."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_core.datasets import decoder_child
from xai_core.errors import BrokenFile, InvalidInput, XaiError

UPLOADED = ("PNG", "JPEG", "WEBP", "BMP")  # told by what is in a file, whatever its name says
STORED = (*UPLOADED, "TIFF", "AVIF")
PATIENCE = 4.5  # seconds for one file; starting a process for it takes a tenth

_REFUSALS = {
    "pixels": f"{{name}} has more than {decoder_child.MAX_PIXELS // 1_000_000} million pixels; make it smaller first.",
    "unsure": "{name} is damaged or needs too much memory to be decoded; save it again, and smaller.",
    "memory": "{name} needs too much memory to be decoded; make it smaller first.",
    "time": "{name} takes too long to be decoded; make it smaller first.",
    "depth": "{name} has more than 16 bits a channel, which say nothing about brightness; save it with 8 or 16 first.",
}


class Decoder:
    """One decoding process for one thread at a time, started with its first file and anew after it was killed."""

    def __init__(self, formats: tuple[str, ...] = UPLOADED) -> None:
        self._formats = formats
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Decoder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def decode(self, source: Path | bytes, shape: tuple[int, int, int], name: str) -> NDArray[np.uint8]:
        """An image file as uint8 ``[H, W, C]``: turned upright (EXIF), middle cut to the aspect of ``shape``, resized.

        C = 1 converts to grey, C = 3 to RGB; transparent parts become white; of an animation the first picture counts.
        ``name`` stands in messages. Raises ``BrokenFile`` when ``source`` is not an image in one of the decoder's
        formats or is truncated and ``InvalidInput`` when it has more than 50 million pixels, which is read from its
        header before any pixel is decoded, or when it takes more than 300 MB or 4.5 s all the same.
        """
        if shape[2] not in (1, 3):
            raise InvalidInput(f"Images have 1 or 3 channels, not {shape[2]}.")
        _, pixels = self._ask(source, shape, name)
        return np.frombuffer(pixels, np.uint8).reshape(shape)

    def look(self, source: Path, name: str) -> tuple[int, int, str]:
        """Width, height and Pillow's mode of an image file, from its header. Raises as ``decode`` does."""
        answer, _ = self._ask(source, None, name)
        width, height = answer["size"]
        return width, height, answer["mode"]

    def close(self) -> None:
        """End the process, if there is one."""
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None

    def _ask(self, source: Path | bytes, shape: tuple[int, int, int] | None, name: str) -> tuple[dict[str, Any], bytes]:
        child = self._child = self._child or _start(self._formats)
        late = threading.Event()

        def stop() -> None:
            late.set()
            child.kill()

        alarm = threading.Timer(PATIENCE, stop)
        alarm.start()
        try:
            answer, pixels = _exchange(child, source, shape)
        finally:
            alarm.cancel()
        if answer is None:
            self.close()
            raise _refusal(_cause_of_death(child.returncode, late.is_set()), name, self._formats)
        if "problem" in answer:
            raise _refusal(answer["problem"], name, self._formats)
        return answer, pixels


class Decoders:
    """As many decoders as there are processors, for the many files of a folder. Any thread may borrow one."""

    def __init__(self, formats: tuple[str, ...] = STORED) -> None:
        self.count = min(os.cpu_count() or 1, 8)
        self._all = [Decoder(formats) for _ in range(self.count)]
        self._idle: SimpleQueue[Decoder] = SimpleQueue()
        for decoder in self._all:
            self._idle.put(decoder)

    def __enter__(self) -> Decoders:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for decoder in self._all:
            decoder.close()

    @contextmanager
    def borrowed(self) -> Iterator[Decoder]:
        """A decoder that is nobody else's for the length of the block; waits for one."""
        decoder = self._idle.get()
        try:
            yield decoder
        finally:
            self._idle.put(decoder)


def _start(formats: tuple[str, ...]) -> subprocess.Popen[bytes]:
    """A child that is ready. It is run by its path, since importing this package would cost it a second."""
    child = subprocess.Popen(
        [sys.executable, "-I", decoder_child.__file__, *formats],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"SYSTEMROOT": os.environ["SYSTEMROOT"]} if "SYSTEMROOT" in os.environ else {},  # nothing to be stolen
    )
    assert child.stdout is not None
    if not child.stdout.readline():
        child.communicate()
        raise XaiError("Images cannot be decoded: the process for it does not start; install the requirements again.")
    return child


def _exchange(
    child: subprocess.Popen[bytes], source: Path | bytes, shape: tuple[int, int, int] | None
) -> tuple[dict[str, Any] | None, bytes]:
    """The child's answer and pixels; ``None`` where it died."""
    assert child.stdin is not None
    assert child.stdout is not None
    path, content = (str(source.absolute()), b"") if isinstance(source, Path) else (None, source)
    request = {"shape": shape, "path": path, "length": len(content)}
    try:
        child.stdin.write(json.dumps(request).encode() + b"\n" + content)
        child.stdin.flush()
    except BrokenPipeError:
        return None, b""
    line = child.stdout.readline()
    if not line.endswith(b"\n"):
        return None, b""
    answer: dict[str, Any] = json.loads(line)
    size = answer.get("pixels", 0)
    pixels = child.stdout.read(size)
    return (answer, pixels) if len(pixels) == size else (None, b"")


def _cause_of_death(returncode: int, late: bool) -> str:
    if late or returncode == -getattr(signal, "SIGXCPU", 0):
        return "time"
    return "memory" if returncode == -getattr(signal, "SIGKILL", 0) else "damaged"  # killed by the system, or crashed


def _refusal(problem: str, name: str, formats: tuple[str, ...]) -> XaiError:
    if problem == "damaged":
        kinds = f"{', '.join(formats[:-1])} or {formats[-1]}"
        return BrokenFile(f"{name} is not an image that can be read; it is damaged or not {kinds}.")
    return InvalidInput(_REFUSALS[problem].format(name=name))
