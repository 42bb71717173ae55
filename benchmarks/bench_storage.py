"""Votes a second with 60 writers at once, and reading 100,000 votes: ``python -m benchmarks.bench_storage``.

The same transaction (look the impression up, store the vote) runs with this project's settings of SQLite and with
SQLAlchemy's defaults, by 4 processes of 15 threads. A PostgreSQL database takes part when ``--postgres`` names it.
"""

from __future__ import annotations

import argparse
import itertools
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
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

import numpy as np
from sqlalchemy import create_engine, distinct, func, insert, inspect, select, text

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
    if not inspect(engine).has_table("alembic_version"):  # the first to open it makes it, before the others come
        metadata.create_all(engine)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
            connection.execute(text(f"INSERT INTO alembic_version VALUES ('{REVISIONS[-1]}')"))
    return Database(backend_of(url), engine, engine, lambda: None)


@dataclass(frozen=True)
class Work:
    """What one process did: seconds of each acknowledged vote, how often one was refused, when it began and ended."""

    seconds: list[float]
    refused: int
    began: float
    ended: float


def rater_of(process: int, thread: int, number: int) -> str:
    """Whoever gives that vote; everybody votes once, on an impression of their own."""
    return f"{process}/{thread}/{number}"


def shown_to(rater: str) -> UUID:
    """The impression that a rater votes on."""
    return uuid5(NAMESPACE_OID, rater)


def vote_much(opener: Opener, url: str, votes: int, process: int) -> Work:
    """``THREADS`` threads give ``votes`` votes each; one that is refused is given again, as by a page's retry."""
    feedback = Feedback(opener(url))
    seconds: list[float] = []
    refused: list[StorageError] = []

    def vote(thread: int) -> None:
        for number in range(votes):
            rater = rater_of(process, thread, number)
            began = time.monotonic()
            while True:
                try:
                    feedback.vote(shown_to(rater), rater, 1)
                    break
                except StorageError as error:
                    refused.append(error)
            seconds.append(time.monotonic() - began)

    threads = [threading.Thread(target=vote, args=(number,)) for number in range(THREADS)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Work(seconds, len(refused), began, time.monotonic())


def measure_writing(name: str, opener: Opener, url: str, votes: int) -> Row:
    """What 60 writers at once reach, and whether every acknowledged vote is there."""
    database = opener(url)
    raters = [rater_of(*who) for who in itertools.product(range(PROCESSES), range(THREADS), range(votes))]
    with database.write() as connection:
        shown = [asdict(impression(impression_id=shown_to(rater), rater_id=rater)) for rater in raters]
        connection.execute(insert(impressions), shown)
    job = partial(vote_much, opener, url, votes)
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn")) as pool:
        works = list(pool.map(job, range(PROCESSES)))
    with database.read() as connection:
        stored = connection.scalar(select(func.count(distinct(events.c.rater_id)))) or 0
    database.close()
    seconds = [value for work in works for value in work.seconds]
    elapsed = max(work.ended for work in works) - min(work.began for work in works)
    return {
        "60 writers": name,
        "votes": len(raters),
        "lost": len(seconds) - stored,
        "told to wait": sum(work.refused for work in works),
        "votes/s": round(len(seconds) / elapsed),
        "median ms": round(1e3 * statistics.median(seconds)),
        "slowest ms": round(1e3 * max(seconds)),
    }


def measure_reading(name: str, url: str, votes: int) -> list[Row]:
    """Times of the look-ups that pages and ranker make, wall and processor."""
    feedback = Feedback(Database.open(url))
    shown = fill(feedback.database, votes)
    last = feedback.changes_since(votes - 1).last_sequence
    revisions = itertools.count(1)
    looks: dict[str, Callable[[], object]] = {
        "all thumbs": feedback.thumbs,
        "counts": feedback.counts,
        "changes since the last vote": lambda: feedback.changes_since(last - 1),
        "one vote": lambda: feedback.vote(shown.impression_id, shown.rater_id, 1, revision=next(revisions)),
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


def fill(database: Database, votes: int) -> Impression:
    """Store votes of 300 people on 5,000 images and 12 arms; returns the last impression."""
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
    return shown[-1]


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
