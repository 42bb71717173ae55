"""Votes a second with 60 writers at once, and reading 100,000 votes: ``python -m benchmarks.bench_storage``.

The same transaction (look the impression up, store the vote) runs with this project's settings of SQLite and with
SQLAlchemy's defaults, by 4 processes of 15 threads. A PostgreSQL database takes part when ``--postgres`` names it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from uuid import UUID, uuid4

import numpy as np
from sqlalchemy import create_engine, insert, text

from benchmarks import report
from db import Database, Feedback, Impression, StorageError
from db.address import backend_of
from db.migrations import REVISIONS
from db.schema import events, impressions, metadata

PROCESSES, THREADS = 4, 15

Row = dict[str, object]
Opener = Callable[[str], Database]


def open_plain(url: str) -> Database:
    """The same tables behind engines as SQLAlchemy makes them when told nothing."""
    engine = create_engine(url)
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32))"))
        connection.execute(text(f"INSERT INTO alembic_version VALUES ('{REVISIONS[-1]}')"))
    return Database(backend_of(url), engine, engine, lambda: None)


@dataclass(frozen=True)
class Work:
    """What one process did: seconds of each acknowledged vote, number of refused ones, when it began and ended."""

    seconds: list[float]
    refused: int
    began: float
    ended: float


def vote_much(opener: Opener, url: str, impression_id: UUID, votes: int, process: int) -> Work:
    """``THREADS`` threads vote ``votes`` times each, as ever new people."""
    feedback = Feedback(opener(url))
    seconds: list[float] = []
    refused: list[StorageError] = []

    def vote(thread: int) -> None:
        for number in range(votes):
            began = time.monotonic()
            try:
                feedback.vote(impression_id, f"{process}/{thread}/{number}", 1)
                seconds.append(time.monotonic() - began)
            except StorageError as error:
                refused.append(error)

    threads = [threading.Thread(target=vote, args=(number,)) for number in range(THREADS)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Work(seconds, len(refused), began, time.monotonic())


def measure_writing(name: str, opener: Opener, url: str, votes: int) -> Row:
    """What 60 writers at once reach."""
    feedback, shown = Feedback(opener(url)), impression()
    feedback.show(shown)
    job = partial(vote_much, opener, url, shown.impression_id, votes)
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn")) as pool:
        works = list(pool.map(job, range(PROCESSES)))
    feedback.database.close()
    seconds = [value for work in works for value in work.seconds]
    elapsed = max(work.ended for work in works) - min(work.began for work in works)
    return {
        "60 writers": name,
        "votes": PROCESSES * THREADS * votes,
        "lost": sum(work.refused for work in works),
        "votes/s": round(len(seconds) / elapsed),
        "median ms": round(1e3 * statistics.median(seconds)),
        "slowest ms": round(1e3 * max(seconds)),
    }


def measure_reading(name: str, url: str, votes: int) -> list[Row]:
    """Times of the look-ups that pages and ranker make, wall and processor."""
    feedback = Feedback(Database.open(url))
    shown = fill(feedback.database, votes)
    last = feedback.changes_since(votes - 1).last_sequence
    looks: dict[str, Callable[[], object]] = {
        "all thumbs": feedback.thumbs,
        "counts": feedback.counts,
        "changes since the last vote": lambda: feedback.changes_since(last - 1),
        "one vote": lambda: feedback.vote(shown, str(uuid4()), 1),
    }
    rows = [{"database": name, "votes": votes, "look-up": look} | best_time(call) for look, call in looks.items()]
    feedback.database.close()
    return rows


def best_time(call: Callable[[], object], repetitions: int = 5) -> Row:
    """The least disturbed of several runs."""
    walls, processors = [], []
    for _ in range(repetitions):
        wall, processor = time.perf_counter(), time.process_time()
        call()
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    return {"wall ms": round(1e3 * min(walls), 1), "processor ms": round(1e3 * min(processors), 1)}


def fill(database: Database, votes: int) -> UUID:
    """Store votes of 300 people on 5,000 images and 12 arms; returns the id of the last impression."""
    rng = np.random.default_rng(0)
    for start in range(0, votes, 1000):
        shown = [
            impression(
                image_id=f"{rng.integers(5000):064x}",
                arm=f"arm-{rng.integers(12)}",
                rater_id=f"rater-{rng.integers(300)}",
                features={f"feature-{number}": value for number, value in enumerate(rng.random(15).tolist())},
            )
            for _ in range(start, min(start + 1000, votes))
        ]
        answers = [
            {
                "event_id": uuid4(),
                "kind": "vote",
                "impression_id": one.impression_id,
                "rater_id": one.rater_id,
                "session_id": one.session_id,
                "revision": 0,
                "value": int(rng.choice([-1, 1])),
                "reasons": [],
                "server_ts": one.shown_at,
            }
            for one in shown
        ]
        with database.write() as connection:
            connection.execute(insert(impressions), [asdict(one) for one in shown])
            connection.execute(insert(events), answers)
    return shown[-1].impression_id


def impression(**changes: object) -> Impression:
    """An impression with plausible values and a new id."""
    values: dict[str, object] = {
        "impression_id": uuid4(),
        "kind": "lime",
        "image_id": "image",
        "dataset": "mnist",
        "split": "test",
        "image_index": 0,
        "classifier": "mnist-cnn",
        "classifier_version": "0123456789abcdef",
        "precision": "float32",
        "arm": "slic-medium",
        "settings": {"samples": 500, "masks": "bernoulli", "fill": "mean"},
        "seed": 0,
        "position": 0,
        "policy": "learned",
        "policy_version": "1",
        "propensity": 0.5,
        "prediction": 0,
        "truth": 0,
        "confidence": 0.75,
        "margin": 0.5,
        "rater_id": "rater",
        "session_id": "session",
        "shown_at": datetime.now(UTC),
        "app_version": "benchmark",
    }
    return Impression(**(values | changes))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--votes", type=int, default=20, help="votes of each of the 60 writers")
    parser.add_argument("--stored", type=int, default=100_000, help="votes to read")
    parser.add_argument("--postgres", metavar="URL", help="an empty PostgreSQL database")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        writing = [
            measure_writing(name, opener, f"sqlite:///{folder}/{opener.__name__}.db", arguments.votes)
            for name, opener in (("SQLite, SQLAlchemy's defaults", open_plain), ("SQLite, this project", Database.open))
        ]
        reading = measure_reading("SQLite", f"sqlite:///{folder}/read.db", arguments.stored)
    if arguments.postgres:
        writing.append(measure_writing("PostgreSQL, this project", Database.open, arguments.postgres, arguments.votes))
        reading += measure_reading("PostgreSQL", arguments.postgres, arguments.stored)
    print(report.table(writing), report.table(reading), sep="\n\n")
    report.write("storage", writing + reading)


if __name__ == "__main__":
    main()
