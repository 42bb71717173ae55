"""A fresh database for every test, once as a file and once on a PostgreSQL server of the tests' own."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import NAMESPACE_OID, uuid4, uuid5

import psycopg
import pytest
from sqlalchemy import select

from db.engine import Database
from db.feedback import Feedback
from db.records import Alternative, Decision, Impression
from db.schema import events

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Address of a private cluster, without the database's name; skips where PostgreSQL is not installed."""
    found = shutil.which("initdb")
    installed = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not installed:
        pytest.skip("PostgreSQL is not installed (no initdb)")
    # The server refuses to run as root.
    account = {"user": "postgres"} if os.geteuid() == 0 else {}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        if account:
            shutil.chown(folder, "postgres")

        def run(program: str, *arguments: str) -> None:
            subprocess.run(
                [installed[-1] / program, "-D", f"{folder}/data", *arguments],
                check=True,
                stdout=subprocess.DEVNULL,
                cwd=folder,
                **account,
            )

        run("initdb", "-A", "trust", "-U", "tester")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=200 -c fsync=off"
        run("pg_ctl", "-w", "-l", f"{folder}/log", "-o", options, "start")
        try:
            yield f"postgresql://tester@127.0.0.1:{port}"
        finally:
            run("pg_ctl", "-m", "immediate", "stop")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/feedback.db"
        return
    server = request.getfixturevalue("postgres")
    name = f"test_{uuid4().hex}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{server}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # each is a thousand files


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = Database.open(url)
    yield opened
    opened.close()


@pytest.fixture
def feedback(database: Database) -> Feedback:
    return Feedback(database)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/feedback.db"


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    opened = Database.open(sqlite_url)
    yield opened
    opened.close()


def plausible_impression(**changes: object) -> Impression:
    """An impression with plausible values and a new id, with the changes named."""
    values: dict[str, object] = {
        "impression_id": uuid4(),
        "kind": "lime",
        "image_id": "image-1",
        "dataset": "mnist",
        "split": "test",
        "image_index": 7,
        "classifier": "mnist-cnn",
        "classifier_version": "abc123",
        "precision": "float32",
        "arm": "slic-medium",
        "settings": {"samples": 500, "masks": "bernoulli"},
        "seed": 3,
        "position": 0,
        "policy": "learned",
        "policy_version": "1",
        "propensity": 0.25,
        "features": {"segments": 12.0, "r2": 0.75},
        "prediction": 4,
        "truth": 9,
        "confidence": 0.5,
        "margin": 0.125,
        "rater_id": "ann",
        "session_id": "monday",
        "shown_at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "app_version": "0.1.0",
    }
    return Impression(**(values | changes))


def make_impression_of(rater: str) -> Impression:
    """What a rater of the voters below was shown; the same for every call."""
    return plausible_impression(impression_id=uuid5(NAMESPACE_OID, rater), rater_id=rater)


@pytest.fixture(scope="session")
def make_impression() -> Callable[..., Impression]:
    """Makes an impression with plausible values and a new id, with the changes named."""
    return plausible_impression


@pytest.fixture(scope="session")
def make_decision() -> Callable[..., Decision]:
    """Makes a decision between three arms with a new id, with the changes named."""

    def make(**changes: object) -> Decision:
        values: dict[str, object] = {
            "decision_id": uuid4(),
            "image_id": "image-1",
            "dataset": "mnist",
            "classifier_version": "abc123",
            "rater_id": "ann",
            "session_id": "monday",
            "policy": "learned",
            "policy_version": "1",
            "drawn_at": datetime(2026, 1, 2, 3, 4, 4, tzinfo=UTC),
            "candidates": (
                Alternative("slic-medium", {"segments": 12.0, "r2": 0.75}, 0.25),
                Alternative("grid-7", {"segments": 49.0}, 0.5),
                Alternative("fused", {"r2": 0.5, "overlap": -1.5}, 0.25),
            ),
            "arms": ("slic-medium", "fused"),
            "explored": True,
        }
        return Decision(**(values | changes))

    return make


@pytest.fixture
def start_python() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts Python programs that can import the project; whatever still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(program: str, *arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", program, *map(str, arguments)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


VOTER = """
import sys, threading
from db import Database, Feedback, StorageUnavailable
from tests.unit.db.conftest import make_impression_of

url, name, threads, votes = sys.argv[1:]
feedback = Feedback(Database.open(url))

def insist(store, *arguments):
    # As a page does whose rater tries again after "is held by another program".
    while True:
        try:
            return store(*arguments)
        except StorageUnavailable as error:
            if "held by" not in str(error) and "too busy" not in str(error): raise

def vote(thread):
    for number in range(int(votes)):
        rater = f"{name}/{thread}/{number}"
        shown = make_impression_of(rater)
        insist(feedback.show, shown)
        if insist(feedback.vote, shown.impression_id, rater, 1):
            # One write each, so that lines of threads do not mix.
            sys.stdout.write(rater + "\\n")
            sys.stdout.flush()

workers = [threading.Thread(target=vote, args=(number,)) for number in range(int(threads))]
for worker in workers: worker.start()
for worker in workers: worker.join()
"""


@pytest.fixture
def start_voter(start_python: Callable[..., subprocess.Popen[str]]) -> Callable[..., subprocess.Popen[str]]:
    """Starts a process that shows and votes as ever new people and prints each whose vote is acknowledged.

    Arguments: address, name of the process, threads, votes a thread.
    """
    return partial(start_python, VOTER)


@pytest.fixture(scope="session")
def stored_raters() -> Callable[[Database], list[str]]:
    """Reads whose votes are in a database, oldest first."""

    def read(database: Database) -> list[str]:
        votes = select(events.c.rater_id).where(events.c.kind == "vote").order_by(events.c.sequence)
        with database.read() as connection:
            return list(connection.scalars(votes))

    return read
