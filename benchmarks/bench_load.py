"""Many people at once: ``python -m benchmarks.bench_load`` starts the studio and speaks Streamlit's protocol to it.

All traffic stays on this machine. Scenarios: ``raters`` vote at a steady pace; ``photos`` puts people with photographs
beside one rater of digits; ``dropped`` opens connections and lets them fall; ``visits`` comes for a second each while
the server may open 1,024 files. The server writes to a folder of its own; data sets are those of ``XAI_DATA_DIR``.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import report
from benchmarks.streamlit_client import NoAnswer, Tab, new_cookie, open_tab
from tests.browser.studio import CONVINCING, NOT_CONVINCING, Studio, serve
from xai_core.paths import data_root

Row = dict[str, object]

PATIENCE = 120.0  # seconds until somebody gives up
OWN = ("cache", "feedback.sqlite", "backups")  # of a data folder, what every server here gets anew
DESCRIPTORS = 1024


@dataclass
class Clicks:
    """What was waited for, in seconds, and what was not answered."""

    ups: list[float] = field(default_factory=list)
    downs: list[float] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)

    @property
    def votes(self) -> int:
        """All that were acknowledged: the page went on."""
        return len(self.ups) + len(self.downs)


@contextmanager
def server(**environment: str) -> Iterator[Studio]:
    """The studio with a data folder of its own, in which the data sets of this machine lie."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in data_root().iterdir():
            if path.name not in OWN:
                (folder / path.name).symlink_to(path.resolve())
        fills = data_root() / "cache" / "fills"
        if fills.is_dir():
            (folder / "cache").mkdir()
            (folder / "cache" / "fills").symlink_to(fills.resolve())
        with serve(folder, XAI_DATA_DIR=name, XAI_BACKUP_HOURS="0", **environment) as studio:
            yield studio


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    children = [int(one) for path in Path(f"/proc/{pid}/task").glob("*/children") for one in path.read_text().split()]
    return [pid, *(one for child in children for one in family(child))]


def processor_seconds(pid: int) -> float:
    """Processor time of one process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def megabytes(pid: int) -> float:
    """Resident memory of one process."""
    return int(Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0]) / 1024


def descriptors(pid: int) -> int:
    """Open files of one process."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def explained(studio: Studio) -> int:
    """How many images the server has explained so far."""
    return len(list(studio.database.parent.glob("cache/cases/*/*.case")))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


async def rate(tab: Tab, clicks: Clicks, pace: float, until: float, every_down: int = 0) -> None:
    """Vote every ``pace`` seconds until that time; every so many votes is a 👎."""
    number = 0
    due = time.monotonic()
    while (now := time.monotonic()) < until:
        await asyncio.sleep(max(0.0, due - now))
        due = max(due + pace, time.monotonic())
        number += 1
        down = every_down and number % every_down == 0
        button, picture = (NOT_CONVINCING, 1) if down else (CONVINCING, 0)
        try:
            seen, _ = await tab.press(button, PATIENCE, picture=picture)
        except NoAnswer as error:
            clicks.unanswered.append(str(error))
            return
        (clicks.downs if down else clicks.ups).append(seen)


async def rater(
    url: str, images: str, ready: Callable[[], Awaitable[float]], vote: Callable[[Tab, float], Awaitable[None]]
) -> None:
    """One person from the first page on; voting begins when everybody is ``ready``."""
    cookie = await asyncio.to_thread(new_cookie, url)
    async with open_tab(url, cookie, f"images={images}") as tab:
        await tab.load(PATIENCE * 5, CONVINCING)
        until = await ready()
        await vote(tab, until)


async def raters(studio: Studio, arguments: argparse.Namespace, images: str) -> Row:
    """Everybody votes on the same kind of images."""
    pid = studio.process.pid
    clicks, arrived = Clicks(), asyncio.Semaphore(0)
    begin: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    async def ready() -> float:
        arrived.release()
        return await begin + arguments.seconds

    async def vote(tab: Tab, until: float) -> None:
        await asyncio.sleep(random.random() * arguments.pace)  # people do not click at once
        await rate(tab, clicks, arguments.pace, until, arguments.down)

    def one() -> Awaitable[None]:
        return rater(studio.url, images, ready, vote)

    async with asyncio.TaskGroup() as group:
        group.create_task(one())  # type: ignore[arg-type]  # a coroutine
        await arrived.acquire()
        while explained(studio) < arguments.stock:
            await asyncio.sleep(1)
        for _ in range(arguments.people - 1):
            group.create_task(one())  # type: ignore[arg-type]
        for _ in range(arguments.people - 1):
            await arrived.acquire()
        web, all_, cases = processor_seconds(pid), _all_seconds(pid), explained(studio)
        started = time.monotonic()
        begin.set_result(started)
    took = time.monotonic() - started
    stored = len(studio.votes())
    return {
        "images": images,
        "people": arguments.people,
        "votes": clicks.votes,
        "votes/s": round(clicks.votes / took, 2),
        "lost": clicks.votes - stored if not clicks.unanswered else f"{len(clicks.unanswered)} unanswered",
        "👍 → next p50 s": round(percentile(clicks.ups, 0.5), 2),
        "p95 s": round(percentile(clicks.ups, 0.95), 2),
        "👎 → next p95 s": round(percentile(clicks.downs, 0.95), 2),
        "CPU s/vote": round((_all_seconds(pid) - all_) / max(clicks.votes, 1), 3),
        "of it pages": round((processor_seconds(pid) - web) / max(clicks.votes, 1), 3),
        "images explained": explained(studio) - cases,
        "MB": round(sum(map(megabytes, family(pid)))),
    }


def _all_seconds(pid: int) -> float:
    return sum(map(processor_seconds, family(pid)))


async def waits(url: str, images: str, votes: int, pause: float) -> Clicks:
    """What one rater waits for."""
    clicks = Clicks()
    cookie = await asyncio.to_thread(new_cookie, url)
    async with open_tab(url, cookie, f"images={images}") as tab:
        await tab.load(PATIENCE * 5, CONVINCING)
        for _ in range(votes):
            await asyncio.sleep(pause)
            clicks.ups.append((await tab.press(CONVINCING, PATIENCE, picture=0))[0])
    return clicks


async def photos(studio: Studio, arguments: argparse.Namespace) -> list[Row]:
    """A rater of digits alone, and beside people whose photographs nobody has explained yet."""
    alone = await waits(studio.url, "mnist", arguments.votes, arguments.pace)

    async def photographer() -> None:
        cookie = await asyncio.to_thread(new_cookie, studio.url)
        async with open_tab(studio.url, cookie, "images=photos") as tab:
            await tab.load(3600, CONVINCING)
            while True:
                await tab.press(CONVINCING, 3600, picture=0)

    others = [asyncio.create_task(photographer()) for _ in range(arguments.photographers)]
    await asyncio.sleep(3)
    beside = await waits(studio.url, "mnist", arguments.votes, arguments.pace)
    failed = [other for other in others if other.done()]
    for other in others:
        other.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    return [
        _waited("a rater of digits alone", alone),
        _waited(f"beside {arguments.photographers} people with photographs ({len(failed)} gave up)", beside),
    ]


async def dropped(studio: Studio, arguments: argparse.Namespace) -> list[Row]:
    """A rater alone, and after connections were opened and let fall."""
    alone = await waits(studio.url, arguments.images[0], arguments.votes, arguments.pace)

    async def drop() -> None:
        cookie = await asyncio.to_thread(new_cookie, studio.url)
        async with open_tab(studio.url, cookie, f"images={arguments.images[0]}") as tab:
            await tab.rerun()

    cookie = await asyncio.to_thread(new_cookie, studio.url)
    async with open_tab(studio.url, cookie, f"images={arguments.images[0]}") as tab:
        await tab.load(PATIENCE * 5, CONVINCING)
        await asyncio.gather(*(drop() for _ in range(arguments.dropped)))
        after = Clicks([(await tab.press(CONVINCING, PATIENCE, picture=0))[0]])
    return [_waited("a rater alone", alone), _waited(f"just after {arguments.dropped} dropped connections", after)]


def _waited(who: str, clicks: Clicks) -> Row:
    return {
        "who": who,
        "👍": len(clicks.ups),
        "median s": round(statistics.median(clicks.ups), 2),
        "slowest s": round(max(clicks.ups), 2),
    }


async def visits(studio: Studio, arguments: argparse.Namespace) -> list[Row]:
    """Everybody comes for a second, once the page is there; some at a time."""
    pid, served, failed = studio.process.pid, 0, 0
    rows: list[Row] = []
    together = asyncio.Semaphore(arguments.together)

    async def visit() -> None:
        nonlocal served, failed
        async with together:
            try:
                cookie = await asyncio.to_thread(new_cookie, studio.url)
                async with open_tab(studio.url, cookie, f"images={arguments.images[0]}") as tab:
                    await tab.load(PATIENCE, CONVINCING)
                    await asyncio.sleep(1)
                served += 1
            except (OSError, NoAnswer, TimeoutError):
                failed += 1

    part = max(1, arguments.visits // 5)
    for _ in range(5):
        await asyncio.gather(*(visit() for _ in range(part)))
        rows.append(
            {"visits": served, "not served": failed, "descriptors": descriptors(pid), "MB": round(megabytes(pid))}
        )
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenario", nargs="*", default=["raters", "photos", "dropped", "visits"])
    parser.add_argument("--images", nargs="+", default=["cifar10"])
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60, help="how long raters vote")
    parser.add_argument("--pace", type=float, default=3, help="seconds between two votes of a person")
    parser.add_argument("--down", type=int, default=3, help="every so many votes is a 👎; 0: none")
    parser.add_argument("--stock", type=int, default=40, help="images explained before everybody comes")
    parser.add_argument("--votes", type=int, default=10, help="of the one rater beside others")
    parser.add_argument("--photographers", type=int, default=4)
    parser.add_argument("--dropped", type=int, default=200)
    parser.add_argument("--visits", type=int, default=1000)
    parser.add_argument("--together", type=int, default=8, help="visits at a time")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="settings of the server")
    arguments = parser.parse_args()
    settings = {"XAI_AHEAD": str(arguments.stock), **dict(one.split("=", 1) for one in arguments.set)}
    found: list[Row] = []

    def tell(rows: list[Row]) -> None:
        print(report.table(rows), end="\n\n", flush=True)
        found.extend(rows)

    if "raters" in arguments.scenario:
        for images in arguments.images:
            with server(**settings) as studio:
                tell([asyncio.run(raters(studio, arguments, images))])
    for name, scenario in (("photos", photos), ("dropped", dropped)):
        if name in arguments.scenario:
            with server(**settings) as studio:
                tell(asyncio.run(scenario(studio, arguments)))
    if "visits" in arguments.scenario:
        import resource

        resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))  # which the server inherits
        with server(**settings) as studio:
            tell(asyncio.run(visits(studio, arguments)))
    report.write("load", found)


if __name__ == "__main__":
    main()
