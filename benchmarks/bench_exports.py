"""Time and memory of exports, of reading one back and of the table of answers: ``python -m benchmarks.bench_exports``.

Every step runs in a process of its own, whose greatest resident memory is read when it ends. Copying the database file
stands beside them, as the least that moving the data takes.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import numpy as np
from sqlalchemy import insert

from benchmarks import report
from benchmarks.bench_storage import fill
from db import Alternative, Database, Decision
from db.decisions import as_row
from db.export_files import Format
from db.schema import decisions
from studio.exports import export, export_archive, take_in
from studio.research import answers_table
from studio.roles import OWNER
from studio.settings import load_settings
from xai_core.progress import show_progress

IMPRESSIONS_A_DECISION = 2.5
ARMS, FEATURES = 20, 40


def fill_decisions(database: Database, count: int) -> None:
    """Decisions with as many candidates and features as on digits."""
    rng = np.random.default_rng(1)
    template = {"image_id": "i", "dataset": "mnist", "classifier_version": "v", "session_id": "s", "policy": "learned"}
    for start in range(0, count, 500):
        rows = []
        for _ in range(start, min(start + 500, count)):
            values = rng.random((ARMS, FEATURES)).tolist()
            candidates = tuple(
                Alternative(f"arm-{at}", {f"feature-{n}": x for n, x in enumerate(row)}, 1 / ARMS)
                for at, row in enumerate(values)
            )
            decision = Decision(
                **template,
                decision_id=uuid4(),
                rater_id=f"rater-{rng.integers(300)}",
                policy_version="1",
                drawn_at=datetime.now(UTC),
                candidates=candidates,
                arms=("arm-0", "arm-1"),
                explored=False,
            )
            rows.append(as_row(decision))
        with database.write() as connection:
            connection.execute(insert(decisions), rows)


def opened(folder: Path, name: str = "log") -> Database:
    """A database in the folder."""
    return Database.open(f"sqlite:///{folder}/{name}.db")


def files(kind: Format) -> Callable[[Path], object]:
    """An export in one of the formats."""
    return lambda folder: export(OWNER, opened(folder), folder / kind, kind, show_progress)


def archive(database: str, name: str) -> Callable[[Path], object]:
    """An export as an archive."""
    return lambda folder: export_archive(OWNER, opened(folder, database), folder / name, load_settings(), show_progress)


STEPS: dict[str, Callable[[Path], object]] = {
    "copy of the file": lambda folder: shutil.copy(folder / "log.db", folder / "copy.db"),
    "export, csv": files("csv"),
    "export, jsonl": files("jsonl"),
    "export, parquet": files("parquet"),
    "export, zip": archive("log", "a.zip"),
    "import into an empty database": lambda folder: take_in(OWNER, opened(folder, "new"), folder / "a.zip"),
    "export, zip, of what was imported": archive("new", "b.zip"),
    "table of answers in memory": lambda folder: answers_table(OWNER, opened(folder)),
}


def run(name: str, folder: Path, found: multiprocessing.connection.Connection) -> None:
    """One step, measured from within."""
    wall, processor = time.perf_counter(), time.process_time()
    STEPS[name](folder)
    seconds = time.perf_counter() - wall, time.process_time() - processor
    found.send((*seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def measure(name: str, folder: Path) -> report.Row:
    """A step in a process of its own."""
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe(duplex=False)
    process = context.Process(target=run, args=(name, folder, theirs))
    process.start()
    wall, processor, memory = mine.recv()
    process.join()
    return {"step": name, "wall s": round(wall, 1), "processor s": round(processor, 1), "memory MB": round(memory)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = opened(folder)
        fill_decisions(database, round(arguments.events / IMPRESSIONS_A_DECISION))
        fill(database, arguments.events)
        database.close()
        rows = [{"events": arguments.events} | measure(step, folder) for step in STEPS]
        rows[0] = rows[0] | {"file MB": round((folder / "log.db").stat().st_size / 2**20)}
    print(report.table(rows))
    report.write("exports", rows)


if __name__ == "__main__":
    main()
