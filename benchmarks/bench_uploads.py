"""What hostile uploads do: ``python -m benchmarks.bench_uploads``.

Every file of ``tests.unit.datasets.hostile_files`` is decoded as an upload is, and for comparison as Pillow comes, in a
process that is ended after 20 s or at 4 GB. Ghostscript is replaced by a program that only leaves a mark. Memory is the
peak of the process that decodes; its parent reads it just before that process is gone.
"""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import report
from tests.unit.datasets import hostile_files
from xai_core.datasets.decoder import STORED, UPLOADED

# one file a process: what it says, and the peak of its child in kB, which counts this small parent's own as well
OURS = """
import resource, sys
from pathlib import Path
from xai_core.datasets.decoder import Decoder
from xai_core.errors import XaiError
with Decoder(tuple(sys.argv[2:])) as decoder:
    try:
        decoder.decode(Path(sys.argv[1]).read_bytes(), (224, 224, 3), "The upload")
        said = "shown"
    except XaiError:
        said = "refused"
print(said, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
PILLOW = """
import resource, sys, warnings
from PIL import Image, ImageOps
warnings.simplefilter("ignore")
try:
    with Image.open(sys.argv[1]) as image:
        colours = ImageOps.exif_transpose(image).convert("RGBA")
        flat = Image.alpha_composite(Image.new("RGBA", colours.size, "white"), colours)
        ImageOps.fit(flat.convert("RGB"), (224, 224))
    said = "shown"
except Exception:
    said = "refused"
print(said, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
PATIENCE_S, MOST = 20, 4 << 30


@dataclass(frozen=True)
class Outcome:
    """What became of one file."""

    said: str
    seconds: float
    megabytes: float
    started: bool


def outcome(script: str, arguments: list[str], folder: Path) -> Outcome:
    """Run ``script`` with a Ghostscript in its path that leaves a mark in ``folder``."""
    mark = folder / "started"
    mark.unlink(missing_ok=True)
    environment = os.environ | {"PATH": str(folder), "MARK": str(mark), "PYTHONPATH": str(Path.cwd())}

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MOST, MOST))

    before = time.perf_counter()
    try:
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=PATIENCE_S,
            preexec_fn=limit,
            check=False,
        )
        said, peak = (done.stdout.split() or ["died", "nan"])[:2]
    except subprocess.TimeoutExpired:
        said, peak = "no end", "nan"
    return Outcome(said, time.perf_counter() - before, float(peak) / 1000, mark.exists())


def summary(kind: str, way: str, found: list[Outcome]) -> report.Row:
    """One row of the table."""
    count: Callable[[str], int] = lambda said: sum(one.said == said for one in found)  # noqa: E731
    return {
        "files": f"{kind} ({len(found)})",
        "decoded by": way,
        "refused": count("refused"),
        "shown": count("shown"),
        "died or no end": count("died") + count("no end"),
        "started a program": sum(one.started for one in found),
        "slowest s": round(max(one.seconds for one in found), 1),
        "most MB": round(max((one.megabytes for one in found if one.megabytes == one.megabytes), default=0)),
    }


def main() -> None:
    """Print the table and keep it."""
    kinds = {
        "programs": hostile_files.programs,
        "other kinds": hostile_files.other_kinds,
        "polyglots": hostile_files.polyglots,
        "bombs": hostile_files.bombs,
        "damaged": hostile_files.damaged,
        "TIFF, in folders": hostile_files.tiffs,
    }
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ghostscript = folder / "gs"
        ghostscript.write_text('#!/bin/sh\n: > "$MARK"\n')
        ghostscript.chmod(ghostscript.stat().st_mode | stat.S_IXUSR)
        for kind, make in kinds.items():
            formats = STORED if kind.startswith("TIFF") else UPLOADED
            ours, pillow = [], []
            for content in make().values():
                path = folder / "upload.png"
                path.write_bytes(content)
                ours.append(outcome(OURS, [str(path), *formats], folder))
                pillow.append(outcome(PILLOW, [str(path)], folder))
            rows += [summary(kind, "the studio", ours), summary(kind, "Pillow as it comes", pillow)]
    print(report.table(rows))
    report.write("uploads", rows)


if __name__ == "__main__":
    main()
