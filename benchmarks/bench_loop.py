"""How long a person waits: ``python -m benchmarks.bench_loop`` drives the real pages in Chromium.

Times are taken inside the browser, from the click to the moment the new picture is decoded and on the page.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page

from benchmarks import report
from tests.browser.studio import CONVINCING, NOT_CONVINCING, Studio, chromium, open_page, picture, serve

CLICK_AND_WAIT = """
([name, number]) => new Promise(resolve => {
    const shown = () => document.querySelectorAll('[data-testid="stImage"] img')[number];
    const before = shown().src;
    const start = performance.now();
    const look = () => {
        const image = shown();
        const there = image && image.src !== before && image.complete && image.naturalWidth > 0;
        there ? resolve(performance.now() - start) : requestAnimationFrame(look);
    };
    [...document.querySelectorAll('button')].find(button => button.innerText.includes(name)).click();
    look();
})
"""


def wait_after(page: Page, button: str, number: int) -> float:
    """Milliseconds from a click to the next picture in place ``number``."""
    return float(page.evaluate(CLICK_AND_WAIT, [button, number]))


def resident_megabytes(studio: Studio) -> float:
    """Resident memory of the server process."""
    status = Path(f"/proc/{studio.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def measure(images: str, looks: int, pause: float) -> list[dict[str, object]]:
    """Start a server, rate ``looks`` images with two 👎 each, pausing ``pause`` seconds as a person would."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        started = time.monotonic()
        with serve(Path(folder)) as studio:
            up = time.monotonic()
            page = browser.new_page()
            open_page(page, studio, images)
            picture(page).wait_for()
            first = time.monotonic()
            downs, ups, memory = [], [], []
            for _ in range(looks):
                for _ in range(2):
                    page.wait_for_timeout(pause * 1000)
                    downs.append(wait_after(page, NOT_CONVINCING, 1))
                page.wait_for_timeout(pause * 1000)
                ups.append(wait_after(page, CONVINCING, 0))
                memory.append(resident_megabytes(studio))
    third = max(1, looks // 3)
    growth = max(memory[-third:]) / max(memory[third:-third] or memory)
    return [
        row(images, "server up → first image on screen", "s", first - up, "≤ 3"),
        row(images, "command → first image on screen", "s", first - started, ""),
        row(images, "👎 → next explanation, median", "ms", statistics.median(downs), "≤ 250"),
        row(images, "👍 → next image, median", "ms", statistics.median(ups), "≤ 400"),
        row(images, f"resident memory after {looks} images", "MB", memory[-1], "≤ 600"),
        row(images, "memory, last third ÷ middle third", "x", growth, "≈ 1"),
    ]


def row(images: str, work: str, unit: str, value: float, bar: str) -> dict[str, object]:
    """One line of the table."""
    return {"images": images, "what": work, "value": round(value, 2), "unit": unit, "bar": bar}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", nargs="+", default=["mnist", "cifar10"])
    parser.add_argument("--looks", type=int, default=50, help="images to rate")
    parser.add_argument("--pause", type=float, default=1.5, help="seconds a rater looks before each answer")
    arguments = parser.parse_args()
    rows: list[dict[str, object]] = []
    for images in arguments.images:
        found = measure(images, arguments.looks, arguments.pause)
        print(report.table(found), flush=True)
        rows += found
    report.write("loop", rows)


if __name__ == "__main__":
    main()
