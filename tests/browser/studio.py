"""A running studio and a real Chromium, for tests and benchmarks of what a person sees."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
CONVINCING, NOT_CONVINCING = "👍 Convincing", "👎 Not convincing"


@dataclass
class Studio:
    """A server of this checkout with a database of its own."""

    url: str
    database: Path
    process: subprocess.Popen[bytes]

    def rows(self, sql: str) -> list[tuple]:
        """What a query of the stored events gives at this moment."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            return connection.execute(sql).fetchall()

    def votes(self) -> list[tuple]:
        """(impression, rater, value) of every vote event, in order."""
        sql = "select impression_id, rater_id, value from events where kind = 'vote' order by sequence"
        return self.rows(sql)


@contextmanager
def serve(folder: Path, *, port: int | None = None, **environment: str) -> Iterator[Studio]:
    """Start the studio as ``make app`` does, by default on a free port, and stop it at the end."""
    database = folder / "feedback.sqlite"
    # as the Makefile has it: threads that share two heaps leave less behind
    settings = {
        "MALLOC_ARENA_MAX": "2",
        "DATABASE_URL": f"sqlite:///{database}",
        "XAI_COOKIE_SECRET": "test",
        "XAI_AHEAD": "3",  # browser and server share the machine
        **environment,
    }
    with run_streamlit("server.py", folder / "server.log", settings, port) as (url, process):
        yield Studio(url, database, process)


@contextmanager
def run_streamlit(
    script: str, log: Path, environment: Mapping[str, str], port: int | None = None
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Address and process of a script that Streamlit runs, stopped at the end."""
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", script, f"--server.port={port}"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stdout=out, stderr=out)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_up(url)
        yield url, process
    finally:
        process.terminate()
        process.wait(20)


def free_port() -> int:
    """A port that nobody listens on."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def wait_until_up(url: str, seconds: float = 60) -> None:
    """Return once the server answers. Raises ``TimeoutError``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
                return
        except OSError:
            time.sleep(0.02)
    raise TimeoutError(f"no server at {url} after {seconds} s")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, headless."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def open_page(page: Page, studio: Studio, images: str = "mnist") -> None:
    """Open the rating page and wait for the first explanation."""
    page.goto(f"{studio.url}/?images={images}")
    expect(page.get_by_role("button", name=CONVINCING)).to_be_enabled(timeout=60_000)
    expect(picture(page)).to_be_visible(timeout=60_000)


def settle(page: Page) -> None:
    """Wait until the page has nothing left to draw."""
    page.wait_for_timeout(300)  # for the run to begin
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible(timeout=60_000)


def picture(page: Page, number: int = 1) -> Locator:
    """The pictures in order: 0 the image itself, 1 the explanation of the first guess."""
    return page.locator(".st-key-pictures").get_by_test_id("stImage").locator("img").nth(number)
