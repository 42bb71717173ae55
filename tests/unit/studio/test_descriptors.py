"""Descriptors are raised as far as the system allows, counted, and warned of."""

import asyncio
import logging
import resource
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from studio import descriptors

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(("hard", "expected"), [(4096, 4096), (500, 500)])
def test_the_limit_is_raised_to_what_the_system_grants(hard: int, expected: int) -> None:
    script = (
        "import resource; from studio.descriptors import raise_limit\n"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, (256, {hard}))\n"
        "assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 256\n"
        "told = raise_limit()\n"
        "print(told, resource.getrlimit(resource.RLIMIT_NOFILE)[0])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(expected)] * 2


def test_it_is_never_lowered() -> None:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert descriptors.raise_limit(wanted=10) == soft


def test_open_files_are_counted(tmp_path: Path) -> None:
    before = descriptors.open_now()
    files = [(tmp_path / str(number)).open("w") for number in range(10)]
    assert descriptors.open_now() == before + 10
    for file in files:
        file.close()


@pytest.mark.parametrize(("count", "limit"), [(799, 1000), (None, 1000), (5000, None)])
def test_far_from_the_limit_nothing_is_said(count: int | None, limit: int | None) -> None:
    assert descriptors.warning(count, limit) is None


def test_near_the_limit_it_is_said_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    counts = iter([100, 850, 900, 100, 850])
    monkeypatch.setattr(descriptors, "open_now", lambda: next(counts))
    monkeypatch.setattr(descriptors, "LOOK_SECONDS", 0)

    async def run() -> None:
        with pytest.raises(RuntimeError):  # the counts are at an end
            await descriptors.watch(1000)

    # in a thread: the loop of browser tests may already run in this one
    with caplog.at_level(logging.WARNING, "studio.descriptors"), ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, run()).result()
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "850 of 1000 file descriptors are open",
        "850 of 1000 file descriptors are open",
    ]
