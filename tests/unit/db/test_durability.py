"""No acknowledged vote is lost: many writers, killed writers, full disks."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from db.engine import Database
from db.errors import StorageFull
from db.feedback import Feedback
from db.records import Impression
from tests.unit.db.conftest import make_impression_of

Votes = Callable[[Database], list[str]]


@pytest.mark.slow
def test_sixty_writers_lose_nothing(url, feedback, start_voter, stored_raters):
    processes = [start_voter(url, f"p{number}", 15, 4) for number in range(4)]
    seen: dict[int, str] = {}
    last = 0
    while any(process.poll() is None for process in processes):
        changes = feedback.changes_since(last)
        seen |= {thumb.sequence: thumb.rater_id for thumb in changes.added}
        last = changes.last_sequence
        time.sleep(0.02)
    outputs = [process.communicate() for process in processes]

    assert [errors for _, errors in outputs] == [""] * 4
    expected = {f"p{process}/{thread}/{number}" for process in range(4) for thread in range(15) for number in range(4)}
    assert sorted(rater for output, _ in outputs for rater in output.splitlines()) == sorted(expected)
    assert sorted(stored_raters(feedback.database)) == sorted(expected)
    # Whoever reads along misses none either: numbers grow in the order of commits.
    seen |= {thumb.sequence: thumb.rater_id for thumb in feedback.changes_since(last).added}
    assert sorted(seen.values()) == sorted(expected)


@pytest.mark.slow
def test_a_killed_writer_loses_no_acknowledged_vote(url, feedback, start_voter, stored_raters):
    acknowledged: list[str] = []
    for attempt in range(3):
        process = start_voter(url, f"p{attempt}", 4, 100_000)
        lines = [process.stdout.readline() for _ in range(40 + 17 * attempt)]
        process.kill()
        rest, _ = process.communicate()
        acknowledged += [line.strip() for line in [*lines, *rest.splitlines(keepends=True)] if line.endswith("\n")]
    before = stored_raters(feedback.database)

    assert len(acknowledged) >= 40 + 57 + 74
    assert set(acknowledged) <= set(before)
    again = [feedback.vote(make_impression_of(rater).impression_id, rater, 1) for rater in acknowledged]
    assert again == [False] * len(acknowledged)
    assert stored_raters(feedback.database) == before
    if url.startswith("sqlite"):
        with feedback.database.read() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def vote_until_full(feedback: Feedback, impression: Impression) -> int:
    """Returns the revision whose vote found no room."""
    revisions = iter(range(100_000))
    last = 0

    def vote_on() -> None:
        nonlocal last
        for last in revisions:
            feedback.vote(impression.impression_id, impression.rater_id, 1, revision=last, reasons=["x" * 100])

    with pytest.raises(StorageFull, match="disk is full; free some space"):
        vote_on()
    return last


def check_that_space_heals(feedback: Feedback, impression: Impression, refused: int, votes: Votes) -> None:
    assert len(votes(feedback.database)) == refused
    again = [feedback.vote(impression.impression_id, impression.rater_id, 1, revision=refused) for _ in range(2)]
    assert again == [True, False]
    assert len(votes(feedback.database)) == refused + 1
    with feedback.database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def test_a_vote_without_room_is_reported_and_goes_in_once_there_is_some(
    sqlite_database, make_impression, stored_raters
):
    feedback, shown = Feedback(sqlite_database), make_impression()
    feedback.show(shown)

    def limit(pages: int) -> None:
        with sqlite_database.write() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    with sqlite_database.read() as connection:
        limit(connection.exec_driver_sql("PRAGMA page_count").scalar() + 4)
    refused = vote_until_full(feedback, shown)
    limit(1_000_000)
    check_that_space_heals(feedback, shown, refused, stored_raters)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]
    if not shutil.which("mount") or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here (root can)")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.slow
def test_a_full_disk(small_disk, make_impression, stored_raters):
    database = Database.open(f"sqlite:///{small_disk}/feedback.db")
    feedback, shown = Feedback(database), make_impression()
    feedback.show(shown)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(200_000))
    refused = vote_until_full(feedback, shown)
    ballast.unlink()
    check_that_space_heals(feedback, shown, refused, stored_raters)
    database.close()


@pytest.mark.slow
def test_a_database_cannot_be_made_on_a_full_disk(small_disk):
    with pytest.raises(OSError, match="No space"):
        (small_disk / "ballast").write_bytes(bytes(2_000_000))
    with pytest.raises(StorageFull, match="disk is full"):
        Database.open(f"sqlite:///{small_disk}/feedback.db")
