"""What the server promises about storage, from outside: no browser is needed."""

import json
import shutil
import signal
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from db.engine import Database
from db.feedback import Feedback
from tests.browser.studio import Studio, serve
from tests.unit.db.conftest import plausible_impression

pytestmark = pytest.mark.slow


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Studio]:
    with serve(tmp_path) as running:
        until(lambda: ready(running)[0])
        yield running


def ready(server: Studio) -> tuple[bool, str | None]:
    try:
        with urllib.request.urlopen(f"{server.url}/api/ready", timeout=30) as answer:
            status, content = answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        status, content = error.code, json.load(error)
    assert status == (200 if content["ready"] else 503)
    return content["ready"], content["problem"]


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "never came true"
        time.sleep(0.05)


def test_a_stopped_server_leaves_every_vote_in_the_one_file(server, tmp_path):
    database = Database.open(f"sqlite:///{server.database}")
    feedback = Feedback(database)
    for number in range(45):
        shown = plausible_impression(image_id=f"image-{number}")
        feedback.show(shown)
        feedback.vote(shown.impression_id, "ann", 1)
    # This process keeps its connections, so that the log is not brought in by the last who leaves.
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(60)
    shutil.copy(server.database, tmp_path / "alone.sqlite")
    with closing(sqlite3.connect(tmp_path / "alone.sqlite")) as alone:
        assert alone.execute("SELECT count(*) FROM events").fetchone() == (45,)
    database.close()


def test_readiness_follows_the_database_and_pages_answer_meanwhile(server):
    with closing(sqlite3.connect(server.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        locked, problem = ready(server)
        assert not locked
        assert "held by another program" in str(problem)
        with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=30) as answer:
            assert answer.status == 200
    assert ready(server) == (True, None)
    away = server.database.with_name("away.sqlite")
    server.database.rename(away)
    gone, problem = ready(server)
    assert not gone
    assert "deleted or moved while this program ran" in str(problem)
    away.rename(server.database)
    assert ready(server) == (True, None)


def test_the_server_backs_up_by_itself(server):
    until(lambda: list((server.database.parent / "backups").glob("feedback-*Z.sqlite")) != [])
